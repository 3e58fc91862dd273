"""Zones and products over several days, summed."""

from collections.abc import Sequence
from typing import Any

from storeday.report.blocks import (
    NUMBER,
    TEXT,
    Cell,
    Grid,
    count_cell,
    expected_cell,
    share_cell,
    words_cell,
)
from storeday.report.day_rows import DayRows
from storeday.report.product_section import ENGAGEMENT, product_name
from storeday.report.words import short_date
from storeday.report.zone_section import zone_totals

FIRST_ZONES, FIRST_PRODUCTS, MOST_PRODUCTS = 20, 20, 200


def zone_grid(days: Sequence[DayRows]) -> Grid | None:
    """Visits to each zone, day by day; None without zones."""
    by_day = [{each["zone_id"]: each for each in zone_totals(day)} for day in days]
    zones = sorted({zone for totals in by_day for zone in totals})
    if not zones:
        return None
    names = days[-1].zone_names()
    body = []
    for zone in zones:
        visits = [totals[zone]["entries"] if zone in totals else None for totals in by_day]
        seen = [value for value in visits if value is not None]
        body.append((zone, visits, sum(seen) if seen else None))
    most = max((every or 0.0 for *_, every in body), default=0.0)
    body.sort(key=lambda row: (-(row[2] or -1.0), row[0]))
    rows = tuple(
        (
            words_cell(names.get(zone, zone)),
            count_cell(every, most),
            *[count_cell(value) for value in visits],
        )
        for zone, visits, every in body
    )
    columns = (
        ("Zone", TEXT),
        ("All days", NUMBER),
        *((short_date(day.date), NUMBER) for day in days),
    )
    caption = "Visits to zones. All days: the sum of those that were seen."
    return Grid(caption, columns, rows, first=FIRST_ZONES)


def product_grid(days: Sequence[DayRows]) -> Grid | None:
    """Products over all days; None where no day has products."""
    sums: dict[str, dict[str, Any]] = {}
    for day in days:
        for row in day.rows(ENGAGEMENT):
            if row["level"] == "sku":
                each = sums.setdefault(
                    row["product_id"], {"name": product_name(row), "category": row["category"]}
                )
                for name in ("handled", "handled_low", "handled_high", "bought"):
                    if row[name] is not None:
                        each[name] = each.get(name, 0.0) + row[name]
                if row["handled"] is not None and row["bought"] is not None:
                    each["of"] = each.get("of", 0.0) + row["handled"]
                    each["sold"] = each.get("sold", 0.0) + row["bought"]
    used = [each for each in sums.values() if each.get("handled") or each.get("bought")]
    if not used:
        return None
    used.sort(key=lambda each: (-each.get("handled", 0.0), each["name"]))
    most = max(each.get("handled", 0.0) for each in used)
    rows = tuple(_product_row(each, most) for each in used[:MOST_PRODUCTS])
    columns = (("Product", TEXT), ("Handled", NUMBER), ("Bought", NUMBER), ("Conversion", NUMBER))
    caption = (
        "Handled: expected numbers, staff left out; intervals are sums of the days', so at their "
        "widest. Conversion is over the days on which both handling and sales are known."
    )
    return Grid(caption, columns, rows, first=FIRST_PRODUCTS)


def _product_row(each: dict[str, Any], most: float) -> tuple[Cell, ...]:
    handled, bought = each.get("handled"), each.get("bought")
    rate = each["sold"] / each["of"] if each.get("of") else None
    return (
        words_cell(each["name"], each["category"] or ""),
        expected_cell(handled, most, (each.get("handled_low"), each.get("handled_high"))),
        words_cell("–") if bought is None else count_cell(bought),
        words_cell("–") if rate is None else share_cell(rate),
    )
