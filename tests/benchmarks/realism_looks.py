"""Re-identification on simulated people: OSNet x0.25 across cameras, as Market-1501 is scored.

A day's customers, each filmed for a second by up to three cameras while clearly seen there; two
crops of each stay. Every crop is a query once; its own camera's crops of the same person are left
out of the gallery (Zheng et al., ICCV 2015). Market-1501 has 750 people in its test; fewer, as
here, make it easier.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from detected import MOSTLY, TALL_PX
from rendered import scenario_of

from storeday.simulate import World
from storeday.simulate.people import make_world
from storeday.simulate.render_camera import Record, render_frames, set_stage
from storeday.simulate.render_light import Sensor
from storeday.simulate.render_plan import Segment
from storeday.simulate.render_video import write_segment
from storeday.simulate.render_view import make_view, to_image
from storeday.simulate.rig import CameraRig, rigs
from storeday.simulate.world import Clock

CAMERAS, CROPS, FRAMES_PER_S = 3, 2, 2.0
# Middle of a body, which has to be in the inner part of the picture.
MIDDLE_M, MARGIN = 0.9, 0.15


def rank_1(entry: dict[str, Any], embedder: Any, folder: Path) -> dict[str, float]:
    """Share of queries whose nearest crop is of the same person, and mean average precision."""
    cv2.setNumThreads(1)
    scenario = scenario_of(entry)
    world, _, _ = make_world(scenario, entry["seed"])
    rng = np.random.default_rng(entry["seed"])
    person, camera, crops = [], [], []
    every_rig = rigs(scenario, world.layout)
    chosen = _moments(every_rig, world, rng)
    for number, rig in enumerate(every_rig):
        moments = chosen[rig.camera_id]
        for who, crop in _crops(world, rig, moments, entry["seed"], folder):
            person.append(who)
            camera.append(number)
            crops.append(crop)
    whole = [np.array([[0, 0, crop.shape[1], crop.shape[0]]], np.float32) for crop in crops]
    vectors = np.vstack(embedder.embed(list(zip(crops, whole, strict=True))))
    return _score(np.array(person), np.array(camera), vectors)


def _moments(
    every_rig: list[CameraRig], world: World, rng: np.random.Generator
) -> dict[str, list[tuple[int, int]]]:
    """Per camera, whom to film in which second: up to `CAMERAS` cameras a person."""
    paths = world.paths
    rows = np.flatnonzero((np.abs(paths.time_s % 1) < 0.01) & ~world.people.is_staff[paths.person])
    place = np.column_stack([paths.x_m[rows], paths.y_m[rows], np.full(len(rows), MIDDLE_M)])
    chosen: dict[str, list[tuple[int, int]]] = {rig.camera_id: [] for rig in every_rig}
    candidates: dict[int, dict[str, list[int]]] = defaultdict(dict)
    for rig in every_rig:
        view = make_view(rig.projection, rig.width_px, rig.height_px)
        image, depth = to_image(view, place)
        share = image / [rig.width_px, rig.height_px]
        near = (depth > 1) & (depth < 7)
        for row in np.flatnonzero(near & ((share > MARGIN) & (share < 1 - MARGIN)).all(axis=1)):
            second = round(paths.time_s[rows[row]])
            candidates[int(paths.person[rows[row]])].setdefault(rig.camera_id, []).append(second)
    for who in sorted(candidates):
        cameras = list(candidates[who])
        for index in rng.permutation(len(cameras))[:CAMERAS]:
            camera = cameras[index]
            chosen[camera].append((who, int(rng.choice(candidates[who][camera]))))
    return chosen


def _crops(
    world: World, rig: CameraRig, moments: list[tuple[int, int]], seed: int, folder: Path
) -> list[tuple[int, np.ndarray]]:
    """Crops of people who are clearly seen, from encoded and decoded footage."""
    world.clocks[rig.camera_id] = Clock(0.0, 0.0)
    stage = set_stage(world, rig, seed)
    # Two frames a second are enough: one second gives two crops.
    stage = replace(stage, rig=replace(rig, frames_per_s=FRAMES_PER_S))
    sensor = Sensor(rig.width_px, rig.height_px, (*stage.seed, 2))
    path, found = folder / "second.mp4", []
    for who, second in moments:
        record = Record()
        segment = Segment(second, second + 1)
        frames = list(render_frames(stage, segment, sensor, record))
        write_segment(path, frames, FRAMES_PER_S, 1.0)
        boxes = record.table(rig.camera_id, world.starts_at).to_pandas()
        mine = boxes[(boxes.customer == who) & (boxes.visible_share >= MOSTLY)]
        with av.open(str(path)) as container:
            pictures = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
        start = world.starts_at + dt.timedelta(seconds=second)
        for box in mine[mine.y1 - mine.y0 > TALL_PX].itertuples():
            number = round((box.time - start).total_seconds() * FRAMES_PER_S)
            if 0 <= number < min(len(pictures), CROPS):
                picture = pictures[number]
                found.append((who, picture[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)]))
    return found


def _score(person: np.ndarray, camera: np.ndarray, vectors: np.ndarray) -> dict[str, float]:
    likeness = vectors @ vectors.T
    same = person[:, None] == person[None]
    likeness[same & (camera[:, None] == camera[None])] = -np.inf
    matches = same & np.isfinite(likeness)
    asked = np.flatnonzero(matches.any(axis=1))
    order = np.argsort(-likeness[asked], axis=1, kind="stable")
    right = np.take_along_axis(matches[asked], order, axis=1)
    rank = np.cumsum(right, axis=1)
    precision = (rank / np.arange(1, right.shape[1] + 1) * right).sum(axis=1) / right.sum(axis=1)
    return {
        "rank_1": round(float(right[:, 0].mean()), 3),
        "mean_average_precision": round(float(precision.mean()), 3),
        "people": len(np.unique(person[asked])),
        "crops": len(person),
    }
