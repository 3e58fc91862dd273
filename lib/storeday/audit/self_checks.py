"""What a store-day says of its own quality, for shops without truth.

*Sold tags.* Who buys a tagged item has handled it. Of items sold, the share whose last handler, by
the lake's word, was at the till when the receipt was printed; beside it the share that somebody
drawn at random from the people in the zone of the handling would reach. The lift of the one over
the other is what the lake knows; friends who pay for each other keep even a perfect lake below 1.

*Sentinel tags* hang where nobody can reach them: every rummage event of one is false.

Conventions: moments in seconds since 1970, store time.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import chi2

from storeday.audit.figure import Figure, share
from storeday.audit.store_time import StoreTime, store_time
from storeday.contracts.columns import (
    US_PER_S,
    Bools,
    Floats,
    Ints,
    position_in,
    texts,
    times_us,
)

# A receipt is printed at the end of paying, and tills' clocks are off by seconds: somebody who was
# at the till within this time of it was there.
AT_TILL_S = 60.0
SELF_NAMES = ("sold_by_last_handler", "sold_by_chance", "sentinel_alarms_per_tag_hour")


@dataclass(frozen=True)
class SelfRows:
    """The lake's rows of a store-day that check each other.

    Attributes:
        sales: Rows of `bronze.sales`.
        interactions: Rows of `gold.interactions`.
        positions: Rows of `silver.positions`.
        rummage_events: Rows of `silver.rummage_events`.
        till_zones: Zones in which people pay.
        sentinel_epcs: Tags that nobody can reach, upper-case hex.
        open_hours: Hours the store was open.
        clock_offsets: Rows of `silver.clock_offsets`, which bring receipts into store time.
    """

    sales: pa.Table
    interactions: pa.Table
    positions: pa.Table
    rummage_events: pa.Table
    till_zones: Sequence[str]
    sentinel_epcs: Collection[str]
    open_hours: float
    clock_offsets: pa.Table


def self_figures(rows: SelfRows) -> list[Figure]:
    """The figures; NaN where nothing tagged was sold, or there are no sentinel tags."""
    by_handler, by_chance = sold_tags(rows)
    return [by_handler, by_chance, sentinel_alarms(rows)]


def sold_tags(rows: SelfRows) -> tuple[Figure, Figure]:
    """Share of sold tags whose last handler paid, and what chance would give."""
    tag, sold_s = _sold(rows.sales, store_time(None, rows.clock_offsets, 0))
    handled = _last_before(rows.interactions, tag, sold_s)
    known = handled >= 0
    handled, sold_s = handled[known], sold_s[known]
    at_till = _AtTill(rows.positions, rows.till_zones)
    best = texts(rows.interactions["best_customer_id"]).take(pa.array(handled))
    hits = at_till.was_there(best, sold_s)
    zone = texts(rows.interactions["zone_id"]).take(pa.array(handled))
    moment_s = times_us(rows.interactions["time"])[handled] / US_PER_S
    chance = _chance(rows.positions, at_till, zone, moment_s, sold_s)
    told = chance[~np.isnan(chance)]
    mean = float(told.mean()) if len(told) else float("nan")
    return (
        share(SELF_NAMES[0], int(hits.sum()), len(hits)),
        Figure(SELF_NAMES[1], mean, count=len(told)),
    )


def sentinel_alarms(rows: SelfRows) -> Figure:
    """Rummage events of tags that nobody can reach, per tag and open hour.

    The upper end of the interval is the exact Poisson limit (Garwood, Biometrika 28, 1936), so that
    no alarms in few hours do not look perfect.
    """
    tag_hours = len(rows.sentinel_epcs) * rows.open_hours
    name = SELF_NAMES[2]
    if not tag_hours:
        return Figure(name, np.nan, unit="1/h", is_error=True)
    sentinels = pa.array(sorted(rows.sentinel_epcs), pa.string())
    alarms = int((position_in(texts(rows.rummage_events["epc"]), sentinels) >= 0).sum())
    low, high = _poisson_limits(alarms)
    return Figure(
        name,
        alarms / tag_hours,
        low / tag_hours,
        high / tag_hours,
        len(rows.sentinel_epcs),
        "1/h",
        is_error=True,
    )


def _poisson_limits(events: int) -> tuple[float, float]:
    low = float(chi2.ppf(0.025, 2 * events)) / 2 if events else 0.0
    return low, float(chi2.ppf(0.975, 2 * events + 2)) / 2


class _AtTill:
    """Who was at a till, second by second."""

    def __init__(self, positions: pa.Table, zones: Sequence[str]) -> None:
        at = positions.filter(pc.is_in(positions["zone_id"], pa.array(list(zones), pa.string())))
        customers = texts(at["customer_id"])
        self.names = customers.unique()
        customer, second = position_in(customers, self.names), times_us(at["time"]) / US_PER_S
        order = np.lexsort((second, customer))
        self._customer, self._second = customer[order], second[order]

    def was_there(self, customers: pa.Array, moment_s: Floats) -> Bools:
        """Whether each customer was at a till around each moment, shape (n,)."""
        customer = position_in(customers, self.names)
        first, last = (self._place(customer, moment_s + side) for side in (-AT_TILL_S, AT_TILL_S))
        return (customer >= 0) & (last > first)

    def _place(self, customer: Ints, second: Floats) -> Ints:
        # Customer and second in one number; seconds since 1970 need 31 bits.
        keys = (self._customer << 33) + self._second.astype(np.int64)
        return np.searchsorted(keys, (customer << 33) + second.astype(np.int64))


def _sold(sales: pa.Table, time: StoreTime) -> tuple[pa.Array, Floats]:
    """Tags sold, and when in store time; returns and sales without a tag are left out."""
    rows = sales.filter(pc.and_kleene(pc.is_valid(sales["epc"]), pc.greater(sales["quantity"], 0)))
    sold_us = time.of_devices(times_us(rows["device_time"]), texts(rows["register_id"]))
    return texts(rows["epc"]), sold_us / US_PER_S


def _last_before(interactions: pa.Table, tag: pa.Array, sold_s: Floats) -> Ints:
    """The last interaction with each tag before it was sold; -1 for none."""
    tags = tag.unique()
    handled = position_in(texts(interactions["epc"]), tags)
    moment_s = times_us(interactions["time"]) / US_PER_S
    result = np.full(len(tag), -1, np.int64)
    for row, (number, sold) in enumerate(zip(position_in(tag, tags), sold_s, strict=True)):
        before = np.flatnonzero((handled == number) & (moment_s <= sold))
        if len(before):
            result[row] = before[np.argmax(moment_s[before])]
    return result


def _chance(
    positions: pa.Table, at_till: _AtTill, zone: pa.Array, moment_s: Floats, sold_s: Floats
) -> Floats:
    """Share of the people in the zone at the handling who were at the till at the receipt's time.

    NaN where the zone is not known or nobody was seen in it.
    """
    customers, second = texts(positions["customer_id"]), times_us(positions["time"]) // US_PER_S
    order = np.argsort(second, kind="stable")
    second_sorted = second[order]
    zones = np.asarray(positions["zone_id"].to_pylist(), dtype=object)[order]
    result = np.full(len(moment_s), np.nan)
    names = zone.to_pylist()
    for row, moment in enumerate(np.rint(moment_s).astype(np.int64)):
        first, last = np.searchsorted(second_sorted, [moment, moment + 1])
        there = order[first:last][zones[first:last] == names[row]]
        if names[row] is not None and len(there):
            people = customers.take(pa.array(there)).unique()
            result[row] = at_till.was_there(people, np.full(len(people), sold_s[row])).mean()
    return result
