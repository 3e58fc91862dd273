"""Several stores on one date, on one page."""

import datetime as dt
from collections.abc import Sequence

from storeday import __version__
from storeday.report.blocks import Section
from storeday.report.day_page import methods
from storeday.report.day_rows import ReportInputs
from storeday.report.figure_grid import figure_grid, name_cell, traffic_matrix, waiting_matrix
from storeday.report.headline import Figure, headline
from storeday.report.proof import UNVERIFIED_WORDS, is_verified
from storeday.report.rendering import render
from storeday.report.words import WEEKDAYS, count, date_words, listed


def chain_page(date: dt.date, stores: Sequence[ReportInputs]) -> str:
    """The page of several stores.

    Args:
        date: Business date.
        stores: Each store's rows and days before; those that are not published say so.

    Returns:
        One HTML document without any reference outside itself.

    Raises:
        ValueError: No store is published.
    """
    ordered = sorted(stores, key=lambda each: each.today.layout.store_id)
    published = [each for each in ordered if each.today.is_published]
    if not published:
        raise ValueError(f"{date}: no store is published; expected at least one")
    rows = [(each.today.layout.store_id, each.today) for each in published]
    sections = [
        _stores(ordered),
        _drawn("hours", "When customers come", traffic_matrix(rows, "Came in, by store and hour")),
        _drawn("queue", "When customers wait", waiting_matrix(rows, "Waiting, by store and hour")),
    ]
    context = {
        "title": f"{stores_words(len(ordered))}, {date_words(date)}",
        "kicker": stores_words(len(ordered)),
        "heading": date_words(date),
        "badges": _badges(ordered, published),
        "sections": sections,
        "footer": f"storeday {__version__}, from the tables of {stores_words(len(published))}.",
        "data": {},
    }
    return render("many.html.j2", context)


def _stores(stores: Sequence[ReportInputs]) -> Section:
    rows = []
    for inputs in stores:
        day = inputs.today
        figures = None
        if day.is_published:
            figures = {figure.key: figure for figure in headline(inputs)}
        rows.append((name_cell(day.layout.store_id, _note(inputs)), figures))
    rows.sort(key=lambda row: -_visitors(row[1]))
    weekday = WEEKDAYS[stores[0].today.date.weekday()]
    caption = (
        f"Figures store by store; changes are against the median of up to four {weekday}s before, "
        "like for like: of a day seen in part only the hours that were seen."
    )
    grid = figure_grid(rows, "Store", caption)
    return Section("stores", "Store by store", template="grid.html.j2", context={"grid": grid})


def _visitors(figures: dict[str, Figure] | None) -> float:
    return -1.0 if figures is None else figures["visitors"].value or 0.0


def _note(inputs: ReportInputs) -> str:
    """What spoils a store's comparison."""
    if not inputs.today.is_published:
        return ""
    if not inputs.earlier:
        return "nothing to compare with"
    if any(methods(day) != methods(inputs.today) for day in inputs.earlier):
        return "methods changed"
    return ""


def _badges(
    stores: Sequence[ReportInputs], published: Sequence[ReportInputs]
) -> list[tuple[str, str, str]]:
    marks = []
    missing = [each.today.layout.store_id for each in stores if each not in published]
    if missing:
        marks.append(("warning", "stores", f"not published: {listed(missing)}"))
    if not all(is_verified(each.today) for each in published):
        some = "" if not any(is_verified(each.today) for each in published) else "some "
        words = f"{some}stores not verified" if some else UNVERIFIED_WORDS.replace("this", "any")
        marks.append(("plain", "stores", words))
    return marks


def _drawn(name: str, title: str, svg: object) -> Section:
    if svg is None:
        return Section(name, title, missing="Nothing was measured.")
    lead = "By store and hour; all on one scale."
    return Section(name, title, lead, "drawn.html.j2", {"svg": svg})


def stores_words(number: int) -> str:
    """How many stores there are.

    Example:
        >>> stores_words(1), stores_words(1200)
        ('1 store', '1,200 stores')
    """
    return f"{count(number)} {'store' if number == 1 else 'stores'}"
