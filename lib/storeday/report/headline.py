"""The headline figures of a store-day, and how they compare with the same weekday before."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from storeday.report.blocks import FULLY_SEEN, greatest, interval_words, total, weighted
from storeday.report.coverage_section import seen_share
from storeday.report.day_rows import DayRows, ReportInputs
from storeday.report.words import change, count, hour_span, length, minutes, share

TRAFFIC, QUEUES, FUNNEL = "gold.traffic_hourly", "gold.queue_hourly", "gold.funnel_daily"
ENGAGEMENT, COVERAGE = "gold.product_engagement", "gold.coverage"
# There is no table of it for this day, whatever was seen.
NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Figure:
    """One headline figure.

    Attributes:
        key: Its name.
        label: What it is called.
        value: The number; None where it was not seen.
        words: The number in words.
        unit: Its unit, where it has one.
        interval: 95 % interval in words; empty where there is none.
        note: What else there is to say.
        seen: Share of the time it was seen in; None where that means nothing.
        comparison: How it compares with days before; empty where there are none.
        trend: -1, 0 or 1: less, the same, more.
        is_count: Whether what was not seen could only add to it.
    """

    key: str
    label: str
    value: float | None
    words: str
    unit: str = ""
    interval: str = ""
    note: str = ""
    seen: float | None = None
    comparison: str = ""
    trend: int = 0
    is_count: bool = True

    @property
    def is_partly_seen(self) -> bool:
        """Whether part of the time was not seen."""
        return self.value is not None and self.seen is not None and self.seen < FULLY_SEEN

    @property
    def is_compared(self) -> bool:
        """Whether days before say anything of it."""
        return not self.key.startswith("seen")

    @property
    def is_lower_bound(self) -> bool:
        """Whether the truth can only be more."""
        return self.is_count and self.is_partly_seen


def headline(inputs: ReportInputs) -> list[Figure]:
    """The figures of a store-day, compared."""
    return [_compared(make, inputs) for make in MAKERS]


def figures_of(day: DayRows) -> dict[str, Figure]:
    """The figures of a store-day by name, on their own."""
    return {figure.key: figure for figure in (make(day) for make in MAKERS)}


def is_measured(figure: Figure, day: DayRows) -> bool:
    """Whether a store has what a figure needs, so that its absence is worth telling."""
    if figure.value is not None:
        return True
    if figure.key == "wait":
        return any(zone.kind == "queue" for zone in day.layout.zones)
    if figure.key in {"handled", "seen_readers"}:
        return bool(day.layout.readers)
    if figure.key == "receipts":
        return bool(day.layout.checkouts)
    return True


def _compared(make: Callable[[DayRows], Figure], inputs: ReportInputs) -> Figure:
    """A figure with its change; of what was seen in part, only visitors are compared."""
    figure = make(inputs.today)
    if figure.value is None or not figure.is_compared:
        return figure
    value, earlier, hint = figure.value, list(inputs.earlier), ""
    if figure.is_lower_bound:
        if make is not _visitors:
            return figure
        hours = fully_seen_hours(inputs.today)
        value = make(in_hours(inputs.today, hours)).value or 0.0
        earlier, hint = [in_hours(day, hours) for day in earlier], " in the hours seen"
    before = [make(day) for day in earlier]
    known = [each.value for each in before if each.value is not None and not each.is_partly_seen]
    if not known:
        return figure
    usual = statistics.median(known)
    words = change(value, usual)
    trend = 0 if words == "same" else (1 if value > usual else -1)
    shown = "same as before" if words == "same" else words
    return replace(figure, comparison=f"{shown}{hint}", trend=trend)


def fully_seen_hours(day: DayRows) -> set[int]:
    """Local hours that were seen all through."""
    return {row["local_hour"] for row in day.rows(TRAFFIC) if row["observed_share"] >= FULLY_SEEN}


def in_hours(day: DayRows, local_hours: set[int]) -> DayRows:
    """A store-day with the traffic of some hours only."""
    rows = day.table(TRAFFIC)
    kept = pc.is_in(rows["local_hour"], value_set=pa.array(sorted(local_hours), pa.int32()))
    return replace(day, tables={**day.tables, TRAFFIC: rows.filter(kept)})


def _store_seen(day: DayRows) -> float | None:
    rows = day.rows(TRAFFIC)
    return sum(row["observed_share"] for row in rows) / len(rows) if rows else None


def _step(day: DayRows, name: str) -> dict[str, Any]:
    for row in day.rows(FUNNEL):
        if row["scope"] == "store" and row["step"] == name:
            return row
    return {}


def _visitors(day: DayRows) -> Figure:
    rows = day.rows(TRAFFIC)
    value = total(rows, "entries")
    low, high = total(rows, "entries_low"), total(rows, "entries_high")
    groups = total(rows, "groups")
    note = f"{count(groups)} parties" if groups else ""
    interval = interval_words(low, high)
    return Figure("visitors", "Visitors", value, count(value), "", interval, note, _store_seen(day))


def _peak(day: DayRows) -> Figure:
    rows = day.rows(TRAFFIC)
    value = greatest(rows, "occupancy_peak")
    best = max(rows, key=lambda row: row["occupancy_peak"] or -1, default=None)
    note = f"from {hour_span(best['local_hour'])}" if best and value else ""
    return Figure("peak", "Most at once", value, count(value), "", "", note, _store_seen(day))


def _receipts(day: DayRows) -> Figure:
    step = _step(day, "buy")
    value = step.get("customers")
    rate = step.get("share_of_entered")
    note = f"{share(rate)} of visitors" if isinstance(rate, float) else ""
    number = float(value) if isinstance(value, int | float) else None
    absent = "no sales file" if step else NOT_MEASURED
    words = absent if number is None else count(number)
    return Figure("receipts", "Receipts", number, words, "", "", note)


def _handled(day: DayRows) -> Figure:
    rows = [row for row in day.rows(ENGAGEMENT) if row["level"] == "sku"]
    value = total(rows, "handled")
    seen = seen_share(day.rows(COVERAGE), "reader")
    customers = _step(day, "handle").get("share_of_entered")
    is_told = value is not None and isinstance(customers, float)
    note = f"by {share(customers)} of visitors" if is_told else ""
    words = NOT_MEASURED if not rows and seen else count(value)
    return Figure("handled", "Products handled", value, words, "", "", note, seen)


def _wait(day: DayRows) -> Figure:
    rows = day.rows(QUEUES)
    value = weighted(rows, "wait_mean_s", "joined")
    over = weighted(rows, "over_target_share", "joined")
    note = f"{share(over)} over {length(rows[0]['target_s'])}" if over is not None else ""
    was_seen = any(row["length_mean"] is not None for row in rows)
    words = "nobody waited" if value is None and was_seen else minutes(value)
    if not rows:
        words = NOT_MEASURED
    unit = "" if value is None else "min"
    seen = sum(row["observed_share"] for row in rows) / len(rows) if rows else None
    return Figure("wait", "Mean wait", value, words, unit, "", note, seen, is_count=False)


def _seen(day: DayRows) -> Figure:
    rows = day.rows(COVERAGE)
    cameras, readers = seen_share(rows, "camera"), seen_share(rows, "reader")
    note = f"readers {share(readers)}" if readers is not None else "no readers"
    return Figure("seen_cameras", "Seen by cameras", cameras, share(cameras), "", "", note)


MAKERS: Sequence[Callable[[DayRows], Figure]] = (
    _visitors,
    _receipts,
    _handled,
    _wait,
    _peak,
    _seen,
)
