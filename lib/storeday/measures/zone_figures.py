"""Visits to each zone, hour by hour: rows of `gold.zone_hourly`."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pyarrow as pa

from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import Bools, Floats, Ints, texts
from storeday.floor.calendar import LocalHour
from storeday.measures.hour_seconds import hour_seconds, zones_typical_weights
from storeday.measures.hours import HourTable, hour_table
from storeday.measures.intervals import sum_interval
from storeday.measures.seen_share import subject_hours
from storeday.measures.settings import MeasureSettings
from storeday.measures.zone_stays import Stays, presence, zone_visits
from storeday.measures.zone_visits import engaged_visits, handled_figures, visit_figures


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
    - `entries`, the stay's quantiles and `engaged`: visits that began in the hour, whole stays,
      linear interpolation between ranks.
    - `stay_s` and occupancy: everybody present, those who walk through included; the mean is over
      the zone's observed seconds.

    Args:
        positions: Rows of `silver.positions`, in any order; may be empty.
        interactions: Rows of `gold.interactions`, staff left out, in any order; may be empty. A
            column `expected`, if there is one, says how likely it was a customer; else that is
            `probability`.
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
    stays = zone_visits(present, settings)
    is_engaged = engaged_visits(stays, interactions, (customers, names), settings.engaged_s)
    seen = subject_hours(coverage, "zone", names, table)
    person_s, peak = table.occupancy(present.start_s, present.end_s, present.zone, shape[0])
    is_seen = (seen.observed_s > 0) | (person_s > 0)
    handled = handled_figures(interactions, names, table)
    is_heard = (handled["handled"] > 0) | _is_heard(zones, coverage, table)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(seen.observed_s > 0, person_s / seen.observed_s, np.nan)
    figures = {
        **_known(visit_figures(stays, is_engaged, table, shape), is_seen),
        **_known(_time_figures(present, table, shape), is_seen),
        "occupancy_mean": mean,
        **_known({"occupancy_peak": peak}, is_seen),
        **_known(handled, is_heard),
        "observed_share": seen.share(),
    }
    zone, hour = np.nonzero(seen.is_listed | (person_s > 0) | (handled["handled"] > 0))
    return table_from_columns(
        load_contract("gold.zone_hourly"),
        {
            "zone_id": names.take(pa.array(zone)),
            "hour_start": table.starts(hour),
            "local_hour": table.local_hour[hour],
            **{
                name: pa.array(values[zone, hour], from_pandas=True)
                for name, values in figures.items()
            },
        },
    )


def _time_figures(present: Stays, table: HourTable, shape: tuple[int, int]) -> dict[str, Floats]:
    """Seconds stayed, and their interval."""
    parts = hour_seconds(present, table)
    total, squares = parts.summed(parts.seconds, shape), parts.summed(parts.seconds**2, shape)
    low, high = sum_interval(total, squares, zones_typical_weights(total, squares))
    return {"stay_s": total, "stay_low_s": low, "stay_high_s": high}


def _is_heard(zones: Mapping[str, Collection[str]], coverage: pa.Table, table: HourTable) -> Bools:
    """Whether a reader of the zone was heard in the hour, shape (zones, hours)."""
    heard = np.zeros((len(zones), len(table)), bool)
    for row, zone in enumerate(sorted(zones)):
        readers = pa.array(sorted(zones[zone]), pa.string())
        heard[row] = (subject_hours(coverage, "reader", readers, table).observed_s > 0).any(axis=0)
    return heard


def _known(figures: Mapping[str, Floats | Ints], is_known: Bools) -> dict[str, Floats]:
    """Figures with NaN where they are not known; counts stay far from where floats lose count."""
    return {
        name: np.where(is_known, np.asarray(values, float), np.nan)
        for name, values in figures.items()
    }
