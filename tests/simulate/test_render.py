import dataclasses
import datetime as dt
from itertools import pairwise

import av
import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from storeday.manifest import StoreLayout
from storeday.simulate import render_raster
from storeday.simulate import world as truth
from storeday.simulate.render import write_footage
from storeday.simulate.render_body import INDEX, joints_of
from storeday.simulate.render_camera import (
    Record,
    device_clock,
    render_frames,
    set_stage,
)
from storeday.simulate.render_light import Sensor
from storeday.simulate.render_motion import Poses, poses_at
from storeday.simulate.render_plan import Segment, merge, plan_segments
from storeday.simulate.render_project import project_bodies
from storeday.simulate.render_raster import draw_people
from storeday.simulate.rig import CameraRig
from storeday.simulate.world import STEP_S, Clock, World

DAY = dt.datetime(2026, 3, 2, 9, 0, 0, 250_000, tzinfo=dt.UTC)
WIDTH, HEIGHT = 640, 360


def pinhole(eye, target, focal_px=420.0):
    """Projection of a camera at `eye` that looks at `target`, built the textbook way."""
    axis = np.subtract(target, eye) / np.linalg.norm(np.subtract(target, eye))
    right = np.cross(axis, [0, 0, 1.0])
    right /= np.linalg.norm(right)
    turn = np.stack([right, np.cross(axis, right), axis])
    inner = np.array([[focal_px, 0, WIDTH / 2], [0, focal_px, HEIGHT / 2], [0, 0, 1.0]])
    return inner @ np.column_stack([turn, -turn @ np.array(eye, float)])


def rig(
    name="cam-1", eye=(0.3, 0.3, 2.8), target=(6, 4.5, 0.6), focal_px=420.0, fps=5.0, gop_s=2.0
):
    return CameraRig(name, pinhole(eye, target, focal_px), WIDTH, HEIGHT, fps, gop_s)


def world(tracks, racks=(), duration_s=20.0, clocks=None, holds=()):
    """A world of given tracks: per person rows of x, y, heading, speed, reach x, y, z."""
    count = len(tracks)
    rows = np.vstack([np.empty((0, 7)), *tracks])
    steps = [np.arange(len(track)) * STEP_S for track in tracks]
    none, index = np.empty(0), np.empty(0, np.int64)
    held = np.array(holds, float).reshape(-1, 4)
    box = np.array(racks, float).reshape(-1, 5)
    people = truth.People(
        is_staff=np.arange(count) % 4 == 3,
        group=np.full(count, -1),
        entered_s=np.zeros(count),
        left_s=np.array([len(track) * STEP_S for track in tracks]),
        height_m=np.linspace(1.6, 1.85, max(count, 1))[:count],
        look=np.arange(count) * 7,
    )
    return World(
        layout=StoreLayout(
            store_id="s1",
            valid_from=DAY.date(),
            timezone="UTC",
            opening_hours={"days": {}},
            floor_plan={"width_m": 10.0, "height_m": 8.0},
        ),
        business_date=DAY.date(),
        starts_at=DAY,
        duration_s=duration_s,
        racks=truth.Racks(*box.T, zone_id=("z",) * len(box)),
        products=truth.Products((), (), (), (), index, none, none, none),
        people=people,
        paths=truth.Paths(
            np.repeat(np.arange(count), [len(track) for track in tracks]),
            np.concatenate([none, *steps]),
            *rows.T,
        ),
        handlings=truth.Handlings(
            held[:, 0].astype(int),
            held[:, 1].astype(int),
            held[:, 2],
            held[:, 3],
            none,
            none,
            ("z",) * len(held),
            ("handle",) * len(held),
        ),
        carried=truth.Carried(index, index, none, none, none, none),
        queueing=truth.Queueing(index, (), none, none, none, ()),
        clocks=clocks or {"cam-1": Clock(7.3, 20.0)},
    )


def standing(x, y, heading=0.0, duration_s=20.0, speed=0.0, reach=(np.nan,) * 3):
    return np.tile([x, y, heading, speed, *reach], (int(duration_s / STEP_S) + 1, 1)).astype(float)


