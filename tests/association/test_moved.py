"""The probability that a tag was moved at all takes the place of what its score tells."""

import numpy as np
import pytest

from storeday.association.cells import Rummages
from storeday.association.model import (
    CLUTTER,
    LEAST_CHANCE,
    RIGHT,
    _kinds,
    assumed_model,
)

SCORE = np.array([1.0, 5.0, 9.0, 5.0])


def kinds(moved):
    nowhere = np.full((4, 2), np.nan)
    zero = np.zeros(4)
    rummages = Rummages(zero, zero.astype(int), nowhere, SCORE, moved=np.asarray(moved, float))
    found = _kinds(assumed_model(8.0, 1, SCORE), rummages)
    return found / found.sum(axis=1, keepdims=True)


def test_known_probabilities_are_what_is_not_clutter():
    found = kinds([0.2, 0.9, 0.2, 0.5])
    np.testing.assert_allclose(1 - found[:, CLUTTER], [0.2, 0.9, 0.2, 0.5])
    # The other kinds keep their proportions, whatever the score.
    np.testing.assert_allclose(found[0, :CLUTTER] / 0.2, found[1, :CLUTTER] / 0.9)


def test_unknown_ones_leave_it_to_the_score():
    scored = kinds([])
    mixed = kinds([np.nan, 0.9, np.nan, np.nan])
    np.testing.assert_array_equal(mixed[[0, 2, 3]], scored[[0, 2, 3]])
    assert scored[2, RIGHT] > scored[0, RIGHT]


@pytest.mark.parametrize("moved", [0.0, 1.0])
def test_nothing_is_ever_sure(moved):
    away = abs((1 - kinds([moved] * 4)[:, CLUTTER]) - moved)
    np.testing.assert_allclose(away, LEAST_CHANCE)
