"""The error of a handling model's score, learnt from a day's traces without labels.

Seconds of no handling score `quiet` on average, seconds of handling `step` more; both with the
standard deviation `spread`. The error is correlated in time: a part `kept` of its variance stays
with a tracklet, the rest forgets by `memory` a second (a first-order process).

Level and spread come from a mixture of two Gaussians of one spread, with a third half-way between
them: seconds next to a handling look half like one. Correlations come from pairs of low scores
alone: among these there is hardly any handling, whereas handling would look like long memory. For
two Gaussians of correlation r, the share of pairs both below one low mark among those both below a
higher one depends on r only.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.special import owens_t
from scipy.stats import norm

from storeday.contracts.columns import Floats, Ints

# Fewer scores than this say too little; the assumed form holds then. Three minutes of one person.
FEWEST = 200
ROUNDS = 60
BINS = 200
# A score step below one standard deviation tells nothing, and a mixture's estimate of it drifts.
LEAST_STEP, MOST_STEP = 1.0, 5.0
# Lags in seconds at which correlation is measured: short ones for the memory, long ones for what
# a tracklet keeps.
LAGS = (1, 2, 3, 5, 8, 12, 20, 30)
# Marks in standard deviations from `quiet`. Handling reaches them once in 1,000 at a step of 2.5.
HIGH_MARK, LOW_MARK = -0.3, -1.0
FEWEST_PAIRS = 300
CORRELATIONS = np.linspace(-0.2, 0.995, 240)


@dataclass(frozen=True)
class ScoreNoise:
    """How a handling model errs.

    Attributes:
        quiet: Mean score of a second without handling.
        spread: Standard deviation of the score, > 0.
        step: What handling adds to the score, in standard deviations.
        kept: Part of the error's variance that a tracklet keeps, 0 to 1.
        memory: Correlation of the rest from one second to the next, 0 to 1.
        shares: Share of seconds quiet, half-way, handling, shape (3,).
    """

    quiet: float
    spread: float
    step: float
    kept: float
    memory: float
    shares: Floats = field(default_factory=lambda: np.array([0.85, 0.07, 0.08]))


# Where there is too little to learn from: log-odds of a model that is right nine times in ten,
# whose two Gaussians stand 2.46 standard deviations apart, so that log-odds spread by as much
# (source article); the correlations of the association study.
ASSUMED = ScoreNoise(quiet=-2.89, spread=2.457, step=2.457, kept=0.16, memory=0.8)


def score_noise(score: Floats, track: Ints, second: Ints) -> ScoreNoise:
    """Learns the error of handling scores.

    Args:
        score: Scores in any unit, shape (n,); NaN where there is none.
        track: Tracklet of each, rising, shape (n,).
        second: Whole seconds, rising within a tracklet, shape (n,).

    Returns:
        The error; `ASSUMED` where there are fewer than `FEWEST` scores, or all are equal. Cost:
        linear.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> found = score_noise(rng.normal(-3, 2, 5000), np.zeros(5000, int), np.arange(5000))
        >>> abs(found.quiet + 3) < 0.3, abs(found.spread - 2) < 0.3, found.memory < 0.2
        (True, True, True)
    """
    there = np.isfinite(score)
    score, track, second = score[there], track[there], second[there]
    if len(score) < FEWEST or np.ptp(score) == 0:
        return ASSUMED
    quiet, spread, step, shares = _levels(score)
    kept, memory = _correlation((score - quiet) / spread, track, second)
    return ScoreNoise(quiet, spread, step, kept, memory, shares)


def _levels(score: Floats) -> tuple[float, float, float, Floats]:
    """Mixture of three Gaussians at 0, 1/2 and 1 step, of one spread, by EM on a histogram."""
    low, high = np.quantile(score, [0.0005, 0.9995])
    count, edges = np.histogram(np.clip(score, low, high), BINS)
    value = (edges[1:] + edges[:-1]) / 2
    quiet = float(np.median(score))
    below = score[score < quiet]
    spread = float(np.sqrt(np.mean((below - quiet) ** 2))) or float(np.std(score))
    step, shares = 2.0 * spread, np.array([0.85, 0.07, 0.08])
    height = np.array([0.0, 0.5, 1.0])
    for _ in range(ROUNDS):
        away = (value - quiet - height[:, None] * step) / spread
        weight = shares[:, None] * np.exp(-0.5 * away**2)
        weight *= count / np.maximum(weight.sum(axis=0), 1e-300)
        # One pseudo-count a part, so that no part dies out for good.
        shares = (weight.sum(axis=1) + 1.0) / (weight.sum() + 3.0)
        # Level and step together: least squares of score = quiet + height * step.
        total, tall = weight.sum(), (weight.sum(axis=1) * height).sum()
        tall2 = (weight.sum(axis=1) * height**2).sum()
        sums = np.array([(weight * value).sum(), (weight * height[:, None] * value).sum()])
        quiet, step = np.linalg.solve([[total, tall], [tall, tall2]], sums)
        step = float(np.clip(step, LEAST_STEP * spread, MOST_STEP * spread))
        quiet = (sums[0] - tall * step) / total
        away = value - quiet - height[:, None] * step
        spread = float(np.sqrt((weight * away**2).sum() / total))
    return float(quiet), spread, step / spread, shares


def _correlation(score: Floats, track: Ints, second: Ints) -> tuple[float, float]:
    """`kept` and `memory` that fit the correlations at `LAGS` best."""
    lags, found, pairs = [], [], []
    for lag in LAGS:
        later = _at_lag(track, second, lag)
        both = np.flatnonzero(later >= 0)
        high = (score[both] < HIGH_MARK) & (score[later[both]] < HIGH_MARK)
        low = (score[both] < LOW_MARK) & (score[later[both]] < LOW_MARK)
        if high.sum() >= FEWEST_PAIRS:
            lags.append(lag)
            found.append(float(np.interp(low.sum() / high.sum(), _shares(), CORRELATIONS)))
            pairs.append(float(high.sum()))
    if len(lags) < 3:
        return ASSUMED.kept, ASSUMED.memory
    kept, memory = np.meshgrid(np.linspace(0, 0.6, 61), np.linspace(0, 0.98, 99), indexing="ij")
    gap = np.zeros(kept.shape)
    for lag, correlation, weight in zip(lags, found, pairs, strict=True):
        gap += weight * (kept + (1 - kept) * memory**lag - correlation) ** 2
    best = np.unravel_index(np.argmin(gap), gap.shape)
    return float(kept[best]), float(memory[best])


def _at_lag(track: Ints, second: Ints, lag: int) -> Ints:
    """Row of the same track exactly `lag` seconds later; -1 where there is none."""
    key = _key(track, second)
    place = np.searchsorted(key, key + lag)
    place = np.minimum(place, len(key) - 1)
    return np.where(key[place] == key + lag, place, -1)


def _key(track: Ints, second: Ints) -> Ints:
    span = int(second.max() - second.min()) + 2 * max(LAGS) + 2
    return np.asarray(track * span + (second - second.min()), np.int64)


def _shares() -> Floats:
    """P(both < LOW_MARK) / P(both < HIGH_MARK) for each of `CORRELATIONS`."""
    return _both_below(LOW_MARK) / _both_below(HIGH_MARK)


def _both_below(mark: float) -> Floats:
    """P(X < mark, Y < mark) for correlated Gaussians (Owen, Ann. Math. Stat. 27, 1956)."""
    slope = np.sqrt((1 - CORRELATIONS) / (1 + CORRELATIONS))
    return np.asarray(norm.cdf(mark) - 2 * owens_t(mark, slope))
