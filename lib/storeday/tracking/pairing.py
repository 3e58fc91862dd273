"""Which end goes on in which start: the pairs of greatest total gain, each end and start once.

The candidates fall into connected components; one assignment settles each (Kuhn 1955, by scipy's
`linear_sum_assignment`). A component in which one end or one start stands alone needs none: its
best pair wins. Nothing is decided greedily in time.
"""

import itertools

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def best_pairs(source: Ints, target: Ints, gain: Floats) -> Flags:
    """The pairs of greatest total gain.

    Args:
        source: What ends, numbers from 0, shape (m,).
        target: What begins, numbers from 0, shape (m,). No pair may occur twice.
        gain: What each pair is worth; pairs without gain are never chosen, shape (m,).

    Returns:
        Flags of the chosen pairs, shape (m,). Cost: sorting, and k³ in a component's smaller side.

    Example:
        >>> best_pairs(np.array([0, 0, 1]), np.array([2, 3, 2]), np.array([5.0, 4.0, 3.0])).tolist()
        [False, True, True]
    """
    chosen = np.zeros(len(gain), bool)
    used = np.flatnonzero(gain > 0)
    if not len(used):
        return chosen
    sources, row = np.unique(source[used], return_inverse=True)
    targets, column = np.unique(target[used], return_inverse=True)
    size = len(sources) + len(targets)
    graph = coo_array((np.ones(len(used)), (row, len(sources) + column)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    component = label[row]
    order = np.lexsort((column, row, component))
    edges = np.flatnonzero(np.diff(component[order])) + 1
    for first, last in itertools.pairwise([0, *edges.tolist(), len(order)]):
        part = order[first:last]
        chosen[used[part[_of_component(row[part], column[part], gain[used[part]])]]] = True
    return chosen


def _of_component(row: Ints, column: Ints, gain: Floats) -> Ints:
    """Positions of the chosen pairs of one component."""
    rows, row = np.unique(row, return_inverse=True) if len(row) > 1 else (row, np.zeros(1, int))
    if len(rows) == 1:
        return np.array([np.argmax(gain)])
    columns, column = np.unique(column, return_inverse=True)
    if len(columns) == 1:
        return np.array([np.argmax(gain)])
    table = np.zeros((len(rows), len(columns)))
    table[row, column] = gain
    taken = np.full(len(rows), -1)
    one, other = linear_sum_assignment(table, maximize=True)
    taken[one] = other
    return np.flatnonzero(taken[row] == column)
