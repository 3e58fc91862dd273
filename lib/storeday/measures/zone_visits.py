"""What zone figures say of visits: how many, how long, who stopped, what was handled.

Conventions: figures are arrays of shape (zones, hours), NaN where there is nothing to tell.
"""

import numpy as np
import pyarrow as pa

from storeday.contracts.columns import (
    US_PER_S,
    Bools,
    Floats,
    Ints,
    floats,
    position_in,
    texts,
    times_us,
)
from storeday.measures.hour_seconds import hour_seconds
from storeday.measures.hours import HourTable
from storeday.measures.intervals import (
    count_interval,
    expected_interval,
    median_interval,
    share_interval,
)
from storeday.measures.zone_stays import Stays

Figures = dict[str, Floats]
Shape = tuple[int, int]


def visit_figures(stays: Stays, is_engaged: Bools, table: HourTable, shape: Shape) -> Figures:
    """Visitors, entries, stays and stops.

    Args:
        stays: Visits to zones, by customer and time.
        is_engaged: Whether each visit was a stop, shape (n,).
        table: Hours.
        shape: Numbers of zones and hours.
    """
    parts = hour_seconds(stays, table)
    visitors = parts.summed(np.ones(len(parts.zone)), shape)
    low, high = count_interval(visitors)
    hour = table.of(stays.start_s * US_PER_S)
    entries = _counted(stays.zone, hour, shape)
    engaged = _counted(stays.zone[is_engaged], hour[is_engaged], shape)
    rate_low, rate_high = share_interval(engaged, entries)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = engaged / entries
    is_first = np.diff(stays.customer, prepend=-1) != 0
    return {
        "visitors": visitors,
        "visitors_low": low,
        "visitors_high": high,
        "entries": entries,
        "first_visits": _counted(stays.zone[is_first], hour[is_first], shape),
        **_dwell(stays, hour, entries),
        "engaged": engaged,
        "engagement_rate": rate,
        "engagement_rate_low": rate_low,
        "engagement_rate_high": rate_high,
    }


def engaged_visits(
    stays: Stays, interactions: pa.Table, names: tuple[pa.Array, pa.Array], engaged_s: float
) -> Bools:
    """Whether visits to zones were stops: long, or with something handled; shape (n,).

    Args:
        stays: Visits to zones, by customer and time.
        interactions: Rows of `gold.interactions`, in any order.
        names: Names of customers and of zones.
        engaged_s: Shortest long visit.
    """
    customers, zones = names
    handled = np.zeros(len(stays), bool)
    who = position_in(texts(interactions["customer_id"]), customers)
    where = position_in(texts(interactions["zone_id"]), zones)
    when = times_us(interactions["time"]) // US_PER_S
    known = (who >= 0) & (where >= 0)
    # Stays by zone and customer are in order of time, so that one look-up finds the only candidate.
    order = np.lexsort((stays.start_s, stays.zone, stays.customer))
    pair = stays.customer * (len(zones) + 1) + stays.zone
    key = (pair[order] << 32) + stays.start_s[order]
    wanted = ((who * (len(zones) + 1) + where)[known] << 32) + when[known]
    row = np.searchsorted(key, wanted, "right") - 1
    inside = row >= 0
    row = order[row[inside]]
    fits = (pair[row] == (wanted[inside] >> 32)) & (when[known][inside] < stays.end_s[row])
    handled[row[fits]] = True
    return np.asarray(handled | (stays.end_s - stays.start_s >= engaged_s))


def handled_figures(interactions: pa.Table, zones: pa.Array, table: HourTable) -> Figures:
    """Products handled, how many of them by customers, and by customers who are known.

    Args:
        interactions: Rows of `gold.interactions`, staff left out, in any order, with a column
            `expected` or without.
        zones: Names of zones.
        table: Hours.
    """
    shape = len(zones), len(table)
    zone = position_in(texts(interactions["zone_id"]), zones)
    hour = table.of(times_us(interactions["time"]))
    name = "expected" if "expected" in interactions.column_names else "probability"
    likely = floats(interactions[name])
    count = _counted(zone, hour, shape)
    is_known = interactions["customer_id"].is_valid().to_numpy()
    expected, variance = (
        _counted(zone, hour, shape, weight) for weight in (likely, likely * (1 - likely))
    )
    low, high = expected_interval(expected, variance, count)
    return {
        "handled": count,
        "handled_expected": expected,
        "handled_expected_low": low,
        "handled_expected_high": high,
        "pick_ups": _counted(zone[is_known], hour[is_known], shape),
    }


def _dwell(stays: Stays, hour: Ints, entries: Floats) -> Figures:
    """Quantiles of the stays that began in each hour."""
    figures = {
        name: np.full(entries.shape, np.nan)
        for name in ("dwell_p50_s", "dwell_p50_low_s", "dwell_p50_high_s", "dwell_p90_s")
    }
    flat = np.where(hour >= 0, stays.zone * entries.shape[1] + hour, -1)
    order = np.argsort(flat, kind="stable")
    order = order[flat[order] >= 0]
    borders = np.flatnonzero(np.diff(flat[order], prepend=-1))
    for rows in np.split(order, borders[1:]) if len(borders) else []:
        cell = int(stays.zone[rows[0]]), int(hour[rows[0]])
        stay_s = (stays.end_s - stays.start_s)[rows].astype(float)
        median, high = np.quantile(stay_s, [0.5, 0.9])
        figures["dwell_p50_s"][cell], figures["dwell_p90_s"][cell] = median, high
        ends = median_interval(stay_s)
        figures["dwell_p50_low_s"][cell], figures["dwell_p50_high_s"][cell] = ends
    return figures


def _counted(zone: Ints, hour: Ints, shape: Shape, weight: Floats | None = None) -> Floats:
    """How often, or how heavily, each zone and hour occurs; -1 is not counted."""
    known = (zone >= 0) & (hour >= 0)
    flat = zone[known] * shape[1] + hour[known]
    weight = None if weight is None else weight[known]
    sums = np.bincount(flat, weight, minlength=shape[0] * shape[1])
    return np.asarray(sums.reshape(shape), float)
