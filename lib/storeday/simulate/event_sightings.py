"""Who is seen where by which camera, second by second, and as which customer, at level `events`.

A person is seen by every camera that has the feet in its picture and the body large enough; seconds
are missed in short runs, tracklets break by chance. Identity is perfect unless the scenario says
otherwise.

Conventions: "seconds" are the rows of the world's paths at whole true seconds; sightings are rows,
one per second and camera, sorted by camera, person and time.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.simulate.detector_knobs import DetectorKnobs
from storeday.simulate.event_zones import rectangle_index
from storeday.simulate.rig import CameraRig, camera_rigs
from storeday.simulate.scenario import Scenario
from storeday.simulate.world import World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Seconds are missed in runs of this length, which trackers bridge.
MISSED_RUN_S = 3
LONGEST_GAP_S = 3.0
SHORTEST_TRACKLET = 2
# A person whose head is cut off by less than this share of the height is still found.
HEAD_CUT_SHARE = 0.5


@dataclass(frozen=True)
class Seconds:
    """Everybody at whole seconds, sorted by person and time.

    Attributes:
        person: Shape (n,).
        time_s: Shape (n,).
        x_m: Shape (n,).
        y_m: Shape (n,).
    """

    person: Ints
    time_s: Floats
    x_m: Floats
    y_m: Floats


@dataclass(frozen=True)
class Sightings:
    """Who is seen, sorted by camera, person and time.

    Attributes:
        second: Row of `Seconds`, shape (k,).
        camera: Index of the camera, shape (k,).
        tracklet: Number of the tracklet, rising, shape (k,).
        device_us: Camera's time, microseconds since 1970 UTC, shape (k,).
        floor_m: Place with the camera's errors, shape (k, 2).
        height_px: Height in the picture, shape (k,).
    """

    second: Ints
    camera: Ints
    tracklet: Ints
    device_us: Ints
    floor_m: Floats
    height_px: Floats


def whole_seconds(world: World) -> Seconds:
    """The rows of the paths at whole seconds."""
    paths = world.paths
    rows = np.flatnonzero(np.abs(paths.time_s - np.rint(paths.time_s)) < 1e-6)
    return Seconds(
        paths.person[rows], np.rint(paths.time_s[rows]), paths.x_m[rows], paths.y_m[rows]
    )


def device_us(world: World, device: str, time_s: Floats) -> Ints:
    """What a device's clock shows at true times, microseconds since 1970 UTC."""
    start_us = round(world.starts_at.timestamp() * 1e6)
    shown = world.clocks[device].reads(time_s)
    return np.asarray(start_us + np.rint(shown * 1e6), np.int64)


def sight(
    world: World, scenario: Scenario, seconds: Seconds, rng: np.random.Generator
) -> Sightings:
    """What the cameras see. Cost: seconds x cameras."""
    knobs = scenario.detectors
    hidden = _in_cabins(world, seconds)
    parts, tracklets = [], 0
    for index, rig in enumerate(camera_rigs(scenario)):
        height_px = np.where(hidden, 0.0, _height_px(world, rig, seconds))
        rows = np.flatnonzero(height_px >= knobs.smallest_person_px)
        rows = rows[~_missed(seconds, rows, knobs.missed_share, rng)]
        number = _tracklets(seconds, rows, knobs, rng)
        keep = np.bincount(number, minlength=1)[number] >= SHORTEST_TRACKLET
        rows, number = rows[keep], np.unique(number[keep], return_inverse=True)[1]
        bias = rng.normal(0, knobs.floor_bias_m, 2)
        noise = rng.normal(0, knobs.floor_noise_m, (len(rows), 2))
        places = np.column_stack([seconds.x_m[rows], seconds.y_m[rows]])
        parts.append(
            Sightings(
                second=rows,
                camera=np.full(len(rows), index),
                tracklet=number + tracklets,
                device_us=device_us(world, rig.camera_id, seconds.time_s[rows]),
                floor_m=places + bias + noise,
                height_px=height_px[rows],
            )
        )
        tracklets += int(number.max()) + 1 if len(number) else 0
    return Sightings(
        second=np.concatenate([part.second for part in parts]),
        camera=np.concatenate([part.camera for part in parts]),
        tracklet=np.concatenate([part.tracklet for part in parts]),
        device_us=np.concatenate([part.device_us for part in parts]),
        floor_m=np.concatenate([part.floor_m for part in parts]),
        height_px=np.concatenate([part.height_px for part in parts]),
    )


