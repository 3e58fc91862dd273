"""One camera's day: which frames it takes, what they show, and who is truly where in them."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from storeday.simulate.render_light import Backgrounds, Light, Sensor
from storeday.simulate.render_looks import Look, look_of
from storeday.simulate.render_motion import Motion, poses_at, prepare_motion
from storeday.simulate.render_plan import Segment, plan_segments
from storeday.simulate.render_project import project_bodies
from storeday.simulate.render_raster import Drawn, draw_people
from storeday.simulate.render_scene import Scene, make_scene
from storeday.simulate.render_video import TICKS_PER_S, frame_ticks, write_segment
from storeday.simulate.render_view import View, make_view
from storeday.simulate.rig import CameraRig
from storeday.simulate.truth import BOXES
from storeday.simulate.world import Clock, World

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]
Progress = Callable[[str, int, int], None]

# Poses are projected this many frames at a time, which bounds memory in a crowd.
FRAMES_AT_ONCE = 64
_SECOND = dt.timedelta(seconds=1)


@dataclass(frozen=True)
class Stage:
    """Everything that stays the same while one camera's day is rendered.

    Attributes:
        world: The truth.
        rig: The camera.
        view: Its projection.
        scene: Its picture of the empty store.
        motion: Everybody's paths, gait and reach.
        looks: Clothes by person.
        light: Daylight over the day.
        seed: Seed of this camera.
    """

    world: World
    rig: CameraRig
    view: View
    scene: Scene
    motion: Motion
    looks: list[Look]
    light: Light
    seed: tuple[int, ...]


@dataclass
class Record:
    """True boxes as they are drawn: microseconds since second 0 of the day, and the body."""

    rows: list[tuple[int, Drawn]] = field(default_factory=list)

    def table(self, camera_id: str, starts_at: dt.datetime) -> pa.Table:
        """The rows as a table of schema `BOXES`."""
        start_us = (starts_at - dt.datetime.fromtimestamp(0, dt.UTC)) // dt.timedelta(
            microseconds=1
        )
        boxes = np.array([drawn.box_px for _, drawn in self.rows], np.float32).reshape(-1, 4)
        columns = [
            pa.array([camera_id] * len(self.rows), pa.string()),
            pa.array([start_us + at for at, _ in self.rows], pa.timestamp("us", "UTC")),
            pa.array([drawn.person for _, drawn in self.rows], pa.int64()),
            *(pa.array(boxes[:, side]) for side in range(4)),
            pa.array([drawn.visible_share for _, drawn in self.rows], pa.float32()),
        ]
        return pa.Table.from_arrays(columns, schema=BOXES)


def set_stage(world: World, rig: CameraRig, seed: int) -> Stage:
    """Prepares a camera: renders its still scene and works out everybody's gait."""
    view = make_view(rig.projection, rig.width_px, rig.height_px)
    people = world.people
    pairs = zip(people.look, people.is_staff, strict=True)
    # The seed of a camera hangs on its name, so that adding a camera changes no other.
    own = (abs(seed), *rig.camera_id.encode())
    return Stage(
        world=world,
        rig=rig,
        view=view,
        scene=make_scene(world, view, seed),
        motion=prepare_motion(world),
        looks=[look_of(int(look), bool(staff), n) for n, (look, staff) in enumerate(pairs)],
        light=Light(world.starts_at, world.layout.timezone, (abs(seed), 0)),
        seed=own,
    )


def write_camera(
    world: World,
    inbox_store_day: Path,
    rig: CameraRig,
    seed: int,
    segment_s: float = 60.0,
    progress: Progress | None = None,
) -> pa.Table:
    """Renders one camera's day; arguments as for `write_footage`.

    Returns:
        The truth boxes of this camera.
    """
    # Bodies are small: OpenCV's threads would only wait for each other.
    cv2.setNumThreads(1)
    stage = set_stage(world, rig, seed)
    sensor = Sensor(rig.width_px, rig.height_px, (*stage.seed, 2))
    folder = inbox_store_day / "footage" / rig.camera_id
    folder.mkdir(parents=True, exist_ok=True)
    span = (0.0, world.duration_s)
    clock = device_clock(world, rig.camera_id)
    segments = plan_segments(stage.motion, stage.view, clock, span, (*stage.seed, 1), segment_s)
    tables = []
    for done, segment in enumerate(segments, start=1):
        record = Record()
        frames = render_frames(stage, segment, sensor, record)
        starts_at = world.starts_at.replace(microsecond=0) + segment.start_s * _SECOND
        path = folder / f"{starts_at.strftime('%Y%m%dT%H%M%SZ')}.mp4"
        write_segment(path, frames, rig.frames_per_s, rig.gop_s)
        tables.append(record.table(rig.camera_id, world.starts_at))
        if progress is not None:
            progress(rig.camera_id, done, len(segments))
    return pa.concat_tables([BOXES.empty_table(), *tables])


def device_clock(world: World, camera_id: str) -> Clock:
    """True seconds of the day -> seconds the camera's clock shows after second 0's whole second."""
    clock = world.clocks[camera_id]
    return Clock(clock.offset_s + world.starts_at.microsecond / 1e6, clock.drift_ppm)


def frame_times_s(stage: Stage, segment: Segment) -> Floats:
    """True times of a segment's frames: its ticks read back through the camera's clock."""
    clock = device_clock(stage.world, stage.rig.camera_id)
    rate = stage.rig.frames_per_s
    # The last frame lies before the end, which is the next segment's first.
    frames = int(np.ceil((segment.end_s - segment.start_s) * rate - 1e-6))
    device = segment.start_s + frame_ticks(frames, rate) / TICKS_PER_S
    return (device - clock.offset_s) / (1 + clock.drift_ppm * 1e-6)


def render_frames(
    stage: Stage, segment: Segment, sensor: Sensor, record: Record
) -> Iterator[Bytes]:
    """Renders a segment's frames one by one, and writes down who is in them.

    Args:
        stage: The camera.
        segment: Which seconds.
        sensor: Adds the noise.
        record: Takes the true boxes of those of whom a pixel is seen.

    Yields:
        Frames, I420, shape (3 h / 2, w).
    """
    backgrounds = Backgrounds(stage.scene)
    times_s = frame_times_s(stage, segment)
    height_m = stage.world.people.height_m
    for begin in range(0, len(times_s), FRAMES_AT_ONCE):
        some_s = times_s[begin : begin + FRAMES_AT_ONCE]
        poses = poses_at(stage.motion, some_s)
        bodies = project_bodies(stage.view, poses, height_m, stage.looks)
        edges = np.searchsorted(poses.frame, np.arange(len(some_s) + 1))
        for number, time_s in enumerate(some_s):
            daylight = stage.light.daylight(float(time_s))
            picture = backgrounds.at(daylight)
            rows = np.arange(edges[number], edges[number + 1])
            drawn = draw_people(picture, stage.scene, bodies, rows)
            at_us = round(float(time_s) * 1e6)
            record.rows += [(at_us, one) for one in drawn if one.visible_share > 0]
            yield sensor.frame(picture, daylight)
