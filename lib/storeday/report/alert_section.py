"""Limits of the manifest that were passed."""

from collections.abc import Mapping
from typing import Any

from storeday.report.blocks import NUMBER, TEXT, Cell, Grid, Section, length_cell, words_cell
from storeday.report.day_rows import DayRows
from storeday.report.words import clock, count

ALERTS = "gold.alerts"
FIRST_ROWS = 6


def alert_section(day: DayRows) -> Section | None:
    """The section with passed limits; None where none was passed."""
    rows = alerts_of(day)
    if not rows:
        return None
    names = day.zone_names()
    body = tuple(
        (
            Cell(clock(row["started_at"], day.layout.timezone)[:5], row["started_at"].timestamp()),
            words_cell(row["note"]),
            words_cell(names.get(row["subject_id"], row["subject_id"])),
            length_cell(row["duration_s"]),
        )
        for row in rows
    )
    columns = (("From", TEXT), ("What", TEXT), ("Where", TEXT), ("For", NUMBER))
    grid = Grid("Limits that were passed, longest first", columns, body, first=FIRST_ROWS)
    times = "once" if len(rows) == 1 else f"{count(len(rows))} times"
    lead = f"Limits of the manifest were passed {times}."
    return Section("alerts", "Limits passed", lead, "grid.html.j2", {"grid": grid})


def alerts_of(day: DayRows) -> list[Mapping[str, Any]]:
    """Passed limits, longest first."""
    return sorted(day.rows(ALERTS), key=lambda row: (-row["duration_s"], row["started_at"]))
