"""People coming and going, hour by hour: rows of `gold.traffic_hourly`."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storeday.contracts import empty, load_contract, table_from_columns
from storeday.contracts.columns import US_PER_S, Floats, Ints, position_in, texts, times_us
from storeday.floor.calendar import LocalHour
from storeday.measures.door import IN, OUT, comings
from storeday.measures.hour_seconds import hour_seconds, typical_weight
from storeday.measures.hours import HourTable, hour_table
from storeday.measures.intervals import share_interval, sum_interval
from storeday.measures.seen_share import camera_hours, names_of, subject_hours
from storeday.measures.zone_stays import Stays


@dataclass(frozen=True)
class Passing:
    """What else the day knows of coming and going; what is left out was not seen.

    Attributes:
        crossings: Rows of `silver.door_crossings` with walkers as customers; None where the store
            has no entrance zone.
        fragments: Rows of `silver.visits`, customers as they were seen; the visits where left out.
        passers_us: When each person seen in front was first seen there, us since 1970; None where
            no zone of kind front is in view.
    """

    crossings: pa.Table | None = None
    fragments: pa.Table | None = None
    passers_us: Ints | None = None


def traffic_hourly(
    visits: pa.Table,
    hours: Sequence[LocalHour],
    coverage: pa.Table,
    passing: Passing | None = None,
) -> pa.Table:
    """Entries, exits and occupancy of the store.

    Entries and exits are those of `door`. A customer is present in every second that the visit
    touches, unseen seconds between included.

    Args:
        visits: Rows of `silver.visits` of walkers, in any order; may be empty. Customers only:
            leave staff out before.
        hours: All local hours of the business day. What lies outside them counts nowhere.
        coverage: Rows of `gold.coverage`, in any order.
        passing: What the door and the front tell.

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
        ...     pa.table({"customer_id": ["x"], "entered_at": [nine],
        ...               "left_at": [nine + dt.timedelta(seconds=1799)]}),
        ...     list(local_hours(Interval(nine, nine + dt.timedelta(hours=1)), "UTC")),
        ...     pa.table({"subject_kind": ["camera"], "subject_id": ["cam1"], "hour_start": [nine],
        ...               "expected_s": [3600.0], "observed_s": [3600.0]}))
        >>> rows.select(["entries", "exits", "occupancy_mean", "occupancy_peak"]).to_pylist()
        [{'entries': 1, 'exits': 1, 'occupancy_mean': 0.5, 'occupancy_peak': 1}]
    """
    passing = passing or Passing()
    table = hour_table(hours)
    person_s, peak, squares = _presence(visits, table)
    cameras = camera_hours(coverage, table)
    observed_s = cameras.observed_s.max(axis=0, initial=0.0)
    is_seen = (observed_s > 0) | (person_s > 0)
    low_s, high_s = sum_interval(person_s, squares, typical_weight(person_s, squares))
    with np.errstate(divide="ignore", invalid="ignore"):
        per_s = np.where(observed_s > 0, 1 / observed_s, np.nan)
    figures = {
        **_at_the_door(visits, passing, table),
        **_visits_begun(passing.fragments if passing.fragments is not None else visits, table),
        "occupancy_mean": person_s * per_s,
        "occupancy_mean_low": low_s * per_s,
        "occupancy_mean_high": high_s * per_s,
        "occupancy_peak": peak,
    }
    shown = {name: np.where(is_seen, values, np.nan) for name, values in figures.items()}
    hour = np.flatnonzero(is_seen | _is_opening(coverage, table))
    return table_from_columns(
        load_contract("gold.traffic_hourly"),
        {
            "hour_start": table.starts(hour),
            "local_hour": table.local_hour[hour],
            **{name: pa.array(values[hour], from_pandas=True) for name, values in shown.items()},
            "observed_share": cameras.pooled_share()[hour],
        },
    )


def _presence(visits: pa.Table, table: HourTable) -> tuple[Floats, Ints, Floats]:
    """Seconds of presence of each hour, most at once, and the sum of customers' squares."""
    start_s = times_us(visits["entered_at"]) // US_PER_S
    end_s = times_us(visits["left_at"]) // US_PER_S + 1
    nothing = np.zeros(len(start_s), np.int64)
    person_s, peak = table.occupancy(start_s, end_s, nothing, 1)
    customer = position_in(texts(visits["customer_id"]), texts(visits["customer_id"]).unique())
    parts = hour_seconds(Stays(customer, nothing, start_s, end_s), table)
    squares = np.bincount(parts.hour, parts.seconds**2, minlength=len(table))
    return person_s[0].astype(float), peak[0], np.asarray(squares, float)


