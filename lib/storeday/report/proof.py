"""What proof there is of each kind of number: measured in this store, elsewhere, or not at all.

Only audits that stand in the lake count (`ops.audit_figures`), and what the probabilities were
calibrated on. Nothing is called verified that was not measured against labels of this store.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from storeday.report.day_rows import DayRows, ReportInputs
from storeday.report.words import count, listed, short_date

AUDIT, INTERACTIONS = "ops.audit_figures", "gold.interactions"
VERIFIED, SIMULATED, ITSELF = "store_labels", "simulated", "itself"
UNVERIFIED_WORDS = "not verified in this store"
VISITORS, STAYS, HEATMAP, FLOWS = (
    "Visitors, traffic, funnel",
    "Stays in zones",
    "Heatmap",
    "Flows",
)
WAITING, HANDLED, WHO = "Waiting", "What was handled", "Who handled what"
# What each audit figure bears on: prefix of the audit's figure, figure of this report.
BEARING = (
    ("visitor_error", VISITORS),
    ("dwell_error", STAYS),
    ("queue", WAITING),
    ("heatmap", HEATMAP),
    ("flow", FLOWS),
    ("staff", "Leaving staff out"),
    ("matching_accuracy", WHO),
    ("published", WHO),
    ("calibration_error", "Stated probabilities"),
    ("rummage", HANDLED),
)
CALIBRATED = {
    VERIFIED: "verified with labels of this store",
    SIMULATED: f"checked on simulated days; {UNVERIFIED_WORDS}",
    "none": f"never checked; {UNVERIFIED_WORDS}",
}
# What the figures of each section are.
SUBJECT_OF = {
    "floor": HEATMAP,
    "traffic": VISITORS,
    "flows": FLOWS,
    "paths": FLOWS,
    "zones": STAYS,
    "products": HANDLED,
    "funnel": VISITORS,
    "queue": WAITING,
    "handled": WHO,
}
# What the headline figures are; the others need no proof.
HEADLINE = {"visitors": VISITORS, "peak": VISITORS, "handled": HANDLED, "wait": WAITING}
# Audit figures named in one sentence.
MOST_NAMED = 3
Row = Mapping[str, Any]


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


def bearing(figure: str) -> str:
    """What an audit figure bears on; empty where it is none of the report's numbers."""
    return next((words for prefix, words in BEARING if figure.startswith(prefix)), "")


def is_proven(subject: str, inputs: ReportInputs) -> bool:
    """Whether a kind of number was measured against labels of this store, on this day or before."""
    calibrated = subject == WHO and calibrations(inputs.today) == [VERIFIED]
    return calibrated or bool(_labelled(subject, inputs))


def proof(subject: str, inputs: ReportInputs) -> str:
    """What proof there is of a kind of number, in words that begin small."""
    labelled = _labelled(subject, inputs)
    if labelled:
        return _measured(labelled, inputs)
    if subject == WHO and calibrations(inputs.today):
        return "; ".join(CALIBRATED[kind] for kind in calibrations(inputs.today))
    other = [row for row in _bearing_rows(inputs.today.rows(AUDIT)) if row[0] == subject]
    for kind, against in (
        (SIMULATED, "against the truth of this simulated day, which says nothing of a real store"),
        (ITSELF, "against the day itself only"),
    ):
        found = [row for _, row in other if row["audited_against"] == kind]
        if found:
            return f"measured {against}: {_figures(found)}; {UNVERIFIED_WORDS}"
    return UNVERIFIED_WORDS


def headline_proof(inputs: ReportInputs, keys: Sequence[str]) -> str:
    """One sentence on what of the headline was verified in this store.

    Args:
        inputs: The store-day.
        keys: Headline figures that are shown.
    """
    subjects = list(dict.fromkeys(HEADLINE[key] for key in keys if key in HEADLINE))
    proven = [subject for subject in subjects if is_proven(subject, inputs)]
    lacking = [subject for subject in subjects if subject not in proven]
    if not subjects:
        return ""
    if not proven:
        return "None of these figures was verified in this store."
    words = f"Measured against labels of this store: {_small(proven)}."
    return f"{words} Not verified in this store: {_small(lacking)}." if lacking else words


def _small(subjects: Sequence[str]) -> str:
    return listed([subject[:1].lower() + subject[1:] for subject in subjects], most=9)


def _labelled(subject: str, inputs: ReportInputs) -> list[Row]:
    """Figures that were measured against labels of this store: this day's, else the latest."""
    for rows in (inputs.today.rows(AUDIT), inputs.audits):
        found = [
            row
            for about, row in _bearing_rows(rows)
            if about == subject and row["audited_against"] == VERIFIED
        ]
        if found:
            latest = max(row["business_date"] for row in found)
            return [row for row in found if row["business_date"] == latest]
    return []


def _bearing_rows(rows: Sequence[Row]) -> list[tuple[str, Row]]:
    return [(bearing(row["figure"]), row) for row in rows if row["value"] is not None]


def _measured(rows: Sequence[Row], inputs: ReportInputs) -> str:
    date = rows[0]["business_date"]
    if date == inputs.today.date:
        return f"verified with labels of this store and day: {_figures(rows)}"
    return (
        f"verified with labels of this store on {short_date(date)}: {_figures(rows)}; "
        "this day itself was not"
    )


def _figures(rows: Sequence[Row]) -> str:
    ordered = sorted(rows, key=lambda row: row["figure"])
    told = [
        f"{row['figure'].replace('_', ' ')} {row['value']:.3f} (rests on {count(row['rests_on'])})"
        for row in ordered[:MOST_NAMED]
    ]
    return ", ".join(told)
