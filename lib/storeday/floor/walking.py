"""How far it is to walk from place to place, round what stands in the way.

The floor is a grid of cells. From each one steps into any of 16 directions (a king's and a knight's
moves), except through an obstacle's edge. The shortest way over such steps is longer than the true
one by up to 2.75 % (the worst angle between two directions), and ends lie up to half a cell's
diagonal from a cell's middle; both are taken off. What is left too long is that a way turns round a
corner at a cell's middle and not at the corner itself, as bodies do: a distance is at most that of
somebody whose middle keeps half a cell's diagonal from furniture. It may be used to rule walks out.

Conventions: metres, points of shape (n, 2); an obstacle is an array of corners, shape (k, 2),
closed by itself, in which nobody stands.

Cost: the graph is made once per floor (`walkable_floor` keeps it); then one search from every
starting cell that is asked about, no further than the farthest distance that matters.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from storeday.floor.zones import inside

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Corners = tuple[tuple[float, float], ...]

# Cells are this wide, or wider where there would be more of them: a search over so many takes 1 ms.
LEAST_CELL_M = 0.3
MOST_CELLS = 3000
# Half of 16 directions; an edge has no direction.
STEPS = ((1, 0), (0, 1), (1, 1), (1, -1), (2, 1), (1, 2), (2, -1), (1, -2))
# A way over the grid against the straight line, between two neighbouring directions at the worst
# angle: 1 / cos(half of the 26.57 degrees between a king's and a knight's move).
LONGER_BY = 1.0275
# Floors kept in memory.
FLOORS = 8


@dataclass(frozen=True)
class WalkableFloor:
    """A floor as a graph.

    Attributes:
        graph: Middles of free cells as nodes 0..n-1 with `place_m`, steps as edges with `weight`
            in m.
        matrix: The same as a sparse matrix.
        cell_m: Side of a cell.
        node: Node of each cell, shape (columns, rows): its own, or the nearest one's where it is
            not free.
        place_m: Places of nodes, shape (n, 2).
    """

    graph: "nx.Graph[int]"
    matrix: csr_array
    cell_m: float
    node: Ints
    place_m: Floats

    def distance_m(self, one_m: Floats, other_m: Floats, limit_m: float = np.inf) -> Floats:
        """Walking distance from each place to its partner, rather too short than too long.

        Args:
            one_m: Places, shape (n, 2).
            other_m: Their partners, shape (n, 2).
            limit_m: Distances beyond this may come out as infinite.

        Returns:
            Shape (n,); NaN where a place is unknown. The straight line where no way is known at
            all: then the plan is wrong, or somebody is seen behind it.
        """
        straight: Floats = np.sqrt(((one_m - other_m) ** 2).sum(axis=1))
        found = straight.copy()
        known = np.flatnonzero(np.isfinite(straight))
        start, goal = self._nodes(one_m[known]), self._nodes(other_m[known])
        sources, row = np.unique(start, return_inverse=True)
        if not len(sources):
            return found
        way = dijkstra(self.matrix, directed=False, indices=sources, limit=limit_m * LONGER_BY)
        off = np.hypot(*(self.place_m[start] - one_m[known]).T)
        off += np.hypot(*(self.place_m[goal] - other_m[known]).T)
        least = way[row, goal] / LONGER_BY - off
        cut_off = self._parts[start] != self._parts[goal]
        found[known] = np.where(cut_off, straight[known], np.maximum(straight[known], least))
        return found

    @property
    def diagonal_m(self) -> float:
        """Longest straight line over the grid."""
        return float(np.hypot(*self.node.shape)) * self.cell_m

    @functools.cached_property
    def _parts(self) -> Ints:
        """Which parts of the floor hang together."""
        part = np.zeros(len(self.place_m), np.int64)
        for number, nodes in enumerate(nx.connected_components(self.graph)):
            part[list(nodes)] = number
        return part

    def _nodes(self, places_m: Floats) -> Ints:
        most = np.array(self.node.shape) - 1
        column, row = np.clip((places_m / self.cell_m).astype(np.int64), 0, most).T
        return np.asarray(self.node[column, row])


def walkable_floor(
    width_m: float, height_m: float, obstacles_m: Sequence[Sequence[tuple[float, float]]]
) -> WalkableFloor | None:
    """The floor between obstacles; None where there are none, since all lines are free then.

    Args:
        width_m: Extent along x.
        height_m: Extent along y.
        obstacles_m: Polygons.

    Example:
        A wall stands in the middle of a floor, open above.

        >>> wall = [(3.9, 0.0), (4.1, 0.0), (4.1, 5.0), (3.9, 5.0)]
        >>> floor = walkable_floor(8.0, 6.0, [wall])
        >>> floor.distance_m(np.array([[3.0, 1.0]]), np.array([[5.0, 1.0]])).round(1)
        array([8.4])
    """
    if not obstacles_m:
        return None
    corners = tuple(tuple((float(x), float(y)) for x, y in polygon) for polygon in obstacles_m)
    return _made(float(width_m), float(height_m), corners)


@functools.lru_cache(maxsize=FLOORS)
def _made(width_m: float, height_m: float, obstacles_m: tuple[Corners, ...]) -> WalkableFloor:
    cell_m = max(LEAST_CELL_M, float(np.sqrt(width_m * height_m / MOST_CELLS)))
    shape = (int(np.ceil(width_m / cell_m)), int(np.ceil(height_m / cell_m)))
    cells = np.indices(shape).reshape(2, -1).T
    middle = np.asarray((cells + 0.5) * cell_m, np.float64)
    polygons = [np.array(polygon) for polygon in obstacles_m]
    free = ~np.any([inside(middle, polygon) for polygon in polygons], axis=0)
    if not free.any():
        free[:] = True
    places = middle[free]
    number = np.full(len(cells), -1, np.int64)
    number[free] = np.arange(len(places))
    nearest = [int(np.argmin(((places - spot) ** 2).sum(axis=1))) for spot in middle[~free]]
    node = number.copy()
    node[~free] = nearest
    one, other = _steps(number.reshape(shape), places, polygons)
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from((row, {"place_m": tuple(p)}) for row, p in enumerate(places.tolist()))
    length = np.hypot(*(places[one] - places[other]).T)
    graph.add_weighted_edges_from(zip(one.tolist(), other.tolist(), length.tolist(), strict=True))
    matrix = csr_array(nx.to_scipy_sparse_array(graph, nodelist=range(len(places))))
    return WalkableFloor(graph, matrix, cell_m, node.reshape(shape), places)


def _steps(number: Ints, places: Floats, polygons: Sequence[Floats]) -> tuple[Ints, Ints]:
    """Pairs of nodes one step apart between which no obstacle's edge lies."""
    columns, rows = number.shape
    ones, others = [], []
    for right, up in STEPS:
        low, high = max(0, -up), rows - max(0, up)
        one = number[: columns - right, low:high].ravel()
        other = number[right:, low + up : high + up].ravel()
        both = (one >= 0) & (other >= 0)
        ones.append(one[both])
        others.append(other[both])
    one, other = np.concatenate(ones), np.concatenate(others)
    for polygon in polygons:
        for begin, end in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            clear = ~_cross(places[one], places[other], begin, end)
            one, other = one[clear], other[clear]
    return one, other


def _cross(
    start: Floats, stop: Floats, begin: Floats, end: Floats
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether segments cross one edge; touching counts."""

    def side(spot: Floats, base: Floats, tip: Floats) -> Floats:
        way, off = tip - base, spot - base
        return np.asarray(way[..., 0] * off[..., 1] - way[..., 1] * off[..., 0])

    apart = side(start, begin, end) * side(stop, begin, end) > 0
    beside = side(begin, start, stop) * side(end, start, stop) > 0
    return np.asarray(~(apart | beside))