def _at_the_door(visits: pa.Table, passing: Passing, table: HourTable) -> dict[str, Floats]:
    crossings = passing.crossings
    nobody = load_contract("silver.door_crossings")
    found = comings(visits, crossings if crossings is not None else empty(nobody))
    entries, low, high = found.entries(table)
    exits, exits_low, exits_high = found.exits(table)
    unknown = np.full(len(table), np.nan)
    doors = {"door_entries": unknown, "door_exits": unknown}
    if crossings is not None:
        ways = np.array(crossings["direction"].to_pylist(), object)
        times = times_us(crossings["time"])
        doors = {
            "door_entries": _counted(times[ways == IN], table).astype(float),
            "door_exits": _counted(times[ways == OUT], table).astype(float),
        }
    return {
        "entries": entries.astype(float),
        "entries_low": low,
        "entries_high": high,
        "exits": exits.astype(float),
        "exits_low": exits_low,
        "exits_high": exits_high,
        "re_entries": _counted(found.again_us, table).astype(float),
        **doors,
        **_captured(entries, passing.passers_us, table),
    }


def _captured(entries: Ints, passers_us: Ints | None, table: HourTable) -> dict[str, Floats]:
    unknown = np.full(len(table), np.nan)
    if passers_us is None:
        names = ("passers_by", "capture_rate", "capture_rate_low", "capture_rate_high")
        return dict.fromkeys(names, unknown)
    passers = _counted(passers_us, table).astype(float)
    turned_in = np.minimum(entries, passers)
    low, high = share_interval(turned_in, passers)
    rate = np.where(passers > 0, turned_in / np.maximum(passers, 1), np.nan)
    return {
        "passers_by": passers,
        "capture_rate": rate,
        "capture_rate_low": low,
        "capture_rate_high": high,
    }


def _visits_begun(fragments: pa.Table, table: HourTable) -> dict[str, Floats]:
    """Visits as they were seen, and the shopping units among those that came by the door."""
    begun, ended = (
        _counted(times_us(fragments[name]), table).astype(float)
        for name in ("entered_at", "left_at")
    )
    came = fragments
    if "is_censored_start" in fragments.column_names:
        came = fragments.filter(pc.invert(fragments["is_censored_start"]))
    hour = table.of(times_us(came["entered_at"]))
    unit = np.arange(len(came))
    if "group_id" in came.column_names:
        group = texts(came["group_id"])
        known = group.is_valid().to_numpy(zero_copy_only=False)
        unit = np.where(known, len(came) + position_in(group, group.unique()), unit)
    inside = hour >= 0
    # A group belongs to the hour in which its first member came.
    order = np.lexsort((times_us(came["entered_at"]), unit))
    order = order[inside[order]]
    is_first = np.diff(unit[order], prepend=-1) != 0
    first_hour = hour[order][is_first][np.cumsum(is_first) - 1]
    groups = np.bincount(hour[order][is_first], minlength=len(table))
    people = np.bincount(first_hour, minlength=len(table))
    size = np.where(groups > 0, people / np.maximum(groups, 1), np.nan)
    return {
        "visits_begun": begun,
        "visits_ended": ended,
        "groups": groups.astype(float),
        "group_size_mean": size,
    }


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
