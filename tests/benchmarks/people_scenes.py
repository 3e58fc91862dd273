"""Simulated store-days as cameras see them, without pictures: true boxes by geometry alone.

The simulator plays the day and knows where its cameras hang; a person's box is that of an upright
body of three discs and a head, and what share of it is seen follows from furniture, from people
before it and from the frame's edge. That costs a hundredth of rendering; it has not been compared
with the renderer's boxes, which follow limbs and garments. Detections are then made of the
boxes by `storeday.commands.simulated_detections`, as the demo does.

All figures that rest on these days are simulated ones.
"""

import itertools
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from storeday.audit.correspondence import Places
from storeday.commands.simulated_detections import DetectorErrors, detections_from_boxes
from storeday.floor.camera_view import camera_view
from storeday.simulate import load_scenario
from storeday.simulate.people import make_world
from storeday.simulate.rig import camera_rigs, to_image

# Half the width of a body at these shares of its height (Drillis and Contini 1966: shoulder
# breadth is 0.26 of the height, hip breadth 0.19), and of the head's at the top.
DISCS = ((0.02, 0.08), (0.5, 0.11), (0.8, 0.13), (1.0, 0.05))
SAMPLES = (0.08, 0.2, 0.35, 0.5, 0.65, 0.8, 0.92)
STAMP = pa.timestamp("us", tz="UTC")
# A nearer person hides what lies inside this share of the width of the box.
SOLID_SHARE = 0.8


@dataclass(frozen=True)
class PeopleDay:
    """A day, its true boxes and its detections.

    Attributes:
        world: The truth.
        boxes: Rows as `boxes.parquet`, with `device_time`.
        detections: Rows of `silver.detections`.
        person: True person of each detection, -1 for false ones, in the order of `detections`.
        frames_per_s: Frames a second of every camera.
    """

    world: object
    boxes: pa.Table
    detections: pa.Table
    person: np.ndarray
    frames_per_s: float

    @property
    def start_us(self):
        return round(self.world.starts_at.timestamp() * 1e6)

    def places(self, customers_only=False):
        """True places, second by second, of those in the store and not in a cabin."""
        paths = self.world.paths
        whole = np.abs(paths.time_s - np.rint(paths.time_s)) < 1e-6
        hidden = in_cabins(self.world, np.column_stack([paths.x_m, paths.y_m]))
        rows = np.flatnonzero(whole & ~hidden)
        if customers_only:
            rows = rows[~self.world.people.is_staff[paths.person[rows]]]
        seconds = np.rint(paths.time_s[rows]).astype(np.int64) + self.start_us // 10**6
        return Places(paths.person[rows], seconds, paths.x_m[rows], paths.y_m[rows])


def people_day(name, seed, hours, frames_per_s=5.0, errors=None, **knobs):
    """Plays some hours of a scenario and looks at them through a stand-in detector.

    Args:
        name: Scenario that ships, or a file.
        seed: Seed of all chance.
        hours: Hours the store is open.
        frames_per_s: Frames a second.
        errors: The detector's errors.
        knobs: Changes to the scenario, group by group: `cameras={"count": 4}`.
    """
    scenario = load_scenario(name, hours=hours)
    changes = {
        group: getattr(scenario, group).model_copy(update=values) for group, values in knobs.items()
    }
    return seen_day(scenario.model_copy(update=changes), seed, frames_per_s, errors)


def seen_day(scenario, seed, frames_per_s=5.0, errors=None):
    """Plays a scenario, and looks at it as `people_day` does."""
    world, _, _ = make_world(scenario, seed)
    boxes = pa.concat_tables(
        [_camera_boxes(world, rig, frames_per_s) for rig in camera_rigs(scenario)]
    )
    frames = _frames(world, frames_per_s)
    views = {camera.id: camera_view(camera) for camera in world.layout.cameras}
    errors = errors or DetectorErrors()
    detections = detections_from_boxes(boxes, frames, views, seed, errors)
    return PeopleDay(world, boxes, detections, _owners(detections, boxes), frames_per_s)


