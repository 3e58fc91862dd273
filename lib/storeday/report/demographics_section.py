"""Who came, as far as bodies tell: only where the table has rows, small counts left out."""

from collections.abc import Mapping, Sequence
from typing import Any

from storeday.report.blocks import NUMBER, TEXT, Cell, Grid, Section, count_cell, words_cell
from storeday.report.day_rows import DayRows
from storeday.report.proof import UNVERIFIED_WORDS
from storeday.report.words import count, hour_span, listed, share

DEMOGRAPHICS = "gold.demographics_hourly"
HIDDEN = "hidden"
Row = Mapping[str, Any]


def demographics_section(day: DayRows) -> Section | None:
    """The section with counts by attributes; None where there are none."""
    rows = day.rows(DEMOGRAPHICS)
    if not rows:
        return None
    grids = [
        _grid(name, [row for row in rows if row["attribute"] == name])
        for name in sorted({row["attribute"] for row in rows})
    ]
    least = day.layout.privacy.k
    note = (
        f"Counts below {least}, and others from which they could be worked out, are hidden. Told "
        f"from bodies by a model, never from faces; {UNVERIFIED_WORDS}. Hours with hidden counts "
        "are not added up."
    )
    context = {"grids": grids, "note": note}
    return Section("who", "Who came", _lead(rows), "who.html.j2", context)


def _lead(rows: Sequence[Row]) -> str:
    """How many of the customers are unknown, where all of an hour's counts are shown."""
    parts = []
    for name in sorted({row["attribute"] for row in rows}):
        known, unknown = _open_counts([row for row in rows if row["attribute"] == name])
        if known + unknown:
            parts.append(f"{name} of {share(unknown / (known + unknown))}")
    if not parts:
        return "Every hour has counts too small to be shown, so no share of unknown can be told."
    return f"In hours of which all counts are shown, the {listed(parts)} is unknown."


def _open_counts(rows: Sequence[Row]) -> tuple[int, int]:
    """Known and unknown customers of one attribute, over hours with nothing hidden."""
    known = unknown = 0
    for hour in {row["hour_start"] for row in rows}:
        mine = [row for row in rows if row["hour_start"] == hour]
        if all(row["visitors"] is not None and row["unknown"] is not None for row in mine):
            known += sum(row["visitors"] for row in mine)
            unknown += mine[0]["unknown"]
    return known, unknown


def _grid(name: str, rows: Sequence[Row]) -> Grid:
    values = sorted({row["value"] for row in rows})
    body = []
    for hour in sorted({row["hour_start"] for row in rows}):
        mine = {row["value"]: row for row in rows if row["hour_start"] == hour}
        any_row = next(iter(mine.values()))
        cells = [_count(mine[value]["visitors"] if value in mine else None) for value in values]
        body.append(
            (
                Cell(hour_span(any_row["local_hour"]), hour.timestamp()),
                *cells,
                _count(any_row["unknown"]),
            )
        )
    columns = (("Hour", TEXT), *((value, NUMBER) for value in values), ("unknown", NUMBER))
    caption = f"Customers who came in, by {name}, of {count(len(body))} hours"
    return Grid(caption, columns, tuple(body))


def _count(value: int | None) -> Cell:
    return words_cell(HIDDEN) if value is None else count_cell(value)
