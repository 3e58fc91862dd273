"""`storeday explain`: why an interaction has its customer."""

from pathlib import Path

import pyarrow as pa

from storeday.association.explanation import Explanation, explain
from storeday.lake.lake import Lake
from storeday.lake.store_day import StoreDay

INTERACTIONS, CANDIDATES = "gold.interactions", "silver.match_candidates"


def explain_interaction(
    lake: Lake, day: StoreDay, interaction_id: str, svg: Path | None
) -> Explanation:
    """Explains an interaction of a store-day, and writes the drawing.

    Args:
        lake: The lake.
        day: The store-day.
        interaction_id: The interaction, or any of its rummages.
        svg: Where the drawing goes; None for nowhere.

    Raises:
        KeyError: The store-day has no such interaction.
    """
    rows = _table(lake, INTERACTIONS, day).to_pylist()
    found = [
        row
        for row in rows
        if interaction_id == row["interaction_id"] or interaction_id in row["rummage_ids"]
    ]
    if not found:
        raise KeyError(
            f"{day} has no interaction {interaction_id!r}; it has {len(rows)} interactions"
        )
    explanation = explain(found[0], _table(lake, CANDIDATES, day))
    if svg is not None:
        svg.write_text(explanation.svg, "utf-8")
    return explanation


def _table(lake: Lake, name: str, day: StoreDay) -> pa.Table:
    return lake.read(name, [day]).toArrow()
