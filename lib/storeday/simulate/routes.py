"""Shortest ways over the floor around furniture.

A visibility graph: nodes are the places people go to and the corners of the furniture with some
air; edges join nodes that see each other. On a floor with polygonal obstacles the shortest way
runs along such edges (Lozano-Perez and Wesley, An algorithm for planning collision-free paths,
Communications of the ACM 22(10), 1979).

Conventions: floor points in m, shape (n, 2); boxes as x0, y0, x1, y1, shape (b, 4).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Half a body and some air between it and furniture.
CLEARANCE_M = 0.35
# Nobody takes a corner twice alike: it is rounded by up to this much, on either axis. A way
# that was free at CLEARANCE_M stays free of the furniture itself, since 0.2 x sqrt(2) < 0.35.
ROUNDING_M = 0.2
# Nodes further apart are joined through others.
LONGEST_EDGE_M = 8.0


@dataclass(frozen=True)
class Routes:
    """All shortest ways between places.

    Attributes:
        nodes: Places, then corners, shape (n, 2).
        outwards: For corners the direction away from the furniture, +-1 on either axis; 0 for
            places; shape (n, 2).
        before: Node before the last on the way from place i to node j, shape (places, n); negative
            where there is no way.
        distance_m: Length of the way, shape (places, n).
    """

    nodes: Floats
    outwards: Floats
    before: NDArray[np.int32]
    distance_m: Floats

    def way(self, start: int, goal: int) -> list[int]:
        """Nodes from one place to another, both included.

        Raises:
            ValueError: There is no way.
        """
        nodes = [goal]
        while nodes[-1] != start:
            previous = int(self.before[start, nodes[-1]])
            if previous < 0:
                raise ValueError(
                    f"no way from {self.nodes[start].tolist()} to {self.nodes[goal].tolist()}"
                )
            nodes.append(previous)
        return nodes[::-1]

    def line(self, start: int, goal: int, rng: np.random.Generator) -> Floats:
        """A way as a walker takes it, corners rounded by chance, shape (k, 2)."""
        nodes = self.way(start, goal)
        line = self.nodes[nodes].copy()
        if len(nodes) > 2:
            inner = slice(1, -1)
            line[inner] += self.outwards[nodes[inner]] * rng.uniform(
                0, ROUNDING_M, (len(nodes) - 2, 2)
            )
        return line


def make_routes(
    places_m: Floats, boxes_m: Floats, floor_m: tuple[float, float], doors: dict[int, int]
) -> Routes:
    """All shortest ways between places.

    Args:
        places_m: Places people go to, shape (p, 2).
        boxes_m: Furniture and walls, shape (b, 4).
        floor_m: Width and depth of the floor.
        doors: Places inside furniture (cabins) and the place outside that each is entered from.

    Returns:
        The ways. Cost: pairs of nodes within `LONGEST_EDGE_M` x boxes.

    Example:
        >>> routes = make_routes(
        ...     np.array([[1.0, 2.0], [5.0, 2.0]]), np.array([[2.5, 1.0, 3.5, 5.0]]), (6.0, 6.0), {}
        ... )
        >>> [routes.nodes[node].round(2).tolist() for node in routes.way(0, 1)]
        [[1.0, 2.0], [2.15, 0.65], [3.85, 0.65], [5.0, 2.0]]
    """
    grown = boxes_m + np.array([-1, -1, 1, 1]) * CLEARANCE_M
    corners, outwards = _corners(grown, floor_m)
    nodes = np.vstack([places_m, corners])
    outwards = np.vstack([np.zeros_like(places_m), outwards])
    first, second = _visible_pairs(nodes, grown, frozenset(doors))
    inner, outer = np.array(list(doors), np.int64), np.array(list(doors.values()), np.int64)
    first, second = np.concatenate([first, inner]), np.concatenate([second, outer])
    length = np.hypot(*(nodes[first] - nodes[second]).T)
    graph = csr_array((length, (first, second)), shape=(len(nodes), len(nodes)))
    distance, before = dijkstra(
        graph, directed=False, indices=np.arange(len(places_m)), return_predecessors=True
    )
    return Routes(nodes, outwards, before, distance)


def _corners(grown: Floats, floor_m: tuple[float, float]) -> tuple[Floats, Floats]:
    """Corners of grown boxes that people can stand on, and the way outwards of each."""
    signs = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    corners = np.stack(
        [grown[:, [0, 1]], grown[:, [2, 1]], grown[:, [2, 3]], grown[:, [0, 3]]], axis=1
    ).reshape(-1, 2)
    outwards = np.tile(signs, (len(grown), 1))
    on_floor = ((corners > 0.1) & (corners < np.array(floor_m) - 0.1)).all(axis=1)
    x, y = corners[:, 0:1], corners[:, 1:2]
    blocked = (
        (x > grown[:, 0] + 1e-9)
        & (x < grown[:, 2] - 1e-9)
        & (y > grown[:, 1] + 1e-9)
        & (y < grown[:, 3] - 1e-9)
    ).any(axis=1)
    free = on_floor & ~blocked
    return corners[free], outwards[free]


def _visible_pairs(nodes: Floats, grown: Floats, indoors: frozenset[int]) -> tuple[Ints, Ints]:
    first, second = np.triu_indices(len(nodes), 1)
    step = nodes[second] - nodes[first]
    near = np.hypot(step[:, 0], step[:, 1]) <= LONGEST_EDGE_M
    hidden = np.zeros(len(nodes), bool)
    hidden[list(indoors)] = True
    keep = near & ~hidden[first] & ~hidden[second]
    first, second = first[keep], second[keep]
    for box in grown:
        free = ~_crosses(nodes[first], nodes[second], box)
        first, second = first[free], second[free]
    return first.astype(np.int64), second.astype(np.int64)


def _crosses(start: Floats, end: Floats, box: Floats) -> NDArray[np.bool_]:
    """Whether segments pass through the inside of a box (slab test); its edge is outside."""
    step = end - start
    enter, leave = np.zeros(len(start)), np.ones(len(start))
    outside = np.zeros(len(start), bool)
    for axis in (0, 1):
        low, high = box[axis] + 1e-9, box[axis + 2] - 1e-9
        still = np.abs(step[:, axis]) < 1e-12
        outside |= still & ((start[:, axis] <= low) | (start[:, axis] >= high))
        size = np.where(still, 1.0, step[:, axis])
        one, other = (low - start[:, axis]) / size, (high - start[:, axis]) / size
        enter = np.where(still, enter, np.maximum(enter, np.minimum(one, other)))
        leave = np.where(still, leave, np.minimum(leave, np.maximum(one, other)))
    return ~outside & (enter < leave)
