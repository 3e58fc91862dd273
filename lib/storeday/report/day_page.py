"""The morning report: one store-day as one HTML file."""

import json
from dataclasses import replace

from storeday import __version__
from storeday.report.alert_section import alert_section
from storeday.report.blocks import Section
from storeday.report.coverage_section import coverage_section
from storeday.report.day_rows import DayRows, ReportInputs
from storeday.report.demographics_section import demographics_section
from storeday.report.flow_section import flow_section
from storeday.report.funnel_section import funnel_section
from storeday.report.handled_section import handled_section
from storeday.report.headline import headline, is_measured
from storeday.report.heat_section import heat_section
from storeday.report.in_short import in_short
from storeday.report.path_section import path_section
from storeday.report.product_section import product_section
from storeday.report.proof import (
    SUBJECT_OF,
    UNVERIFIED_WORDS,
    headline_proof,
    is_simulated,
    is_verified,
    proof,
)
from storeday.report.quality_section import last_runs, quality_section
from storeday.report.queue_section import queue_section
from storeday.report.rendering import render
from storeday.report.traffic_section import traffic_section
from storeday.report.trust_section import trust_section
from storeday.report.unpaid_section import unpaid_section
from storeday.report.words import WEEKDAYS, date_words, listed, short_date
from storeday.report.zone_section import zone_section

# The table whose rows tell by which version the figures were made.
MADE_BY = "gold.traffic_hourly"


def day_page(inputs: ReportInputs) -> str:
    """The report of a store-day.

    Args:
        inputs: The store-day's rows, and those of the days that it is compared with.

    Returns:
        One HTML document without any reference outside itself; the same for equal rows in any
        order. Sections without rows say why.

    Raises:
        ValueError: The store-day is not published.
    """
    day = inputs.today
    if not day.is_published:
        raise ValueError(
            f"{day.layout.store_id}/{day.date}: not published; expected a row in "
            "ops.published_days, which stage publish writes"
        )
    sections = day_sections(inputs)
    heat = next(section for section in sections if section.id == "floor")
    figures = [each for each in headline(inputs) if is_measured(each, day)]
    context = {
        "title": f"{day.layout.store_id}, {date_words(day.date)}",
        "store": day.layout.store_id,
        "date": date_words(day.date),
        "hours": opening_words(day),
        "badges": badges(day),
        "figures": figures,
        "proof": headline_proof(inputs, [figure.key for figure in figures]),
        "compared": compared_words(inputs),
        "short": _linked(in_short(day), sections),
        "sections": sections,
        "footer": footer_words(day),
        "data": {"heat": heat.context.get("data")},
    }
    return render("day.html.j2", context)


def day_sections(inputs: ReportInputs) -> list[Section]:
    """All sections, in the order in which they are read."""
    day = inputs.today
    found = [
        alert_section(day),
        heat_section(day),
        traffic_section(inputs),
        flow_section(day),
        path_section(day),
        zone_section(day),
        product_section(day),
        unpaid_section(day),
        funnel_section(day),
        demographics_section(day),
        queue_section(day),
        handled_section(day),
        coverage_section(day),
        quality_section(day),
        trust_section(inputs),
    ]
    return [_with_proof(section, inputs) for section in found if section is not None]


def _with_proof(section: Section, inputs: ReportInputs) -> Section:
    subject = SUBJECT_OF.get(section.id)
    return replace(section, proof=proof(subject, inputs)) if subject else section


def opening_words(day: DayRows) -> str:
    """When the store was open."""
    hours = day.layout.opening_hours.on(day.date)
    return "closed" if hours is None else f"open {hours[0]:%H:%M} to {hours[1]:%H:%M}"


def badges(day: DayRows) -> list[tuple[str, str, str]]:
    """Marks beside the heading: kind, section that tells more, words."""
    marks = []
    if is_simulated(day):
        marks.append(("warning", "trust", "simulated day"))
    if any(row["is_partial"] for row in day.rows("ops.published_days")):
        marks.append(("warning", "coverage", "part of the day was not seen"))
    if not is_verified(day):
        marks.append(("plain", "trust", UNVERIFIED_WORDS))
    return marks


def compared_words(inputs: ReportInputs) -> str:
    """What the figures are compared with, and whether methods changed in between."""
    weekday = WEEKDAYS[inputs.today.date.weekday()]
    if not inputs.earlier:
        return f"No earlier {weekday} is published, so there is nothing to compare with."
    dates = listed([short_date(day.date) for day in inputs.earlier], most=4)
    middle = "the median of " if len(inputs.earlier) > 1 else ""
    words = f"Changes are against {middle}{dates}. Intervals are 95 %."
    changed = [
        short_date(day.date) for day in inputs.earlier if methods(day) != methods(inputs.today)
    ]
    if changed:
        words += (
            f" Methods or models changed since {listed(changed)}: part of the difference may come "
            "from that."
        )
    return words


def methods(day: DayRows) -> tuple[tuple[str, ...], str]:
    """What made a day's figures: versions of storeday, and the models that saw it."""
    versions = {row["method_version"] for row in day.rows(MADE_BY)}
    models = sorted({str(row["models"]) for row in last_runs(day)} - {"[]"})
    return tuple(sorted(versions)), json.dumps(models)


def footer_words(day: DayRows) -> str:
    """Where the page comes from; nothing in it depends on when it was made."""
    published = day.rows("ops.published_days")[0]["published_at"]
    return f"storeday {__version__}, from tables published {published:%Y-%m-%d %H:%M} UTC."


def _linked(short: list[tuple[str, str]], sections: list[Section]) -> list[tuple[str, str]]:
    """Sentences whose section has nothing to show lose their link."""
    shown = {section.id for section in sections if not section.missing}
    return [(name if name in shown else "", words) for name, words in short]
