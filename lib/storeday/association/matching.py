"""Maximum-weight matching of rummages and actions, one connected component at a time.

The source article (Alibaba, 2018) splits the graph into its disconnected parts and solves each
with the Hungarian method. Here parts in which one side has a single node are settled all at once
in numpy, small ones by scipy's dense solver (Crouse, "On implementing 2D rectangular assignment
algorithms", IEEE Transactions on Aerospace and Electronic Systems 52, 2016), large ones by its
sparse solver (LAPJVsp, after Jonker and Volgenant, Computing 38, 1987), in which every rummage
gets a private partner of weight zero, since that solver leaves nobody single.

All three find a matching of the highest total weight; each node is in at most one pair. Which of
several equally heavy matchings is found depends on the order of nodes and edges alone.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, min_weight_full_bipartite_matching

from storeday.association.graph import Graph
from storeday.contracts.columns import Floats, Ints

# A component whose matrix would be larger goes to the sparse solver. Measured, random times, 12 to
# 44 edges a rummage, two actions a rummage: dense 2 ms against sparse 4 ms at 250 rummages, 5
# against 3 ms at 400, 70 against 9 ms at 1,000, 245 against 29 ms at 2,000.
DENSE_CELLS = 250_000


@dataclass(frozen=True)
class Matching:
    """Who is matched with whom.

    Attributes:
        action: Action of each rummage, -1 where it got none, shape (rummages,).
        component: Number of each rummage's connected component, shape (rummages,).
    """

    action: Ints
    component: Ints


@dataclass(frozen=True)
class _Parts:
    """Edges by component, and each node's place in its component.

    Attributes:
        starts: Where each component's edges start and the last one's end, shape (components + 1,).
        edges: Edge numbers by component, shape (m,).
        shape: Rummages and actions of each component, shape (components, 2).
        row: Place of each rummage in its component, shape (rummages,).
        column: Place of each action in its component, shape (actions,).
    """

    starts: Ints
    edges: Ints
    shape: Ints
    row: Ints
    column: Ints


def best_matching(graph: Graph) -> Matching:
    """The matching of the highest total weight.

    Args:
        graph: The graph; may have no nodes or no edges.

    Returns:
        The matching. Cost: edges x log(edges), and for each component the cube of its smaller side
        (dense) or rummages x edges x log (sparse) at worst.

    Example:
        >>> graph = Graph(2, 2, np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([.9, .8, .7]))
        >>> best_matching(graph).action.tolist()
        [1, 0]
    """
    links = coo_array(
        (np.ones(len(graph.rummage), bool), (graph.rummage, graph.rummages + graph.action)),
        shape=(graph.rummages + graph.actions,) * 2,
    )
    _, label = connected_components(links, directed=False)
    parts = _split(graph, np.asarray(label, np.int64))
    matched = np.full(graph.rummages, -1, np.int64)
    smaller = parts.shape.min(axis=1)
    for edges in (
        _settle_stars(graph, parts, np.flatnonzero(smaller == 1)),
        *(_solve(graph, parts, part) for part in np.flatnonzero(smaller > 1).tolist()),
    ):
        matched[graph.rummage[edges]] = graph.action[edges]
    return Matching(matched, np.asarray(label[: graph.rummages], np.int64))


def _split(graph: Graph, label: Ints) -> _Parts:
    count = int(label.max()) + 1 if len(label) else 0
    of_rummage, of_action = label[: graph.rummages], label[graph.rummages :]
    of_edge = of_rummage[graph.rummage]
    rows, columns = (
        np.bincount(of_rummage, minlength=count),
        np.bincount(of_action, minlength=count),
    )
    return _Parts(
        starts=np.concatenate([[0], np.cumsum(np.bincount(of_edge, minlength=count))]),
        edges=np.argsort(of_edge, kind="stable"),
        shape=np.column_stack([rows, columns]),
        row=_place_within(of_rummage, rows),
        column=_place_within(of_action, columns),
    )


def _place_within(label: Ints, count: Ints) -> Ints:
    """Place of each node among those of its component, in their order."""
    order = np.argsort(label, kind="stable")
    place = np.empty(len(label), np.int64)
    place[order] = np.arange(len(label)) - (np.cumsum(count) - count)[label[order]]
    return place


def _settle_stars(graph: Graph, parts: _Parts, stars: Ints) -> Ints:
    """The heaviest edge of each component with a single node on one side; the first of equals."""
    sizes = parts.starts[stars + 1] - parts.starts[stars]
    star = np.repeat(stars, sizes)
    within = np.arange(len(star)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    edges: Ints = parts.edges[parts.starts[star] + within]
    order = np.lexsort((edges, -graph.weight[edges], star))
    is_first = np.ones(len(order), bool)
    is_first[1:] = np.diff(star[order]) != 0
    return edges[order[is_first]]


def _solve(graph: Graph, parts: _Parts, part: int) -> Ints:
    """The edges of one component that are in its best matching."""
    edges: Ints = parts.edges[parts.starts[part] : parts.starts[part + 1]]
    row, column = parts.row[graph.rummage[edges]], parts.column[graph.action[edges]]
    rows, columns = parts.shape[part].tolist()
    weight = graph.weight[edges]
    solve = _solve_dense if rows * columns <= DENSE_CELLS else _solve_sparse
    is_chosen = solve(row, column, weight, (rows, columns))[row] == column
    return np.asarray(edges[is_chosen])


def _solve_dense(row: Ints, column: Ints, weight: Floats, shape: tuple[int, int]) -> Ints:
    """The column of each row, -1 for none; a column without an edge to the row means none too."""
    matrix = np.zeros(shape)
    matrix[row, column] = weight
    chosen = np.full(shape[0], -1, np.int64)
    rows, columns = linear_sum_assignment(matrix, maximize=True)
    chosen[rows] = columns
    return chosen


def _solve_sparse(row: Ints, column: Ints, weight: Floats, shape: tuple[int, int]) -> Ints:
    """The column of each row; columns beyond the shape stand for none."""
    rows, columns = shape
    # Costs must not be zero, or they would count as missing.
    ceiling = float(weight.max()) + 1.0
    costs = np.concatenate([ceiling - weight, np.full(rows, ceiling)])
    alone = np.arange(rows)
    graph = csr_array(
        (costs, (np.concatenate([row, alone]), np.concatenate([column, columns + alone]))),
        shape=(rows, columns + rows),
    )
    _, chosen = min_weight_full_bipartite_matching(graph)
    return np.asarray(chosen, np.int64)
