"""Which seconds of which customers could explain which rummage: the pairs that all evidence is on.

A *cell* is a rummage and a second of a customer who was within reach of the antenna's goods then,
not further from the rummage than the gate. An *edge* is a rummage and a customer: the cells of one
stretch of presence. Cells are found by sorted times, area by area; there is never a matrix of a
day.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from storeday.contracts.columns import Floats, Ints

# Presence ends where a customer is out of reach for longer than this.
LONGEST_GAP_S = 20.0


@dataclass(frozen=True)
class Traces:
    """Seconds of customers, sorted by customer and time.

    Attributes:
        customer: Customer from 0, shape (n,).
        time_s: Middle of the second, in store time, shape (n,).
        evidence: Likelihood ratio of a handling with its middle here, > 0, shape (n,).
        place_m: Place on the floor, NaN where unknown, shape (n, 2).
        camera: Camera from 0 that saw it, shape (n,).
    """

    customer: Ints
    time_s: Floats
    evidence: Floats
    place_m: Floats
    camera: Ints


@dataclass(frozen=True)
class Rummages:
    """Rummage events, in any order.

    Attributes:
        time_s: Moment in store time, shape (r,).
        area: Area from 0 whose goods the antenna reads, shape (r,).
        place_m: The item's place, NaN where unknown, shape (r, 2).
        score: The RFID score, NaN where unknown, shape (r,).
        tag: Number of the tag, shape (r,); empty where tags are not told apart.
        moved: Probability that the tag was moved at all, by the store-day's own false events, NaN
            where unknown, shape (r,); empty where it is of none.
    """

    time_s: Floats
    area: Ints
    place_m: Floats
    score: Floats
    tag: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    moved: Floats = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True)
class Members:
    """Seconds within reach of an area's goods.

    Attributes:
        rows: Rows of `Traces`, ascending, shape (k,).
        away_m: Distance to the middle of the area's nearest zone, NaN where unknown, shape (k,).
    """

    rows: Ints
    away_m: Floats


@dataclass(frozen=True)
class Cells:
    """Rummages and seconds, sorted by area, rummage, customer and time.

    Attributes:
        rummages: Number of rummages.
        edge_rummage: Rummage of each edge, shape (e,).
        edge_customer: Customer of each edge, shape (e,).
        start: First cell of each edge, and the number of cells, shape (e + 1,).
        row: Row of `Traces` of each cell, shape (c,).
        lag_s: Rummage less second, shape (c,).
        away_m: Distance to the middle of the area's nearest zone, NaN where unknown, shape (c,).
    """

    rummages: int
    edge_rummage: Ints
    edge_customer: Ints
    start: Ints
    row: Ints
    lag_s: Floats
    away_m: Floats

    @property
    def edge(self) -> Ints:
        """Edge of each cell, shape (c,)."""
        return np.repeat(np.arange(len(self.edge_rummage)), np.diff(self.start))

    @property
    def rummage(self) -> Ints:
        """Rummage of each cell, shape (c,)."""
        return np.repeat(self.edge_rummage, np.diff(self.start))

    def by_edge(self, values: Floats) -> Floats:
        """Sums of cells' values by edge, shape (e,)."""
        if not len(values):
            return np.zeros(len(self.edge_rummage))
        return np.asarray(np.add.reduceat(values, self.start[:-1]))

    def by_rummage(self, values: Floats) -> Floats:
        """Sums of edges' values by rummage, shape (rummages,)."""
        total = np.bincount(self.edge_rummage, values, minlength=self.rummages)
        return np.asarray(total, np.float64)

    def subset(self, kept: NDArray[np.bool_]) -> "Cells":
        """Some of the cells; edges without any are left out."""
        count = self.by_edge(kept.astype(float)).astype(np.int64)
        has_any = count > 0
        return Cells(
            self.rummages,
            self.edge_rummage[has_any],
            self.edge_customer[has_any],
            np.concatenate([[0], np.cumsum(count[has_any])]),
            self.row[kept],
            self.lag_s[kept],
            self.away_m[kept],
        )


@dataclass(frozen=True)
class Ways:
    """From the customer to the item, for each cell; NaN where one of the places is not known.

    Attributes:
        east_m: Along x, shape (c,).
        north_m: Along y, shape (c,).
        camera: Camera that saw the customer, shape (c,).
    """

    east_m: Floats
    north_m: Floats
    camera: Ints


@dataclass(frozen=True)
class Problem:
    """Rummages, the customers who were there, and the cells that join them.

    Attributes:
        traces: Seconds of customers.
        rummages: Rummages.
        cells: Pairs of both.
        members: For each area the seconds within its reach.
    """

    traces: Traces
    rummages: Rummages
    cells: Cells
    members: Sequence[Members]

    @cached_property
    def ways(self) -> Ways:
        """Ways from customers to the items of rummages."""
        return self.ways_to(self.rummages.place_m)

    @cached_property
    def chance_ways(self) -> Ways:
        """Ways to other items of the same area: places that met by chance."""
        return self.ways_to(_swapped_items(self.rummages))

    def ways_to(self, items_m: Floats) -> Ways:
        """Ways from customers to places, one for each rummage, shape (r, 2)."""
        row, rummage = self.cells.row, self.cells.rummage
        east, north = (
            np.ascontiguousarray(items_m[:, axis])[rummage]
            - np.ascontiguousarray(self.traces.place_m[:, axis])[row]
            for axis in (0, 1)
        )
        return Ways(east, north, self.traces.camera[row])


