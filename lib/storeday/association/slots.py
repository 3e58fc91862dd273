"""The bipartite graph of rummages and bins of customers' traces, with room for several products.

Each customer's trace is cut into bins of `BIN_S`; a bin offers `SLOTS` places. Somebody may take
two things in one go, and one to one would lose the second; but each further one is less likely, so
the slots are worth less and less. With falling worth, the matching of the highest total fills
slots in their order by itself. Two customers never share a rummage.

An edge weighs the logarithm of the customer's probability for the rummage, in the bin that speaks
most for it, and less in others. `FORCED` is added to every edge, so that a rummage stays without a
customer only where no slot is left.
"""

from dataclasses import dataclass

import numpy as np

from storeday.association.cells import Cells, Traces
from storeday.association.graph import Graph
from storeday.association.matching import Matching, best_matching
from storeday.association.posterior import Posterior
from storeday.contracts.columns import Floats, Ints

# As long as a handling with what looks like one on either side (study: set once).
BIN_S = 8.0
SLOTS = 4
# What the next slot is worth of the one before. The posterior's claims have discounted second
# products once already, by 0.35; of 0.35, 0.7 and 0.95, 0.7 matched the posterior's own choice on
# the study's days of seeds 10 to 12 (89.6 % with location at 1,000 visitors; 89.4 and 89.5).
SLOT_WORTH = 0.7
# Edges less likely are pruned before components are taken: they decide nothing and join much.
LEAST_SHARE = 0.01
# Above the worst edge in its worst slot, so that every edge counts for more than none.
FORCED = 1.0 - float(np.log(LEAST_SHARE) + (SLOTS - 1) * np.log(SLOT_WORTH))


@dataclass(frozen=True)
class Choice:
    """The solver's answer.

    Attributes:
        edge: Edge of `Cells` chosen for each rummage, -1 where it has none, shape (r,).
        component: Number of each rummage's connected component, shape (r,).
    """

    edge: Ints
    component: Ints


@dataclass(frozen=True)
class _Bins:
    """Edges to bins, by edge of `Cells` and bin.

    Attributes:
        edge: Edge of `Cells`, shape (b,).
        bin: Bin from 0, shape (b,).
        weight: Logarithm of what it is worth, shape (b,).
    """

    edge: Ints
    bin: Ints
    weight: Floats


def choose(found: Posterior, cells: Cells, traces: Traces) -> Choice:
    """The customer of each rummage, one at most, by component Hungarian with slots.

    Args:
        found: Probabilities.
        cells: The cells.
        traces: Seconds of customers.

    Returns:
        The choice. Cost: cells + that of `best_matching`.
    """
    bins = _bins(found, cells, traces)
    rummage = cells.edge_rummage[bins.edge]
    weight = (FORCED + bins.weight)[:, None] + np.log(SLOT_WORTH) * np.arange(SLOTS)
    count = int(bins.bin.max(initial=-1)) + 1
    action = bins.bin[:, None] * SLOTS + np.arange(SLOTS)
    graph = Graph(
        cells.rummages,
        count * SLOTS,
        np.repeat(rummage, SLOTS),
        action.ravel(),
        weight.ravel(),
    )
    matching = best_matching(graph)
    return Choice(_edges_of(matching, bins, rummage, cells.rummages), matching.component)


def _edges_of(matching: Matching, bins: _Bins, rummage: Ints, rummages: int) -> Ints:
    chosen_bin = np.where(matching.action >= 0, matching.action // SLOTS, -1)
    is_chosen = chosen_bin[rummage] == bins.bin
    edge = np.full(rummages, -1, np.int64)
    edge[rummage[is_chosen]] = bins.edge[is_chosen]
    return edge


def _bins(found: Posterior, cells: Cells, traces: Traces) -> _Bins:
    edge = cells.edge
    slot = np.floor(traces.time_s[cells.row] / BIN_S).astype(np.int64)
    is_new = np.ones(len(slot), bool)
    is_new[1:] = (np.diff(slot) != 0) | (np.diff(edge) != 0)
    first = np.flatnonzero(is_new)
    share = np.add.reduceat(found.cell, first) if len(first) else np.zeros(0)
    edge, slot = edge[first], slot[first]
    best = np.zeros(len(cells.edge_rummage))
    np.maximum.at(best, edge, share)
    worth = found.edge[edge] * share / np.maximum(best[edge], 1e-300)
    # The likeliest customer stays, however unlikely: the solver may not abstain.
    most = np.zeros(cells.rummages)
    np.maximum.at(most, cells.edge_rummage, found.edge)
    of_rummage = cells.edge_rummage[edge]
    worth = worth / np.maximum(most[of_rummage], 1e-300)
    kept = worth >= LEAST_SHARE
    customer = cells.edge_customer[edge[kept]]
    origin = int(slot.min(initial=0))
    span = int(slot.max(initial=0)) - origin + 1
    _, number = np.unique(customer * span + slot[kept] - origin, return_inverse=True)
    return _Bins(edge[kept], number, np.log(worth[kept]))
