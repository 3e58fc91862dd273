"""Whose hands a tag was in, in cases that can be reckoned."""

import numpy as np
import pytest

from storeday.association.cells import Cells, Rummages
from storeday.association.hands import (
    ASSUMED_KEPT,
    GAPS_S,
    chain_factors,
    chains_of,
    learn_kept,
)

KEPT = np.array([0.0, 0.5, 0.5, 0.5, 0.5])
ANNE, BEN = 0, 1


def chains(times_s, edges, tags=None):
    """Chains of rummages with equal chances for all who are there."""
    count = len(times_s)
    rummage, customer = np.array(edges, int).reshape(-1, 2).T
    size = len(rummage)
    none = np.zeros(size)
    cells = Cells(count, rummage, customer, np.arange(size + 1), np.zeros(size, int), none, none)
    chance = 1.0 / np.bincount(rummage, minlength=count)[rummage]
    tag = np.zeros(count, int) if tags is None else np.array(tags)
    place = np.full((count, 2), np.nan)
    zero = np.zeros(count)
    return chains_of(Rummages(np.array(times_s), zero.astype(int), place, zero, tag), cells, chance)


def shares(found, rummage_of_edge, right, against):
    factor = chain_factors(found, right, against, KEPT)
    weight = right * factor
    return weight / (np.bincount(rummage_of_edge, weight) + against)[rummage_of_edge]


def test_who_surely_took_it_is_the_likelier_to_put_it_back():
    edges = [(0, ANNE), (1, ANNE), (1, BEN)]
    right, against = np.array([1e6, 1.0, 1.0]), np.full(2, 1e-9)
    share = shares(chains([0.0, 60.0], edges), np.array([0, 1, 1]), right, against)
    # Kept with one half; else either, as they are as likely.
    assert share == pytest.approx([1.0, 0.75, 0.25], abs=1e-5)
    # Backwards it is the same.
    edges = [(0, ANNE), (0, BEN), (1, ANNE), (1, BEN)]
    right = np.array([1.0, 1.0, 1e6, 1e-6])
    share = shares(chains([0.0, 60.0], edges), np.array([0, 0, 1, 1]), right, against)
    assert share[:2] == pytest.approx([0.75, 0.25], abs=1e-5)


def test_a_holder_who_is_gone_says_nothing():
    edges = [(0, ANNE), (1, BEN)]
    factor = chain_factors(chains([0.0, 60.0], edges), np.ones(2), np.ones(2), KEPT)
    assert factor == pytest.approx([1.0, 1.0])


def test_a_rummage_that_nobody_made_leaves_the_tag_where_it_was():
    edges = [(0, ANNE), (2, ANNE), (2, BEN)]
    right, against = np.array([1e6, 1.0, 1.0]), np.full(3, 1e-9)
    share = shares(chains([0.0, 60.0, 120.0], edges), np.array([0, 2, 2]), right, against)
    assert share[1] == pytest.approx(0.75, abs=1e-5)


def test_rummages_of_the_same_seconds_and_of_other_tags_say_nothing():
    edges = [(0, ANNE), (1, ANNE), (1, BEN)]
    right, against = np.array([1e6, 1.0, 1.0]), np.full(2, 0.1)
    close = chain_factors(chains([0.0, GAPS_S[0] - 1], edges), right, against, KEPT)
    assert close == pytest.approx(np.ones(3))
    assert chains([0.0, 60.0], edges, tags=[0, 1]) is None


def test_the_chance_is_learnt_and_stays_as_assumed_without_pairs():
    rng = np.random.default_rng(3)
    edges, right = [], []
    for rummage in range(400):
        # Pairs of rummages, each pair of its own tag, whose handler stays the same nine in ten.
        first = ANNE if rummage % 2 == 0 else (ANNE if rng.random() < 0.9 else BEN)
        edges += [(rummage, ANNE), (rummage, BEN)]
        right += [50.0 if first == ANNE else 0.02, 50.0 if first == BEN else 0.02]
    times = np.arange(400) * 60.0
    found = chains(times, edges, tags=np.arange(400) // 2)
    kept = learn_kept(found, np.array(right), np.full(400, 0.1))
    # Nine in ten stay: eight in ten kept, one in ten by chance; drawn towards what is assumed.
    assert 0.6 < kept[1] < 0.85
    assert kept[0] == 0.0
    assert kept[2:] == pytest.approx(ASSUMED_KEPT[2:])
