"""Single moments of handling: when, where, what, and how sure it is that somebody can be named.

No pseudonym of a customer stands on the page. Pictures are off unless the manifest allows them, and
everybody in them is pixelated even so (`snapshot`).
"""

import base64
import datetime as dt
from collections import Counter
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
# Pictures on the page, and their bytes: a tenth of the 3 MB that a report may have.
MOST_PICTURES, MOST_PICTURE_BYTES = 12, 240_000
SNAPSHOTS = "silver.snapshots"
MISSING = {
    "no_frame": "no frame was kept within a second",
    "no_background": "too few frames were kept to tell people from the background",
    "too_large": "the picture could not be made small enough",
}
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
        "left_out": count(len(rows) - MOST_ROWS) if len(rows) > MOST_ROWS else "",
        "pictures": _pictures(surest, day),
        "picture_words": _picture_words(known, day),
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
        ("How sure", NUMBER),
    )
    return Grid(
        "The surest moments of handling, and how sure it is that it was one customer",
        columns,
        tuple(body),
        first=FIRST_ROWS,
    )


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
    """Pixelated pictures of the surest moments with their captions, only where allowed."""
    if not day.layout.privacy.snapshots:
        return []
    jpegs = {row["interaction_id"]: row["jpeg"] for row in day.rows(SNAPSHOTS) if row["jpeg"]}
    zones, products = day.zone_names(), product_names(day)
    pictures: list[tuple[dt.datetime, str, Markup]] = []
    room = MOST_PICTURE_BYTES
    for row in rows:
        jpeg = jpegs.get(row["interaction_id"])
        if jpeg is None or len(jpeg) > room:
            continue
        room -= len(jpeg)
        when = clock(row["time"], day.layout.timezone)
        what = products.get(row["sku"] or "", row["sku"] or "unknown product")
        zone = zones.get(row["zone_id"] or "", row["zone_id"] or "an unknown place")
        attributes = {
            "src": f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}",
            "alt": f"At {when} in {zone}, {what} is handled; everybody is pixelated",
            "class": "snapshot",
        }
        pictures.append((row["time"], f"{when} {what}", tag("img", attributes)))
        if len(pictures) == MOST_PICTURES:
            break
    return [(words, picture) for _, words, picture in sorted(pictures, key=lambda each: each[:2])]


def _picture_words(known: Sequence[Row], day: DayRows) -> str:
    """How many of the interactions with a likely customer have a picture, and why others do not."""
    if not day.layout.privacy.snapshots:
        return "Pictures are off (privacy.snapshots)."
    rows = day.rows(SNAPSHOTS)
    have = sum(1 for row in rows if row["jpeg"])
    words = f"{count(have)} of {count(len(known))} have a picture; everybody in it is pixelated."
    if not rows:
        return f"{words} Those of this day were not made, or are destroyed by now."
    reasons = Counter(row["missing_reason"] for row in rows if row["missing_reason"])
    lacking = [f"{count(reasons[name])}: {MISSING[name]}" for name in MISSING if reasons[name]]
    if len(known) > len(rows):
        lacking.append(
            f"{count(len(known) - len(rows))}: over the day's limit, or no camera saw them reach"
        )
    return f"{words} Of the others, {'; '.join(lacking)}." if lacking else words
