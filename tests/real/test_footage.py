"""Real clips through the decoders and the reference models, against what a person sees in them."""

import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from storeday.footage import FootageSettings, Stretch, probe_segment, sample_segment
from storeday.inference import InferenceSettings, infer_frames, load_models, open_models
from storeday.inference.boxes import iou_matrix

pytestmark = pytest.mark.real

WHOLE = 1 << 62
REFERENCE = Path(__file__).parents[1] / "inference" / "reference_models.py"
TABLE, BOTTLES = "one-by-one-person-detection.mp4", "bottle-detection.mp4"
AISLE, WORKER = "store-aisle-detection.gif", "worker-zone-detection.gif"

# Seconds at which some part of a person is first and last seen, read off the frames, good to 0.2 s.
VISITS_S = [(6.0, 19.8), (22.8, 44.8), (50.2, 69.8), (74.6, 86.8), (92.2, 120.0), (123.5, 136.0)]
# The same for hands that take and put bottles, with the blur of their coming and going.
HANDS_S = [
    (5.5, 7.4),
    (10.9, 13.9),
    (15.6, 18.2),
    (21.8, 24.9),
    (27.2, 29.3),
    (30.7, 32.4),
    (34.3, 37.1),
]


@pytest.fixture(scope="module")
def reference():
    spec = importlib.util.spec_from_file_location("reference_models", REFERENCE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def manifest(real, reference, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "models.yaml"
    return load_models(reference.write_reference_manifest(path, real))


@pytest.fixture(scope="module")
def people_in(real, manifest):
    """People of a clip, sampled at a rate: (time in s, FramePeople) by frame."""
    settings = InferenceSettings(providers="cpu")
    models = open_models(manifest, settings)
    seen = {}

    def look(name, frames_per_s):
        if (name, frames_per_s) not in seen:
            stretch = Stretch(0, WHOLE, frames_per_s, "scout")
            frames = sample_segment(real / "video" / name, [stretch], FootageSettings())
            pairs = ((frame.pts_us / 1e6, frame.jpeg) for frame in frames)
            seen[name, frames_per_s] = list(infer_frames(pairs, models, settings))
        return seen[name, frames_per_s]

    return look


def within(time_s, spans, margin_s=0.0):
    return any(start - margin_s <= time_s <= end + margin_s for start, end in spans)


def test_six_people_come_to_the_table_one_by_one(people_in):
    found = people_in(TABLE, 2.0)
    times = [time_s for time_s, people in found if (people.scores >= 0.5).any()]
    runs = np.split(times, np.flatnonzero(np.diff(times) > 1.5) + 1)
    assert len(runs) == len(VISITS_S)
    np.testing.assert_allclose([(run[0], run[-1]) for run in runs], VISITS_S, atol=1.5)
    # Until somebody is in the picture to the hips or so, there may be nothing; after that, always.
    missing = [t for t, p in found if within(t, VISITS_S, -1.5) and not (p.scores >= 0.5).any()]
    assert missing == []


def test_there_are_never_two_people_at_the_table(people_in):
    for time_s, people in people_in(TABLE, 2.0):
        assert (people.scores >= 0.3).sum() <= 1, time_s


def test_nobody_is_seen_at_an_empty_table(people_in):
    for time_s, people in people_in(TABLE, 2.0):
        if not within(time_s, VISITS_S, 0.3):
            assert len(people.scores) == 0, time_s


def test_people_stand_at_the_table(people_in):
    feet = [
        ((people.boxes[0, 0] + people.boxes[0, 2]) / 2, people.boxes[0, 3])
        for time_s, people in people_in(TABLE, 2.0)
        if within(time_s, VISITS_S, -3.0)
    ]
    x, y = np.array(feet).T
    assert (np.abs(x - 450) < 60).mean() > 0.95
    assert (np.abs(y - 385) < 35).mean() > 0.95


def test_fastestdet_draws_its_boxes_where_yolox_does(people_in, real, reference, tmp_path):
    path = tmp_path / "models.yaml"
    path.write_text(yaml.safe_dump({"models": [reference.fastestdet_entry(real / "models")]}))
    settings = InferenceSettings(providers="cpu")
    stretch = Stretch(0, WHOLE, 2.0, "scout")
    frames = sample_segment(real / "video" / TABLE, [stretch], FootageSettings())
    pairs = ((frame.pts_us / 1e6, frame.jpeg) for frame in frames)
    other = dict(infer_frames(pairs, open_models(load_models(path), settings), settings))
    overlaps = [
        iou_matrix(np.concatenate([people.boxes[:1], other[time_s].boxes[:1]]))[0, -1]
        for time_s, people in people_in(TABLE, 2.0)
        if (people.scores >= 0.5).any() and len(other[time_s].boxes)
    ]
    sure = sum((people.scores >= 0.5).any() for _, people in people_in(TABLE, 2.0))
    assert len(overlaps) >= 0.95 * sure
    assert np.median(overlaps) >= 0.85  # half a cell off would be 0.79


def test_a_person_looks_more_like_herself_than_like_the_others(people_in):
    visits = [[], [], [], [], [], []]
    for time_s, people in people_in(TABLE, 2.0):
        for visit, (start, end) in zip(visits, VISITS_S, strict=True):
            if start + 2 < time_s < end - 2:
                visit.append(people.embeddings[0])
    vectors = np.concatenate(visits)
    owner = np.repeat(np.arange(6), [len(visit) for visit in visits])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    likeness = vectors @ vectors.T
    same = owner[:, None] == owner[None, :]
    np.fill_diagonal(likeness, np.nan)
    print("same", np.nanmean(likeness[same]), "others", np.nanmean(likeness[~same]))
    nearest = owner[np.nanargmax(likeness, axis=1)]
    assert (nearest == owner).mean() > 0.98
    assert np.nanmean(likeness[same]) > np.nanmean(likeness[~same]) + 0.1


def test_bottles_are_nobody(people_in):
    for time_s, people in people_in(BOTTLES, 5.0):
        if not within(time_s, HANDS_S):
            assert len(people.scores) == 0, time_s


def test_a_hand_from_outside_is_cut_by_the_border(people_in):
    found = [people for _, people in people_in(BOTTLES, 5.0) if len(people.scores)]
    assert found
    # The detector takes an arm for a person; what tells it apart is that it hangs in from a border.
    for people in found:
        assert ((people.boxes[:, 0] < 3) | (people.boxes[:, 1] < 5)).all()


def test_three_shoppers_are_in_the_aisle(people_in):
    counts = [(t, int((people.scores >= 0.4).sum())) for t, people in people_in(AISLE, 4.0)]
    assert {count for t, count in counts if t < 0.9} == {2}
    assert {count for t, count in counts if t > 1.7} == {3}


def test_one_worker_walks_away_to_the_upper_left(people_in):
    found = people_in(WORKER, 4.0)
    assert [int((people.scores >= 0.5).sum()) for _, people in found] == [1] * len(found)
    centres = [(people.boxes[0, 0] + people.boxes[0, 2]) / 2 for _, people in found]
    heads = [people.boxes[0, 1] for _, people in found]
    assert centres[0] > 280
    assert centres[-1] == pytest.approx(122, abs=8)
    assert heads[0] > 130
    assert heads[-1] < 65


@pytest.mark.parametrize(("name", "frames"), [(TABLE, 1394), (BOTTLES, 1189)])
def test_decord_and_pyav_agree_on_every_frame(name, frames, real):
    stretch = [Stretch(0, WHOLE, 1000.0, "detail")]
    readers = [
        sample_segment(real / "video" / name, stretch, FootageSettings(max_lines=180, **choice))
        for choice in (
            {"decord_share": 0.0, "decord_lines": 0, "decord_memory_mb": 4000},
            {"decord_share": 2.0},
        )
    ]
    worst = 0.0
    for one, other in zip(*readers, strict=True):
        assert one.pts_us == other.pts_us
        worst = max(worst, np.abs(pixels(one).astype(int) - pixels(other)).mean())
    print("greatest mean difference", worst)
    assert [reader.outcome.decoder for reader in readers] == ["decord", "pyav"]
    assert {reader.outcome.frames for reader in readers} == {frames}
    assert worst < 1.0


def pixels(frame):
    return cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR)


@pytest.mark.parametrize(
    ("name", "size", "frames", "duration_s", "codec"),
    [
        (TABLE, (768, 432), 1394, 139.4, "h264"),
        (BOTTLES, (640, 360), 1189, 39.855, "h264"),
        (AISLE, (480, 270), 67, 4.47, "gif"),
        (WORKER, (480, 270), 71, 4.74, "gif"),
    ],
)
def test_containers_say_what_is_known_of_them(name, size, frames, duration_s, codec, real):
    probe = probe_segment(real / "video" / name)
    assert (probe.width_px, probe.height_px) == size
    assert (probe.frames_reported, probe.codec, probe.status) == (frames, codec, "ok")
    assert probe.duration_s == pytest.approx(duration_s, abs=0.001)


def test_a_gif_is_read_by_its_own_times(real):
    sampling = sample_segment(
        real / "video" / AISLE, [Stretch(0, WHOLE, 1000.0, "detail")], FootageSettings()
    )
    times = [frame.pts_us for frame in sampling]
    assert len(times) == 67
    assert times[:5] == [0, 70_000, 130_000, 200_000, 270_000]
    assert (sampling.outcome.decoder, sampling.outcome.reason) == ("pyav", None)
