"""`storeday annotate`: what stands in the picture, and what must not be made out in it."""

import datetime as dt
from fractions import Fraction

import av
import numpy as np
import pytest
from deltalake import write_deltalake

from storeday.commands.annotate import AnnotateRequest, annotate
from storeday.contracts import conform, load_contract, table_from_columns
from storeday.lake.store_day import StoreDay
from storeday.report.annotated_frame import colour_of
from storeday.stages.plan import Places

DATE = dt.date(2026, 11, 20)
START = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
DAY = StoreDay("s1", DATE)
WIDTH, HEIGHT, FRAMES, RATE = 320, 240, 40, 10
MANIFEST = """\
store_id: s1
versions:
  - valid_from: 2026-01-01
    timezone: Europe/Paris
    opening_hours: {days: {fri: ["09:00", "19:00"]}}
    floor_plan: {width_m: 8, height_m: 6}
    zones:
      - {id: coats, name: Coats, kind: display, polygon_m: [[5, 1], [7, 1], [7, 3], [5, 3]]}
    cameras:
      - {id: front, width_px: 320, height_px: 240, purpose: counting,
         homography: [[0.025, 0, 0], [0, 0.025, 0], [0, 0, 1]]}
"""


def stripes(height, width):
    """What is to be hidden: fine stripes, as different from their mean as can be."""
    part = np.zeros((height, width, 3), np.uint8)
    part[:, ::4] = part[:, 1::4] = 255
    return part


def person_box(number):
    """The detected person walks to the right."""
    return 40.0 + 2 * number, 60.0, 80.0 + 2 * number, 160.0


def stranger_box(number):
    """Somebody walks to the left, whom no detector saw."""
    return 270 - 3 * number, 180, 300 - 3 * number, 230


