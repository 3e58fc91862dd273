"""Who handled the tag of each rummage, as probabilities over everybody in reach and nobody.

Two rummages rarely come from one handling: a hand holds one thing at a time. Seconds that other
rummages already claim therefore count for less, by a factor for each claim, and claims and
probabilities are brought into agreement by a few rounds of mean field (Jordan et al., Machine
Learning 37, 1999). A tag's other rummages tell whose hands it was in (`hands`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from storeday.association.cells import Problem
from storeday.association.handling import COVERED_S, neighbourhood
from storeday.association.hands import chain_factors, chains_of, learn_kept
from storeday.association.model import CLUTTER, GHOST, RIGHT, UNSEEN, Weighed
from storeday.contracts.columns import Floats, Ints

# What a second that another rummage claims whole still counts for. Two products taken in one go
# happen: in the association study 0.35 was set once and not searched.
SHARED = 0.35
ROUNDS = 6
BALANCE_ROUNDS = 8


@dataclass(frozen=True)
class Posterior:
    """Probabilities.

    Attributes:
        edge: That the edge's customer handled the rummage's tag, shape (e,).
        nobody: That none of the rummage's customers did, shape (r,).
        log_ratio: Evidence for the edge's customer against nobody, natural logarithm, shape (e,).
        cell: Share of each cell in its edge's probability, shape (c,).
    """

    edge: Floats
    nobody: Floats
    log_ratio: Floats
    cell: Floats


@dataclass(frozen=True)
class _Windows:
    """Around each cell's second, ranges of rows and of cells of the same edge, shape (c,) each."""

    low_row: Ints
    high_row: Ints
    low_cell: Ints
    high_cell: Ints


def posterior(weighed: Weighed, problem: Problem, rounds: int = ROUNDS) -> Posterior:
    """Probabilities of all edges.

    Args:
        weighed: Cells weighed by the learnt model.
        problem: The day.
        rounds: Rounds of mean field; 0 looks at each rummage alone.

    Returns:
        Probabilities; those of a rummage's edges and nobody add up to 1. Cost: rounds x cells.
    """
    cells, kinds = problem.cells, weighed.kinds
    # A ghost comes from the very handling that made another rummage: claims do not speak against
    # it.
    against = kinds[:, GHOST] * weighed.support + kinds[:, UNSEEN] + kinds[:, CLUTTER]
    alone = kinds[:, RIGHT] * weighed.support
    expected = _mean_share(alone, against)
    windows = _windows(problem)
    weight = weighed.weight
    held = _held(weighed, problem, against)
    for number in range(rounds + 1):
        plain = cells.by_edge(weight)
        by_hand = held(plain)
        support = plain * by_hand
        right = kinds[:, RIGHT] * cells.by_rummage(support)
        factor = _balanced(right, against, expected) if number else 1.0
        scale = factor * kinds[:, RIGHT] / np.maximum(factor * right + against, 1e-300)
        if number == rounds:
            break
        share = weight * (by_hand * scale[cells.edge_rummage])[cells.edge]
        weight = weighed.weight * SHARED ** _claims_of_others(share, problem, windows)
    edge = support * scale[cells.edge_rummage]
    nobody = np.maximum(1.0 - cells.by_rummage(edge), 0.0)
    ratio = np.log(np.maximum(edge, 1e-300) / np.maximum(nobody, 1e-12)[cells.edge_rummage])
    share = weight / np.maximum(plain, 1e-300)[cells.edge]
    return Posterior(edge, nobody, ratio, share)


def _held(weighed: Weighed, problem: Problem, against: Floats) -> Callable[[Floats], Floats]:
    """From edges' supports to factors by whose hands the tags were in; none where nothing is known.

    How often a tag stays in its last handler's hands is learnt before anything is claimed.
    """
    cells = problem.cells
    chains = chains_of(problem.rummages, cells, weighed.chance)
    if chains is None:
        return np.ones_like
    right = weighed.kinds[:, RIGHT][cells.edge_rummage]
    kept = learn_kept(chains, right * cells.by_edge(weighed.weight), against)
    return lambda support: chain_factors(chains, right * support, against, kept)


def _mean_share(right: Floats, against: Floats) -> float:
    return float(np.mean(right / np.maximum(right + against, 1e-300))) if len(right) else 0.0


def _balanced(right: Floats, against: Floats, expected: float) -> float:
    """Factor on `right` with which its mean share is as expected.

    Claims move a rummage from one customer to another; that they move some to nobody is an artefact
    of weights below one, since how many rummages have a customer does not depend on who has them.
    """
    factor = 1.0
    for _ in range(BALANCE_ROUNDS):
        share = _mean_share(factor * right, against)
        if not 0 < share < 1 or not 0 < expected < 1:
            break
        factor *= expected / (1 - expected) * (1 - share) / share
    return factor


def _windows(problem: Problem) -> _Windows:
    traces, cells = problem.traces, problem.cells
    low, high = neighbourhood(traces.customer, traces.time_s, COVERED_S, cells.row)
    # Cells lie by edge and row, so one search gives ranges within an edge.
    span = len(traces.customer) + 1
    base = cells.edge * span
    key = base + cells.row
    return _Windows(low, high, np.searchsorted(key, base + low), np.searchsorted(key, base + high))


def _claims_of_others(share: Floats, problem: Problem, windows: _Windows) -> Floats:
    """What other rummages claim within `COVERED_S` of each cell, shape (c,)."""
    rows = len(problem.traces.customer)
    by_row = np.bincount(problem.cells.row, share, minlength=rows)
    claimed = np.concatenate([[0.0], np.cumsum(by_row)])
    own = np.concatenate([[0.0], np.cumsum(share)])
    around = claimed[windows.high_row] - claimed[windows.low_row]
    others = around - (own[windows.high_cell] - own[windows.low_cell])
    return np.asarray(np.maximum(others, 0.0), np.float64)
