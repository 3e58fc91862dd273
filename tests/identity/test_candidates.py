"""Which spans may follow each other, by time and by the way between them."""

import numpy as np
import pytest

from storeday.floor.walking import walkable_floor
from storeday.identity.candidates import candidate_pairs, walks_m
from storeday.identity.settings import IdentitySettings
from storeday.identity.spans import Spans

SETTINGS = IdentitySettings()
# A wall across a floor of 20 x 20 m with a way round at its upper end.
WALL = [(9.9, 0.0), (10.1, 0.0), (10.1, 19.0), (9.9, 19.0)]
FLOOR = walkable_floor(20.0, 20.0, [WALL])


def _spans(*rows):
    """Spans of `(start s, end s, first place, last place)`, each of a camera of its own."""
    start, end, first, last = zip(*rows, strict=True)
    number = np.arange(len(rows))
    times = (np.array(one, float) * 1e6 for one in (start, end))
    started, ended = (one.astype(np.int64) for one in times)
    error = np.full(len(rows), 0.3)
    places = (np.array(one, float) for one in (first, last))
    first_m, last_m = places
    return Spans(
        number, number, started, ended, first_m, error, last_m, error, number, number.copy()
    )


@pytest.mark.parametrize(
    ("gap_s", "floor", "expected_m"),
    [(3.0, None, 2.0), (3.0, FLOOR, np.inf), (17.5, FLOOR, 2.0), (60.0, FLOOR, 2.0)],
)
def test_nobody_walks_through_a_wall(gap_s, floor, expected_m):
    spans = _spans((0, 10, (9, 1), (9, 1)), (10 + gap_s, 90, (11, 1), (11, 1)))
    pairs = candidate_pairs(spans, SETTINGS)
    assert walks_m(spans, pairs, floor, SETTINGS).tolist() == [expected_m]


def test_beside_a_wall_ways_are_straight_and_unknown_places_stay_unknown():
    spans = _spans(
        (0, 10, (1, 1), (1, 1)), (12, 20, (3, 1), (np.nan, np.nan)), (30, 40, (4, 1), (4, 1))
    )
    source, target, gap_s = candidate_pairs(spans, SETTINGS)
    assert list(zip(source.tolist(), target.tolist(), gap_s.tolist(), strict=True)) == [
        (0, 1, 2.0),
        (0, 2, 20.0),
        (1, 2, 10.0),
    ]
    found = walks_m(spans, (source, target, gap_s), FLOOR, SETTINGS)
    np.testing.assert_allclose(found, [2.0, 3.0, np.nan])


def test_no_pairs_have_no_ways():
    spans = _spans((0, 10, (1, 1), (1, 1)))
    assert not len(walks_m(spans, candidate_pairs(spans, SETTINGS), FLOOR, SETTINGS))
