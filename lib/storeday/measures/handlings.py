"""Handlings as sums count them: how likely each one was a customer's, and which customer's.

`gold.interactions` names a customer only where it is sure. Sums do better by counting every
candidate by its probability: ten handlings at one half each are five. A handling by staff is none
of a customer, and leaves.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storeday.contracts.columns import floats, position_in, texts

STAFF = "handled_by_staff"


@dataclass(frozen=True)
class Handlings:
    """Handlings without those of staff.

    Attributes:
        rows: Rows of `gold.interactions` with a further column `expected`, the probability that it
            was any customer.
        shares: Columns `row` (position in `rows`), `customer_id`, `probability`: each candidate
            customer of each handling.
    """

    rows: pa.Table
    shares: pa.Table


def handlings(interactions: pa.Table, candidates: pa.Table, staff: Collection[str]) -> Handlings:
    """Handlings with the candidates of the rummage that stands for each.

    Args:
        interactions: Rows of `gold.interactions`, in any order; may be empty.
        candidates: Rows of `silver.match_candidates`, in any order.
        staff: Ids of customers who are staff.

    Returns:
        Handlings, those by known staff left out.

    Example:
        >>> found = handlings(
        ...     pa.table({"interaction_id": ["r"], "customer_id": pa.array([None], pa.string()),
        ...               "unmatched_reason": ["nobody_likely_enough"]}),
        ...     pa.table({"rummage_id": ["r", "r", "r"], "customer_id": ["x", "s", None],
        ...               "probability": [0.4, 0.3, 0.3]}), ["s"])
        >>> found.rows["expected"].to_pylist(), found.shares["customer_id"].to_pylist()
        ([0.4], ['x'])
    """
    by_staff = pc.fill_null(pc.equal(interactions["unmatched_reason"], STAFF), False)
    rows = interactions.filter(pc.invert(by_staff))
    who = texts(candidates["customer_id"])
    row = position_in(texts(candidates["rummage_id"]), texts(rows["interaction_id"]))
    is_staff = pc.is_in(who, pa.array(sorted(staff), pa.string())).to_numpy(zero_copy_only=False)
    keep = (row >= 0) & who.is_valid().to_numpy(zero_copy_only=False) & ~is_staff
    probability = floats(candidates["probability"])[keep]
    expected = np.minimum(np.bincount(row[keep], probability, minlength=len(rows)), 1.0)
    shares = pa.table(
        {
            "row": row[keep],
            "customer_id": who.filter(pa.array(keep)),
            "probability": probability,
        }
    )
    return Handlings(rows.append_column("expected", pa.array(expected)), shares)
