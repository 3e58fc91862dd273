"""What customers did with products: handled, tried on, bought, and handled without being bought."""

from collections.abc import Mapping, Sequence
from typing import Any

from storeday.report.blocks import (
    NUMBER,
    TEXT,
    Cell,
    Grid,
    Section,
    count_cell,
    expected_cell,
    seen_cell,
    share_cell,
    words_cell,
)
from storeday.report.day_rows import DayRows
from storeday.report.quadrant import Dot, quadrant
from storeday.report.words import count, expected, listed, share

ENGAGEMENT, PAIRS = "gold.product_engagement", "gold.product_pairs"
SKU, CATEGORY = "sku", "category"
FIRST_ROWS = 15
# A store has thousands of products; the page has the most handled ones, the table all.
MOST_ROWS, MOST_DOTS, MOST_PAIRS = 300, 400, 15
Row = Mapping[str, Any]


def product_section(day: DayRows) -> Section:
    """The section with the products."""
    section = Section("products", "Products")
    rows = [row for row in day.rows(ENGAGEMENT) if row["level"] == SKU]
    if not rows:
        return Section(section.id, section.title, missing=_why_empty(day))
    ordered = sorted(rows, key=lambda row: (-(row["handled"] or 0), -(row["bought"] or 0)))
    ordered = [row for row in ordered if row["handled"] or row["bought"] or row["tried_on"]]
    both = [row for row in ordered if row["handled"] is not None and row["bought"] is not None]
    context = {
        "quadrant": quadrant([_dot(row) for row in both[:MOST_DOTS]]) if both else None,
        "dots": min(len(both), MOST_DOTS) if len(both) > MOST_DOTS else 0,
        "why_no_quadrant": _why_no_quadrant(rows),
        "grid": _grid(ordered[:MOST_ROWS], "product"),
        "categories": _categories(day),
        "pairs": _pairs(day),
        "left_out": max(0, len(ordered) - MOST_ROWS),
    }
    return Section(section.id, section.title, _lead(ordered), "products.html.j2", context)


def handled_not_bought(day: DayRows, most: int = 3) -> Sequence[Row]:
    """The products handled most often without being bought, first ones first."""
    ranked = [
        row
        for row in day.rows(ENGAGEMENT)
        if row["level"] == SKU and row["handled_not_bought_rank"] is not None
    ]
    return sorted(ranked, key=lambda row: (row["handled_not_bought_rank"], row["product_id"]))[
        :most
    ]


def product_name(row: Row) -> str:
    """What a product is called: its name, else its number."""
    return str(row.get("product_name") or row["product_id"])


def _lead(rows: Sequence[Row]) -> str:
    if all(row["handled"] is None for row in rows):
        return "No reader was heard: what was handled was not seen."
    best = [product_name(row) for row in rows[:3] if row["handled"]]
    if not best:
        return "No handling by customers was found."
    return f"Handled most: {listed(best)}."


def _why_empty(day: DayRows) -> str:
    if not day.layout.readers:
        return "This store has no RFID readers, so nothing is known of products."
    return "The tables have no products for this day."


def _why_no_quadrant(rows: Sequence[Row]) -> str:
    if all(row["handled"] is None for row in rows):
        return "No reader was heard on this day, so handling was not seen."
    if all(row["bought"] is None for row in rows):
        return "There is no sales file for this day, so what was bought is not known."
    return ""


def _dot(row: Row) -> Dot:
    lines = [
        product_name(row),
        f"handled {expected(row['handled'])} times",
        f"bought {count(row['bought'])}",
        f"conversion {share(row['conversion'])}" if row["conversion"] is not None else "",
    ]
    tip = "\n".join(line for line in lines if line)
    return Dot(
        product_name(row), row["handled"], row["bought"], tip, row["handled_not_bought_rank"]
    )


def _grid(rows: Sequence[Row], what: str) -> Grid:
    most = max((row["handled"] or 0 for row in rows), default=0)
    most_left = max((row["handled_not_bought"] or 0 for row in rows), default=0)
    has_tries = any(row["tried_on"] is not None for row in rows)
    columns = [
        (what.capitalize(), TEXT),
        ("Handled", NUMBER),
        ("Customers", NUMBER),
        *([("Tried on", NUMBER)] if has_tries else []),
        ("Bought", NUMBER),
        ("Conversion", NUMBER),
        ("Handled, not bought", NUMBER),
        ("Seen", NUMBER),
    ]
    body = []
    for row in rows:
        note = row["category"] if what == "product" else ""
        cells = [
            words_cell(product_name(row), note or ""),
            expected_cell(row["handled"], most, (row["handled_low"], row["handled_high"])),
            expected_cell(row["customers"], 0, (row["customers_low"], row["customers_high"])),
        ]
        if has_tries:
            cells.append(count_cell(row["tried_on"]))
        conversion = row["conversion"]
        ends = row["conversion_low"], row["conversion_high"]
        cells += [
            Cell("no sales file", -1.0) if row["bought"] is None else count_cell(row["bought"]),
            words_cell("–") if conversion is None else share_cell(conversion, ends),
            words_cell("–")
            if row["handled_not_bought"] is None
            else expected_cell(row["handled_not_bought"], most_left),
            seen_cell(row["observed_share"]),
        ]
        body.append(tuple(cells))
    caption = (
        "Handled and customers are expected numbers from probabilities, staff left out; below them "
        "the 95 % interval."
    )
    return Grid(caption, tuple(columns), tuple(body), first=FIRST_ROWS)


def _categories(day: DayRows) -> Grid | None:
    rows = [row for row in day.rows(ENGAGEMENT) if row["level"] == CATEGORY]
    ordered = sorted(rows, key=lambda row: -(row["handled"] or 0))
    return _grid(ordered, "category") if ordered else None


def _pairs(day: DayRows) -> Grid | None:
    names = {
        row["product_id"]: product_name(row) for row in day.rows(ENGAGEMENT) if row["level"] == SKU
    }
    rows = [row for row in day.rows(PAIRS) if row["level"] == SKU and row["is_significant"]]
    if not rows:
        return None
    ordered = sorted(rows, key=lambda row: (-row["lift"], row["product_a_id"]))[:MOST_PAIRS]
    body = tuple(
        (
            words_cell(names.get(row["product_a_id"], row["product_a_id"])),
            words_cell(names.get(row["product_b_id"], row["product_b_id"])),
            count_cell(row["customers_both"]),
            count_cell(row["lift"], 0, (row["lift_low"], row["lift_high"]), 1),
        )
        for row in ordered
    )
    columns = (
        ("Product", TEXT),
        ("Handled together with", TEXT),
        ("Customers", NUMBER),
        ("Times as often as chance", NUMBER),
    )
    return Grid("Pairs that stand out at a false discovery rate of 5 %", columns, body)
