"""Joining by sums of evidence, under *cannot-link*.

Everything begins as a cluster of its own. The two clusters with the most evidence for being one are
joined, evidence between clusters being the sum over their members, until none is left above the
threshold. Clusters that `forbidden` keeps apart are never joined.

Cost: a heap of pairs; each join moves the smaller cluster's pairs.
"""

import heapq
from collections.abc import Callable, Sequence

import numpy as np

from storeday.contracts.columns import Floats, Ints

Forbidden = Callable[[Sequence[int], Sequence[int]], bool]


def join_by_evidence(
    count: int, pairs: tuple[Ints, Ints], evidence: Floats, forbidden: Forbidden, least: float
) -> Ints:
    """Cluster of each item.

    Args:
        count: Number of items.
        pairs: Items of each pair, shape (m,) each; no pair twice, in either order.
        evidence: Log-odds that the two are one, shape (m,); pairs that are not there weigh nothing.
        forbidden: Whether two clusters, given by their items, must stay apart.
        least: Clusters with less evidence between them are not joined.

    Returns:
        Number of the cluster, the lowest item in it, shape (count,).

    Example:
        >>> pairs = np.array([0, 1, 0]), np.array([1, 2, 2])
        >>> never = lambda one, other: False
        >>> join_by_evidence(3, pairs, np.array([3.0, 2.0, -9.0]), never, 0.0).tolist()
        [0, 0, 2]
    """
    between: list[dict[int, float]] = [{} for _ in range(count)]
    for one, other, weight in zip(*(part.tolist() for part in (*pairs, evidence)), strict=True):
        between[one][other] = between[other][one] = weight
    above = evidence > least
    gains = (-evidence[above]).tolist()
    heap = list(zip(gains, pairs[0][above].tolist(), pairs[1][above].tolist(), strict=True))
    heapq.heapify(heap)
    members: list[list[int]] = [[item] for item in range(count)]
    while heap:
        weight, one, other = heapq.heappop(heap)
        if between[one].get(other) != -weight:
            continue  # changed since, or taken up by another cluster
        if forbidden(members[one], members[other]):
            between[one][other] = between[other][one] = -np.inf
            continue
        if len(between[one]) < len(between[other]):
            one, other = other, one
        _absorb(one, other, between, members)
        for near, total in between[one].items():
            if total > least:
                heapq.heappush(heap, (-total, one, near))
    label = np.arange(count)
    for items in members:
        if items:
            label[items] = min(items)
    return label


def _absorb(
    one: int, other: int, between: list[dict[int, float]], members: list[list[int]]
) -> None:
    """Adds cluster `other` to cluster `one`."""
    members[one] += members[other]
    members[other] = []
    between[one].pop(other)
    for near, weight in between[other].items():
        if near != one:
            total = between[one].get(near, 0.0) + weight
            between[one][near] = between[near][one] = total
            between[near].pop(other)
    between[other] = {}
