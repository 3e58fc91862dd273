"""What was rejected, and how the runs ended."""

from collections.abc import Sequence
from typing import Any

from storeday.report.blocks import (
    NUMBER,
    TEXT,
    Cell,
    Grid,
    Section,
    count_cell,
    length_cell,
    words_cell,
)
from storeday.report.day_rows import DayRows
from storeday.report.words import clock, count, listed

QUARANTINE, RUNS = "ops.quarantine", "ops.runs"
FIRST_ROWS = 8
# Reasons quote values; so much of them tells one kind from another.
REASON_LETTERS = 90


def quality_section(day: DayRows) -> Section:
    """The section with data quality and runs."""
    rejected, runs = day.rows(QUARANTINE), last_runs(day)
    context = {"rejected": _rejected(rejected), "runs": _runs(runs, day)}
    lead = _lead(rejected, runs)
    return Section("quality", "Data quality", lead, "quality.html.j2", context)


def last_runs(day: DayRows) -> list[dict[str, Any]]:
    """The latest run of each stage, in the order in which they ran."""
    latest: dict[str, dict[str, Any]] = {}
    for row in sorted(day.rows(RUNS), key=lambda row: row["started_at"]):
        latest[row["stage"]] = row
    return sorted(latest.values(), key=lambda row: row["started_at"])


def failed_stages(day: DayRows) -> list[str]:
    """Stages whose latest run failed."""
    return [row["stage"] for row in last_runs(day) if row["error"]]


def _lead(rejected: Sequence[dict[str, Any]], runs: Sequence[dict[str, Any]]) -> str:
    failed = [row["stage"] for row in runs if row["error"]]
    words = "Nothing was rejected." if not rejected else ""
    if rejected:
        files = len({row["source_file"] for row in rejected})
        words = (
            f"{count(len(rejected))} {'line or file' if len(rejected) == 1 else 'lines or files'} "
            f"rejected, in {count(files)} {'file' if files == 1 else 'files'}."
        )
    if failed:
        words += f" The last run failed in {listed(failed)}."
    elif runs:
        words += " All stages ended well."
    return words


def _rejected(rows: Sequence[dict[str, Any]]) -> Grid | None:
    if not rows:
        return None
    kinds: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        kinds.setdefault((row["stage"], row["reason"][:REASON_LETTERS]), []).append(row)
    ordered = sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0]))
    body = tuple(
        (
            count_cell(len(found)),
            words_cell(reason),
            words_cell(found[0]["source_file"], f"line {found[0]['source_line']}"),
            words_cell(stage),
        )
        for (stage, reason), found in ordered
    )
    columns = (("Rejected", NUMBER), ("Reason", TEXT), ("First at", TEXT), ("Stage", TEXT))
    return Grid("What was rejected, and why", columns, body, first=FIRST_ROWS)


def _runs(rows: Sequence[dict[str, Any]], day: DayRows) -> Grid | None:
    if not rows:
        return None
    body = tuple(
        (
            words_cell(row["stage"]),
            words_cell(
                row["status"], (row["error"] or "").splitlines()[-1] if row["error"] else ""
            ),
            Cell(clock(row["started_at"], day.layout.timezone), row["started_at"].timestamp()),
            length_cell(row["wall_s"]),
            count_cell(row["rows_out"]),
            words_cell(row["code_version"]),
        )
        for row in rows
    )
    columns = (
        ("Stage", TEXT),
        ("Ended", TEXT),
        ("Started", TEXT),
        ("Took", NUMBER),
        ("Rows", NUMBER),
        ("Version", TEXT),
    )
    return Grid("The latest run of each stage", columns, body, is_sortable=False)