def _owners(detections, boxes):
    """Whose each detection is: that of the true box of its frame that overlaps most, over 0.3."""
    owner = np.full(len(detections), -1, np.int64)
    keys = [np.array(table["camera_id" if table is detections else "camera"].to_pylist())
            for table in (detections, boxes)]  # fmt: skip
    times = [_us(table["device_time"]) for table in (detections, boxes)]
    corners = [np.column_stack([table[name].to_numpy().astype(float) for name in
               ("x0", "y0", "x1", "y1")]) for table in (detections, boxes)]  # fmt: skip
    customer = boxes["customer"].to_numpy()
    for camera in np.unique(keys[0]):
        rows, true = (np.flatnonzero(key == camera) for key in keys)
        true = true[np.argsort(times[1][true], kind="stable")]
        first = np.searchsorted(times[1][true], times[0][rows], "left")
        count = np.searchsorted(times[1][true], times[0][rows], "right") - first
        best = np.full(len(rows), 0.3)
        for offset in range(int(count.max(initial=0))):
            some = np.flatnonzero(count > offset)
            other = true[first[some] + offset]
            share = _overlap(corners[0][rows[some]], corners[1][other])
            better = share > best[some]
            best[some[better]] = share[better]
            owner[rows[some[better]]] = customer[other[better]]
    return owner


def in_cabins(world, places):
    hidden = np.zeros(len(places), bool)
    for zone in world.layout.zones:
        if zone.kind == "fitting_room":
            low, high = np.min(zone.polygon_m, axis=0), np.max(zone.polygon_m, axis=0)
            hidden |= ((places >= low) & (places <= high)).all(axis=1)
    return hidden


def frame_times_s(world, frames_per_s):
    """True times of frames: all cameras look at once, by clocks of their own."""
    return np.arange(0.0, world.duration_s, 1.0 / frames_per_s)


def device_us(world, camera_id, time_s):
    start_us = round(world.starts_at.timestamp() * 1e6)
    return start_us + np.rint(world.clocks[camera_id].reads(time_s) * 1e6).astype(np.int64)


def _frames(world, frames_per_s):
    times = frame_times_s(world, frames_per_s)
    tables = [
        pa.table(
            {
                "camera_id": pa.repeat(camera.id, len(times)),
                "device_time": pa.array(device_us(world, camera.id, times)).cast(STAMP),
            }
        )
        for camera in world.layout.cameras
    ]
    return pa.concat_tables(tables)


def _camera_boxes(world, rig, frames_per_s):
    person, frame, place = _who_where(world, frame_times_s(world, frames_per_s))
    tall = world.people.height_m[person]
    foot, depth = to_image(rig, np.column_stack([place, np.zeros(len(place))]))
    near = (depth > 0.5) & (foot[:, 0] > -150) & (foot[:, 0] < rig.width_px + 150)
    near &= ~in_cabins(world, place)
    person, frame, place, tall = person[near], frame[near], place[near], tall[near]
    corners, depth = _body_box(rig, place, tall)
    limit = np.array([rig.width_px, rig.height_px] * 2, float)
    clipped = np.clip(corners, 0, limit)
    seen = (clipped[:, 2] - clipped[:, 0] > 2) & (clipped[:, 3] - clipped[:, 1] > 4)
    person, frame, place, tall = person[seen], frame[seen], place[seen], tall[seen]
    corners, clipped, depth = corners[seen], clipped[seen], depth[seen]
    bodies = _Bodies(place, tall, frame, corners, depth)
    visible = _visible(world, rig, bodies)
    keep = visible > 0
    times = frame_times_s(world, frames_per_s)[frame[keep]]
    start_us = round(world.starts_at.timestamp() * 1e6)
    return pa.table(
        {
            "camera": pa.repeat(rig.camera_id, int(keep.sum())),
            "time": pa.array(start_us + np.rint(times * 1e6).astype(np.int64)).cast(STAMP),
            "device_time": pa.array(device_us(world, rig.camera_id, times)).cast(STAMP),
            "customer": person[keep],
            **{side: clipped[keep, column] for column, side in enumerate(("x0", "y0", "x1", "y1"))},
            "visible_share": visible[keep],
        }
    )


def _who_where(world, times_s):
    """Everybody in the store at every frame: person, frame, place."""
    paths = world.paths
    first = np.searchsorted(paths.person, np.arange(len(world.people.entered_s) + 1))
    people, frames, places = [], [], []
    for person, (begin, end) in enumerate(itertools.pairwise(first)):
        if end - begin < 2:
            continue
        own = paths.time_s[begin:end]
        low, high = np.searchsorted(times_s, (own[0], own[-1]))
        some = times_s[low:high]
        frames.append(np.arange(low, high))
        people.append(np.full(high - low, person))
        places.append(
            np.column_stack(
                [np.interp(some, own, values[begin:end]) for values in (paths.x_m, paths.y_m)]
            )
        )
    person, frame = np.concatenate(people), np.concatenate(frames)
    order = np.lexsort((person, frame))
    return person[order], frame[order], np.concatenate(places)[order]


