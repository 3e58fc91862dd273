"""Simulated footage for benchmarks: short windows of frozen store-days, and the truth of them."""

import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pandas as pd
import pyarrow as pa
import yaml

from storeday.inference import InferenceSettings, load_models, open_models
from storeday.simulate import World, load_scenario
from storeday.simulate.people import make_world
from storeday.simulate.render_camera import Record, device_clock, render_frames, set_stage
from storeday.simulate.render_light import Sensor
from storeday.simulate.render_plan import plan_segments
from storeday.simulate.render_video import write_segment
from storeday.simulate.rig import CameraRig, rigs
from storeday.simulate.scenario import Scenario, with_knobs

FILE = Path(__file__).parent / "scenarios" / "rendered_days.yaml"
CORNERS = ["x0", "y0", "x1", "y1"]


@dataclass(frozen=True)
class Film:
    """What one camera filmed.

    Attributes:
        scenario: Name of the scenario.
        camera: Name of the camera.
        folder: Its segments.
        boxes: True boxes: `time, customer, x0, y0, x1, y1, visible_share`.
        frames: Frames written.
        cpu_s: Processor seconds, still scene and encoding included.
    """

    scenario: str
    camera: str
    folder: Path
    boxes: pd.DataFrame
    frames: int
    cpu_s: float

    def pictures(self, every: int = 1) -> Iterator[tuple[pd.Timestamp, np.ndarray]]:
        """True times and pictures (BGR) of every so many-th frame."""
        number = 0
        for path in sorted(self.folder.glob("*.mp4")):
            start = dt.datetime.strptime(path.stem + "+0000", "%Y%m%dT%H%M%SZ%z")
            with av.open(str(path)) as container:
                for frame in container.decode(video=0):
                    if number % every == 0:
                        at = start + dt.timedelta(seconds=float(frame.pts * frame.time_base))
                        yield pd.Timestamp(at), frame.to_ndarray(format="bgr24")
                    number += 1


def frozen(part: str) -> Any:
    """A part of the frozen file."""
    return yaml.safe_load(FILE.read_text("utf-8"))[part]


def scenario_of(entry: dict[str, Any]) -> Scenario:
    """The scenario of an entry, with its knobs turned."""
    return with_knobs(load_scenario(entry["scenario"], entry["hours"]), **entry.get("knobs", {}))


def films(entries: list[dict[str, Any]], folder: Path) -> Iterator[Film]:
    """Films the windows of store-days, camera by camera, in this process."""
    cv2.setNumThreads(1)
    for number, entry in enumerate(entries):
        scenario = scenario_of(entry)
        world, _, _ = make_world(scenario, entry["seed"])
        for rig in rigs(scenario, world.layout):
            if rig.camera_id in entry["cameras"]:
                place = folder / f"{number}-{scenario.name}" / rig.camera_id
                yield film(scenario.name, world, rig, entry, place)


def film(name: str, world: World, rig: CameraRig, entry: dict[str, Any], folder: Path) -> Film:
    """Films a window with one camera, as `write_camera` films a day."""
    folder.mkdir(parents=True)
    began_s = time.process_time()
    stage = set_stage(world, rig, entry["seed"])
    # True times come with the boxes; files carry the camera's clock, which is set right here.
    world.clocks[rig.camera_id] = type(world.clocks[rig.camera_id])(0.0, 0.0)
    sensor = Sensor(rig.width_px, rig.height_px, (*stage.seed, 2))
    clock = device_clock(world, rig.camera_id)
    window_s = tuple(float(edge) for edge in entry["window_s"])
    tables, frames = [], 0
    for segment in plan_segments(stage.motion, stage.view, clock, window_s, (*stage.seed, 1), 60.0):
        record = Record()
        planes = list(render_frames(stage, segment, sensor, record))
        start = world.starts_at + dt.timedelta(seconds=segment.start_s)
        write_segment(folder / f"{start:%Y%m%dT%H%M%SZ}.mp4", planes, rig.frames_per_s, rig.gop_s)
        tables.append(record.table(rig.camera_id, world.starts_at))
        frames += len(planes)
    spent_s = time.process_time() - began_s
    boxes = pa.concat_tables(tables).to_pandas().drop(columns="camera")
    return Film(name, rig.camera_id, folder, boxes, frames, spent_s)


def models(real: Path, folder: Path) -> Any:
    """YOLOX-nano and OSNet x0.25, on one thread."""
    from real_day import write_models

    write_models(real, folder / "models.yaml")
    return open_models(load_models(folder / "models.yaml"), InferenceSettings(providers="cpu"))


def overlaps(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """IoU of every pair, (n, m)."""
    one, other = one[:, None], other[None]
    sides = np.minimum(one[..., 2:], other[..., 2:]) - np.maximum(one[..., :2], other[..., :2])
    shared = np.prod(np.maximum(sides, 0), axis=-1)
    areas = [np.prod(boxes[..., 2:] - boxes[..., :2], axis=-1) for boxes in (one, other)]
    return shared / np.maximum(areas[0] + areas[1] - shared, 1e-9)
