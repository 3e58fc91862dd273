"""The learnt error of handling scores, the filter, saturation."""

import numpy as np
import pytest

from storeday.association.handling import (
    LENGTHS_S,
    evidence_of,
    handling_filters,
    log_evidence,
    saturated,
)
from storeday.association.noise import ASSUMED, ScoreNoise, score_noise


def scores(seed, count, tracks, noise, busy=0.0):
    """Scores of tracklets; a share of seconds is handled, five at a time, with two of blur."""
    rng = np.random.default_rng(seed)
    track, second = np.repeat(np.arange(tracks), count), np.tile(np.arange(count), tracks)
    error = np.empty((tracks, count))
    kept = np.sqrt(noise.kept) * rng.normal(size=tracks)
    error[:, 0] = rng.normal(size=tracks)
    for step in range(1, count):
        own = np.sqrt(1 - noise.memory**2) * rng.normal(size=tracks)
        error[:, step] = noise.memory * error[:, step - 1] + own
    value = kept[:, None] + np.sqrt(1 - noise.kept) * error
    level = np.zeros((tracks, count))
    for row in range(tracks):
        for start in rng.integers(2, count - 7, rng.poisson(busy * count / 5)):
            near, core = slice(start - 2, start + 7), slice(start, start + 5)
            level[row, near] = np.maximum(level[row, near], 0.6 * noise.step)
            level[row, core] = noise.step
    value += level
    return (noise.quiet + noise.spread * value).ravel(), track, second


@pytest.mark.parametrize(
    "noise",
    [
        ScoreNoise(-2.9, 2.4, 2.4, 0.16, 0.8),
        ScoreNoise(0.0, 1.0, 3.0, 0.0, 0.5),
        ScoreNoise(5.0, 0.5, 2.0, 0.3, 0.9),
    ],
)
def test_the_error_is_found_in_any_unit_though_some_handle(noise):
    found = score_noise(*scores(1, 200, 200, noise, busy=0.08))
    assert found.quiet == pytest.approx(noise.quiet, abs=0.15 * noise.spread)
    assert found.spread == pytest.approx(noise.spread, rel=0.12)
    assert found.step == pytest.approx(noise.step, abs=0.45)
    assert found.memory == pytest.approx(noise.memory, abs=0.08)
    assert found.kept == pytest.approx(noise.kept, abs=0.12)


@pytest.mark.parametrize(
    "score", [np.zeros(0), np.zeros(1000), np.full(1000, np.nan), np.arange(50.0)]
)
def test_too_little_to_learn_from_gives_what_is_assumed(score):
    found = score_noise(score, np.zeros(len(score), int), np.arange(len(score)))
    assert found is ASSUMED


def test_the_filter_is_the_log_density_ratio():
    """Against scipy's densities of the whole window, for the middle second."""
    from scipy.stats import multivariate_normal

    noise = ASSUMED
    rng = np.random.default_rng(3)
    for length, part in zip(LENGTHS_S, handling_filters(noise), strict=True):
        size = len(part.weights)
        apart = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
        covariance = (1 - noise.kept) * noise.memory**apart + noise.kept + 0.01 * np.eye(size)
        shape = noise.step * np.r_[0.6, 0.6, np.ones(length), 0.6, 0.6]
        score = rng.normal(size=size)
        expected = multivariate_normal(shape, covariance).logpdf(score) - multivariate_normal(
            np.zeros(size), covariance
        ).logpdf(score)
        assert part.weights @ score - part.offset == pytest.approx(expected)
        # The same by way of a trace, in whose middle the window lies.
        trace = np.full(size + 40, noise.quiet)
        trace[20 : 20 + size] = noise.quiet + noise.spread * score
        found = log_evidence(trace, np.zeros(len(trace), int), np.arange(len(trace)), noise)
        middle = found[20 + size // 2, LENGTHS_S.index(length)]
        assert middle == pytest.approx(min(expected, 12.0))


def test_gaps_are_bridged_and_tracklets_do_not_touch():
    score = np.full(30, -3.0)
    score[14:17] = 4.0
    track, second = np.zeros(30, int), np.arange(30)
    whole = log_evidence(score, track, second, ASSUMED)
    there = np.arange(30) != 15
    gap = log_evidence(score[there], track[there], second[there], ASSUMED)
    assert np.allclose(gap, whole[there])
    unknown = score.copy()
    unknown[15] = np.nan
    assert np.allclose(log_evidence(unknown, track, second, ASSUMED), whole)
    cut = np.repeat([0, 1], [15, 15])
    apart = log_evidence(score, cut, second, ASSUMED)
    alone = log_evidence(score[:15], cut[:15], second[:15], ASSUMED)
    assert np.allclose(apart[:15], alone)


def test_a_tracklet_without_scores_says_nothing():
    score = np.r_[np.full(5, np.nan), np.zeros(5)]
    found = log_evidence(score, np.repeat([0, 1], 5), np.tile(np.arange(5), 2), ASSUMED)
    assert (found[:5] == 0).all()
    assert evidence_of(found[:5]) == pytest.approx(np.ones(5))
    assert (found[5:] != 0).all()


def test_saturation_counts_only_one_s_own_seconds_nearby():
    evidence = np.array([10.0, 20.0, 30.0, 40.0])
    found = saturated(evidence, np.array([0, 0, 0, 1]), np.array([0.0, 4.0, 9.0, 0.0]), 0.1)
    assert found == pytest.approx([10 / 4, 20 / 4, 30 / 4, 40 / 5])
    assert len(saturated(np.zeros(0), np.zeros(0, int), np.zeros(0), 0.1)) == 0
