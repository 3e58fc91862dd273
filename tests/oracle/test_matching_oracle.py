"""Matching against enumeration, networkx and scipy's dense solver."""

import itertools

import networkx as nx
import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from storeday.association import Graph, best_matching, matching


def random_graph(seed, rummages, actions, share, *, is_coarse=False):
    """A random graph; coarse weights make ties likely."""
    rng = np.random.default_rng(seed)
    rummage, action = np.nonzero(rng.random((rummages, actions)) < share)
    weight = rng.uniform(0.01, 1.0, len(rummage))
    if is_coarse:
        weight = np.ceil(weight * 4) / 4
    return Graph(rummages, actions, rummage, action, weight)


def total(graph, found):
    """Total weight of a matching, which is first checked to be one."""
    pairs = {
        (rummage, action): weight
        for rummage, action, weight in zip(
            graph.rummage.tolist(), graph.action.tolist(), graph.weight.tolist(), strict=True
        )
    }
    used = [action for action in found.action.tolist() if action >= 0]
    assert len(used) == len(set(used))
    return sum(
        pairs[rummage, action]
        for rummage, action in enumerate(found.action.tolist())
        if action >= 0
    )


def heaviest_by_enumeration(graph):
    weight = np.zeros((graph.rummages, graph.actions + graph.rummages))
    weight[graph.rummage, graph.action] = graph.weight
    return max(
        sum(weight[row, column] for row, column in enumerate(columns))
        for columns in itertools.permutations(range(weight.shape[1]), graph.rummages)
    )


@pytest.mark.parametrize("seed", range(40))
def test_small_graphs_by_enumeration(seed):
    rng = np.random.default_rng(1000 + seed)
    graph = random_graph(
        seed,
        int(rng.integers(1, 5)),
        int(rng.integers(1, 5)),
        rng.uniform(0.2, 1),
        is_coarse=seed % 2 == 0,
    )
    assert total(graph, best_matching(graph)) == pytest.approx(heaviest_by_enumeration(graph))


@pytest.mark.parametrize("cells", [0, matching.DENSE_CELLS])
@pytest.mark.parametrize("seed", range(6))
def test_medium_graphs_by_networkx(seed, cells, monkeypatch):
    monkeypatch.setattr(matching, "DENSE_CELLS", cells)
    graph = random_graph(seed, 30, 40, (0.02, 0.05, 0.3)[seed % 3], is_coarse=seed >= 3)
    oracle = nx.Graph()
    for rummage, action, weight in zip(graph.rummage, graph.action, graph.weight, strict=True):
        oracle.add_edge(("r", int(rummage)), ("a", int(action)), weight=float(weight))
    pairs = nx.max_weight_matching(oracle)
    expected = sum(oracle.edges[pair]["weight"] for pair in pairs)
    assert total(graph, best_matching(graph)) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(6))
def test_larger_graphs_by_one_dense_matrix(seed):
    # Sparse, so that stars, small components and one above DENSE_CELLS all occur.
    graph = random_graph(seed, 700, 900, (0.0005, 0.001, 0.003)[seed % 3], is_coarse=seed >= 3)
    dense = np.zeros((graph.rummages, graph.actions))
    dense[graph.rummage, graph.action] = graph.weight
    expected = dense[linear_sum_assignment(dense, maximize=True)].sum()
    assert total(graph, best_matching(graph)) == pytest.approx(expected)


def test_the_largest_component_of_these_goes_to_the_sparse_solver():
    graph = random_graph(2, 700, 900, 0.003)
    found = best_matching(graph)
    largest = np.bincount(found.component).max()
    assert largest * largest > matching.DENSE_CELLS


@pytest.mark.parametrize("seed", range(5))
def test_components_by_networkx(seed):
    graph = random_graph(seed, 60, 60, 0.015)
    oracle = nx.Graph()
    oracle.add_nodes_from(("r", number) for number in range(60))
    oracle.add_edges_from(
        (("r", int(rummage)), ("a", int(action)))
        for rummage, action in zip(graph.rummage, graph.action, strict=True)
    )
    expected = {
        frozenset(number for side, number in part if side == "r")
        for part in nx.connected_components(oracle)
    }
    component = best_matching(graph).component
    found = {frozenset(np.flatnonzero(component == name).tolist()) for name in set(component)}
    assert found == expected


def test_zero_edges_and_zero_nodes():
    none = np.zeros(0, np.int64)
    assert best_matching(Graph(0, 0, none, none, np.zeros(0))).action.tolist() == []
    assert best_matching(Graph(3, 0, none, none, np.zeros(0))).action.tolist() == [-1, -1, -1]
    assert best_matching(Graph(0, 3, none, none, np.zeros(0))).action.tolist() == []


@pytest.mark.parametrize("weight", [np.nan, np.inf, 0.0, -1.0])
def test_weights_that_are_no_weights_are_refused(weight):
    with pytest.raises(ValueError, match=r"rummage 1 to action 0 is .*positive, finite"):
        Graph(2, 1, np.array([0, 1]), np.array([0, 0]), np.array([0.5, weight]))
