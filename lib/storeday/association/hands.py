"""Whose hands a tag was in: what a tag's other rummages say of one.

What somebody has taken nobody else can take until it is back. A reader does not see whether a tag
was put back, but the next rummage of a tag whose last handler is still there is mostly that
handler's again: turned over, put back, taken out again. So a tag's rummages are a chain. With the
chance `kept`, which falls with the time between two and is learnt from the day by EM, the next
handling is by the last handler, if in reach; else by anybody there, as if nothing were known. A
rummage that nobody made leaves the tag where it was.

That is a hidden Markov chain whose state is the tag's last handler, solved forward and backward
(Baum et al., Annals of Mathematical Statistics 41, 1970). What it says of a rummage is a factor on
each candidate's evidence against nobody's: the sure holder's rivals lose the share `kept`, and the
holder gains it. All tags' first rummages are settled together, then all second ones, and so on.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.association.cells import Cells, Rummages
from storeday.contracts.columns import Floats, Ints

# Times between two rummages of a tag, in s, at which the chance changes. Two within the first are
# matched by the very same seconds of a trace, so that one would lend the other its own evidence:
# they say nothing of each other (without that, simulated: Brier skill .346 instead of .368, seed
# 511). The last: most visits end within half an hour.
GAPS_S = np.array([30.0, 120.0, 600.0, 1800.0])
# Before the day speaks. Assumed, and low: what a shop's day does not show must not hurt.
ASSUMED_KEPT = np.array([0.0, 0.2, 0.2, 0.1, 0.02])
# Weight of what is assumed, in pairs of rummages.
PRIOR_PAIRS = 20.0
LEARNING_ROUNDS = 8
# Somebody's share of those who were there is never taken as less: a factor stays below 100.
LEAST_PRESENCE = 0.01
MOST_KEPT = 0.95


@dataclass(frozen=True)
class Chains:
    """Rummages by tag and time, with their edges.

    Attributes:
        order: Rummages by tag and time, shape (r,).
        level: Place of each in its tag's chain, from 0, in that order, shape (r,).
        tag: Tag of each rummage, from 0, in that order, shape (r,).
        gap: Bin of the time since the tag's rummage before, in that order; of the first it says
            nothing, shape (r,).
        edges: First edge of each rummage and the number of edges, in that order, shape (r, 2).
        edge: Edges by rummage.
        holder: Number of tag and customer of each edge, rising with the tag, shape (e,).
        holders: First number of each tag, and their count, shape (tags + 1,).
        presence: Share of those there that the edge's customer is, shape (e,).
        is_first: Whether it is the first edge of its rummage and customer, shape (e,).
    """

    order: Ints
    level: Ints
    tag: Ints
    gap: Ints
    edges: Ints
    edge: Ints
    holder: Ints
    holders: Ints
    presence: Floats
    is_first: NDArray[np.bool_]


def chains_of(rummages: Rummages, cells: Cells, chance: Floats) -> Chains | None:
    """The chains of a day; None where no tag has two rummages.

    Args:
        rummages: Rummages with tags.
        cells: Their cells.
        chance: Kernel's share of each cell among all who were there, shape (c,).
    """
    tag = rummages.tag
    if not len(tag) or not len(cells.edge_rummage):
        return None
    order = np.lexsort((rummages.time_s, tag))
    tags, first, number, count = np.unique(
        tag[order], return_index=True, return_inverse=True, return_counts=True
    )
    if count.max() < 2:
        return None
    level = np.arange(len(order)) - first[number]
    gap_s = np.diff(rummages.time_s[order], prepend=rummages.time_s[order[0]])
    edge = np.argsort(cells.edge_rummage, kind="stable")
    size = np.bincount(cells.edge_rummage, minlength=cells.rummages)
    start = np.cumsum(size) - size
    tag_of = np.empty(len(order), np.int64)
    tag_of[order] = number
    span = int(cells.edge_customer.max()) + 1
    key = tag_of[cells.edge_rummage] * span + cells.edge_customer
    keys, holder = np.unique(key, return_inverse=True)
    person, at, back = np.unique(
        cells.edge_rummage * span + cells.edge_customer, return_index=True, return_inverse=True
    )
    share = np.bincount(back, cells.by_edge(chance), minlength=len(person))
    is_first = np.zeros(len(key), bool)
    is_first[at] = True
    return Chains(
        order=order,
        level=level,
        tag=number,
        gap=np.searchsorted(GAPS_S, np.maximum(gap_s, 0.0)),
        edges=np.column_stack([start, size])[order],
        edge=edge,
        holder=holder,
        holders=np.searchsorted(keys, np.arange(len(tags) + 1) * span),
        presence=np.maximum(share[back], LEAST_PRESENCE),
        is_first=is_first,
    )


def learn_kept(chains: Chains, right: Floats, against: Floats) -> Floats:
    """The chance that a tag's next handling is by its last handler who is still there, by gap.

    Args:
        chains: The day's chains.
        right: Weight of each edge's customer having made its rummage, shape (e,).
        against: Weight of nobody in reach having made each rummage, > 0, shape (r,).

    Returns:
        Chances by the bins of `GAPS_S`, shape (5,).
    """
    kept = ASSUMED_KEPT
    for _ in range(LEARNING_ROUNDS):
        past = _forward(chains, right, against, kept)
        kept = (past.kept + PRIOR_PAIRS * ASSUMED_KEPT) / (past.pairs + PRIOR_PAIRS)
        kept = np.where(ASSUMED_KEPT > 0, np.clip(kept, 0.0, MOST_KEPT), 0.0)
    return kept


def chain_factors(chains: Chains, right: Floats, against: Floats, kept: Floats) -> Floats:
    """What a tag's other rummages say of each edge against nobody, as a factor on its evidence.

    Args:
        chains: The day's chains.
        right: Weight of each edge's customer having made its rummage, shape (e,).
        against: Weight of nobody in reach having made each rummage, > 0, shape (r,).
        kept: Chances by gap, `learn_kept`.

    Returns:
        Factors, 1 where nothing is said, shape (e,). Cost: edges, and for each tag its rummages x
        its candidates.
    """
    past = _forward(chains, right, against, kept)
    return _with_future(chains, (right, against), kept, past)


@dataclass(frozen=True)
class _Past:
    """A pass in time: factors by edge, total weight by rummage, pairs and those kept by gap."""

    factor: Floats
    total: Floats
    pairs: Floats
    kept: Floats


def _forward(chains: Chains, right: Floats, against: Floats, kept: Floats) -> _Past:
    held = np.zeros(int(chains.holders[-1]))
    factor, totals = np.ones(len(right)), np.zeros(len(against))
    pairs, stayed = np.zeros(len(kept)), np.zeros(len(kept))
    for rows in _levels(chains):
        edges, row = _edges_of(chains, rows)
        stay, own = kept[chains.gap[rows]], held[chains.holder[edges]]
        there = np.bincount(row, own * chains.is_first[edges], minlength=len(rows))
        gain = own * stay[row] / chains.presence[edges]
        factor[edges] = 1.0 - (stay * np.minimum(there, 1.0))[row] + gain
        weight, nobody = right[edges] * factor[edges], against[chains.order[rows]]
        handled = np.bincount(row, weight, minlength=len(rows))
        total = np.maximum(handled + nobody, 1e-300)
        totals[chains.order[rows]] = total
        same = np.bincount(row, right[edges] * gain, minlength=len(rows)) / total
        pair = there * handled / total
        pairs += np.bincount(chains.gap[rows], pair, minlength=len(kept))
        stayed += np.bincount(chains.gap[rows], np.minimum(same, pair), minlength=len(kept))
        ours, which = _holders_of(chains, rows)
        held[ours] *= (nobody / total)[which]
        np.add.at(held, chains.holder[edges], weight / total[row])
    return _Past(factor, totals, pairs, stayed)


def _with_future(
    chains: Chains, weights: tuple[Floats, Floats], kept: Floats, past: _Past
) -> Floats:
    """The factors with what later rummages say.

    `later` is how likely the later ones are if a tag was last handled by somebody, against a
    stranger who is never seen again; `odds` the same for what the earlier ones leave open.
    """
    right, against = weights
    later, odds = np.ones(int(chains.holders[-1])), np.ones(len(chains.holders) - 1)
    factor = past.factor.copy()
    for rows in reversed(_levels(chains)):
        edges, row = _edges_of(chains, rows)
        stay, after = kept[chains.gap[rows]], later[chains.holder[edges]]
        weight, nobody = right[edges] * after, against[chains.order[rows]]
        reached = np.bincount(row, weight, minlength=len(rows))
        # All that may have happened, as past and future see it together; the rest is nobody's.
        whole = past.total[chains.order[rows]] * odds[chains.tag[rows]]
        handled = np.bincount(row, weight * past.factor[edges], minlength=len(rows))
        left = np.maximum(whole - handled, 1e-9 * whole) / nobody
        factor[edges] = past.factor[edges] * after / left[row]
        stranger = nobody + reached
        odds[chains.tag[rows]] = whole / stranger
        ours, which = _holders_of(chains, rows)
        later[ours] = (nobody[which] * later[ours] + reached[which]) / stranger[which]
        lost = (stay * reached)[row] * chains.is_first[edges]
        back = stay[row] * weight / chains.presence[edges]
        np.add.at(later, chains.holder[edges], (back - lost) / stranger[row])
    return factor


def _levels(chains: Chains) -> list[Ints]:
    """Rows of all first rummages of a tag, of all second ones, and so on."""
    by_level = np.argsort(chains.level, kind="stable")
    count = int(chains.level.max()) + 1
    return np.split(by_level, np.searchsorted(chains.level[by_level], np.arange(1, count)))


def _edges_of(chains: Chains, rows: Ints) -> tuple[Ints, Ints]:
    edges, row = _ranges(chains.edges[rows, 0], chains.edges[rows, 1])
    return chains.edge[edges], row


def _holders_of(chains: Chains, rows: Ints) -> tuple[Ints, Ints]:
    tag = chains.tag[rows]
    return _ranges(chains.holders[tag], np.diff(chains.holders)[tag])


def _ranges(start: Ints, count: Ints) -> tuple[Ints, Ints]:
    """All numbers of ranges, and the range of each."""
    which = np.repeat(np.arange(len(count)), count)
    within = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    return start[which] + within, which
