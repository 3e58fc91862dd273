"""Chains of a tag's rummages against all their histories, counted one by one."""

import itertools

import numpy as np
import pytest

from storeday.association.cells import Cells, Rummages
from storeday.association.hands import ASSUMED_KEPT, GAPS_S, chain_factors, chains_of

NOBODY = -1


def small_day(seed):
    """Two tags, up to five rummages each, up to three of four customers at each."""
    rng = np.random.default_rng(seed)
    tag = rng.integers(0, 2, 7)
    time_s = np.sort(rng.uniform(0, 2000, 7))
    edges = [
        (rummage, customer)
        for rummage in range(7)
        for customer in np.sort(rng.permutation(4)[: rng.integers(0, 4)])
    ]
    rummage, customer = (np.array([edge[part] for edge in edges], int) for part in (0, 1))
    count = len(edges)
    cells = Cells(
        7,
        rummage,
        customer,
        np.arange(count + 1),
        np.zeros(count, int),
        np.zeros(count),
        np.zeros(count),
    )
    chance = rng.uniform(0.1, 1.0, count)
    chance /= np.bincount(rummage, chance, minlength=7)[rummage]
    place = np.full((7, 2), np.nan)
    rummages = Rummages(time_s, np.zeros(7, int), place, np.zeros(7), tag)
    right, against = rng.uniform(0.01, 3.0, count), rng.uniform(0.1, 1.0, 7)
    return rummages, cells, chance, right, against


def by_counting(rummages, cells, chance, right, against, kept):
    """Probability of each edge, over all histories of its tag."""
    found = np.zeros(len(right))
    for tag in np.unique(rummages.tag):
        own = np.flatnonzero(rummages.tag == tag)
        own = own[np.argsort(rummages.time_s[own])]
        choices = [[NOBODY, *np.flatnonzero(cells.edge_rummage == one)] for one in own]
        total, weights = 0.0, np.zeros(len(right))
        for history in itertools.product(*choices):
            value, last = 1.0, None
            for number, (one, edge) in enumerate(zip(own, history, strict=True)):
                gap_s = rummages.time_s[one] - rummages.time_s[own[max(number - 1, 0)]]
                stay = kept[np.searchsorted(GAPS_S, gap_s)]
                there = set(cells.edge_customer[cells.edge_rummage == one])
                if edge == NOBODY:
                    value *= against[one]
                    continue
                customer = cells.edge_customer[edge]
                prior = 1.0
                if last in there:
                    prior = (1 - stay) + (stay / chance[edge] if customer == last else 0.0)
                value, last = value * right[edge] * prior, customer
            total += value
            for edge in history:
                if edge != NOBODY:
                    weights[edge] += value
        found += weights / total
    return found


@pytest.mark.parametrize("seed", range(12))
def test_chains_count_all_histories(seed):
    rummages, cells, chance, right, against = small_day(seed)
    chains = chains_of(rummages, cells, chance)
    kept = np.where(ASSUMED_KEPT > 0, 0.6, 0.0)
    weight = right * chain_factors(chains, right, against, kept)
    total = cells.by_rummage(weight) + against
    expected = by_counting(rummages, cells, chance, right, against, kept)
    np.testing.assert_allclose(weight / total[cells.edge_rummage], expected, atol=1e-8)
