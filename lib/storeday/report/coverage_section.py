"""What was observed: a strip for each camera, reader and till over the day."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from storeday.report.blocks import FULLY_SEEN, NUMBER, TEXT, Cell, Grid, Section, words_cell
from storeday.report.day_rows import DayRows
from storeday.report.svg import NARROW, WIDE, both, drawing, mark, tag, text
from storeday.report.words import hour_span, length, listed, share

COVERAGE = "gold.coverage"
KINDS = (("camera", "Cameras"), ("reader", "RFID readers"), ("till", "Tills"))
LEFT = {WIDE: 150.0, NARROW: 88.0}
RIGHT = 50.0
ROW, GAP, HEAD = 24.0, 4.0, 26.0
# A strip's cell is filled to the share seen; a sliver is kept visible.
LEAST_FILL = 0.04
LETTERS = {WIDE: 20, NARROW: 11}
# A label below an hour needs so much room.
LABEL = 24.0
Row = Mapping[str, Any]


def coverage_section(day: DayRows) -> Section:
    """The section with the coverage strips."""
    section = Section("coverage", "What was observed")
    rows = [row for row in day.rows(COVERAGE) if row["subject_kind"] != "zone"]
    if not rows:
        missing = "The tables say nothing of what was observed on this day."
        return Section(section.id, section.title, missing=missing)
    context = {"svg": both(lambda width: coverage_strip(rows, width)), "grid": _grid(rows)}
    return Section(section.id, section.title, coverage_words(rows), "coverage.html.j2", context)


def seen_share(rows: Sequence[Row], kind: str) -> float | None:
    """Seconds observed by seconds expected, over all devices of a kind; None without any."""
    chosen = [row for row in rows if row["subject_kind"] == kind]
    expected = sum(row["expected_s"] for row in chosen)
    if not expected:
        return None
    return float(sum(min(row["observed_s"], row["expected_s"]) for row in chosen) / expected)


def silent_devices(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Devices that gave nothing all day, by kind and id."""
    found: dict[tuple[str, str], float] = {}
    for row in rows:
        if row["subject_kind"] != "zone":
            key = row["subject_kind"], row["subject_id"]
            found[key] = found.get(key, 0.0) + row["observed_s"]
    return sorted(key for key, seconds in found.items() if not seconds)


def coverage_words(rows: Sequence[Row]) -> str:
    """One sentence on what was observed."""
    parts = []
    for kind, title in KINDS[:2]:
        seen = seen_share(rows, kind)
        if seen is not None:
            parts.append(f"{title} observed {share(seen)} of the opening hours")
    silent = [f"{kind} {name}" for kind, name in silent_devices(rows)]
    words = "; ".join(parts) + "." if parts else ""
    if silent:
        words += f" Silent all day: {listed(silent)}."
    return words.strip()


def coverage_strip(rows: Sequence[Row], width: float) -> Markup:
    """The drawing: devices below each other, hours side by side."""
    expected = [row for row in rows if row["expected_s"] > 0]
    hours = sorted({(row["hour_start"], row["local_hour"]) for row in expected})
    slot = (width - LEFT[width] - RIGHT) / max(1, len(hours))
    parts: list[Markup] = []
    y = 0.0
    for kind, title in KINDS:
        names = sorted({row["subject_id"] for row in rows if row["subject_kind"] == kind})
        if not names:
            continue
        parts.append(text(0, y + 17, title, "kind"))
        y += HEAD
        for name in names:
            own = [row for row in rows if (row["subject_kind"], row["subject_id"]) == (kind, name)]
            parts.extend(_strip(own, [start for start, _ in hours], (y, slot, width)))
            y += ROW
        y += GAP * 2
    every = max(1, math.ceil(LABEL / slot))
    for place, (_, local_hour) in enumerate(hours):
        if place % every == 0:
            parts.append(
                text(LEFT[width] + place * slot, y + 12, f"{local_hour:02d}", "tick", "start")
            )
    label = "How much each device observed, hour by hour"
    return drawing((width, y + 18), label, parts, "coverage")


def _strip(
    rows: Sequence[Row], starts: Sequence[Any], place: tuple[float, float, float]
) -> list[Markup]:
    y, slot, width = place
    letters = LETTERS[width]
    name = rows[0]["subject_id"]
    shown = name if len(name) <= letters else f"{name[: letters - 1]}…"
    parts = [text(0, y + ROW / 2 + 4, shown, "label")]
    expected = sum(row["expected_s"] for row in rows)
    observed = sum(min(row["observed_s"], row["expected_s"]) for row in rows)
    if expected:
        words = share(observed / expected)
        parts.append(text(width, y + ROW / 2 + 4, words, "tick", "end"))
    by_start = {row["hour_start"]: row for row in rows}
    for number, start in enumerate(starts):
        row = by_start.get(start)
        if row is not None and row["expected_s"] > 0:
            parts.append(_cell(row, LEFT[width] + number * slot, y, slot))
    return parts


def _cell(row: Row, x: float, y: float, slot: float) -> Markup:
    seen = min(1.0, row["observed_s"] / row["expected_s"])
    tip = [
        f"{row['subject_kind']} {row['subject_id']}, {hour_span(row['local_hour'])}",
        f"observed {share(seen)}: {length(min(row['observed_s'], row['expected_s']))} "
        f"of {length(row['expected_s'])}",
        row["reason"] or "",
        f"lacks {row['lacks']}" if row.get("lacks") else "",
    ]
    box = {"x": x + 1, "y": y + GAP / 2, "height": ROW - GAP, "width": slot - 2, "rx": 2}
    inner = [tag("rect", {**box, "class": "unseen" if seen < FULLY_SEEN else "blank"})]
    if seen > 0:
        filled = (slot - 2) * max(LEAST_FILL, seen)
        inner.append(tag("rect", {**box, "width": filled, "class": "fill"}))
    words = "\n".join(line for line in tip if line)
    return mark("g", {"class": "seen"}, words, inner)


def _grid(rows: Sequence[Row]) -> Grid:
    """Hours in which less than all was observed, and why."""
    gaps = [
        row
        for row in rows
        if row["expected_s"] and row["observed_s"] < FULLY_SEEN * row["expected_s"]
    ]
    body = tuple(
        (
            words_cell(f"{row['subject_kind']} {row['subject_id']}"),
            Cell(hour_span(row["local_hour"]), row["hour_start"].timestamp()),
            Cell(
                share(row["observed_s"] / row["expected_s"]), row["observed_s"] / row["expected_s"]
            ),
            words_cell(row["reason"]),
        )
        for row in gaps
    )
    columns = (("Device", TEXT), ("Hour", TEXT), ("Seen", NUMBER), ("Why", TEXT))
    return Grid("Hours of which something is missing", columns, body)
