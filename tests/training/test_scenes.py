"""Scenes to learn from: the same each time, true, and as varied as they claim."""

import dataclasses

import cv2
import numpy as np
import pytest

from storeday.simulate.render_motion import prepare_motion
from storeday.simulate.render_view import make_view, to_image
from storeday.training.__main__ import TASKS, main
from storeday.training.labelled_frames import (
    Crop,
    Frame,
    Person,
    crops_of,
    picture_of,
    read_frames,
    write_frames,
)
from storeday.training.scene_worlds import random_camera, random_world
from storeday.training.scenes import make_scene_frames, moments_in_view


@pytest.fixture(scope="module")
def frames():
    return make_scene_frames(7, 3)


def test_a_scene_is_the_same_each_time(frames):
    assert make_scene_frames(7, 3) == frames


def test_another_number_is_another_shop(frames):
    other = make_scene_frames(7, 4)
    assert {one.person for frame in frames for one in frame.people}.isdisjoint(
        {one.person for frame in other for one in frame.people}
    )


def test_boxes_lie_within_their_pictures(frames):
    people = [one for frame in frames for one in frame.people]
    assert len(people) > len(frames)
    assert {one.is_handling for one in people} == {True, False}
    for frame in frames:
        height, width = picture_of(frame).shape[:2]
        for one in frame.people:
            x0, y0, x1, y1 = one.box_px
            assert 0 <= x0 < x1 <= width
            assert 0 <= y0 < y1 <= height
            assert 0 < one.visible_share <= 1


def test_moments_have_somebody_in_view_mostly():
    rng = np.random.default_rng(5)
    world = random_world(rng)
    rig = random_camera(world, "c", (640, 360), rng)
    view, motion = make_view(rig.projection, 640, 360), prepare_motion(world)
    times = moments_in_view(motion, view, 40, rng)
    assert (np.diff(times) > 0).all()
    hits = 0
    for time_s in times:
        at = np.abs(motion.time_s - time_s) < 1e-6
        place = np.column_stack([motion.fields[at, :2], np.ones(at.sum())])
        image, depth = to_image(view, place)
        hits += ((depth > 0.3) & (image >= 0).all(1) & (image < (640, 360)).all(1)).any()
    assert hits >= 0.8 * len(times)


@pytest.mark.parametrize("seed", range(5))
def test_cameras_look_at_the_floor_of_their_shop(seed):
    rng = np.random.default_rng(seed)
    world = random_world(rng)
    rig = random_camera(world, "c", (640, 360), rng)
    floor = world.layout.floor_plan
    grid = np.stack(
        np.meshgrid(np.linspace(0, floor.width_m, 30), np.linspace(0, floor.height_m, 30))
    )
    points = np.column_stack([*grid.reshape(2, -1), np.zeros(900)])
    view = make_view(rig.projection, 640, 360)
    image, depth = to_image(view, points)
    seen = (depth > 0.3) & (image >= 0).all(1) & (image < (640, 360)).all(1)
    assert seen.any()
    assert 2.2 <= view.centre_m[2] <= 3.8
    assert (view.centre_m[:2] > 0).all()


def test_frames_come_back_as_they_were_written(frames, tmp_path):
    unsaid = dataclasses.replace(frames[0].people[0], is_handling=None)
    given = [Frame(frames[0].jpeg, [unsaid]), Frame(frames[1].jpeg, [])]
    write_frames(tmp_path, "b", lambda: given)
    write_frames(tmp_path, "a", lambda: [frames[2]])
    write_frames(tmp_path, "a", lambda: pytest.fail("made again"))
    back = read_frames(tmp_path)
    assert [frame.jpeg for frame in back] == [frames[2].jpeg, frames[0].jpeg, frames[1].jpeg]
    assert back[1].people[0].is_handling is None
    assert [len(frame.people) for frame in back] == [len(frames[2].people), 1, 0]
    with pytest.raises(FileNotFoundError, match=r"no .*people"):
        read_frames(tmp_path / "none")


def test_crops_are_cut_where_the_box_is():
    picture = np.zeros((100, 200, 3), np.uint8)
    picture[20:60, 150:170] = (0, 0, 255)
    jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
    people = [
        Person("seen", (150, 20, 170, 60), 1.0, True),
        Person("hidden", (10, 20, 30, 60), 0.1, True),
        Person("small", (50, 20, 60, 30), 1.0, True),
    ]
    (crop,) = crops_of([Frame(jpeg, people)], least_seen=0.4, least_height_px=24)
    assert crop.person == "seen"
    tight = crop.cut(10, 20, None)
    assert tight.shape == (20, 10, 3)
    assert tight[5:15, 2:8, 2].mean() > 240
    assert crop.cut(10, 20, room=0.4)[0].mean() < 20


def test_jitter_moves_edges_by_about_its_share():
    crop = Crop(np.zeros((80, 60, 3), np.uint8), np.array([10, 10, 50, 70], np.float32), "p", None)
    rng = np.random.default_rng(1)
    moved = np.array([crop.jittered(rng, (0.05, 0.1)).box_px for _ in range(500)])
    spread = moved.std(axis=0) / [40, 60, 40, 60]
    assert spread == pytest.approx(np.array([0.05, 0.1, 0.05, 0.1]), rel=0.15)


def test_tasks_are_told_apart(capsys):
    with pytest.raises(SystemExit):
        main(["cook"])
    assert "invalid choice: 'cook'" in capsys.readouterr().err
    assert TASKS == ("scenes", "detector", "handling", "appearance", "rummage")


def test_the_scenes_task_writes_scenes(tmp_path):
    assert (
        main(["scenes", "--out", str(tmp_path), "--scenes", "1", "--first", "3", "--seed", "7"])
        == 0
    )
    assert [path.name for path in sorted(tmp_path.iterdir())] == [
        "7-00003.frames.parquet",
        "7-00003.people.parquet",
    ]
