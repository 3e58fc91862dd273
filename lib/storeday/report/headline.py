"""The headline figures of a store-day, and how they compare with the same weekday before."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from storeday.report.blocks import FULLY_SEEN, greatest, interval_words, total, weighted
from storeday.report.coverage_section import seen_share
from storeday.report.day_rows import DayRows, ReportInputs
from storeday.report.words import WEEKDAYS, change, count, hour_span, length, share, short_date

TRAFFIC, QUEUES, FUNNEL = "gold.traffic_hourly", "gold.queue_hourly", "gold.funnel_daily"
ENGAGEMENT, COVERAGE = "gold.product_engagement", "gold.coverage"


@dataclass(frozen=True)
class Figure:
    """One headline figure.

    Attributes:
        key: Its name.
        label: What it is called.
        value: The number; None where it was not seen.
        words: The number in words, unit included.
        interval: 95 % interval in words; empty where there is none.
        note: What else there is to say.
        seen: Share of the time it was seen in; None where that means nothing.
        comparison: How it compares with days before; empty where there are none.
        trend: -1, 0 or 1: less, the same, more.
    """

    key: str
    label: str
    value: float | None
    words: str
    interval: str = ""
    note: str = ""
    seen: float | None = None
    comparison: str = ""
    trend: int = 0

    @property
    def is_lower_bound(self) -> bool:
        """Whether the truth can only be more."""
        return self.value is not None and self.seen is not None and self.seen < FULLY_SEEN


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
    figure = make(inputs.today)
    before = [make(day) for day in inputs.earlier]
    known = [each for each in before if each.value is not None and not each.is_lower_bound]
    if figure.value is None or not known or figure.key.startswith("seen"):
        return figure
    usual = statistics.median(each.value for each in known if each.value is not None)
    words = change(figure.value, usual)
    weekday = WEEKDAYS[inputs.today.date.weekday()]
    against = (
        short_date(inputs.earlier[0].date)
        if len(known) == 1
        else f"median of {len(known)} {weekday}s"
    )
    trend = 0 if words == "same" else (1 if figure.value > usual else -1)
    shown = f"{words} against {against}" if words != "same" else f"as on {against}"
    return Figure(**{**figure.__dict__, "comparison": shown, "trend": trend})


def _store_seen(day: DayRows) -> float | None:
    rows = day.rows(TRAFFIC)
    return sum(row["observed_share"] for row in rows) / len(rows) if rows else None


def _step(day: DayRows, name: str) -> dict[str, object]:
    for row in day.rows(FUNNEL):
        if row["scope"] == "store" and row["step"] == name:
            return row
    return {}


def _visitors(day: DayRows) -> Figure:
    rows = day.rows(TRAFFIC)
    value = total(rows, "entries")
    low, high = total(rows, "entries_low"), total(rows, "entries_high")
    groups = total(rows, "groups")
    note = f"{count(groups)} groups and singles" if groups else ""
    interval = interval_words(low, high)
    return Figure("visitors", "Visitors", value, count(value), interval, note, _store_seen(day))


def _peak(day: DayRows) -> Figure:
    rows = day.rows(TRAFFIC)
    value = greatest(rows, "occupancy_peak")
    best = max(rows, key=lambda row: row["occupancy_peak"] or -1, default=None)
    note = f"from {hour_span(best['local_hour'])}" if best and value else ""
    return Figure("peak", "Most at once", value, count(value), "", note, _store_seen(day))


def _receipts(day: DayRows) -> Figure:
    step = _step(day, "buy")
    value = step.get("customers")
    rate = step.get("share_of_entered")
    note = f"{share(rate)} of visitors" if isinstance(rate, float) else ""
    number = float(value) if isinstance(value, int | float) else None
    words = "no sales file" if number is None else count(number)
    return Figure("receipts", "Receipts", number, words, "", note)


def _handled(day: DayRows) -> Figure:
    rows = [row for row in day.rows(ENGAGEMENT) if row["level"] == "sku"]
    value = total(rows, "handled")
    seen = seen_share(day.rows(COVERAGE), "reader")
    customers = _step(day, "handle").get("share_of_entered")
    note = f"by {share(customers)} of visitors" if isinstance(customers, float) else ""
    return Figure("handled", "Products handled", value, count(value), "", note, seen)


def _wait(day: DayRows) -> Figure:
    rows = day.rows(QUEUES)
    value = weighted(rows, "wait_mean_s", "joined")
    over = weighted(rows, "over_target_share", "joined")
    note = f"{share(over)} over {length(rows[0]['target_s'])}" if over is not None else ""
    was_seen = any(row["length_mean"] is not None for row in rows)
    words = "nobody waited" if value is None and was_seen else length(value)
    seen = sum(row["observed_share"] for row in rows) / len(rows) if rows else None
    return Figure("wait", "Mean wait", value, words, "", note, seen)


def _seen(day: DayRows) -> Figure:
    rows = day.rows(COVERAGE)
    cameras, readers = seen_share(rows, "camera"), seen_share(rows, "reader")
    note = f"readers {share(readers)}" if readers is not None else "no readers"
    return Figure("seen_cameras", "Seen by cameras", cameras, share(cameras), "", note)


MAKERS: Sequence[Callable[[DayRows], Figure]] = (
    _visitors,
    _receipts,
    _handled,
    _wait,
    _peak,
    _seen,
)
