"""Comings and goings against a brute force over all pairings, and what a missed box looks like."""

import itertools

import numpy as np
import pytest

from storeday.scouting import Looks, ScoutingSettings, passages

S = 1_000_000
SETTINGS = ScoutingSettings()


def looks(people, times_s):
    """Looks at given times; people as (look, x, y)."""
    look = np.array([person[0] for person in people], np.int64)
    places = np.array([person[1:] for person in people], float).reshape(-1, 2)
    times_us = np.array(times_s, np.int64) * S
    return Looks(times_us, np.zeros(len(times_us), np.int64), look, places)


def rows(found):
    columns = (found.person.tolist(), found.before.tolist(), found.after.tolist())
    return sorted(zip(*columns, strict=True))


def test_nobody_passes_where_nobody_is():
    assert rows(passages(looks([], []), SETTINGS)) == []
    assert rows(passages(looks([], [0, 2, 4]), SETTINGS)) == []


def test_footage_that_is_missing_hides_who_came_and_went():
    people = [(look, 1.0, 1.0) for look in range(4)]
    ends = [(0, 0, 0), (3, 3, 3)]
    assert rows(passages(looks(people, [0, 2, 4, 6]), SETTINGS)) == ends
    cut = [(1, 1, 1), (2, 2, 2)]
    assert rows(passages(looks(people, [0, 2, 60, 62]), SETTINGS)) == sorted([*ends, *cut])


def test_people_whose_place_is_not_known_are_left_out():
    found = passages(looks([(0, np.nan, 1.0), (0, 1.0, 1.0)], [0, 2]), SETTINGS)
    assert rows(found) == [(1, 0, 0), (1, 0, 1)]


def test_a_miss_of_the_detector_weighs_less_than_a_passage():
    stays = [(look, 1.0, 1.0) for look in (0, 1, 3, 4)]
    passes = [(look, 9.0, 1.0) for look in (2, 3)]
    people = sorted(stays + passes)
    found = passages(looks(people, range(0, 10, 2)), SETTINGS)
    between = found.before != found.after
    for person, weight in zip(found.person[between], found.weight[between], strict=True):
        assert weight == (0.25 if people[person][1] == 1.0 else 1.0)
    assert between.sum() == 4


def unpaired(one, other, reach_m):
    """How many of two looks stay without a counterpart, at best."""
    small, large = sorted((one, other), key=len)
    best = 0
    for chosen in itertools.permutations(range(len(large)), len(small)):
        near = [np.linalg.norm(small[i] - large[j]) <= reach_m for i, j in enumerate(chosen)]
        best = max(best, sum(near))
    return len(one) + len(other) - 2 * best


@pytest.mark.parametrize("seed", range(20))
def test_no_pairing_leaves_fewer_people_over_by_much(seed):
    print("seed", seed)
    rng = np.random.default_rng(seed)
    sizes = rng.integers(0, 5, 2)
    places = [rng.uniform(0, 8, (size, 2)) for size in sizes]
    people = [(look, *place) for look in range(2) for place in places[look]]
    found = passages(looks(people, [0, 2]), SETTINGS)
    between = int((found.before != found.after).sum())
    reach_m = 2 * SETTINGS.walking_m_s + SETTINGS.still_m
    least = unpaired(*places, reach_m)
    # The pairing walks least; that may cost one pair more than the fewest left over.
    assert least <= between <= least + 2
    assert (sizes.sum() - between) % 2 == 0
