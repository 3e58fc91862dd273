"""Visits to each zone, hour by hour: rows of `gold.zone_hourly`."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pyarrow as pa

from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import US_PER_S, Bools, Floats, Ints, position_in, texts, times_us
from storeday.floor.calendar import LocalHour
from storeday.measures.hours import HourTable, hour_table
from storeday.measures.seen_share import subject_hours
from storeday.measures.settings import MeasureSettings
from storeday.measures.zone_stays import Stays, presence, zone_visits


def zone_hourly(
    positions: pa.Table,
    interactions: pa.Table,
    zones: Mapping[str, Collection[str]],
    hours: Sequence[LocalHour],
    coverage: pa.Table,
    settings: MeasureSettings,
) -> pa.Table:
    """Visitors, entries, stays, occupancy and products handled of each zone.

    - `visitors`: customers with a visit that touches the hour; who walks through in less than
      `min_zone_visit_s` is none.
    - `entries` and the stay's quantiles: visits that began in the hour, whole stays, linear
      interpolation between ranks.
    - occupancy: everybody present, those who walk through included; its mean is over the zone's
      observed seconds.

    Args:
        positions: Rows of `silver.positions`, in any order; may be empty.
        interactions: Rows of `gold.interactions`, in any order; may be empty.
        zones: For every zone the readers with an antenna that covers it.
        hours: All local hours of the business day. What lies outside them counts nowhere.
        coverage: Rows of `gold.coverage`, in any order.
        settings: Settings.

    Returns:
        Rows of `gold.zone_hourly` by zone and hour: all that coverage lists for the zone, and hours
        in which somebody was there or handled something. Figures are null where the zone was not
        observed and nobody was seen in it; `handled` where no reader of the zone was heard and
        nothing was found handled.

    Example:
        >>> import datetime as dt
        >>> from storeday.floor.calendar import Interval, local_hours
        >>> from storeday.contracts import empty
        >>> nine = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
        >>> rows = zone_hourly(
        ...     pa.table({"customer_id": ["x"] * 6, "zone_id": ["rack"] * 6,
        ...               "time": [nine + dt.timedelta(seconds=second) for second in range(6)]}),
        ...     empty(load_contract("gold.interactions")), {"rack": []},
        ...     list(local_hours(Interval(nine, nine + dt.timedelta(hours=1)), "UTC")),
        ...     empty(load_contract("gold.coverage")), MeasureSettings())
        >>> rows.select(["visitors", "dwell_p50_s", "occupancy_mean", "handled"]).to_pylist()
        [{'visitors': 1, 'dwell_p50_s': 6.0, 'occupancy_mean': None, 'handled': None}]
    """
    table, names = hour_table(hours), pa.array(sorted(zones), pa.string())
    shape = len(names), len(table)
    customers = texts(positions["customer_id"]).unique()
    present = presence(positions, customers, names, settings)
    person_s, peak = table.occupancy(present.start_s, present.end_s, present.zone, shape[0])
    stays = zone_visits(present, settings)
    entries, quantiles = _entries(stays, table, shape)
    handled = _counted(
        position_in(texts(interactions["zone_id"]), names),
        table.of(times_us(interactions["time"])),
        shape,
    )
    seen = subject_hours(coverage, "zone", names, table)
    is_seen = (seen.observed_s > 0) | (person_s > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(seen.observed_s > 0, person_s / seen.observed_s, np.nan)
    figures = {
        "visitors": _whole(_visitors(stays, table, shape), is_seen),
        "entries": _whole(entries, is_seen),
        "dwell_p50_s": quantiles[0],
        "dwell_p90_s": quantiles[1],
        "occupancy_mean": mean,
        "occupancy_peak": _whole(peak, is_seen),
        "handled": _whole(handled, (handled > 0) | _is_heard(zones, coverage, table)),
        "observed_share": seen.share(),
    }
    zone, hour = np.nonzero(seen.is_listed | (person_s > 0) | (handled > 0))
    return table_from_columns(
        load_contract("gold.zone_hourly"),
        {
            "zone_id": names.take(pa.array(zone)),
            "hour_start": table.starts(hour),
            "local_hour": table.local_hour[hour],
            **{name: _at(values, zone, hour) for name, values in figures.items()},
        },
    )


def _visitors(stays: Stays, table: HourTable, shape: tuple[int, int]) -> Ints:
    """Different customers with a visit that touches the hour, shape (zones, hours)."""
    counts = np.zeros(shape, np.int64)
    for hour in range(shape[1]):
        start_s, end_s = table.start_us[hour] // US_PER_S, table.end_us[hour] // US_PER_S
        there = (stays.start_s < end_s) & (stays.end_s > start_s)
        pairs = np.unique(np.stack([stays.zone[there], stays.customer[there]]), axis=1)
        counts[:, hour] = np.bincount(pairs[0], minlength=shape[0])
    return counts


def _entries(
    stays: Stays, table: HourTable, shape: tuple[int, int]
) -> tuple[Ints, tuple[Floats, Floats]]:
    """Visits that began in each hour, and the median and 90th percentile of their stay."""
    hour = table.of(stays.start_s * US_PER_S)
    entries = _counted(stays.zone, hour, shape)
    median, high = np.full(shape, np.nan), np.full(shape, np.nan)
    for zone, number in np.argwhere(entries > 0).tolist():
        began = (stays.zone == zone) & (hour == number)
        stay_s = stays.end_s[began] - stays.start_s[began]
        median[zone, number], high[zone, number] = np.quantile(stay_s, [0.5, 0.9])
    return entries, (median, high)


def _is_heard(zones: Mapping[str, Collection[str]], coverage: pa.Table, table: HourTable) -> Bools:
    """Whether a reader of the zone was heard in the hour, shape (zones, hours)."""
    heard = np.zeros((len(zones), len(table)), bool)
    for row, zone in enumerate(sorted(zones)):
        readers = pa.array(sorted(zones[zone]), pa.string())
        heard[row] = (subject_hours(coverage, "reader", readers, table).observed_s > 0).any(axis=0)
    return heard


def _counted(row: Ints, hour: Ints, shape: tuple[int, int]) -> Ints:
    """How often each row and hour occurs, -1 not counted."""
    known = (row >= 0) & (hour >= 0)
    flat = row[known] * shape[1] + hour[known]
    return np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape)


def _whole(values: Ints, is_known: Bools) -> Floats:
    """Whole numbers with NaN for what is not known; far from where floats lose count."""
    return np.where(is_known, values.astype(float), np.nan)


def _at(values: Floats, zone: Ints, hour: Ints) -> pa.Array:
    return pa.array(values[zone, hour], from_pandas=True)
