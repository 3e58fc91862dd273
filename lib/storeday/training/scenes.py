"""Labelled frames of random simulated shops: what detector, handling and appearance learn from.

Each scene is a shop of its own, seen by two cameras at moments drawn at random, half of them with
somebody in view who has a hand out. Scene n of a seed is the same on any machine and in any number
of processes.
"""

import dataclasses
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from storeday.simulate.render_camera import Stage, set_stage
from storeday.simulate.render_light import DAYLIGHT_SHARE, Backgrounds, Sensor
from storeday.simulate.render_motion import Motion, Poses, poses_at
from storeday.simulate.render_project import project_bodies
from storeday.simulate.render_raster import Drawn, draw_people
from storeday.simulate.render_view import NEAREST_M, View, to_image
from storeday.training.labelled_frames import Frame, Person, write_frames
from storeday.training.scene_looks import random_look, recoloured, through_camera
from storeday.training.scene_worlds import random_camera, random_world

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

WIDTH_PX, HEIGHT_PX = 640, 360
# Moments of a camera: few, where other shops matter more (boxes); more, where people do (hands), as
# a shop costs as much as forty frames.
CAMERAS, MOMENTS = 2, 6
# A reach of which more than half is done shows as one; before that an arm only begins to move.
HANDLES = 0.5
# From smeared to nearly clean JPEG.
QUALITIES = (35, 92)
# Height of a body at which its presence in the picture is asked.
WAIST_M = 1.0


def write_scenes(
    folder: Path, scenes: range, seed: int, workers: int = 1, moments: int = MOMENTS
) -> None:
    """Renders scenes, one pair of files each; those that are there already stay.

    Args:
        folder: Where to; made if it is missing.
        scenes: Numbers of scenes.
        seed: Seed of all chance.
        workers: Processes.
        moments: Most frames of each camera.
    """
    folder.mkdir(parents=True, exist_ok=True)
    task = partial(_write_scene, folder, seed, moments)
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for number, _ in enumerate(pool.map(task, scenes), start=1):
            if number % 20 == 0:
                print(f"{number} of {len(scenes)} scenes", flush=True)


def make_scene_frames(seed: int, number: int, moments: int = MOMENTS) -> list[Frame]:
    """The frames of a scene, at most so many of each camera, with who is in them."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng([seed, number])
    world = random_world(rng)
    looks = [random_look(rng, bool(is_staff)) for is_staff in world.people.is_staff]
    frames = []
    for index in range(CAMERAS):
        camera = random_camera(world, f"cam-{index}", (WIDTH_PX, HEIGHT_PX), rng)
        stage = set_stage(world, camera, int(rng.integers(2**31)))
        stage = dataclasses.replace(stage, looks=looks, scene=recoloured(stage.scene, rng))
        times_s = moments_in_view(stage.motion, stage.view, moments, rng)
        frames += _frames(stage, f"{seed}-{number}", times_s, rng)
    return frames


def moments_in_view(motion: Motion, view: View, count: int, rng: np.random.Generator) -> Floats:
    """Moments at which somebody is in view, half of them with a hand out; one in twelve is any.

    Args:
        motion: Everybody's paths.
        view: The camera.
        count: Most moments wanted.
        rng: Source of chance.

    Returns:
        Times in s, increasing, without repeats.
    """
    place = np.column_stack([motion.fields[:, :2], np.full(len(motion.time_s), WAIST_M)])
    image, depth = to_image(view, place)
    size = (view.width_px, view.height_px)
    in_view = (depth > NEAREST_M) & (image >= 0).all(axis=1) & (image < size).all(axis=1)
    reaching = in_view & (motion.fields[:, 5] > HANDLES)
    chosen = []
    for _ in range(count):
        rows = np.flatnonzero(reaching if rng.random() < 0.5 else in_view)
        if not len(rows) or rng.random() < 1 / 12:
            rows = np.arange(len(motion.time_s))
        chosen.append(float(motion.time_s[rng.choice(rows)]))
    return np.unique(chosen)


def _write_scene(folder: Path, seed: int, moments: int, number: int) -> None:
    write_frames(folder, f"{seed}-{number:05d}", lambda: make_scene_frames(seed, number, moments))


def _frames(stage: Stage, scene: str, times_s: Floats, rng: np.random.Generator) -> list[Frame]:
    poses = poses_at(stage.motion, times_s)
    bodies = project_bodies(stage.view, poses, stage.world.people.height_m, stage.looks)
    backgrounds = Backgrounds(stage.scene)
    sensor = Sensor(WIDTH_PX, HEIGHT_PX, (int(rng.integers(2**31)),), float(rng.uniform(0.3, 2)))
    edges = np.searchsorted(poses.frame, np.arange(len(times_s) + 1))
    frames = []
    for number in range(len(times_s)):
        daylight = float(rng.uniform(0, DAYLIGHT_SHARE))
        picture = backgrounds.at(daylight)
        rows = np.arange(edges[number], edges[number + 1])
        drawn = draw_people(picture, stage.scene, bodies, rows)
        planes = sensor.frame(picture, daylight)
        taken = np.asarray(cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420), np.uint8)
        seen = through_camera(taken, rng)
        quality = int(rng.integers(*QUALITIES))
        _, jpeg = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, quality])
        people = [_person(scene, one, poses, rows) for one in drawn if one.visible_share > 0]
        frames.append(Frame(jpeg.tobytes(), people))
    return frames


def _person(scene: str, drawn: Drawn, poses: Poses, rows: NDArray[np.int64]) -> Person:
    row = rows[poses.person[rows] == drawn.person][0]
    return Person(
        person=f"{scene}-{drawn.person}",
        box_px=drawn.box_px,
        visible_share=drawn.visible_share,
        is_handling=bool(poses.reach[row] > HANDLES),
    )
