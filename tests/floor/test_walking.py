"""Walking distances against the visibility graph, and what they may be used for."""

import itertools

import networkx as nx
import numpy as np
import pytest

from storeday.floor.walking import walkable_floor
from storeday.floor.zones import inside


def _box(x0, y0, x1, y1):
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def _crosses(one, other, polygon):
    """Whether a line goes through a polygon's inside, looked at every centimetre or so."""
    middle = polygon.mean(axis=0)
    polygon = middle + (1 - 1e-6) * (polygon - middle)
    steps = np.linspace(0.0, 1.0, 400)[1:-1, None]
    return inside(one + steps * (other - one), polygon).any()


def _true_m(one, other, obstacles, clearance_m=0.0):
    """Shortest way over corners that see each other (Lozano-Perez and Wesley, 1979)."""
    grown = [
        np.array(_box(*(box[0] - clearance_m), *(box[2] + clearance_m)))
        for box in map(np.array, obstacles)
    ]
    spots = [one, other, *itertools.chain.from_iterable(grown)]
    graph = nx.Graph()
    for (a, p), (b, q) in itertools.combinations(enumerate(spots), 2):
        if not any(_crosses(p, q, box) for box in grown):
            graph.add_edge(a, b, weight=float(np.hypot(*(p - q))))
    return nx.shortest_path_length(graph, 0, 1, weight="weight")


@pytest.mark.parametrize("seed", range(3))
def test_distances_lie_between_those_of_a_point_and_of_a_body(seed):
    random = np.random.default_rng(seed)
    obstacles = [_box(x, y, x + 1.6, y + 0.6) for x in (1.2, 4.4) for y in (1.5, 3.3, 5.1)]
    floor = walkable_floor(7.5, 7.5, obstacles)
    places = random.uniform(0.3, 7.2, (40, 2))
    grown = [np.array(_box(*np.array(b[0]) - 0.25, *np.array(b[2]) + 0.25)) for b in obstacles]
    places = places[~np.any([inside(places, box) for box in grown], axis=0)]
    pairs = list(itertools.combinations(range(len(places)), 2))[::9]
    found = floor.distance_m(*(places[[pair[side] for pair in pairs]] for side in (0, 1)))
    for (one, other), way in zip(pairs, found, strict=True):
        point = _true_m(places[one], places[other], obstacles)
        body = _true_m(places[one], places[other], obstacles, clearance_m=0.25)
        # Half a cell is taken off at either end, and the widest angle everywhere.
        assert 0.97 * point - 2 * 0.71 * floor.cell_m <= way <= body + 1e-9


def test_distances_are_those_of_networkx():
    floor = walkable_floor(4.0, 4.0, [_box(1.0, 0.0, 1.3, 3.2)])
    nodes = [0, len(floor.place_m) - 1]
    way = nx.dijkstra_path_length(floor.graph, *nodes)
    one, other = (floor.place_m[[node]] for node in nodes)
    assert floor.distance_m(one, other)[0] == pytest.approx(way / 1.0275)


def test_a_thin_wall_between_cells_is_a_wall():
    floor = walkable_floor(30.0, 30.0, [_box(14.99, 0.0, 15.01, 25.0)])
    assert floor.cell_m > 0.5
    assert floor.distance_m(np.array([[14.0, 1.0]]), np.array([[16.0, 1.0]]))[0] > 45.0


def test_unknown_places_and_places_without_a_way_are_told_apart():
    walled_off = _box(3.0, 0.0, 3.2, 6.0)
    floor = walkable_floor(6.0, 6.0, [walled_off])
    one = np.array([[1.0, 1.0], [np.nan, 1.0]])
    found = floor.distance_m(one, np.array([[5.0, 1.0], [5.0, 1.0]]))
    assert found[0] == pytest.approx(4.0)
    assert np.isnan(found[1])
    assert len(floor.distance_m(np.zeros((0, 2)), np.zeros((0, 2)))) == 0


def test_who_is_placed_within_an_obstacle_walks_from_beside_it():
    floor = walkable_floor(6.0, 6.0, [_box(2.0, 2.0, 4.0, 3.0)])
    found = floor.distance_m(np.array([[3.0, 2.9]]), np.array([[3.0, 3.5]]))
    assert found[0] < 1.0


def test_a_floor_is_made_once():
    rack = _box(1.0, 1.0, 2.0, 2.0)
    assert walkable_floor(5.0, 5.0, [rack]) is walkable_floor(5.0, 5.0, [list(rack)])
    assert walkable_floor(5.0, 5.0, []) is None


def test_a_floor_full_of_obstacles_still_has_places():
    floor = walkable_floor(2.0, 2.0, [_box(-1.0, -1.0, 3.0, 3.0)])
    assert floor.distance_m(np.array([[0.5, 0.5]]), np.array([[1.5, 0.5]]))[0] == pytest.approx(1.0)