def _body_box(rig, place, tall):
    low, high = np.full((len(place), 2), np.inf), np.full((len(place), 2), -np.inf)
    for share, radius in DISCS:
        for turn in np.arange(0, 2 * np.pi, np.pi / 4):
            offset = radius * tall[:, None] * [np.cos(turn), np.sin(turn)]
            image, _ = to_image(rig, np.column_stack([place + offset, share * tall]))
            image = np.nan_to_num(image, nan=1e6)
            low, high = np.minimum(low, image), np.maximum(high, image)
    _, depth = to_image(rig, np.column_stack([place, 0.5 * tall]))
    return np.concatenate([low, high], axis=1), depth


@dataclass(frozen=True)
class _Bodies:
    """Upright bodies in one camera, by frame: floor place, height, frame, box, depth."""

    place: np.ndarray
    tall: np.ndarray
    frame: np.ndarray
    corners: np.ndarray
    depth: np.ndarray


def _visible(world, rig, bodies):
    """Share of samples of the body that lie in the frame and that nothing hides."""
    place, tall, frame = bodies.place, bodies.tall, bodies.frame
    corners, depth = bodies.corners, bodies.depth
    matrix = rig.projection
    eye = -np.linalg.inv(matrix[:, :3]) @ matrix[:, 3]
    seen = np.zeros((len(place), 3 * len(SAMPLES)), bool)
    image = np.zeros((*seen.shape, 2))
    width = corners[:, 2] - corners[:, 0]
    for number, (share, side) in enumerate(itertools.product(SAMPLES, (-0.3, 0.0, 0.3))):
        point = np.column_stack([place, share * tall])
        pixel, _ = to_image(rig, point)
        pixel[:, 0] += side * width * 0.8
        inside = ((pixel >= 0) & (pixel < [rig.width_px, rig.height_px])).all(axis=1)
        seen[:, number] = inside & ~_behind_racks(world.racks, eye, point)
        image[:, number] = pixel
    edges = np.flatnonzero(np.diff(frame)) + 1
    for first, last in itertools.pairwise([0, *edges.tolist(), len(frame)]):
        if last - first > 1:
            _hide(seen[first:last], image[first:last], corners[first:last], depth[first:last])
    return seen.mean(axis=1)


def _behind_racks(racks, eye, point):
    """Whether the line from the camera to each point goes through a piece of furniture."""
    hidden = np.zeros(len(point), bool)
    ray = point - eye
    for x, y, w, d, h in zip(
        racks.x_m, racks.y_m, racks.width_m, racks.depth_m, racks.height_m, strict=True
    ):
        low, high = np.array([x, y, 0.0]), np.array([x + w, y + d, h])
        with np.errstate(divide="ignore", invalid="ignore"):
            one, two = (low - eye) / ray, (high - eye) / ray
        begin = np.minimum(one, two).max(axis=1)
        end = np.maximum(one, two).min(axis=1)
        hidden |= (begin < end) & (begin < 0.98) & (end > 0)
    return hidden


def _hide(seen, image, corners, depth):
    middle = (corners[:, 0] + corners[:, 2]) / 2
    half = SOLID_SHARE * (corners[:, 2] - corners[:, 0]) / 2
    for near in range(len(corners)):
        behind = depth > depth[near] + 0.05
        if behind.any():
            spots = image[behind]
            covered = np.abs(spots[..., 0] - middle[near]) < half[near]
            covered &= (spots[..., 1] > corners[near, 1]) & (spots[..., 1] < corners[near, 3])
            seen[behind] &= ~covered


def _overlap(one, other):
    sides = np.minimum(one[:, 2:], other[:, 2:]) - np.maximum(one[:, :2], other[:, :2])
    shared = np.prod(np.maximum(sides, 0), axis=1)
    areas = [np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (one, other)]
    return shared / np.maximum(areas[0] + areas[1] - shared, 1e-9)


def _us(times):
    return np.asarray(times.cast(STAMP).cast(pa.int64()).to_numpy())