def strolling(count, duration_s):
    """People who walk to and fro on lanes of their own."""
    time_s = np.arange(int(duration_s / STEP_S) + 1) * STEP_S
    tracks = []
    for person in range(count):
        x = 5 + 3 * np.sin(0.3 * time_s + person)
        speed = 0.9 * np.cos(0.3 * time_s + person)
        heading = np.where(speed > 0, 0.0, np.pi)
        rest = [
            np.full_like(x, 2.0 + person),
            heading,
            np.abs(speed),
            *[np.full_like(x, np.nan)] * 3,
        ]
        tracks.append(np.column_stack([x, *rest]))
    return world(tracks, [(4, 6.5, 2, 0.6, 1.4)], duration_s=duration_s)


def clean_frame(true, camera, time_s=5.0):
    """A noise-free picture with the fourth channel, its empty twin, and the bodies drawn."""
    stage = set_stage(true, camera, 0)
    poses = poses_at(stage.motion, np.array([time_s]))
    bodies = project_bodies(stage.view, poses, true.people.height_m, stage.looks)
    empty = np.dstack([stage.scene.lamplight, np.zeros((HEIGHT, WIDTH), np.uint8)])
    picture = empty.copy()
    drawn = draw_people(picture, stage.scene, bodies, np.arange(len(poses.frame)))
    return picture, empty, drawn


