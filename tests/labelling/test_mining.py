import numpy as np
import pytest

from storeday.labelling import MiningSettings, choose


def chosen(count, seed=1, **settings):
    rng = np.random.default_rng(seed)
    motion = rng.uniform(0, 1, 200)
    near = rng.uniform(0, 1, 200) < 0.1
    found = choose(motion, near, np.arange(200) * 5.0, count, rng, MiningSettings(**settings))
    return motion, near, found


def test_shares_are_kept_and_nothing_is_chosen_twice():
    motion, near, found = chosen(20)
    assert len(set(found.rows.tolist())) == len(found.rows) == 20
    reasons = np.array(found.reasons)
    assert [(reasons == kind).sum() for kind in ("event", "motion", "chance")] == [8, 6, 6]
    assert near[found.rows[reasons == "event"]].all()
    best = np.sort(motion[~np.isin(np.arange(200), found.rows[reasons == "event"])])[-6:]
    np.testing.assert_array_equal(np.sort(motion[found.rows[reasons == "motion"]]), best)


def test_a_kind_that_is_missing_is_replaced():
    found = choose(np.arange(30.0), np.zeros(30, bool), np.arange(30) * 9.0, 10,
                   np.random.default_rng(2))  # fmt: skip
    assert sorted(set(found.reasons)) == ["chance", "motion"]
    assert len(found.rows) == 10


def test_neighbours_in_time_are_not_chosen_for_motion():
    motion = np.array([1.0, 0.9, 0.8, 0.1])
    found = choose(motion, np.zeros(4, bool), np.array([0, 1, 1.9, 60.0]), 2,
                   np.random.default_rng(3), MiningSettings(0, 1))  # fmt: skip
    assert found.rows.tolist() == [0, 3]


def test_all_are_chosen_where_there_are_no_more_and_none_of_none():
    assert len(chosen(500)[2].rows) == 200
    none = choose(np.empty(0), np.empty(0, bool), np.empty(0), 5, np.random.default_rng(4))
    assert none.rows.tolist() == []
    assert none.reasons == ()


def test_unknown_motion_counts_as_none():
    motion = np.array([np.nan, 0.2, np.nan])
    found = choose(motion, np.zeros(3, bool), np.arange(3) * 9.0, 1, np.random.default_rng(5),
                   MiningSettings(0, 1))  # fmt: skip
    assert found.rows.tolist() == [1]


def test_shares_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="at most 1 together"):
        MiningSettings(0.7, 0.7)
