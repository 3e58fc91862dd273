"""How sure each number is, and whether anybody has verified it in this store."""

import json
from collections.abc import Iterable
from typing import Any

from storeday.report.blocks import NUMBER, TEXT, Cell, Grid, Section, words_cell
from storeday.report.day_rows import DayRows, ReportInputs
from storeday.report.proof import (
    AUDIT,
    FLOWS,
    HANDLED,
    HEATMAP,
    STAYS,
    SUBJECT_OF,
    VISITORS,
    WAITING,
    WHO,
    bearing,
    is_proven,
    is_verified,
    proof,
)
from storeday.report.quality_section import last_runs
from storeday.report.words import count

AGAINST = {
    "store_labels": "labels of this store",
    "simulated": "a simulated day: says nothing of a real store",
    "itself": "the day itself",
}


def trust_section(inputs: ReportInputs) -> Section:
    """The section on how sure the numbers are."""
    day = inputs.today
    context = {
        "statements": _statements(inputs),
        "audit": _audit(day),
        "models": _models(day),
    }
    return Section("trust", "How sure is this?", _lead(inputs), "trust.html.j2", context)


def _lead(inputs: ReportInputs) -> str:
    if is_verified(inputs.today):
        return "Measured against labels of this store."
    if any(is_proven(subject, inputs) for subject in SUBJECT_OF.values()):
        return "Measured against labels of this store on an earlier day; this day itself was not."
    return (
        "No figure on this page was verified in this store. Compare places, hours and days with "
        "each other rather than trusting a single number."
    )


def _statements(inputs: ReportInputs) -> list[tuple[str, str, str]]:
    """For each kind of number: what it is, how it was got, whether it was verified here."""
    statements = [
        (
            VISITORS,
            "Counted by cameras, staff told apart and left out. Intervals are 95 %; where an hour "
            "was seen in part, the number is a lower bound.",
        ),
        (STAYS, "From floor positions, known to about the width of a person."),
        (HEATMAP, "Customers by floor cell; hatched cells were in no camera's picture."),
        (FLOWS, "Moves between zones, expected numbers where somebody was out of sight between."),
        (WAITING, "From stays in queue zones; one till alone is never timed."),
        (
            HANDLED,
            "From RFID tags that moved against the quiet hours of this store.",
        ),
        (
            WHO,
            "Matched by time, place and movement; each with its probability, so counts are "
            "expected numbers.",
        ),
    ]
    return [(subject, how, proof(subject, inputs)) for subject, how in statements]


def _audit(day: DayRows) -> Grid | None:
    rows = [row for row in day.rows(AUDIT) if row["value"] is not None]
    if not rows:
        return None
    body = tuple(
        (
            words_cell(row["figure"].replace("_", " "), bearing(row["figure"])),
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
