"""How far a counted or estimated figure may lie from the truth: 95 % intervals.

Customers are what is drawn: each brings a weight (seconds stayed, one visit) of its own. An
interval of a sum over customers therefore widens with the weights' squares and not with the number
of seconds, since a second of a customer tells hardly anything that the second before did not.

Conventions: arrays of one shape in, two arrays of that shape out; NaN where there is nothing.
"""

import numpy as np
from scipy.stats import binom, chi2, norm

from storeday.contracts.columns import Floats

CONFIDENCE = 0.95
TAIL = (1 - CONFIDENCE) / 2


def sum_interval(total: Floats, squares: Floats, largest: Floats | float) -> tuple[Floats, Floats]:
    """Interval of a sum of weights of customers who come at random.

    The gamma interval for weighted sums of Poisson counts (Fay and Feuer, Statistics in Medicine
    16, 1997); with weights of one it is the exact Poisson interval. Where nobody came, its upper
    end is that of nearly four customers who might have come.

    Args:
        total: Sums of weights, 0 or more.
        squares: Sums of the weights' squares.
        largest: The largest weight that one more customer may bring.

    Returns:
        Lower and upper ends.

    Example:
        >>> low, high = sum_interval(np.array([0.0, 10.0]), np.array([0.0, 10.0]), 1.0)
        >>> low.round(2).tolist(), high.round(2).tolist()
        ([0.0, 4.8], [3.69, 18.39])
    """
    total, squares, most = np.broadcast_arrays(
        np.asarray(total, float), np.asarray(squares, float), np.asarray(largest, float)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        low = squares / (2 * total) * chi2.ppf(TAIL, 2 * total**2 / squares)
        wide, far = squares + most**2, total + most
        high = wide / (2 * far) * chi2.ppf(1 - TAIL, 2 * far**2 / wide)
    known = np.isfinite(total)
    return (
        np.where(known, np.where(total > 0, np.nan_to_num(low), 0.0), np.nan),
        np.where(known, np.where(most > 0, np.nan_to_num(high), total), np.nan),
    )


def count_interval(count: Floats) -> tuple[Floats, Floats]:
    """Exact interval of a Poisson count (Garwood 1936), which need not be whole."""
    count = np.asarray(count, float)
    return sum_interval(count, count, 1.0)


def share_interval(hits: Floats, trials: Floats) -> tuple[Floats, Floats]:
    """Wilson's interval of a share (1927); NaN without trials.

    Example:
        >>> low, high = share_interval(np.array([5.0]), np.array([10.0]))
        >>> low.round(3).tolist(), high.round(3).tolist()
        ([0.237], [0.763])
    """
    hits, trials = np.asarray(hits, float), np.asarray(trials, float)
    z = float(norm.ppf(1 - TAIL))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = hits / trials
        middle = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
        half = (
            z / (1 + z**2 / trials) * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
        )
    low, high = np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)
    return np.where(trials > 0, low, np.nan), np.where(trials > 0, high, np.nan)


def median_interval(values: Floats) -> tuple[float, float]:
    """Interval of the median of a sample, between two of its values; NaN for fewer than two.

    The order statistics whose ranks enclose half of the sample in at least 95 of 100 cases by the
    binomial distribution (Thompson 1936). Of fewer than six values not even the first and the last
    do; these two are given then.

    Example:
        >>> median_interval(np.arange(1.0, 21.0))
        (6.0, 15.0)
    """
    count = len(values)
    if count < 2:
        return float("nan"), float("nan")
    rank = max(int(binom.ppf(TAIL, count, 0.5)), 1)
    ordered = np.sort(values)
    return float(ordered[rank - 1]), float(ordered[count - rank])


def mean_interval(values: Floats) -> tuple[float, float]:
    """Interval of the mean of a sample of numbers of 0 or more; NaN for fewer than two."""
    if len(values) < 2:
        return float("nan"), float("nan")
    half = float(norm.ppf(1 - TAIL)) * float(np.std(values, ddof=1)) / np.sqrt(len(values))
    mean = float(np.mean(values))
    return max(mean - half, 0.0), mean + half


def expected_interval(expected: Floats, variance: Floats, most: Floats) -> tuple[Floats, Floats]:
    """Interval of a number of events of known, different probabilities.

    The normal approximation of the Poisson binomial distribution.

    Args:
        expected: Sums of probabilities.
        variance: Sums of p (1 - p).
        most: Numbers of events, which the interval does not pass.
    """
    half = float(norm.ppf(1 - TAIL)) * np.sqrt(np.maximum(variance, 0.0))
    expected = np.asarray(expected, float)
    return np.maximum(expected - half, 0.0), np.minimum(expected + half, most)
