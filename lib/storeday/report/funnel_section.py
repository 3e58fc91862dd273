"""From passing by to buying."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from storeday.report.blocks import NUMBER, TEXT, Grid, Section, count_cell, share_cell, words_cell
from storeday.report.day_rows import DayRows
from storeday.report.svg import both, drawing, mark, tag, text
from storeday.report.words import NOT_SEEN, count, share

FUNNEL = "gold.funnel_daily"
STEPS = {
    "pass_by": "Passed by",
    "enter": "Came in",
    "visit_zone": "Visited a zone",
    "stop": "Stopped",
    "handle": "Handled something",
    "try_on": "Tried on",
    "queue": "Queued",
    "buy": "Bought",
}
LEFT, RIGHT, ROW = 138.0, 92.0, 34.0
Row = Mapping[str, Any]


def funnel_section(day: DayRows) -> Section:
    """The section with the funnel."""
    section = Section("funnel", "From the door to the till")
    rows = sorted(day.rows(FUNNEL), key=lambda row: row["step_number"])
    store = [row for row in rows if row["scope"] == "store"]
    if not any(row["customers"] is not None for row in store):
        missing = "Nothing was seen from which a funnel could be made."
        return Section(section.id, section.title, missing=missing)
    context = {"svg": both(lambda width: _drawing(store, width)), "grid": _grid(rows)}
    return Section(section.id, section.title, _lead(store), "funnel.html.j2", context)


def _lead(rows: Sequence[Row]) -> str:
    by_step = {row["step"]: row for row in rows}
    handled, bought = (by_step.get(step, {}).get("share_of_entered") for step in ("handle", "buy"))
    words = (
        f"Of those who came in, {share(handled)} handled something." if handled is not None else ""
    )
    if bought is not None:
        words += f" Receipts were printed for {share(bought)}."
    return words.strip()


def _drawing(rows: Sequence[Row], width: float) -> Markup:
    most = max(row["customers"] or 0 for row in rows) or 1
    parts: list[Markup] = []
    for place, row in enumerate(rows):
        y = place * ROW
        name = str(STEPS.get(row["step"], row["step"]))
        parts.append(text(LEFT - 12, y + 21, name, "label", "end"))
        if row["customers"] is None:
            box = {"x": LEFT, "y": y + 6, "width": 120, "height": ROW - 12, "class": "unseen"}
            parts.append(mark("rect", box, f"{name}\nnot measured: {row['basis']}"))
            parts.append(text(LEFT + 130, y + 21, "not measured", "tick"))
            continue
        wide = (width - LEFT - RIGHT) * row["customers"] / most
        bar = {"x": LEFT, "y": y + 5, "width": wide, "height": ROW - 10, "rx": 3, "class": "bar"}
        rate = row["share_of_entered"]
        words = [count(row["customers"])]
        if rate is not None:
            words.append(tag("tspan", {"class": "amount", "dx": 8}, [share(rate)]))
        parts.append(mark("rect", bar, _tip(row, name)))
        parts.append(tag("text", {"x": LEFT + wide + 10, "y": y + 21, "class": "label"}, words))
    return drawing((width, len(rows) * ROW), "Customers who got that far", parts, "funnel")


def _tip(row: Row, name: str) -> str:
    low, high = row["customers_low"], row["customers_high"]
    before = row["share_of_previous"]
    lines = [
        name,
        count(row["customers"]),
        f"95 % interval {count(low)} to {count(high)}" if low is not None else "",
        f"{share(before)} of the step before" if before is not None else "",
        f"from {row['basis']}",
    ]
    return "\n".join(line for line in lines if line)


def _grid(rows: Sequence[Row]) -> Grid:
    body = tuple(
        (
            words_cell("whole store" if row["scope"] == "store" else row["category"]),
            words_cell(STEPS.get(row["step"], row["step"]), row["basis"]),
            words_cell(NOT_SEEN)
            if row["customers"] is None
            else count_cell(row["customers"], 0, (row["customers_low"], row["customers_high"])),
            words_cell("")
            if row["share_of_entered"] is None
            else share_cell(row["share_of_entered"]),
        )
        for row in sorted(rows, key=lambda row: (row["scope"] != "store", row["category"]))
    )
    columns = (
        ("Scope", TEXT),
        ("Step", TEXT),
        ("Customers", NUMBER),
        ("Of those who came in", NUMBER),
    )
    return Grid("The funnel, for the store and by category", columns, body, first=8)