def _swapped_items(rummages: Rummages) -> Floats:
    """Each rummage's item exchanged for another one of its area."""
    known = np.flatnonzero(np.isfinite(rummages.place_m).all(axis=1))
    order = known[np.lexsort((rummages.time_s[known], rummages.area[known]))]
    area = rummages.area[order]
    first = np.searchsorted(area, area)
    count = np.searchsorted(area, area, side="right") - first
    # Half of the area's rummages further: nobody stays that long.
    partner = first + (np.arange(len(order)) - first + (count + 1) // 2) % np.maximum(count, 1)
    swapped = np.full(rummages.place_m.shape, np.nan)
    swapped[order] = rummages.place_m[order[partner]]
    return swapped


def find_cells(
    traces: Traces, rummages: Rummages, members: Sequence[Members], gate_s: float
) -> Cells:
    """All cells within the gate.

    Args:
        traces: Seconds of customers.
        rummages: Rummages.
        members: For each area the seconds within its reach.
        gate_s: Largest distance in time.

    Returns:
        The cells; edges without cells are left out. Cost: cells + edges + r log n.

    Example:
        >>> traces = Traces(np.array([0, 0]), np.array([1.0, 2.0]), np.ones(2),
        ...                 np.zeros((2, 2)), np.zeros(2, int))
        >>> rummages = Rummages(np.array([2.5]), np.array([0]), np.zeros((1, 2)), np.zeros(1))
        >>> find_cells(traces, rummages, [Members(np.arange(2), np.zeros(2))], 1.0).lag_s
        array([0.5])
    """
    parts = []
    order = np.argsort(rummages.area, kind="stable")
    starts = np.searchsorted(rummages.area[order], np.arange(len(members) + 1))
    for area, seconds in enumerate(members):
        chosen = order[starts[area] : starts[area + 1]]
        if len(chosen) and len(seconds.rows):
            edges, size, cell = _area_cells(traces, seconds.rows, rummages.time_s[chosen], gate_s)
            pairs = np.column_stack([chosen[edges[0]], edges[1]])
            parts.append((pairs, size, seconds.rows[cell], seconds.away_m[cell]))
    if not parts:
        none, nothing = np.zeros(0, np.int64), np.zeros(0)
        zero = np.zeros(1, np.int64)
        return Cells(len(rummages.time_s), none, none, zero, none, nothing, nothing)
    pairs, size, row, away = (np.concatenate(column) for column in zip(*parts, strict=True))
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    lag = np.repeat(rummages.time_s[pairs[:, 0]], size) - traces.time_s[row]
    return Cells(len(rummages.time_s), pairs[:, 0], pairs[:, 1], start, row, lag, away)


def _area_cells(
    traces: Traces, rows: Ints, at_s: Floats, gate_s: float
) -> tuple[tuple[Ints, Ints], Ints, Ints]:
    """Edges' rummages and customers, their sizes, and cells as places in `rows`, of one area."""
    time_s, customer = traces.time_s[rows], traces.customer[rows]
    is_new = np.ones(len(rows), bool)
    is_new[1:] = (np.diff(customer) != 0) | (np.diff(time_s) > LONGEST_GAP_S)
    first = np.flatnonzero(is_new)
    last = np.append(first[1:], len(rows)) - 1
    pair, stretch = _overlaps((time_s[first], time_s[last]), (at_s - gate_s, at_s + gate_s))
    # Rows of a stretch lie together, in time: two searches give those within the gate.
    number = np.cumsum(is_new) - 1
    origin = min(time_s.min(), at_s.min()) - gate_s
    span = max(time_s.max(), at_s.max()) + gate_s - origin + 1.0
    key = number * span + (time_s - origin)
    at = stretch * span + (at_s[pair] - origin)
    low = np.searchsorted(key, at - gate_s)
    high = np.searchsorted(key, at + gate_s, side="right")
    kept = high > low
    pair, stretch, low, size = pair[kept], stretch[kept], low[kept], (high - low)[kept]
    within = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)
    return (pair, customer[first[stretch]]), size, np.repeat(low, size) + within


def _overlaps(
    stretches: tuple[Floats, Floats], windows: tuple[Floats, Floats]
) -> tuple[Ints, Ints]:
    """Pairs of a window and a stretch that overlap, by window."""
    begin, end = stretches
    low, high = windows
    order = np.argsort(begin, kind="stable")
    begin, latest = begin[order], np.maximum.accumulate(end[order])
    first = np.searchsorted(latest, low)
    count = np.maximum(np.searchsorted(begin, high, side="right") - first, 0)
    window = np.repeat(np.arange(len(low)), count)
    within = np.arange(len(window)) - np.repeat(np.cumsum(count) - count, count)
    stretch = order[np.repeat(first, count) + within]
    meets = end[stretch] >= low[window]
    window, stretch = window[meets], stretch[meets]
    # By customer within a window, whoever came first.
    again = np.lexsort((stretch, window))
    return window[again], stretch[again]
