"""Single moments of handling: when, where, what, and how sure it is that somebody can be named.

No pseudonym of a customer stands on the page. Pictures are off unless the manifest allows them, and
pixelated over the whole picture even so.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from storeday.report.blocks import NUMBER, TEXT, Cell, Grid, Section, share_cell, words_cell
from storeday.report.day_rows import DayRows
from storeday.report.svg import tag
from storeday.report.words import clock, count, share

INTERACTIONS, ENGAGEMENT = "gold.interactions", "gold.product_engagement"
STAFF = "handled_by_staff"
# Rows that the page holds, and that it shows at once.
MOST_ROWS, FIRST_ROWS = 120, 10
REASONS = {
    "nobody_in_view": "nobody in view",
    "nobody_likely_enough": "nobody likely enough",
    "lost_to_another": "likelier at another rack",
}
Row = Mapping[str, Any]


def handled_section(day: DayRows) -> Section:
    """The section with single interactions."""
    section = Section("handled", "Handled, one by one")
    rows = [row for row in day.rows(INTERACTIONS) if row["unmatched_reason"] != STAFF]
    if not rows:
        return Section(section.id, section.title, missing=_why_empty(day))
    known = [row for row in rows if row["customer_id"] is not None]
    surest = sorted(rows, key=lambda row: (row["customer_id"] is None, -row["probability"]))
    context = {
        "grid": _grid(sorted(surest[:MOST_ROWS], key=lambda row: row["time"]), day),
        "left_out": max(0, len(rows) - MOST_ROWS),
        "pictures": _pictures(surest, day),
        "snapshots": day.layout.privacy.snapshots,
    }
    lead = (
        f"{count(len(rows))} times a product was moved and no member of staff did it; for "
        f"{count(len(known))} of them ({share(len(known) / len(rows))}) one customer is likelier "
        "than not."
    )
    return Section(section.id, section.title, lead, "handled.html.j2", context)


def _why_empty(day: DayRows) -> str:
    readers = [row for row in day.rows("gold.coverage") if row["subject_kind"] == "reader"]
    if not day.layout.readers:
        return "This store has no RFID readers, so handling is not measured."
    if not any(row["observed_s"] for row in readers):
        return "No RFID reader was heard on this day: handling was not seen. That is not zero."
    return "Readers were heard, and no handling was found."


def _grid(rows: Sequence[Row], day: DayRows) -> Grid:
    zones, products = day.zone_names(), product_names(day)
    body = []
    for row in rows:
        sure = share_cell(row["probability"])
        if row["customer_id"] is None:
            sure = Cell("–", -1.0, note=REASONS.get(row["unmatched_reason"] or "", ""))
        body.append(
            (
                Cell(clock(row["time"], day.layout.timezone), row["time"].timestamp()),
                words_cell(products.get(row["sku"] or "", row["sku"] or "unknown product")),
                words_cell(zones.get(row["zone_id"] or "", row["zone_id"])),
                Cell(_seconds(row), (row["ended_at"] - row["started_at"]).total_seconds()),
                sure,
            )
        )
    columns = (
        ("Time", TEXT),
        ("Product", TEXT),
        ("Zone", TEXT),
        ("For", NUMBER),
        ("How sure of one customer", NUMBER),
    )
    return Grid("The surest moments of handling", columns, tuple(body), first=FIRST_ROWS)


def product_names(day: DayRows) -> dict[str, str]:
    """What each product is called, as far as the tables say."""
    return {
        row["product_id"]: row["product_name"]
        for row in day.rows(ENGAGEMENT)
        if row["level"] == "sku" and row["product_name"]
    }


def _seconds(row: Row) -> str:
    return f"{max(1, round((row['ended_at'] - row['started_at']).total_seconds()))} s"


def _pictures(rows: Sequence[Row], day: DayRows) -> list[tuple[str, Markup]]:
    """Pixelated pictures, only where the manifest allows them."""
    if not day.layout.privacy.snapshots:
        return []
    pictures: list[tuple[str, Markup]] = []
    for row in rows:
        if row["snapshot"] and len(pictures) < FIRST_ROWS:
            when = clock(row["time"], day.layout.timezone)
            data = base64.b64encode(row["snapshot"]).decode()
            attributes = {
                "src": f"data:image/jpeg;base64,{data}",
                "alt": f"Pixelated picture of {when}",
                "class": "snapshot",
            }
            pictures.append((when, tag("img", attributes)))
    return pictures
