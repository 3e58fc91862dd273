"""Waiting at the tills, hour by hour."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from storeday.report.blocks import (
    FULLY_SEEN,
    NUMBER,
    TEXT,
    Cell,
    Grid,
    Section,
    count_cell,
    interval_words,
    length_cell,
    seen_cell,
    seen_words,
    share_cell,
    total,
    weighted,
    words_cell,
)
from storeday.report.day_rows import DayRows
from storeday.report.hour_chart import HourValue, hour_chart
from storeday.report.words import count, hour_span, length, share

QUEUES = "gold.queue_hourly"
S_PER_MIN = 60
Row = Mapping[str, Any]


def queue_section(day: DayRows) -> Section:
    """The section with the queues."""
    section = Section("queue", "Queue")
    hours = {hour.interval.start for hour in day.hours}
    rows = [row for row in day.rows(QUEUES) if row["hour_start"] in hours]
    rows.sort(key=lambda row: (row["zone_id"], row["hour_start"]))
    if not rows:
        return Section(section.id, section.title, missing=_why_empty(day))
    if all(row["length_mean"] is None for row in rows):
        return Section(section.id, section.title, missing="No camera saw the queue on this day.")
    names = day.zone_names()
    zones = sorted({row["zone_id"] for row in rows})
    context = {
        "charts": [
            (names.get(zone, zone) if len(zones) > 1 else "", _chart(rows, zone)) for zone in zones
        ],
        "grid": _grid(rows, names, len(zones) > 1),
    }
    return Section(section.id, section.title, _lead(rows), "queue.html.j2", context)


def _why_empty(day: DayRows) -> str:
    if not any(zone.kind == "queue" for zone in day.layout.zones):
        return "The manifest names no zone of kind queue, so waiting is not measured."
    return "The tables have no queue for this day."


def _lead(rows: Sequence[Row]) -> str:
    mean = weighted(rows, "wait_mean_s", "joined")
    joined = total(rows, "joined")
    if mean is None or not joined:
        return "Nobody was seen waiting."
    worst = max(rows, key=lambda row: row["wait_mean_s"] or 0)
    words = f"{count(joined)} customers waited {length(mean)} on average"
    over = weighted(rows, "over_target_share", "joined")
    if over is not None:
        words += f"; {share(over)} waited longer than the {length(rows[0]['target_s'])} aimed at"
    return (
        f"{words}. Longest from {hour_span(worst['local_hour'])}: {length(worst['wait_mean_s'])}."
    )


def _chart(rows: Sequence[Row], zone: str) -> Markup:
    values = [_hour(row) for row in rows if row["zone_id"] == zone]
    return hour_chart(values, "Mean wait in minutes, hour by hour")


def _hour(row: Row) -> HourValue:
    hour, wait = row["local_hour"], row["wait_mean_s"]
    is_seen = row["length_mean"] is not None
    tip = [
        hour_span(hour),
        (f"{length(wait)} mean wait" if wait is not None else "nobody waited")
        if is_seen
        else "not seen",
        f"{length(row['wait_p90_s'])} for one in ten" if row["wait_p90_s"] is not None else "",
        f"{count(row['length_max'])} waiting at most" if row["length_max"] is not None else "",
        seen_words(row["observed_share"], is_count=False) if is_seen else "",
    ]
    low, high = row["wait_mean_low_s"], row["wait_mean_high_s"]
    pair = None if low is None or high is None else (low / S_PER_MIN, high / S_PER_MIN)
    value = (wait or 0.0) / S_PER_MIN if is_seen else None
    partly = row["observed_share"] < FULLY_SEEN
    words = "\n".join(line for line in tip if line)
    return HourValue(f"{hour:02d}", value, words, pair, is_partly_seen=partly)


def _grid(rows: Sequence[Row], names: Mapping[str, str], has_several: bool) -> Grid:
    has_lanes = any(row["lanes_needed"] is not None for row in rows)
    columns = [
        ("Hour", TEXT),
        *([("Queue", TEXT)] if has_several else []),
        ("Joined", NUMBER),
        ("Mean wait", NUMBER),
        ("Long wait", NUMBER),
        ("Over target", NUMBER),
        ("Gave up", NUMBER),
        ("Length, mean", NUMBER),
        ("Longest", NUMBER),
        *([("Tills needed", NUMBER)] if has_lanes else []),
        ("Seen", NUMBER),
    ]
    body = []
    for row in rows:
        absent = "–" if row["length_mean"] is not None else "not seen"
        low, high = row["wait_mean_low_s"], row["wait_mean_high_s"]
        wait = length_cell(row["wait_mean_s"], absent)
        if low is not None and high is not None:
            wait = Cell(wait.text, wait.order, note=f"{length(low)} to {length(high)}")
        cells = [Cell(hour_span(row["local_hour"]), row["hour_start"].timestamp())]
        if has_several:
            cells.append(words_cell(names.get(row["zone_id"], row["zone_id"])))
        cells += [
            count_cell(row["joined"]),
            wait,
            length_cell(row["wait_p90_s"], absent),
            _rate(row, "over_target_share", absent),
            _rate(row, "abandonment_rate", absent),
            _mean_length(row),
            count_cell(row["length_max"]),
        ]
        if has_lanes:
            lanes = row["lanes_needed"]
            cells.append(words_cell("–") if lanes is None else count_cell(lanes))
        body.append((*cells, seen_cell(row["observed_share"])))
    caption = "Waiting hour by hour. Long wait: one in ten waits longer."
    return Grid(caption, tuple(columns), tuple(body))


def _rate(row: Row, name: str, absent: str) -> Cell:
    if row[name] is None:
        return Cell(absent, -1.0)
    return share_cell(row[name], (row[f"{name}_low"], row[f"{name}_high"]))


def _mean_length(row: Row) -> Cell:
    ends = interval_words(row["length_mean_low"], row["length_mean_high"], 1)
    return Cell(count(row["length_mean"], 1), row["length_mean"] or -1.0, note=ends)
