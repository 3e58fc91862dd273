"""The day's traffic: who came in, and how many were in the store, hour by hour."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from storeday.report.blocks import (
    FULLY_SEEN,
    NUMBER,
    TEXT,
    Cell,
    Grid,
    Section,
    count_cell,
    interval_words,
    seen_cell,
    seen_words,
    share_cell,
)
from storeday.report.day_rows import DayRows, ReportInputs
from storeday.report.hour_chart import HourValue, hour_chart
from storeday.report.words import WEEKDAYS, count, hour_span

TRAFFIC = "gold.traffic_hourly"
Row = Mapping[str, Any]


def traffic_section(inputs: ReportInputs) -> Section:
    """The section with the traffic."""
    day = inputs.today
    section = Section("traffic", "Through the day")
    hours = {hour.interval.start for hour in day.hours}
    rows = [row for row in day.rows(TRAFFIC) if row["hour_start"] in hours]
    rows.sort(key=lambda row: row["hour_start"])
    if not rows:
        return Section(section.id, section.title, missing=_why_empty(day))
    if all(row["entries"] is None and row["occupancy_mean"] is None for row in rows):
        missing = "No camera saw the store on this day: traffic was not seen. That is not zero."
        return Section(section.id, section.title, missing=missing)
    usual = usual_by_hour(inputs.earlier)
    context = {
        "entries": hour_chart([_entries(row, usual) for row in rows], "Customers who came in"),
        "occupancy": hour_chart(
            [_occupancy(row) for row in rows], "Customers in the store, mean and peak", "calm"
        ),
        "usual": _usual_words(inputs),
        "grid": _grid(rows),
    }
    return Section(section.id, section.title, _lead(rows), "traffic.html.j2", context)


def usual_by_hour(earlier: Sequence[DayRows]) -> dict[int, tuple[float, float]]:
    """Least and most entries by local hour over some days, of hours that were seen."""
    found: dict[int, list[float]] = {}
    for day in earlier:
        for row in day.rows(TRAFFIC):
            if row["entries"] is not None and _share(row) >= FULLY_SEEN:
                found.setdefault(int(row["local_hour"]), []).append(float(row["entries"]))
    return {hour: (min(values), max(values)) for hour, values in found.items()}


def _why_empty(day: DayRows) -> str:
    if day.layout.opening_hours.on(day.date) is None:
        return "The store was closed, and nobody was seen."
    return "The tables have no traffic for this day."


def _usual_words(inputs: ReportInputs) -> str:
    days = len(inputs.earlier)
    weekday = WEEKDAYS[inputs.today.date.weekday()]
    if not days:
        return ""
    if days == 1:
        return f"Gold: the {weekday} before."
    return f"Gold: the range of the {days} {weekday}s before."


def _lead(rows: Sequence[Row]) -> str:
    seen = [row for row in rows if row["entries"] is not None]
    if not seen:
        return "How many came in was not seen."
    best = max(seen, key=lambda row: float(row["entries"]))
    if not best["entries"]:
        return "Nobody came in during the hours that were seen."
    hour = hour_span(int(best["local_hour"]))
    return f"Most came in from {hour}: {count(float(best['entries']))}."


def _share(row: Row) -> float:
    return float(row["observed_share"])


def _number(row: Row, name: str) -> float | None:
    value = row.get(name)
    return None if value is None else float(value)


def _pair(row: Row, name: str) -> tuple[float, float] | None:
    low, high = _number(row, f"{name}_low"), _number(row, f"{name}_high")
    return None if low is None or high is None else (low, high)


def _lines(*lines: str) -> str:
    return "\n".join(line for line in lines if line)


def _entries(row: Row, usual: Mapping[int, tuple[float, float]]) -> HourValue:
    local_hour = int(row["local_hour"])
    value, pair = _number(row, "entries"), _pair(row, "entries")
    before = usual.get(local_hour)
    tip = _lines(
        hour_span(local_hour),
        "not seen" if value is None else f"{count(value)} came in",
        f"95 % interval {interval_words(*pair)}" if pair else "",
        f"{interval_words(*before)} on days before" if before else "",
        seen_words(_share(row)) if value is not None else "",
    )
    partly = _share(row) < FULLY_SEEN
    return HourValue(f"{local_hour:02d}", value, tip, pair, None, before, partly)


def _occupancy(row: Row) -> HourValue:
    local_hour = int(row["local_hour"])
    mean, peak = _number(row, "occupancy_mean"), _number(row, "occupancy_peak")
    tip = _lines(
        hour_span(local_hour),
        "not seen" if mean is None else f"{count(mean, 1)} in the store on average",
        f"{count(peak)} at most at once" if peak is not None else "",
        seen_words(_share(row), is_count=False) if mean is not None else "",
    )
    partly = _share(row) < FULLY_SEEN
    return HourValue(
        f"{local_hour:02d}", mean, tip, _pair(row, "occupancy_mean"), peak, None, partly
    )


def _grid(rows: Sequence[Row]) -> Grid:
    optional = [
        (heading, name)
        for heading, name in (("Groups", "groups"), ("Re-entries", "re_entries"))
        if any(row.get(name) is not None for row in rows)
    ]
    has_front = any(row.get("passers_by") is not None for row in rows)
    columns = [
        ("Hour", TEXT),
        ("Came in", NUMBER),
        ("Left", NUMBER),
        ("In store, mean", NUMBER),
        ("Peak", NUMBER),
        *[(heading, NUMBER) for heading, _ in optional],
    ]
    if has_front:
        columns += [("Passers-by", NUMBER), ("Capture rate", NUMBER)]
    columns.append(("Seen", NUMBER))
    body = []
    for row in rows:
        start: dt.datetime = row["hour_start"]
        cells = [
            Cell(hour_span(int(row["local_hour"])), start.timestamp()),
            count_cell(_number(row, "entries"), 0, _pair(row, "entries") or (None, None)),
            count_cell(_number(row, "exits"), 0, _pair(row, "exits") or (None, None)),
            count_cell(_number(row, "occupancy_mean"), decimals=1),
            count_cell(_number(row, "occupancy_peak")),
            *[count_cell(_number(row, name)) for _, name in optional],
        ]
        if has_front:
            cells.append(count_cell(_number(row, "passers_by")))
            cells.append(
                share_cell(_number(row, "capture_rate"), _pair(row, "capture_rate") or (None, None))
            )
        body.append((*cells, seen_cell(_share(row))))
    return Grid("Traffic hour by hour", tuple(columns), tuple(body))
