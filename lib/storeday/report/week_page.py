"""One store over several days on one page."""

import datetime as dt
from collections.abc import Sequence

from storeday import __version__
from storeday.manifest import StoreLayout
from storeday.report.blocks import Section
from storeday.report.day_page import methods
from storeday.report.day_rows import DayRows
from storeday.report.figure_grid import (
    figure_grid,
    name_cell,
    traffic_matrix,
    waiting_matrix,
)
from storeday.report.headline import figures_of
from storeday.report.many_days import product_grid, zone_grid
from storeday.report.proof import UNVERIFIED_WORDS, is_verified
from storeday.report.rendering import render
from storeday.report.words import count, date_words, listed, short_date

# What a page over days or stores reads of each day.
OF_MANY = (
    "gold.coverage",
    "gold.funnel_daily",
    "gold.product_engagement",
    "gold.queue_hourly",
    "gold.traffic_hourly",
    "gold.zone_hourly",
    "ops.audit_figures",
    "ops.published_days",
    "ops.runs",
)


def week_page(layout: StoreLayout, dates: Sequence[dt.date], days: Sequence[DayRows]) -> str:
    """The page of a store over several days.

    Args:
        layout: The store's layout on the last date.
        dates: All dates, in order; those without a published day say so.
        days: The days' rows, any order; unpublished ones are left out.

    Returns:
        One HTML document without any reference outside itself.

    Raises:
        ValueError: No day is published.
    """
    published = {day.date: day for day in days if day.is_published}
    if not published:
        raise ValueError(
            f"{layout.store_id}: no day of {dates[0]} to {dates[-1]} is published; expected one"
        )
    shown = [published[date] for date in sorted(published)]
    sections = [_days(dates, published), _hours(shown), _waiting(shown), _zones(shown)]
    sections.append(_products(shown))
    context = {
        "title": f"{layout.store_id}, {short_date(dates[0])} to {short_date(dates[-1])}",
        "kicker": layout.store_id,
        "heading": f"{short_date(dates[0])} to {date_words(dates[-1])}",
        "badges": week_badges(dates, shown),
        "sections": sections,
        "footer": f"storeday {__version__}, from the tables of {count(len(shown))} published days.",
        "data": {},
    }
    return render("many.html.j2", context)


def week_badges(dates: Sequence[dt.date], days: Sequence[DayRows]) -> list[tuple[str, str, str]]:
    """Marks beside the heading: kind, section that tells more, words."""
    marks = []
    missing = len(dates) - len(days)
    if missing:
        marks.append(("warning", "days", f"{missing} of {len(dates)} days not published"))
    partial = [day for day in days if any(r["is_partial"] for r in day.rows("ops.published_days"))]
    if partial:
        words = f"not all seen: {listed([short_date(day.date) for day in partial])}"
        marks.append(("warning", "days", words))
    if len({methods(day) for day in days}) > 1:
        marks.append(("warning", "days", "methods or models changed within"))
    if not all(is_verified(day) for day in days):
        marks.append(("plain", "days", UNVERIFIED_WORDS))
    return marks


def _days(dates: Sequence[dt.date], published: dict[dt.date, DayRows]) -> Section:
    rows = []
    for number, date in enumerate(dates):
        day = published.get(date)
        figures = None if day is None else figures_of(day)
        rows.append((name_cell(short_date(date), order=float(number)), figures))
    grid = figure_grid(
        rows,
        "Day",
        "Figures day by day. ≥: part of the day was not seen, so there may have been more.",
    )
    return Section("days", "Day by day", template="grid.html.j2", context={"grid": grid})


def _hours(days: Sequence[DayRows]) -> Section:
    svg = traffic_matrix([(short_date(day.date), day) for day in days], "Came in, by day and hour")
    lead = "Customers who came in, by day and hour; all on one scale."
    return _drawn(Section("hours", "When customers come", lead), svg, "No traffic was seen.")


def _waiting(days: Sequence[DayRows]) -> Section:
    svg = waiting_matrix([(short_date(day.date), day) for day in days], "Waiting, by day and hour")
    lead = "Mean wait by day and hour; all on one scale."
    return _drawn(Section("queue", "When customers wait", lead), svg, "No queue was measured.")


def _zones(days: Sequence[DayRows]) -> Section:
    grid = zone_grid(days)
    section = Section("zones", "Zones")
    if grid is None:
        return Section(section.id, section.title, missing="No zones were measured.")
    return Section(section.id, section.title, template="grid.html.j2", context={"grid": grid})


def _products(days: Sequence[DayRows]) -> Section:
    grid = product_grid(days)
    section = Section("products", "Products")
    if grid is None:
        return Section(section.id, section.title, missing="No products were handled or sold.")
    return Section(section.id, section.title, template="grid.html.j2", context={"grid": grid})


def _drawn(section: Section, svg: object, why_not: str) -> Section:
    """A section with one drawing, or what to say without it."""
    if svg is None:
        return Section(section.id, section.title, missing=why_not)
    return Section(section.id, section.title, section.lead, "drawn.html.j2", {"svg": svg})
