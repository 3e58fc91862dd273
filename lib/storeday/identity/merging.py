"""The last pass: whole chains that are one person, by all their looks and places together.

A chain has been seen for minutes, from several sides, so that its mean look says far more than a
tracklet's; chains that run beside each other in two cameras have long been in one place. The two
chains for which looks and places together say most are joined, then the next, under *cannot-link*:
nobody is twice in one camera at once.

Looks: a view is a person's own vector plus noise, both isotropic normal, of variance b and
w = 1 - b (a two-covariance model; Ioffe, *Probabilistic linear discriminant analysis*, ECCV 2006).
What n views with sum s say for being one person is

    f = -d/2 log(1 + n b / w) + d b |s|^2 / (2 w (w + n b))

and what speaks for joining two chains is f of both together less f of each. b is the mean cosine of
one person's views; d, the number of dimensions that looks really use, is one over the variance of
strangers' cosines; the day gives both. Views of one camera and minute share light and pose and
count as one.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.contracts.columns import Floats, Ints

Forbidden = Callable[[Sequence[int], Sequence[int]], bool]

VIEW_S = 60.0


@dataclass(frozen=True)
class LookModel:
    """What looks say.

    Attributes:
        between: Variance of people, 0..1: mean cosine of two views of one person.
        dimensions: Dimensions that looks really use.
    """

    between: float
    dimensions: float

    def evidence(self, views: Floats, squares: Floats) -> Floats:
        """What views with a sum of that squared length say for being one person; any shape."""
        within = 1.0 - self.between
        ratio = self.between / (2 * within * (within + views * self.between))
        scale = -0.5 * self.dimensions * np.log1p(views * self.between / within)
        return np.asarray(scale + ratio * squares * self.dimensions)


@dataclass(frozen=True)
class ChainLooks:
    """Looks of chains.

    Attributes:
        views: Number of views, shape (n,).
        total: Sum of unit looks of the views, shape (n, d).
    """

    views: Floats
    total: NDArray[np.float64]


def chain_looks(
    embedding: NDArray[np.float32], weight: Floats, view: Ints, chain: Ints, chains: int
) -> ChainLooks:
    """Sums over the views of each chain.

    Args:
        embedding: Unit looks of tracklets, shape (m, d).
        weight: Weight of each in its view, shape (m,).
        view: Camera and minute of each, as one number, shape (m,).
        chain: Chain of each, shape (m,).
        chains: Number of chains.
    """
    keys, cell = np.unique(np.column_stack([chain, view]), axis=0, return_inverse=True)
    sums = np.zeros((len(keys), embedding.shape[1]))
    np.add.at(sums, cell.ravel(), embedding * weight[:, None])
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    units = sums / np.where(length > 0, length, 1.0)
    total = np.zeros((chains, embedding.shape[1]))
    np.add.at(total, keys[:, 0], units)
    return ChainLooks(np.bincount(keys[:, 0], minlength=chains).astype(float), total)


def merge_chains(
    looks: ChainLooks,
    model: LookModel,
    places: tuple[Ints, Ints, Floats],
    forbidden: Forbidden,
    least: float,
) -> tuple[Ints, list[tuple[int, int, float]]]:
    """Joins chains.

    Args:
        looks: Looks of n chains; views 0 where none are known.
        model: What looks say.
        places: Pairs of chains and what their places say for being one; no pair twice.
        forbidden: Whether two sets of chains must stay apart.
        least: Least evidence of looks and places together for a join.

    Returns:
        The lowest chain of each chain's cluster, shape (n,), and the joins in the order in which
        they were made: the lowest chain of either side, and the evidence.

    Cost: all pairs of looks once, as one matrix product; then a heap of the pairs worth joining.

    Example:
        >>> looks = ChainLooks(np.array([4.0, 4.0, 4.0]), 4.0 * np.eye(3)[[0, 0, 1]])
        >>> nothing = np.zeros(0, int), np.zeros(0, int), np.zeros(0)
        >>> model = LookModel(0.5, 10.0)
        >>> merge_chains(looks, model, nothing, lambda one, other: False, 0.0)[0]
        array([0, 0, 2])
    """
    state = _State(looks, model, places)
    label = np.arange(len(looks.views))
    joins: list[tuple[int, int, float]] = []
    heap = state.promising(least)
    heapq.heapify(heap)
    while heap:
        gain, one, other, version = heapq.heappop(heap)
        if not state.is_current(one, other, version):
            continue
        if forbidden(state.members[one], state.members[other]):
            continue
        joins.append((min(state.members[one]), min(state.members[other]), -gain))
        state.join(one, other)
        label[state.members[one]] = min(state.members[one])
        for entry in state.of_one(one, least):
            heapq.heappush(heap, entry)
    return label, joins


Entry = tuple[float, int, int, tuple[int, int]]


class _State:
    """Clusters while they are joined; cluster i lives in row i until it is absorbed."""

    def __init__(
        self, looks: ChainLooks, model: LookModel, places: tuple[Ints, Ints, Floats]
    ) -> None:
        count = len(looks.views)
        self.model = model
        self.views = looks.views.copy()
        self.total = looks.total.copy()
        self.squares = (self.total**2).sum(axis=1)
        self.own = model.evidence(self.views, self.squares)
        self.alive = np.ones(count, bool)
        self.version = [0] * count
        self.members: list[list[int]] = [[row] for row in range(count)]
        self.near: list[dict[int, float]] = [{} for _ in range(count)]
        for one, other, weight in zip(*(part.tolist() for part in places), strict=True):
            self.near[one][other] = self.near[other][one] = weight

    def promising(self, least: float) -> list[Entry]:
        """All pairs worth joining."""
        found: list[Entry] = []
        for row in range(len(self.views)):
            found += [entry for entry in self.of_one(row, least) if entry[2] > row]
        return found

    def of_one(self, row: int, least: float) -> list[Entry]:
        """Pairs of one cluster that are worth joining."""
        cross = self.total @ self.total[row]
        squares = self.squares
        joint = self.model.evidence(
            self.views + self.views[row], squares + squares[row] + 2 * cross
        )
        gain = joint - self.own - self.own[row]
        gain[(self.views == 0) | (self.views[row] == 0)] = 0.0
        for other, weight in self.near[row].items():
            gain[other] += weight
        gain[row] = -np.inf
        gain[~self.alive] = -np.inf
        return [
            (-float(gain[other]), row, int(other), (self.version[row], self.version[other]))
            for other in np.flatnonzero(gain > least)
        ]

    def is_current(self, one: int, other: int, version: tuple[int, int]) -> bool:
        """Whether neither cluster has changed since."""
        alive = self.alive[one] and self.alive[other]
        return bool(alive and version == (self.version[one], self.version[other]))

    def join(self, one: int, other: int) -> None:
        """Cluster `one` takes up cluster `other`."""
        self.members[one] += self.members[other]
        self.members[other] = []
        self.views[one] += self.views[other]
        self.total[one] += self.total[other]
        self.squares[one] = (self.total[one] ** 2).sum()
        self.own[one] = self.model.evidence(self.views[one], self.squares[one])
        self.alive[other] = False
        self.version[one] += 1
        self.near[one].pop(other, None)
        for third, weight in self.near[other].items():
            self.near[third].pop(other, None)
            if third != one:
                total = self.near[one].get(third, 0.0) + weight
                self.near[one][third] = self.near[third][one] = total
        self.near[other] = {}