def identify(
    seconds: Seconds, sightings: Sightings, knobs: DetectorKnobs, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """As which customer each tracklet is taken.

    Returns:
        Number of the customer and index of the true person, shape (tracklets,) each. Numbers are
        in no order, so that they tell nothing.
    """
    starts = np.flatnonzero(np.diff(sightings.tracklet, prepend=-1))
    person = seconds.person[sightings.second[starts]]
    time_s = seconds.time_s[sightings.second[starts]]
    order = np.lexsort((time_s, person))
    is_first = np.diff(person[order], prepend=-1) != 0
    is_new = is_first | (rng.random(len(order)) < knobs.identity_split_share)
    number = np.empty(len(order), np.int64)
    number[order] = np.cumsum(is_new) - 1
    # A mix-up: the tracklet is taken for the last other one of its camera.
    camera = sightings.camera[starts]
    by_time = np.lexsort((time_s, camera))
    before = np.roll(by_time, 1)
    mixed = (rng.random(len(order)) < knobs.identity_mix_share) & (
        camera[before] == camera[by_time]
    )
    taken = number.copy()
    taken[by_time[mixed]] = number[before[mixed]]
    used, taken = np.unique(taken, return_inverse=True)
    return rng.permutation(len(used))[taken].astype(np.int64), person


def _in_cabins(world: World, seconds: Seconds) -> NDArray[np.bool_]:
    places = np.column_stack([seconds.x_m, seconds.y_m])
    cabins = [zone for zone in world.layout.zones if zone.kind == "fitting_room"]
    return rectangle_index(places, cabins) >= 0


def _height_px(world: World, rig: CameraRig, seconds: Seconds) -> Floats:
    """Height of people in a picture; 0 for those who are not in it."""
    matrix = rig.projection
    floor = [
        matrix[axis, 0] * seconds.x_m + matrix[axis, 1] * seconds.y_m + matrix[axis, 3]
        for axis in range(3)
    ]
    tall = world.people.height_m[seconds.person]
    depth = np.where(floor[2] > 0, floor[2], np.nan)
    column, row = floor[0] / depth, floor[1] / depth
    head_row = (floor[1] + matrix[1, 2] * tall) / (floor[2] + matrix[2, 2] * tall)
    height = row - head_row
    with np.errstate(invalid="ignore"):
        seen = (
            (column >= 0)
            & (column < rig.width_px)
            & (row >= 0)
            & (row < rig.height_px)
            & (head_row > -HEAD_CUT_SHARE * height)
        )
    return np.where(seen, height, 0.0)


def _missed(
    seconds: Seconds, rows: Ints, share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    run = seconds.person[rows] * 10**6 + seconds.time_s[rows].astype(np.int64) // MISSED_RUN_S
    runs, which = np.unique(run, return_inverse=True)
    return np.asarray((rng.random(len(runs)) < share)[which])


def _tracklets(
    seconds: Seconds, rows: Ints, knobs: DetectorKnobs, rng: np.random.Generator
) -> Ints:
    """Number of the tracklet of each row of a camera."""
    person, time_s = seconds.person[rows], seconds.time_s[rows]
    breaks = rng.random(len(rows)) < knobs.tracklet_breaks_per_min / 60
    starts = (
        (np.diff(person, prepend=-1) != 0)
        | (np.diff(time_s, prepend=-np.inf) > LONGEST_GAP_S + 1)
        | breaks
    )
    return np.asarray(np.cumsum(starts) - 1, np.int64)
