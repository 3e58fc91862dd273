"""From passing by to buying: rows of `gold.funnel_daily`, for the store and for each category.

Each step counts customers by its own best source, and `basis` names it: the front camera, the door,
paths, handlings by probability, fitting rooms, the queue, receipts. No customer is followed from
step to step, so that a step may count more than the one before where sources disagree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import Floats, floats, position_in, texts
from storeday.manifest import Zone
from storeday.measures.goods import CATEGORY, Goods, any_of
from storeday.measures.intervals import count_interval, expected_interval
from storeday.measures.settings import MeasureSettings
from storeday.measures.zone_stays import Stays, presence, zone_visits

STEPS = ("pass_by", "enter", "visit_zone", "stop", "handle", "try_on", "queue", "buy")
ALL = "all"


@dataclass(frozen=True)
class Count:
    """Customers at a step, with the ends of the interval; NaN where it was not measured."""

    customers: float
    low: float
    high: float
    basis: str


def not_measured(why: str) -> Count:
    """A step that nothing tells of."""
    return Count(float("nan"), float("nan"), float("nan"), why)


def counted(number: float, basis: str) -> Count:
    """A step with a count, and the exact Poisson interval."""
    low, high = count_interval(np.array([float(number)]))
    return Count(float(number), float(low[0]), float(high[0]), basis)


@dataclass(frozen=True)
class FunnelPeople:
    """What is known of people.

    Attributes:
        positions: Rows of `silver.positions` of walkers, in any order.
        zones: The store's zones.
        passing: Who passed by.
        entering: Who came in.
        queued: Who joined a queue.
        is_seen: Whether a camera saw anything that day.
        observed_share: Share of the cameras' expected seconds that were observed.
    """

    positions: pa.Table
    zones: Sequence[Zone]
    passing: Count
    entering: Count
    queued: Count
    is_seen: bool
    observed_share: float


def funnel_daily(people: FunnelPeople, goods: Goods, settings: MeasureSettings) -> pa.Table:
    """The funnel of the store and of each category of its display zones and products.

    Args:
        people: What is known of people.
        goods: The day's goods.
        settings: `engaged_s` and the settings of zone visits are read.

    Returns:
        Rows of `gold.funnel_daily` by scope, category and step: all eight steps, those that were
        not measured with null. A category has no passing by and no queue of its own.
    """
    stays, names = _display_visits(people, settings)
    kinds = {zone.id: zone.category for zone in people.zones if zone.kind == "display"}
    categories = sorted({*goods.category_of().values(), *kinds.values()} - {""})
    funnels = {(0, ALL): _store(people, goods, stays, settings)}
    for category in categories:
        own = pa.array([name for name in names if kinds[name] == category], pa.string())
        rows = stays.of(np.isin(stays.zone, position_in(own, pa.array(names, pa.string()))))
        funnels[1, category] = {
            "pass_by": not_measured("of the store alone"),
            "enter": people.entering,
            **_in_zones(people, rows, settings, "its display zones" if len(own) else ""),
            "handle": _handled(goods, category),
            "try_on": _tried(goods, category),
            "queue": not_measured("of the store alone"),
            "buy": _bought(goods, category),
        }
    return _rows(funnels, people.observed_share)


def _store(
    people: FunnelPeople, goods: Goods, stays: Stays, settings: MeasureSettings
) -> Mapping[str, Count]:
    return {
        "pass_by": people.passing,
        "enter": people.entering,
        **_in_zones(people, stays, settings, "display zones"),
        "handle": _handled(goods, None),
        "try_on": _in_rooms(people, goods, settings),
        "queue": people.queued,
        "buy": _bought(goods, None),
    }


def _display_visits(people: FunnelPeople, settings: MeasureSettings) -> tuple[Stays, list[str]]:
    names = sorted(zone.id for zone in people.zones if zone.kind == "display")
    customers = texts(people.positions["customer_id"]).unique()
    zones = pa.array(names, pa.string())
    return zone_visits(presence(people.positions, customers, zones, settings), settings), names


def _in_zones(
    people: FunnelPeople, stays: Stays, settings: MeasureSettings, basis: str
) -> dict[str, Count]:
    if not people.is_seen or not basis:
        return dict.fromkeys(("visit_zone", "stop"), not_measured("no camera saw display zones"))
    long = stays.end_s - stays.start_s >= settings.engaged_s
    return {
        "visit_zone": counted(len(np.unique(stays.customer)), f"visits to {basis}"),
        "stop": counted(
            len(np.unique(stays.customer[long])),
            f"visits of {settings.engaged_s:g} s or more to {basis}",
        ),
    }


def _handled(goods: Goods, category: str | None) -> Count:
    if not goods.is_heard:
        return not_measured("no reader was heard")
    shares = goods.handled.shares
    item = np.zeros(len(goods.handled.rows), np.int64)
    if category is not None:
        labels = goods.handled_labels(CATEGORY)
        item = position_in(labels, pa.array([category], pa.string()))
    found = any_of(
        item[np.asarray(shares["row"].to_numpy(), np.int64)],
        texts(shares["customer_id"]),
        floats(shares["probability"]),
    ).probability
    most = np.array([float(len(found))])
    expected, variance = np.array([found.sum()]), np.array([(found * (1 - found)).sum()])
    low, high = expected_interval(expected, variance, most)
    return Count(
        float(expected[0]), float(low[0]), float(high[0]), "expected number from probabilities"
    )


def _in_rooms(people: FunnelPeople, goods: Goods, settings: MeasureSettings) -> Count:
    """Customers who went into a fitting room, by paths; else by tags."""
    rooms = sorted(zone.id for zone in people.zones if zone.kind == "fitting_room")
    if not rooms or not people.is_seen:
        return _tried(goods, None)
    customers = texts(people.positions["customer_id"]).unique()
    inside = presence(people.positions, customers, pa.array(rooms, pa.string()), settings)
    visits = zone_visits(inside, settings)
    return counted(len(np.unique(visits.customer)), "visits to fitting rooms")


def _tried(goods: Goods, category: str | None) -> Count:
    if goods.tryons is None:
        return not_measured("no antenna covers a fitting room")
    rows = goods.tryons
    if category is not None:
        labels = goods.labels(texts(rows["sku"]), CATEGORY).to_pylist()
        rows = rows.filter(pa.array([label == category for label in labels], pa.bool_()))
    who = texts(rows["customer_id"]).drop_null().unique()
    return counted(len(who), "customers known to have handled tags read in fitting rooms")


def _bought(goods: Goods, category: str | None) -> Count:
    if goods.sold is None:
        return not_measured("no sales file")
    sold = floats(goods.sold["quantity"]) > 0
    if category is not None:
        labels = goods.labels(texts(goods.sold["sku"]), CATEGORY).to_pylist()
        sold &= np.array([label == category for label in labels], bool)
    receipts = set(np.array(goods.sold["receipt"].to_pylist(), object)[sold].tolist())
    return counted(len(receipts), "receipts")


def _rows(funnels: Mapping[tuple[int, str], Mapping[str, Count]], share: float) -> pa.Table:
    rows = []
    for (level, category), steps in funnels.items():
        came = steps["enter"].customers
        before = float("nan")
        for number, step in enumerate(STEPS, 1):
            count = steps[step]
            rows.append(
                {
                    "scope": "category" if level else "store",
                    "category": category,
                    "step": step,
                    "step_number": number,
                    "customers": count.customers,
                    "customers_low": count.low,
                    "customers_high": count.high,
                    "share_of_entered": _part(count.customers, came) if number > 1 else np.nan,
                    "share_of_previous": _part(count.customers, before),
                    "basis": count.basis,
                    "observed_share": share,
                }
            )
            before = count.customers if np.isfinite(count.customers) else before
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return table_from_columns(
        load_contract("gold.funnel_daily"),
        {
            name: np.array(values, float) if isinstance(values[0], float) else values
            for name, values in columns.items()
        },
    )


def _part(number: float, of: float) -> float:
    return number / of if of > 0 else float("nan")


def total(values: pa.ChunkedArray) -> float:
    """Sum of hourly figures; NaN where none is known."""
    numbers: Floats = floats(values)
    known = np.isfinite(numbers)
    return float(numbers[known].sum()) if known.any() else float("nan")
