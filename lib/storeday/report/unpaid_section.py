"""Items that were handled, not put back and not sold; only where the manifest says what for."""

from collections.abc import Mapping
from typing import Any

from storeday.report.blocks import (
    NUMBER,
    TEXT,
    Cell,
    Grid,
    Section,
    seen_cell,
    words_cell,
)
from storeday.report.day_rows import DayRows
from storeday.report.words import DASH, clock, count

UNPAID = "gold.unpaid_items"
FIRST_ROWS = 20


def unpaid_section(day: DayRows) -> Section | None:
    """The section with the items; None without a purpose in the manifest, or without items.

    The purpose is asked of the manifest of now: rows of a day published under a purpose that was
    withdrawn since are not shown.
    """
    purpose = day.layout.privacy.unpaid_items_purpose
    rows = sorted(day.rows(UNPAID), key=lambda row: (row["last_handled_time"], row["epc"]))
    if not purpose or not rows:
        return None
    items = "One item was" if len(rows) == 1 else f"{count(len(rows))} items were"
    lead = f"{items} handled, not heard back at a rack, and not sold. Purpose: {purpose}"
    columns = (
        ("Last handled", TEXT),
        ("Product", TEXT),
        ("Last heard", TEXT),
        ("Near", TEXT),
        ("Seen", NUMBER),
    )
    caption = "A tag that no reader hears may still be in the store; the list names no person"
    body = tuple(_row(row, day) for row in rows)
    grid = Grid(caption, columns, body, first=FIRST_ROWS)
    return Section("unpaid", "Not back, not sold", lead, "grid.html.j2", {"grid": grid})


def _row(row: Mapping[str, Any], day: DayRows) -> tuple[Cell, ...]:
    zone = row["last_zone_id"]
    return (
        _moment(row["last_handled_time"], day.layout.timezone),
        words_cell(row["sku"] or "unknown product", row["epc"]),
        _moment(row["last_read_time"], day.layout.timezone),
        words_cell(day.zone_names().get(zone, zone) if zone else DASH),
        seen_cell(row["observed_share"]),
    )


def _moment(moment: Any, timezone: str) -> Cell:
    return Cell(clock(moment, timezone), moment.timestamp()) if moment else Cell(DASH)
