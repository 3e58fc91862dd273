"""`storeday explain`: why an interaction has its customer, and which interactions there are."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from storeday.association.explained_evidence import DayEvidence
from storeday.association.explanation import Explanation, explain
from storeday.lake.reader import read_store_days
from storeday.lake.store_day import StoreDay

INTERACTIONS, CANDIDATES = "gold.interactions", "silver.match_candidates"
RUMMAGES, ACTIONS, OFFSETS = "silver.rummage_events", "silver.action_events", "silver.clock_offsets"


def explain_interaction(
    root: str, day: StoreDay, interaction_id: str, svg: Path | None
) -> Explanation:
    """Explains an interaction of a store-day, and writes the drawing.

    Args:
        root: Root of the lake, as delta-rs knows it.
        day: The store-day.
        interaction_id: The interaction, or any of its rummages.
        svg: Where the drawing goes; None for nowhere.

    Raises:
        KeyError: The store-day has no such interaction.
    """
    read = _read(root, day, (INTERACTIONS, CANDIDATES, RUMMAGES, ACTIONS, OFFSETS))
    rows = read[INTERACTIONS].to_pylist()
    found = [
        row
        for row in rows
        if interaction_id == row["interaction_id"] or interaction_id in row["rummage_ids"]
    ]
    if not found:
        raise KeyError(
            f"{day} has no interaction {interaction_id!r}; it has {len(rows)} interactions, which "
            "are listed where no id is given"
        )
    evidence = DayEvidence(read[RUMMAGES], read[ACTIONS], read[OFFSETS])
    explanation = explain(found[0], read[CANDIDATES], evidence)
    if svg is not None:
        svg.write_text(explanation.svg, "utf-8")
    return explanation


def listed_interactions(root: str, day: StoreDay, count: int) -> list[str]:
    """Interactions that are worth a look, a line each: those that one more doubt would turn.

    Args:
        root: Root of the lake, as delta-rs knows it.
        day: The store-day.
        count: How many.

    Returns:
        A head line and the interactions nearest to one half, in order of time; only a word where
        there are none.
    """
    rows = _read(root, day, (INTERACTIONS,))[INTERACTIONS].to_pylist()
    if not rows:
        return [f"{day}: no interactions; has the store-day been published?"]
    nearest = sorted(rows, key=lambda row: (abs(row["probability"] - 0.5), row["interaction_id"]))
    shown = sorted(nearest[:count], key=lambda row: (row["time"], row["interaction_id"]))
    published = sum(row["customer_id"] is not None for row in rows)
    head = f"{day}: {len(rows)} interactions, {published} with a customer; nearest to one half:"
    return [head, *_columns([_line(row) for row in shown])]


def _line(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        row["interaction_id"],
        f"{row['time']:%H:%M:%S} UTC",
        row["sku"] or row["epc"],
        row["zone_id"] or "",
        f"{row['probability']:.2f}",
        row["unmatched_reason"] or "published",
    )


def _columns(lines: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def _read(root: str, day: StoreDay, tables: Sequence[str]) -> dict[str, pa.Table]:
    return read_store_days(root, day.store_id, {name: [day.business_date] for name in tables})
