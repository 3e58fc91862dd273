"""How far cameras' clocks are apart, from people whom two of them see at once.

A person who walks is seen by a camera whose clock is ahead at a place further on. Of all pairs of
tracklets in two cameras, those of one person come closest at the true difference of the clocks, and
the rest come as close at any. So the difference is where the sum of a bell curve of the distances
between moving people is greatest. Pairs of cameras that share no view say nothing; all differences
together give one offset per camera by weighted least squares.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from storeday.contracts.columns import Floats, Ints, times_us
from storeday.identity.ends import US_PER_S, TrackletEnds
from storeday.identity.points import Points

# Clocks of cameras on one network are within seconds (1 s is the matching study's value).
LARGEST_S, STEP_S = 6.0, 0.2
# A bell of half a metre takes up the boxes' noise and calibration.
BELL_M = 0.5
# Who moves slower says little about time.
WALKING_M_S = 0.4
# Pairs of tracklets looked at for each two cameras, the longest together first.
MAX_PAIRS = 400
LEAST_SHARED_S = 3.0
# Differences from fewer walked seconds, or with a peak no higher above the rest, are not used.
LEAST_WALKED_S, LEAST_PEAK_SD = 10.0, 4.0


@dataclass(frozen=True)
class CameraClocks:
    """Offsets of cameras against the first of those they are tied to.

    Attributes:
        offset_s: What a camera's clock shows less the reference's, by camera number.
        is_known: Whether any other camera's view tied it, by camera number.
    """

    offset_s: Floats
    is_known: NDArray[np.bool_]


def camera_offsets(ends: TrackletEnds, points: Points) -> dict[str, float]:
    """What each camera's clock shows less the cameras' common one, in s; 0 where nothing ties it.

    Args:
        ends: All tracklets of the store-day.
        points: Located detections; `tracklet` are rows of the ends.
    """
    names, camera = np.unique(ends.camera_id.astype(str), return_inverse=True)
    clocks = camera_clocks(points, camera, len(names))
    return dict(zip(names.tolist(), clocks.offset_s.tolist(), strict=True))


def in_common_time(detections: pa.Table, offset_s: Mapping[str, float]) -> pa.Table:
    """Detections with `device_time` taken from their camera's clock to the common one.

    Args:
        detections: Rows with `camera_id` and `device_time`, in any order; may be empty.
        offset_s: From `camera_offsets`; cameras that are not in it stay as they are.

    Example:
        >>> import datetime as dt
        >>> nine = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
        >>> rows = pa.table({"camera_id": ["a", "b"], "device_time": [nine, nine]})
        >>> in_common_time(rows, {"b": 2.0})["device_time"].to_pylist()[1].second
        58
    """
    names = pa.array(sorted(offset_s), pa.string())
    shift_us = np.array([round(offset_s[name] * US_PER_S) for name in sorted(offset_s)] + [0])
    found = pc.index_in(detections["camera_id"].cast(pa.string()), value_set=names)
    camera = np.asarray(pc.fill_null(found, len(names)).to_numpy(), np.int64)
    at = detections.schema.get_field_index("device_time")
    moved = pa.array(times_us(detections["device_time"]) - shift_us[camera])
    column = moved.cast(pa.timestamp("us", tz="UTC")).cast(detections.schema.field(at).type)
    return detections.set_column(at, "device_time", column)


def camera_clocks(points: Points, camera: Ints, cameras: int) -> CameraClocks:
    """Estimates the offsets between cameras.

    Args:
        points: Located detections, sorted by tracklet and time.
        camera: Camera number of each tracklet.
        cameras: Number of cameras.

    Returns:
        Offsets; 0 and not known for cameras that share no view with another. Their mean over tied
        cameras is 0, so that store time is the mean of their clocks.
    """
    tracks = _walks(points)
    rows, differences = [], []
    for one, other in itertools.combinations(range(cameras), 2):
        found = _difference_s(tracks, camera, one, other)
        if found is not None:
            rows.append((one, other))
            differences.append(found)
    offset, known = np.zeros(cameras), np.zeros(cameras, bool)
    if rows:
        design = np.zeros((len(rows) + cameras, cameras))
        for number, (one, other) in enumerate(rows):
            design[number, one], design[number, other] = -1.0, 1.0
            known[[one, other]] = True
        # A weak pull to zero fixes what differences leave open.
        design[len(rows) :] = 1e-3 * np.eye(cameras)
        target = np.concatenate([differences, np.zeros(cameras)])
        offset = np.where(known, np.linalg.lstsq(design, target, rcond=None)[0], 0.0)
    return CameraClocks(offset, known)


@dataclass(frozen=True)
class _Walks:
    """Points by tracklet: bounds of rows, times in s, places, and who moves."""

    bounds: Ints
    time_s: Floats
    place_m: Floats
    moves: NDArray[np.bool_]


def _walks(points: Points) -> _Walks:
    count = int(points.tracklet.max(initial=-1)) + 1
    bounds = np.searchsorted(points.tracklet, np.arange(count + 1))
    start_us = int(points.time_us.min()) if len(points.time_us) else 0
    time_s = (points.time_us - start_us) / US_PER_S
    # Pace over about a second, from a few points on.
    ahead = np.minimum(np.arange(len(time_s)) + 3, bounds[points.tracklet + 1] - 1)
    span_s = time_s[ahead] - time_s
    way = np.sqrt(((points.place_m[ahead] - points.place_m) ** 2).sum(axis=1))
    moves = (span_s > 0) & (way > WALKING_M_S * np.maximum(span_s, 0.5))
    return _Walks(bounds, time_s, points.place_m, moves)


def _difference_s(walks: _Walks, camera: Ints, one: int, other: int) -> float | None:
    """Clock of the other camera less that of the one; None where their views tell nothing."""
    shifts = np.arange(-LARGEST_S, LARGEST_S + STEP_S / 2, STEP_S)
    score, walked_s = np.zeros(len(shifts)), 0.0
    for first, second in _together(walks, camera, one, other):
        rows = np.arange(walks.bounds[first], walks.bounds[first + 1])
        rows = rows[walks.moves[rows]]
        if not len(rows):
            continue
        theirs = slice(walks.bounds[second], walks.bounds[second + 1])
        time_s = walks.time_s[rows][:, None] + shifts[None]
        inside = (time_s >= walks.time_s[theirs][0]) & (time_s <= walks.time_s[theirs][-1])
        away = np.zeros(time_s.shape)
        for axis in range(2):
            place = np.interp(time_s, walks.time_s[theirs], walks.place_m[theirs, axis])
            away += (place - walks.place_m[rows, axis][:, None]) ** 2
        near = np.exp(-away / (2 * BELL_M**2)) * inside
        walked_s += STEP_S * float((near.max(axis=1) > 0.3).sum())
        score += near.sum(axis=0)
    if walked_s < LEAST_WALKED_S:
        return None
    smooth = gaussian_filter1d(score, 1.0)
    best = int(np.argmax(smooth))
    far = np.abs(shifts - shifts[best]) > 2.0
    rest = smooth[far]
    if smooth[best] < rest.mean() + LEAST_PEAK_SD * max(float(rest.std()), 1e-9):
        return None
    return _vertex(shifts, smooth, best)


def _together(walks: _Walks, camera: Ints, one: int, other: int) -> list[tuple[int, int]]:
    """Tracklets of two cameras that were seen at once, the longest together first."""
    full = np.flatnonzero(np.diff(walks.bounds) > 1)
    ours, theirs = full[camera[full] == one], full[camera[full] == other]
    begin, end = walks.time_s[walks.bounds[full]], walks.time_s[walks.bounds[full + 1] - 1]
    position = {int(row): number for number, row in enumerate(full)}
    where = np.array([position[int(row)] for row in theirs], np.int64)
    found: list[tuple[float, int, int]] = []
    for row in ours.tolist():
        number = position[row]
        shared = np.minimum(end[number], end[where]) - np.maximum(begin[number], begin[where])
        found += [
            (float(shared[k]), row, int(theirs[k]))
            for k in np.flatnonzero(shared >= LEAST_SHARED_S)
        ]
    found.sort(key=lambda item: (-item[0], item[1], item[2]))
    return [(first, second) for _, first, second in found[:MAX_PAIRS]]


def _vertex(shifts: Floats, score: Floats, best: int) -> float:
    """Top of the parabola through the greatest value and its neighbours."""
    if best in (0, len(shifts) - 1):
        return float(shifts[best])
    low, middle, high = score[best - 1 : best + 2]
    bend = low - 2 * middle + high
    return float(shifts[best] + (STEP_S * 0.5 * (low - high) / bend if bend < 0 else 0.0))
