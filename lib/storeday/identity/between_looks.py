"""Seconds between two looks of a camera at somebody whom the tracker followed through both.

Where only key frames were looked at, a person is seen every second or two, and most seconds hold no
frame at all. A tracklet says that both looks show one person, so that the whole seconds between are
filled in on the straight way. Nothing is filled in where frames were decoded and the person was not
found: that is not being seen.

Conventions: places are floor metres, errors are standard errors along one axis.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storeday.contracts.columns import US_PER_S, Bools, Ints, times_us
from storeday.identity.points import Points, located_points
from storeday.identity.settings import IdentitySettings

STAMP = pa.timestamp("us", tz="UTC")
READ = (
    "detection_id",
    "camera_id",
    "device_time",
    "floor_x_m",
    "floor_y_m",
    "floor_error_m",
    "is_cut",
    "handling_logit",
)


def with_seconds_between(
    detections: pa.Table,
    track_points: pa.Table,
    tracklets: pa.Table,
    looks: pa.Table,
    settings: IdentitySettings,
) -> tuple[pa.Table, pa.Table]:
    """Detections and track points, with those that stand for seconds between looks.

    Args:
        detections: Rows of `silver.detections`, in any order; may be empty.
        track_points: Rows of `silver.track_points`, in any order.
        tracklets: Rows of `silver.tracklets`, in any order.
        looks: Rows of `silver.scout_looks`; those that are kept are read. Without any, nothing is
            filled in.
        settings: `look_gap_s` and `place_error_m` are read.

    Returns:
        The columns `READ` of the detections, and the track points. A filled second has its middle
        as time, the place on the way, and no logit: nobody saw what hands did.

    Example:
        >>> import datetime as dt
        >>> nine = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
        >>> at = [nine, nine + dt.timedelta(seconds=3)]
        >>> seen, points = with_seconds_between(
        ...     pa.table({"detection_id": ["a", "b"], "camera_id": ["cam"] * 2, "device_time": at,
        ...               "floor_x_m": [0.0, 3.0], "floor_y_m": [1.0, 1.0],
        ...               "floor_error_m": [0.3, 0.3], "is_cut": [False, False],
        ...               "handling_logit": pa.nulls(2, pa.float64())}),
        ...     pa.table({"tracklet_id": ["t", "t"], "detection_id": ["a", "b"]}),
        ...     pa.table({"tracklet_id": ["t"], "camera_id": ["cam"]}),
        ...     pa.table({"camera_id": ["cam"] * 2, "device_time": at, "is_kept": [True, True]}),
        ...     IdentitySettings())
        >>> seen["floor_x_m"].to_pylist()
        [0.0, 3.0, 1.5, 2.5]
    """
    seen = detections.select(list(READ))
    kept = looks.filter(looks["is_kept"])
    if not len(kept):
        return seen, track_points
    ids = tracklets["tracklet_id"].combine_chunks()
    points = located_points(detections, track_points, ids, settings.place_error_m)
    start = _steps(points, _are_looks(points, tracklets, kept), settings.look_gap_s)
    first_s = points.time_us[start] // US_PER_S + 1
    count = points.time_us[start + 1] // US_PER_S - first_s
    row = np.repeat(start, count)
    second = np.repeat(first_s - np.cumsum(count) + count, count) + np.arange(len(row))
    filled = _filled(seen, points, row, second * US_PER_S + US_PER_S // 2)
    owner = pa.array(points.tracklet[row])
    camera = tracklets["camera_id"].combine_chunks().take(owner)
    filled = filled.set_column(1, "camera_id", camera).cast(seen.schema)
    more = pa.table({"tracklet_id": ids.take(owner), "detection_id": filled["detection_id"]})
    named = track_points.select(more.column_names)
    return pa.concat_tables([seen, filled]), pa.concat_tables([named, more.cast(named.schema)])


def _are_looks(points: Points, tracklets: pa.Table, kept: pa.Table) -> Bools:
    """Whether each point was seen in a look."""
    cameras = pc.unique(tracklets["camera_id"])
    camera, look_camera = (
        np.asarray(pc.fill_null(pc.index_in(table["camera_id"], cameras), -1).to_numpy(), np.int64)
        for table in (tracklets, kept)
    )
    is_look = np.zeros(len(points.time_us), bool)
    look_us = times_us(kept["device_time"])
    for number in range(len(cameras)):
        own = camera[points.tracklet] == number
        is_look[own] = np.isin(points.time_us[own], look_us[look_camera == number])
    return is_look


def _steps(points: Points, is_look: Bools, gap_s: float) -> Ints:
    """Points from which the next one of the tracklet lies further than a second, across looks."""
    gap_us = np.diff(points.time_us)
    step = (np.diff(points.tracklet) == 0) & (is_look[:-1] | is_look[1:])
    step &= (gap_us > US_PER_S) & (gap_us <= gap_s * US_PER_S)
    return np.flatnonzero(step)


def _filled(seen: pa.Table, points: Points, row: Ints, time_us: Ints) -> pa.Table:
    """Detections on the way from each point to the next, their camera still to be set."""
    share = (time_us - points.time_us[row]) / (points.time_us[row + 1] - points.time_us[row])
    place = (1 - share)[:, None] * points.place_m[row] + share[:, None] * points.place_m[row + 1]
    error = np.hypot((1 - share) * points.error_m[row], share * points.error_m[row + 1])
    count = len(row)
    return pa.table(
        {
            "detection_id": [f"between/{number}" for number in range(count)],
            "camera_id": pa.nulls(count, pa.string()),
            "device_time": pa.array(time_us, pa.int64()).cast(STAMP),
            "floor_x_m": place[:, 0],
            "floor_y_m": place[:, 1],
            "floor_error_m": error,
            "is_cut": np.zeros(count, bool),
            "handling_logit": pa.nulls(count, pa.float64()),
        }
    )