def decoded(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [
            (frame.pts * stream.time_base, frame.key_frame, frame.to_ndarray(format="bgr24"))
            for frame in container.decode(stream)
        ]


@pytest.mark.parametrize(("x", "y"), [(3.0, 2.5), (5.0, 4.0), (7.0, 3.5)])
def test_feet_stand_where_the_projection_says(x, y):
    camera = rig()
    _, _, (body,) = clean_frame(world([standing(x, y)]), camera)
    u, v, w = camera.projection @ [x, y, 0.0, 1.0]
    top = camera.projection @ [x, y, 1.6, 1.0]
    x0, y0, x1, y1 = body.box_px
    tall = y1 - y0
    assert abs((x0 + x1) / 2 - u / w) < 0.1 * tall
    # Feet have a length: the toes reach a little below the point between them.
    assert -1 <= y1 - v / w < 0.1 * tall
    assert abs(y0 - top[1] / top[2]) < 0.06 * tall


def test_the_sign_and_scale_of_a_projection_do_not_matter():
    camera = rig()
    other = dataclasses.replace(camera, projection=camera.projection * -3.7)
    true = world([standing(5, 4)])
    np.testing.assert_array_equal(clean_frame(true, camera)[0], clean_frame(true, other)[0])


def test_boxes_are_tight_to_the_pixels_that_differ_from_the_empty_scene(monkeypatch):
    monkeypatch.setattr(render_raster, "SHADOW_DARKNESS", 0.0)
    for x, y, heading in ((4.0, 3.0, 0.3), (6.0, 5.0, 2.0), (7.0, 3.0, 4.0)):
        picture, empty, (body,) = clean_frame(world([standing(x, y, heading)]), rig())
        changed = np.abs(picture[:, :, :3].astype(int) - empty[:, :, :3]).sum(axis=2) > 12
        left, top, wide, high = cv2.boundingRect(changed.astype(np.uint8))
        x0, y0, x1, y1 = body.box_px
        overlap = (min(x1, left + wide) - max(x0, left)) * (min(y1, top + high) - max(y0, top))
        assert overlap / ((x1 - x0) * (y1 - y0) + wide * high - overlap) > 0.8
        assert body.visible_share == 1.0


def test_a_rack_before_a_person_hides_the_legs_and_one_behind_hides_nothing():
    camera = rig(eye=(5, 0.2, 2.0), target=(5, 5, 0.8))
    (before,) = clean_frame(world([standing(5, 5)], [(4, 3.8, 2, 0.5, 1.2)]), camera)[2]
    (behind,) = clean_frame(world([standing(5, 5)], [(4, 5.6, 2, 0.5, 1.2)]), camera)[2]
    assert 0.2 < before.visible_share < 0.7
    assert behind.visible_share == 1.0
    assert before.box_px == behind.box_px


def test_the_nearer_person_hides_the_farther_one_and_the_frame_cuts():
    camera = rig(eye=(5, 0.2, 2.0), target=(5, 5, 0.8))
    near, far, cut = clean_frame(
        world([standing(5, 3), standing(5, 5), standing(2.65, 3.2)]), camera
    )[2]
    assert near.visible_share == 1.0
    assert far.visible_share < 0.6
    assert 0 < cut.visible_share < 0.9
    assert cut.box_px[0] == 0


def test_a_reaching_arm_and_a_garment_in_hand_are_seen():
    camera = rig(eye=(5, 0.2, 2.0), target=(5, 5, 0.8))
    still = clean_frame(world([standing(5, 4)]), camera)[0]
    reaches = world([standing(5, 4, reach=(5.6, 4.0, 1.3))])
    reaching = clean_frame(reaches, camera)[0]
    held = dataclasses.replace(
        reaches, handlings=world([standing(5, 4)], holds=[(0, 3, 0, 20)]).handlings
    )
    holding = clean_frame(held, camera)[0]
    u, v, w = camera.projection @ [5.6, 4.0, 1.3, 1.0]
    hand = (slice(int(v / w) - 3, int(v / w) + 4), slice(int(u / w) - 8, int(u / w) + 3))
    assert (still[hand][:, :, 3] == 0).all()
    assert (reaching[hand][:, :, 3] == 1).any()
    assert (holding[:, :, 3] > 0).sum() > (reaching[:, :, 3] > 0).sum() + 100


def test_segments_are_named_by_the_cameras_clock_and_stamped_exactly(tmp_path):
    true = world([standing(5, 4, speed=0.5)], clocks={"cam-1": Clock(7.3, 500.0)})
    camera = rig(fps=7.0, gop_s=1.0)
    boxes = write_footage(true, [camera], tmp_path / "in", tmp_path / "truth", 1, segment_s=8)
    files = sorted((tmp_path / "in" / "footage" / "cam-1").iterdir())
    # Second 0 is 09:00:00.25; the camera shows 7.55 s past the whole second.
    assert [file.name for file in files] == [
        "20260302T090008Z.mp4", "20260302T090016Z.mp4", "20260302T090024Z.mp4"
    ]  # fmt: skip
    frames = decoded(files[0])
    assert len(frames) == 56
    for number, (time, is_key, _) in enumerate(frames):
        assert abs(float(time) - number / 7) <= 0.5 / 90_000 + 1e-12
        assert is_key == (number % 7 == 0)
    # The k-th frame of the first file, back in true time.
    device = 8 - 0.25 + np.array([float(time) for time, _, _ in frames])
    expected = (device - 7.3) / (1 + 500e-6)
    times = [time.timestamp() - DAY.timestamp() for time in boxes["time"].to_pylist()]
    np.testing.assert_allclose(times[:56], expected, atol=1e-6)
    assert pq.read_table(tmp_path / "truth" / "boxes.parquet").equals(boxes)


def test_same_seed_same_bytes_also_with_two_processes_and_another_seed_differs(tmp_path):
    true = strolling(3, 4.0)
    true = dataclasses.replace(true, clocks={"cam-1": Clock(0.0, 0.0), "cam-2": Clock(1.0, 0.0)})
    rigs = [rig(), rig("cam-2", eye=(9.7, 0.3, 2.8), target=(4, 4.5, 0.6))]
    runs = []
    for number, (seed, workers) in enumerate([(3, 1), (3, 2), (4, 1)]):
        folder = tmp_path / str(number)
        boxes = write_footage(true, rigs, folder, folder, seed, workers=workers)
        files = {path.name: path.read_bytes() for path in sorted(folder.rglob("*.mp4"))}
        runs.append((boxes, files))
    assert runs[0][0].equals(runs[1][0])
    assert runs[0][1] == runs[1][1]
    assert runs[0][1] != runs[2][1]


def test_nothing_is_recorded_while_nothing_moves_but_false_alarms_show_nobody():
    enters = standing(5, 4, duration_s=30, speed=0.5)
    true = world([enters], duration_s=1800)
    stage = set_stage(true, rig(), 0)
    clock = device_clock(true, "cam-1")
    segments = plan_segments(stage.motion, stage.view, clock, (0.0, 1800.0), (5,), 60)
    moving = [segment for segment in segments if segment.start_s < 45]
    empty = [segment for segment in segments if segment.start_s >= 45]
    assert empty
    assert sum(segment.end_s - segment.start_s for segment in moving) < 40
    for segment in empty:
        assert segment.end_s - segment.start_s < 15
        record = Record()
        list(render_frames(stage, segment, Sensor(WIDTH, HEIGHT, (0,)), record))
        assert not record.rows
    assert all(later.start_s >= one.end_s for one, later in pairwise(segments))


def test_an_empty_store_and_no_cameras(tmp_path):
    true = world([], duration_s=60)
    boxes = write_footage(true, [rig()], tmp_path, tmp_path, 0)
    assert boxes.num_rows == 0
    assert list(tmp_path.rglob("*.mp4"))
    assert write_footage(true, [], tmp_path / "none", tmp_path / "none", 0).num_rows == 0
    with pytest.raises(ValueError, match="cam-9"):
        write_footage(true, [rig("cam-9")], tmp_path, tmp_path, 0)


def test_merged_stretches_cover_what_the_single_ones_cover():
    rng = np.random.default_rng(8)
    for _ in range(50):
        starts = rng.integers(0, 60, 12)
        stretches = np.column_stack([starts, starts + rng.integers(0, 8, 12)]).astype(float)
        covered = np.zeros(80, bool)
        for start, end in stretches.astype(int):
            covered[start:end] = True
        merged = merge(stretches).astype(int)
        again = np.zeros(80, bool)
        for start, end in merged:
            again[start:end] = True
        np.testing.assert_array_equal(covered, again)
        assert (merged[1:, 0] > merged[:-1, 1]).all()


def test_light_changes_over_the_day_and_noise_over_the_frames():
    true = world([], duration_s=7200)
    stage = set_stage(true, rig(), 0)
    levels = [stage.light.daylight(time) for time in np.arange(0, 7200, 60.0)]
    assert len(set(levels)) > 5
    assert np.abs(np.diff(levels)).max() < 0.15
    frames = list(render_frames(stage, Segment(10, 12), Sensor(WIDTH, HEIGHT, (1,)), Record()))
    noise = (frames[0][:HEIGHT].astype(int) - frames[1][:HEIGHT]).std() / np.sqrt(2)
    assert 1.5 < noise < 3.5


def pose(reach, product, hand_m=(0.45, 0.0, 1.15)):
    """One body at the origin that faces along x."""
    whole, none = np.zeros(1, np.int64), np.zeros(1)
    return Poses(
        whole, whole, np.zeros((1, 2)), none, none, none, np.full(1, float(reach)),
        np.array([hand_m]), np.full(1, product),
    )  # fmt: skip


def test_who_looks_at_goods_has_both_hands_up_and_who_carries_has_them_down():
    def at(name, body):
        return joints_of(body, np.array([1.7]), np.ones(1))[0, INDEX[name]]

    looks, carries, touches = pose(1.0, 3), pose(0.0, 3), pose(1.0, -1)
    hands = [at(f"hand_{side}", looks) for side in "lr"]
    assert all(abs(hand[2] - 1.15) < 0.02 for hand in hands)
    assert hands[0][1] - hands[1][1] == pytest.approx(0.22, abs=0.02)
    assert max(at(f"hand_{side}", carries)[2] for side in "lr") < 0.85
    assert at("grip", carries)[2] - at("cloth_l", carries)[2] == pytest.approx(0.5)
    assert at("hand_l", touches)[2] < 0.85
    # The head bows, and elbows stand out beyond the shoulders.
    assert at("brow", looks)[0] - at("neck", looks)[0] > 0.08
    assert at("elbow_l", looks)[1] > at("shoulder_l", looks)[1] + 0.05
