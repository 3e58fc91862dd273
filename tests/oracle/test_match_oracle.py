"""The oracle of matching, itself checked by enumeration on small days."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import multivariate_normal


@pytest.fixture(scope="module")
def oracle():
    path = Path(__file__).with_name("true_posterior.py")
    spec = importlib.util.spec_from_file_location("true_posterior", path)
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def small_day(seed, people=3, seconds=18):
    """People's scores in a quarter of a minute; one of them handles something."""
    rng = np.random.default_rng(seed)
    apart = np.abs(np.subtract.outer(np.arange(seconds), np.arange(seconds)))
    covariance = 0.84 * 0.8**apart + 0.16
    scores = rng.multivariate_normal(np.zeros(seconds), covariance, people)
    start = rng.integers(4, 9)
    scores[seed % people, start : start + 4] += 2.457
    return np.arange(seconds, dtype=float), scores, covariance, float(start + 2 + rng.normal())


@pytest.mark.parametrize("seed", range(6))
def test_one_rummage_by_enumeration(oracle, seed):
    times, scores, covariance, moment = small_day(seed)
    # No rivals' handlings: that is the part that is no exact posterior.
    truth = oracle.TrueParameters(rate_per_s=0.0, lengths_s=(3.5, 6.0), shares=(0.6, 0.4))
    starts = oracle.starts_around(moment)
    candidates = [
        oracle.Candidate(f"p{number}", [oracle.Window(times, score)])
        for number, score in enumerate(scores)
    ]
    oracle.weigh(moment, candidates, starts, truth)
    found = oracle.posterior(candidates, 0.7, truth)

    quiet = multivariate_normal(np.zeros(len(times)), covariance)
    likelihood = np.zeros(len(scores))
    mass = 0.0
    for person, score in enumerate(scores):
        for start in starts:
            if np.abs(times - start).min() > 1.0:
                continue
            for length, share in zip((3.5, 6.0), (0.6, 0.4), strict=True):
                density = oracle.moment_density(np.array([moment - start]), length, truth)[0]
                since = times - start
                mean = 2.457 * np.where(
                    (since >= 0) & (since <= length),
                    1.0,
                    np.where((since >= -2) & (since <= length + 2), 0.6, 0.0),
                )
                busy = multivariate_normal(mean, covariance)
                ratio = busy.pdf(score) / quiet.pdf(score)
                likelihood[person] += share * density * ratio
                mass += share * density
    likelihood /= mass
    true_score = np.exp(-0.5 * (0.7 - 1.5) ** 2)
    false_score = np.exp(-0.5 * 0.7**2)
    right = 0.94 * true_score * likelihood
    other = 0.08 * false_score * likelihood.sum() + 0.06 * false_score
    assert found == pytest.approx(right / (right.sum() + other), rel=1e-6)


@pytest.mark.parametrize("length", [2.5, 6.0])
def test_moments_by_sampling(oracle, length):
    rng = np.random.default_rng(0)
    truth = oracle.TrueParameters()
    drawn = (
        rng.uniform(0, length, 400_000) + rng.uniform(-4, 4, 400_000) + rng.normal(0, 1.5, 400_000)
    )
    edges = np.arange(-8.0, 16.1, 1.0)
    share = np.histogram(drawn, edges)[0] / len(drawn)
    density = oracle.moment_density((edges[1:] + edges[:-1]) / 2, length, truth)
    assert np.abs(share - density).max() < 0.006


def test_a_claimed_handling_goes_to_the_other_rummage(oracle):
    """Two rummages at once, two people: one surely handled something, the other a little likely."""
    truth = oracle.TrueParameters()
    times = np.arange(0.0, 40.0)
    sure, unsure = np.zeros(40), np.zeros(40)
    sure[18:22], unsure[18:22] = 4.0, 1.2

    rummages = []
    for place in (1.0, 20.0):
        candidates = [
            oracle.Candidate("a", [oracle.Window(times, sure)]),
            oracle.Candidate("b", [oracle.Window(times, unsure)], place=place),
        ]
        rummages.append((20.0, 1.5, candidates))
    alone = oracle.solve_day(rummages, truth, rounds=0)
    both = oracle.solve_day(rummages, truth)
    assert both[1][1] > alone[1][1]
    assert all(share.sum() <= 1 + 1e-9 for share in both)