def picture(number):
    frame = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    for box in (person_box(number), stranger_box(number)):
        x0, y0, x1, y1 = (int(edge) for edge in box)
        frame[y0:y1, x0:x1] = stripes(y1 - y0, x1 - x0)
    return frame


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A clip of four seconds, and tables that know one of the two people in it."""
    root = tmp_path_factory.mktemp("annotate")
    folder = root / "inbox" / "s1" / str(DATE) / "footage" / "front"
    folder.mkdir(parents=True)
    (root / "stores").mkdir()
    (root / "stores" / "s1.yaml").write_text(MANIFEST)
    with av.open(str(folder / "20261120T100000Z.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv444p"
        stream.options = {"crf": "8"}
        for number in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(picture(number), format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    for name, rows in lake_rows().items():
        contract = load_contract(name)
        columns = {key: [row[key] for row in rows] for key in rows[0]}
        stamps = {"store_id": "s1", "business_date": DATE, "run_id": "r", "method_version": "0"}
        table = conform(table_from_columns(contract, columns), contract, stamps)
        path = str(root / "lake" / contract.path)
        write_deltalake(path, table, partition_by=list(contract.partition))
    return Places(str(root / "inbox"), str(root / "stores"), str(root / "lake"))


def lake_rows():
    detected = range(0, FRAMES, 5)
    return {
        "bronze.footage_segments": [{
            "camera_id": "front", "segment": "20261120T100000Z.mp4",
            "source_file": "footage/front/20261120T100000Z.mp4", "started_at": START,
            "duration_s": FRAMES / RATE, "width_px": WIDTH, "height_px": HEIGHT, "status": "ok",
            "size_bytes": 1,
        }],
        "silver.detections": [
            {
                "camera_id": "front", "detection_id": f"d{number:02d}", "score": 0.9,
                "device_time": START + dt.timedelta(seconds=number / RATE),
                **dict(zip(("x0", "y0", "x1", "y1"), person_box(number), strict=True)),
                "is_cut": False,
            }
            for number in detected
        ],
        "silver.track_points": [
            {"tracklet_id": "t1", "detection_id": f"d{number:02d}"} for number in detected
        ],
        "silver.identities": [
            {"tracklet_id": "t1", "customer_id": "abcdef0123", "confidence": 0.9, "evidence": "{}"}
        ],
        "silver.action_events": [{
            "action_id": "a1", "camera_id": "front", "tracklet_id": "t1",
            "customer_id": "abcdef0123", "peak_time": START + dt.timedelta(seconds=2),
            "started_at": START + dt.timedelta(seconds=1.5),
            "ended_at": START + dt.timedelta(seconds=2.5), "probability": 0.83,
        }],
    }  # fmt: skip


def clip(places, tmp_path, **choices):
    """The annotated pictures, BGR, and their times in seconds."""
    out = tmp_path / "clip.mp4"
    span = {"start": START, "end": START + dt.timedelta(seconds=10)}
    request = AnnotateRequest(places, DAY, "front", out=out, **{**span, **choices})
    count = annotate(request)
    with av.open(str(out)) as container:
        shown = [
            (float(frame.time), frame.to_ndarray(format="bgr24"))
            for frame in container.decode(video=0)
        ]
    assert len(shown) == count
    return [time for time, _ in shown], [frame for _, frame in shown]


def detail(frame, box):
    """How strong fine stripes are inside a box, 0 to 255; frames drawn around it left out."""
    x0, y0, x1, y1 = (int(edge) for edge in box)
    grey = frame[y0 + 8 : y1 - 8, x0 + 8 : x1 - 8].mean(axis=2)
    return float(np.abs(np.diff(grey, axis=1)).mean())


def test_all_pictures_come_at_their_own_times(places, tmp_path):
    times, _ = clip(places, tmp_path)
    np.testing.assert_allclose(times, np.arange(FRAMES) / RATE, atol=0.001)


def test_people_cannot_be_made_out_unless_asked_for(places, tmp_path):
    _, hidden = clip(places, tmp_path)
    _, shown = clip(places, tmp_path, are_people_hidden=False)
    # At these pictures nobody was detected: boxes lie between two detections.
    for number in (3, 12, 28):
        assert detail(picture(number), person_box(number)) > 100
        assert detail(shown[number], person_box(number)) > 40
        assert detail(hidden[number], person_box(number)) < 15


def test_who_moves_and_was_not_detected_is_hidden_too(places, tmp_path):
    _, hidden = clip(places, tmp_path)
    for number in (3, 12, 28):
        assert detail(picture(number), stranger_box(number)) > 100
        assert detail(hidden[number], stranger_box(number)) < 15


def test_box_and_zone_are_drawn(places, tmp_path):
    _, frames = clip(places, tmp_path)
    frame = frames[10].astype(int)
    x0, y0, _, y1 = (round(edge) for edge in person_box(10))
    edge = frame[y0 + 20 : y1 - 20, x0 - 1 : x0 + 2].reshape(-1, 3)
    blue, green, red = colour_of("abcdef")
    distance = np.abs(edge - [blue, green, red]).sum(axis=1).min()
    assert distance < 120  # chroma is at half the resolution
    # The zone's left edge, 5 m to the right at 40 px a metre, is lighter than the ground.
    assert frame[60:100, 199:202].mean() > frame[60:100, 206:216].mean() + 15


def test_only_the_time_asked_for_is_shown(places, tmp_path):
    span = {"start": START + dt.timedelta(seconds=1), "end": START + dt.timedelta(seconds=2)}
    times, _ = clip(places, tmp_path, **span)
    assert len(times) == RATE


def test_a_wrong_camera_and_a_time_without_footage_are_told(places, tmp_path):
    later = START + dt.timedelta(hours=1)
    out = tmp_path / "none.mp4"
    with pytest.raises(ValueError, match="no camera 'back'; there are front"):
        annotate(AnnotateRequest(places, DAY, "back", START, later, out))
    with pytest.raises(ValueError, match="no footage from"):
        annotate(AnnotateRequest(places, DAY, "front", later, later + dt.timedelta(minutes=1), out))
    assert not out.exists()
