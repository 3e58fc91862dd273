"""People coming and going, hour by hour: rows of `gold.traffic_hourly`."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import US_PER_S, Floats, Ints, times_us
from storeday.floor.calendar import LocalHour
from storeday.measures.hours import HourTable, hour_table
from storeday.measures.seen_share import camera_hours, names_of, subject_hours


def traffic_hourly(visits: pa.Table, hours: Sequence[LocalHour], coverage: pa.Table) -> pa.Table:
    """Entries, exits and occupancy of the store.

    A visit counts as an entry in the hour in which it begins and as an exit in the hour in which it
    ends, also where it was first or last seen away from the entrance. A customer is present in
    every second that the visit touches, unseen seconds between included.

    Args:
        visits: Rows of `silver.visits`, in any order; may be empty. Customers only: leave staff out
            before.
        hours: All local hours of the business day. What lies outside them counts nowhere.
        coverage: Rows of `gold.coverage`, in any order.

    Returns:
        Rows of `gold.traffic_hourly` by hour: opening hours, and hours in which a camera saw
        something or a visit was going on. Figures are null where no camera observed anything.
        `observed_share` is that of all cameras; the mean occupancy is over the seconds observed by
        the camera that observed most.

    Example:
        >>> import datetime as dt
        >>> from storeday.floor.calendar import Interval, local_hours
        >>> nine = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
        >>> rows = traffic_hourly(
        ...     pa.table({"entered_at": [nine], "left_at": [nine + dt.timedelta(seconds=1799)]}),
        ...     list(local_hours(Interval(nine, nine + dt.timedelta(hours=1)), "UTC")),
        ...     pa.table({"subject_kind": ["camera"], "subject_id": ["cam1"], "hour_start": [nine],
        ...               "expected_s": [3600.0], "observed_s": [3600.0]}))
        >>> rows.select(["entries", "exits", "occupancy_mean", "occupancy_peak"]).to_pylist()
        [{'entries': 1, 'exits': 1, 'occupancy_mean': 0.5, 'occupancy_peak': 1}]
    """
    table = hour_table(hours)
    entered, left = times_us(visits["entered_at"]), times_us(visits["left_at"])
    person_s, peak = table.occupancy(
        entered // US_PER_S, left // US_PER_S + 1, np.zeros(len(entered), np.int64), 1
    )
    cameras = camera_hours(coverage, table)
    observed_s = cameras.observed_s.max(axis=0, initial=0.0)
    is_seen = (observed_s > 0) | (person_s[0] > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(observed_s > 0, person_s[0] / observed_s, np.nan)
    figures = {
        "entries": np.where(is_seen, _counted(entered, table), np.nan),
        "exits": np.where(is_seen, _counted(left, table), np.nan),
        "occupancy_mean": mean,
        "occupancy_peak": np.where(is_seen, peak[0], np.nan),
        "observed_share": cameras.pooled_share(),
    }
    hour = np.flatnonzero(is_seen | _is_opening(coverage, table))
    return table_from_columns(
        load_contract("gold.traffic_hourly"),
        {
            "hour_start": table.starts(hour),
            "local_hour": table.local_hour[hour],
            **{name: pa.array(values[hour], from_pandas=True) for name, values in figures.items()},
        },
    )


def _counted(times: Ints, table: HourTable) -> Ints:
    hour = table.of(times)
    return np.bincount(hour[hour >= 0], minlength=len(table))


def _is_opening(coverage: pa.Table, table: HourTable) -> np.typing.NDArray[np.bool_]:
    """Whether anything at all was expected in the hour, shape (hours,)."""
    expected: Floats = np.zeros(len(table))
    for kind in ("camera", "reader", "till", "zone"):
        subjects = subject_hours(coverage, kind, names_of(coverage, kind), table)
        expected += subjects.expected_s.sum(axis=0)
    return np.asarray(expected > 0)
