"""How sure each number is, and whether anybody has verified it in this store."""

import json
from collections.abc import Iterable
from typing import Any

from storeday.report.blocks import NUMBER, TEXT, Cell, Grid, Section, words_cell
from storeday.report.day_rows import DayRows
from storeday.report.quality_section import last_runs
from storeday.report.words import count

AUDIT, INTERACTIONS = "ops.audit_figures", "gold.interactions"
VERIFIED, SIMULATED = "store_labels", "simulated"
UNVERIFIED_WORDS = "not verified in this store"
# What each audit figure bears on: prefix of the audit's figure, figure of this report.
BEARING = (
    ("visitor_error", "Visitors, traffic, funnel"),
    ("dwell_error", "Stays in zones"),
    ("queue", "Waiting"),
    ("heatmap", "Heatmap"),
    ("flow", "Flows"),
    ("staff", "Leaving staff out"),
    ("matching_accuracy", "Who handled what"),
    ("published", "Who handled what"),
    ("calibration_error", "Stated probabilities"),
    ("rummage", "What was handled"),
)
AGAINST = {
    "store_labels": "labels of this store",
    "simulated": "a simulated day: says nothing of a real store",
    "itself": "the day itself",
}
CALIBRATED = {
    "store_labels": "verified with labels of this store",
    "simulated": f"checked on simulated days; {UNVERIFIED_WORDS}",
    "none": f"never checked; {UNVERIFIED_WORDS}",
}


def trust_section(day: DayRows) -> Section:
    """The section on how sure the numbers are."""
    context = {
        "statements": _statements(day),
        "audit": _audit(day),
        "models": _models(day),
    }
    return Section("trust", "How sure is this?", _lead(day), "trust.html.j2", context)


def is_verified(day: DayRows) -> bool:
    """Whether the figures were measured against labels of this store."""
    by_labels = any(row["audited_against"] == VERIFIED for row in day.rows(AUDIT))
    return by_labels or calibrations(day) == [VERIFIED]


def is_simulated(day: DayRows) -> bool:
    """Whether the day is known to be simulated: it was audited against simulated truth."""
    return any(row["audited_against"] == SIMULATED for row in day.rows(AUDIT))


def calibrations(day: DayRows) -> list[str]:
    """What the day's probabilities were calibrated on."""
    return sorted({row["calibrated_on"] for row in day.rows(INTERACTIONS)})


def _lead(day: DayRows) -> str:
    if is_verified(day):
        return "Measured against labels of this store."
    return (
        "No figure on this page was verified in this store. Compare places, hours and days with "
        "each other rather than trusting a single number."
    )


def _statements(day: DayRows) -> list[tuple[str, str, str]]:
    """For each kind of number: what it is, how it was got, whether it was verified here."""
    by_labels = {
        bearing
        for row in day.rows(AUDIT)
        if row["audited_against"] == VERIFIED and row["value"] is not None
        for prefix, bearing in BEARING
        if row["figure"].startswith(prefix)
    }
    statements = [
        (
            "Visitors, traffic, funnel",
            "Counted by cameras, staff told apart and left out. Intervals are 95 %; where an hour "
            "was seen in part, the number is a lower bound.",
        ),
        ("Stays in zones", "From floor positions, known to about the width of a person."),
        ("Heatmap", "Customers by floor cell; hatched cells were in no camera's picture."),
        ("Flows", "Moves between zones, expected numbers where somebody was out of sight between."),
        ("Waiting", "From stays in queue zones; one till alone is never timed."),
        (
            "What was handled",
            "From RFID tags that moved against the quiet hours of this store.",
        ),
        (
            "Who handled what",
            "Matched by time, place and movement; each with its probability, so counts are "
            "expected numbers.",
        ),
    ]
    told = []
    for subject, how in statements:
        if subject == "Who handled what" and calibrations(day):
            verdict = "; ".join(CALIBRATED[kind] for kind in calibrations(day))
        else:
            verdict = "verified with labels of this store" if subject in by_labels else ""
        told.append((subject, how, verdict or UNVERIFIED_WORDS))
    return told


def _audit(day: DayRows) -> Grid | None:
    rows = [row for row in day.rows(AUDIT) if row["value"] is not None]
    if not rows:
        return None
    body = tuple(
        (
            words_cell(row["figure"].replace("_", " "), _bearing(row["figure"])),
            Cell(_value(row), row["value"]),
            words_cell(_interval(row)),
            Cell(count(row["rests_on"]), row["rests_on"]),
            words_cell("0" if row["is_error"] else "1"),
            words_cell(AGAINST.get(row["audited_against"], row["audited_against"])),
        )
        for row in sorted(rows, key=lambda row: (row["audited_against"], row["figure"]))
    )
    columns = (
        ("Figure", TEXT),
        ("Value", NUMBER),
        ("95 % interval", NUMBER),
        ("Rests on", NUMBER),
        ("Perfect is", NUMBER),
        ("Measured against", TEXT),
    )
    return Grid("What an audit of this day found", columns, body)


def _bearing(figure: str) -> str:
    return next((words for prefix, words in BEARING if figure.startswith(prefix)), "")


def _value(row: dict[str, Any]) -> str:
    unit = "" if row["unit"] == "1" else f" {row['unit']}"
    return f"{row['value']:.3f}{unit}"


def _interval(row: dict[str, Any]) -> str:
    if row["low"] is None or row["high"] is None:
        return ""
    return f"{row['low']:.3f} to {row['high']:.3f}"


def _models(day: DayRows) -> list[str]:
    """Models that saw the day, with where they were trained to see."""
    found: dict[str, None] = {}
    for row in last_runs(day):
        for words in _model_words(row["models"]):
            found[words] = None
    return list(found)


def _model_words(told: str | None) -> Iterable[str]:
    try:
        models = json.loads(told or "[]")
    except ValueError:
        return []
    items = models.values() if isinstance(models, dict) else models
    return [
        f"{item.get('role', 'model')} {item.get('file', '')} "
        f"(domain {item.get('domain', 'unknown')}, sha256 {str(item.get('sha256', ''))[:12]}…)"
        for item in items
        if isinstance(item, dict)
    ]
