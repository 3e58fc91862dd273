"""The audit's arithmetic, against brute force and established implementations."""

import itertools

import numpy as np
import pytest

from storeday.audit.calibration import brier_skill, calibration_error, log_loss, reliability
from storeday.audit.clocks import clock_errors_s
from storeday.audit.correspondence import Places, correspond
from storeday.audit.distributions import earth_movers_distance_m, total_variation
from storeday.audit.episodes import Episodes, pair_episodes
from storeday.audit.figure import Figure, share
from storeday.audit.ranking import area_under_curve

SEED = 4


def test_area_counts_pairs_and_draws_for_missing_scores():
    rng = np.random.default_rng(SEED)
    for _ in range(20):
        score = rng.integers(0, 6, 30).astype(float)
        score[rng.random(30) < 0.3] = np.nan
        positive = rng.random(30) < 0.4
        if positive.all() or not positive.any():
            continue
        wins = 0.0
        for ours, theirs in itertools.product(score[positive], score[~positive]):
            if np.isnan(ours) or np.isnan(theirs) or ours == theirs:
                wins += 0.5
            else:
                wins += ours > theirs
        pairs = positive.sum() * (~positive).sum()
        assert area_under_curve(score, positive) == pytest.approx(wins / pairs)
    assert np.isnan(area_under_curve(np.ones(3), np.ones(3, bool)))


def test_area_agrees_with_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(SEED)
    positive = rng.random(500) < 0.3
    score = rng.normal(size=500) + positive
    assert area_under_curve(score, positive) == pytest.approx(
        metrics.roc_auc_score(positive, score)
    )


def test_honest_probabilities_are_calibrated_and_random_ones_are_not():
    rng = np.random.default_rng(SEED)
    probability = rng.random(20_000)
    right = rng.random(20_000) < probability
    assert calibration_error(probability, right) < 0.02
    assert brier_skill(probability, right) == pytest.approx(1 / 3, abs=0.02)
    shuffled = rng.permutation(probability)
    assert calibration_error(shuffled, right) > 0.2
    assert brier_skill(shuffled, right) < 0
    assert log_loss(shuffled, right) > log_loss(probability, right)


def test_reliability_bins_hold_equally_many():
    table = reliability(np.linspace(0, 1, 95), np.zeros(95, bool))
    assert [part.count for part in table] == [10] * 5 + [9] * 5
    assert reliability(np.empty(0), np.empty(0, bool)) == []
    assert np.isnan(calibration_error(np.empty(0), np.empty(0, bool)))
    assert np.isnan(brier_skill(np.empty(0), np.empty(0, bool)))
    assert brier_skill(np.array([1.0]), np.array([True])) == 1.0
    assert brier_skill(np.array([0.9]), np.array([True])) == 0.0


def test_wilson_interval_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(SEED)
    hits = rng.binomial(60, 0.85, 4_000)
    figures = {count: share("x", int(count), 60) for count in np.unique(hits)}
    covered = np.mean([figures[count].low <= 0.85 <= figures[count].high for count in hits])
    assert 0.93 < covered < 0.975
    assert np.isnan(share("x", 0, 0).value)


def test_errors_become_scores():
    assert Figure("a", 0.25, is_error=True).score == 0.75
    assert Figure("a", 3.0, is_error=True).score == 0.0
    assert Figure("a", 0.25).score == 0.25
    assert np.isnan(Figure("a", np.nan).score)


def test_episodes_pair_as_brute_force_does():
    rng = np.random.default_rng(SEED)
    for _ in range(30):
        start = rng.uniform(0, 60, 5)
        other = rng.uniform(0, 60, 4)
        predicted = Episodes(np.array(["a"] * 5), start, start + 3, start + 1)
        truth = Episodes(np.array(["a"] * 4), other, other + 4, other + 2)
        best = (0, 0.0)
        for rows in itertools.permutations([*range(4), -1, -1, -1, -1, -1], 5):
            pairs = [(p, t) for p, t in enumerate(rows) if t >= 0]
            good = all(
                start[p] - 2 <= other[t] + 4 and other[t] - 2 <= start[p] + 3 for p, t in pairs
            )
            if good:
                away = sum(abs(start[p] + 1 - other[t] - 2) for p, t in pairs)
                best = max(best, (len(pairs), -away))
        found = pair_episodes(predicted, truth, 2.0)
        pairs = [(p, t) for p, t in enumerate(found) if t >= 0]
        away = sum(abs(start[p] + 1 - other[t] - 2) for p, t in pairs)
        assert len({t for _, t in pairs}) == len(pairs)
        assert (len(pairs), -away) == pytest.approx(best)


def test_episodes_of_other_keys_never_pair():
    one = np.array([0.0]), np.array([1.0]), np.array([0.5])
    found = pair_episodes(Episodes(np.array(["a"]), *one), Episodes(np.array(["b"]), *one), 9.0)
    assert found.tolist() == [-1]


def test_a_predicted_person_stands_for_whom_it_shares_most_seconds_with():
    seconds = np.arange(10)
    truth = Places(
        np.repeat([0, 1], 10),
        np.tile(seconds, 2),
        np.tile(seconds.astype(float), 2),
        np.repeat([0.0, 5.0], 10),
    )
    y = np.where(seconds < 6, 5.2, 0.1)
    predicted = Places(np.zeros(10, np.int64), seconds, seconds.astype(float), y)
    found = correspond(predicted, truth, 2)
    assert found.true_person.tolist() == [1, -1]
    assert found.shared_s.tolist() == [6, 0]
    assert found.distance_m.max() == pytest.approx(0.2)


def test_only_differences_of_clocks_count():
    true = {"a": 1.0, "b": -3.0, "c": 8.0}
    shifted = {device: offset + 100.0 for device, offset in true.items()}
    assert clock_errors_s(shifted, true).max() == pytest.approx(0.0)
    assert clock_errors_s({**true, "c": 9.5}, true).tolist() == [0.0, 1.5, 1.5]


def test_distances_between_distributions():
    assert total_variation({}, {}) == 0
    assert total_variation({"a": 1.0}, {}) == 1
    assert total_variation({"a": 2.0}, {"b": 5.0}) == 1
    places = np.array([[0.0, 0.0], [4.0, 0.0]])
    moved = earth_movers_distance_m(places, np.array([1.0, 0.0]), places, np.array([0.5, 0.5]))
    assert moved == pytest.approx(2.0)


def test_identity_scores_on_hand_made_paths():
    pytest.importorskip("trackeval")
    from storeday.audit.identity_scores import identity_scores

    seconds = np.arange(10)
    truth = Places(
        np.repeat([0, 1], 10), np.tile(seconds, 2), np.repeat([0.0, 9.0], 10), np.zeros(20)
    )
    perfect = identity_scores(truth, truth)
    assert perfect.idf1 == pytest.approx(1.0)
    assert perfect.hota == pytest.approx(1.0)
    # Two people who swap names in the last second of ten: 18 of 20 seconds keep theirs.
    person = truth.person.copy()
    person[[9, 19]] = person[[19, 9]]
    swapped = identity_scores(Places(person, truth.time_s, truth.x_m, truth.y_m), truth)
    assert swapped.idf1 == pytest.approx(0.9)
