"""When and where tracklets begin and end.

Conventions: times in whole microseconds since 1970 UTC, durations in s, places in m, arrays in one
order: by camera, start, end, tracklet.
"""

import itertools
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from storeday.contracts.columns import Floats, Ints, times_us
from storeday.identity.points import Points, located_points, lookup, strings
from storeday.identity.settings import IdentitySettings

US_PER_S = 1_000_000


@dataclass(frozen=True)
class TrackletEnds:
    """Begin and end of tracklets, sorted by camera, start, end, tracklet.

    Attributes:
        tracklet_id: Tracklets, shape (n,).
        camera_id: Their cameras, shape (n,).
        started_us: First time seen, shape (n,).
        ended_us: Last time seen, shape (n,).
        first_us: Time of the first known place, shape (n,); the start where none is known.
        first_m: First known place, shape (n, 2); NaN where none is known.
        first_error_m: Its standard error along one axis, shape (n,).
        last_us: Time of the last known place, shape (n,); the end where none is known.
        last_m: Last known place, shape (n, 2); NaN where none is known.
        last_error_m: Its standard error along one axis, shape (n,).
    """

    tracklet_id: NDArray[np.object_]
    camera_id: NDArray[np.object_]
    started_us: Ints
    ended_us: Ints
    first_us: Ints
    first_m: Floats
    first_error_m: Floats
    last_us: Ints
    last_m: Floats
    last_error_m: Floats

    def __len__(self) -> int:
        """Number of tracklets."""
        return len(self.tracklet_id)

    def of(self, rows: slice) -> "TrackletEnds":
        """The tracklets of some rows."""
        return TrackletEnds(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def cameras(self) -> list[slice]:
        """The rows of each camera."""
        borders = np.flatnonzero(self.camera_id[1:] != self.camera_id[:-1]) + 1
        edges = [0, *borders.tolist(), len(self)]
        return [slice(a, b) for a, b in itertools.pairwise(edges) if b > a]


def tracklet_ends(
    tracklets: pa.Table, detections: pa.Table, track_points: pa.Table, settings: IdentitySettings
) -> TrackletEnds:
    """When and where each tracklet begins and ends.

    A first place is the mean over the `end_window_s` from the first detection that has a place on
    the floor, weighted by inverse variance, with the mean time; the last place likewise. Errors of
    one box after the other go together, so the mean is taken to be no better than its best part.

    Args:
        tracklets: Rows of `silver.tracklets`, in any order; may be empty.
        detections: Rows of `silver.detections`, in any order.
        track_points: Rows of `silver.track_points`, in any order.
        settings: Settings.

    Cost: sorts the points.

    Example:
        >>> import datetime as dt
        >>> second = [dt.datetime(2026, 1, 5, 9, 0, s, tzinfo=dt.UTC) for s in range(3)]
        >>> ends = tracklet_ends(
        ...     pa.table({"tracklet_id": ["t"], "camera_id": ["c"],
        ...               "started_at": second[:1], "ended_at": second[2:]}),
        ...     pa.table({"detection_id": ["a", "b", "c"], "device_time": second,
        ...               "floor_x_m": [1.0, 3.0, 9.0], "floor_y_m": [0.0, 0.0, 0.0],
        ...               "floor_error_m": [0.2, 0.2, 0.2], "is_cut": [False, False, True]}),
        ...     pa.table({"tracklet_id": ["t"] * 3, "detection_id": ["a", "b", "c"]}),
        ...     IdentitySettings(end_window_s=0.5),
        ... )
        >>> ends.first_m.tolist(), ends.last_m.tolist()
        ([[1.0, 0.0]], [[3.0, 0.0]])
    """
    started, ended = times_us(tracklets["started_at"]), times_us(tracklets["ended_at"])
    ids, cameras = strings(tracklets["tracklet_id"]), strings(tracklets["camera_id"])
    order = np.lexsort((ids, ended, started, cameras))
    ids, cameras, started, ended = ids[order], cameras[order], started[order], ended[order]
    points = located_points(
        detections, track_points, pa.array(ids, pa.string()), settings.place_error_m
    )
    first = _mean_place(points, started, settings, at_end=False)
    last = _mean_place(points, ended, settings, at_end=True)
    return TrackletEnds(ids, cameras, started, ended, *first, *last)


def rows_of(ends: TrackletEnds, tracklet_ids: pa.ChunkedArray) -> Ints:
    """Rows of tracklets among `ends`, -1 for those that are not there."""
    return lookup(tracklet_ids, pa.array(ends.tracklet_id, pa.string()))


def _mean_place(
    points: Points, fallback_us: Ints, settings: IdentitySettings, *, at_end: bool
) -> tuple[Ints, Floats, Floats]:
    """Time, place and error of the mean over the window at one end of each tracklet."""
    rows = len(fallback_us)
    window_us = round(settings.end_window_s * US_PER_S)
    border = _border_us(points, rows, at_end)
    near = np.abs(points.time_us - border[points.tracklet]) <= window_us
    index, weight = points.tracklet[near], points.error_m[near] ** -2.0
    total = np.bincount(index, weight, rows)
    known = total > 0
    divisor = np.where(known, total, 1.0)
    place = np.full((rows, 2), np.nan)
    for axis in range(2):
        mean = np.bincount(index, weight * points.place_m[near, axis], rows) / divisor
        place[:, axis] = np.where(known, mean, np.nan)
    offset = (points.time_us[near] - border[index]) * weight
    time = border + np.rint(np.bincount(index, offset, rows) / divisor).astype(np.int64)
    error = np.full(rows, np.inf)
    np.minimum.at(error, index, points.error_m[near])
    error = np.where(known, error, settings.place_error_m)
    return np.where(known, time, fallback_us), place, error


def _border_us(points: Points, rows: int, at_end: bool) -> Ints:
    """Time of the first or last point of each tracklet; 0 where it has none. Points are sorted."""
    border = np.zeros(rows, np.int64)
    found, first = np.unique(points.tracklet, return_index=True)
    last = np.append(first, len(points.tracklet))[1:] - 1
    border[found] = points.time_us[last if at_end else first]
    return border
