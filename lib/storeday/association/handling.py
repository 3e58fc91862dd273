"""Evidence of handling in a customer's trace of scores: a matched filter for short handlings.

For each second, the likelihood ratio of "a handling has its middle here" against "none": under the
learnt error (`noise`) the scores are Gaussian with a known covariance, so the log-ratio is linear
in the scores (matched filter; Turin, IRE Transactions on Information Theory 6, 1960). Handlings of
several lengths are tried and averaged by how common they are.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import toeplitz

from storeday.association.noise import ScoreNoise
from storeday.contracts.columns import Floats, Ints

# Lengths in seconds; odd, so that each has a middle second. A handling lasts a few seconds (study:
# 2 s and exponentially more, 4.5 s on average); here each two seconds more are half as common.
LENGTHS_S = (3, 5, 7, 9)
LENGTH_SHARES = (8 / 15, 4 / 15, 2 / 15, 1 / 15)
# Frames some seconds around an action count as the action in training too (source article): two on
# either side look rather like one.
BLUR_S, BLUR_SHARE = 2, 0.6
# e to this is as sure as any match gets; beyond it the Gaussian's tail is not to be believed.
MOST = 12.0
# Seconds on either side that one handling covers, as a trace shows it: half of a typical length and
# the blur.
COVERED_S = 4.0
# Gaps up to this are bridged in a straight line: trackers bridge them too.
BRIDGE_S = 3


@dataclass(frozen=True)
class Filter:
    """The filter for one length.

    Attributes:
        weights: Weights of the seconds around the middle, shape (length + 2 blur,).
        offset: What is taken off: half the power of the template.
    """

    weights: Floats
    offset: float


def handling_filters(noise: ScoreNoise) -> list[Filter]:
    """One filter for each of `LENGTHS_S`, on scores in standard deviations from quiet."""
    filters = []
    for length in LENGTHS_S:
        blur = np.full(BLUR_S, BLUR_SHARE)
        shape = noise.step * np.concatenate([blur, np.ones(length), blur])
        apart = np.arange(len(shape))
        covariance = toeplitz(
            (1 - noise.kept) * noise.memory**apart + noise.kept * np.ones(len(shape))
        )
        # A hundredth of own error a second keeps the system solvable where memory is near 1.
        weights = np.linalg.solve(covariance + 0.01 * np.eye(len(shape)), shape)
        filters.append(Filter(np.asarray(weights, np.float64), float(0.5 * shape @ weights)))
    return filters


def log_evidence(score: Floats, track: Ints, second: Ints, noise: ScoreNoise) -> Floats:
    """Log-likelihood ratio of a handling of each length with its middle at each second.

    Args:
        score: Handling scores, shape (n,); NaN where there is none, which is filled from the
            neighbouring seconds of the tracklet.
        track: Tracklet of each, rising, shape (n,).
        second: Whole seconds, rising within a tracklet, shape (n,).
        noise: The score's error.

    Returns:
        Shape (n, lengths), at most `MOST`; zero where a tracklet has no score at all. Cost: linear.

    Example:
        >>> from storeday.association.noise import ASSUMED
        >>> score = np.full(20, -3.0)
        >>> score[8:11] = 4.0
        >>> found = log_evidence(score, np.zeros(20, int), np.arange(20), ASSUMED)
        >>> int(found[:, 0].argmax())
        9
    """
    if not len(score):
        return np.zeros((0, len(LENGTHS_S)))
    place, size = _places(track, second)
    there = np.isfinite(score)
    filled = _bridged(np.where(there, (score - noise.quiet) / noise.spread, np.nan), place, size)
    found = np.empty((len(score), len(LENGTHS_S)))
    for number, part in enumerate(handling_filters(noise)):
        response = np.convolve(filled, part.weights[::-1], "same")
        found[:, number] = np.minimum(response[place] - part.offset, MOST)
    has_score = np.bincount(track, there, minlength=int(track[-1]) + 1) > 0
    return np.where(has_score[track][:, None], found, 0.0)


def evidence_of(log_ratios: Floats) -> Floats:
    """Likelihood ratio of a handling of any length, shape (n,), from `log_evidence`."""
    return np.asarray(np.exp(log_ratios) @ np.array(LENGTH_SHARES))


def saturated(evidence: Floats, customer: Ints, time_s: Floats, rate_per_s: float) -> Floats:
    """Evidence that allows for rivals who handle something else.

    Goods are handled all the time: that somebody handles something is no proof of handling this
    thing. With `rate_per_s` the rate at which a customer in reach handles goods, evidence e becomes
    e / (1 + rate x sum of e over the seconds that one handling covers); with evidence that covers
    about four seconds this is the association study's e / (1 + 4 r e).

    Args:
        evidence: Likelihood ratios, shape (n,).
        customer: Customer of each, rising, shape (n,).
        time_s: Times, rising within a customer, shape (n,).
        rate_per_s: Handlings per second.

    Returns:
        Shape (n,).

    Example:
        >>> saturated(np.array([9.0]), np.zeros(1, int), np.zeros(1), 0.5).round(3)
        array([1.636])
    """
    if not len(evidence):
        return evidence
    low, high = neighbourhood(customer, time_s, COVERED_S)
    total = np.concatenate([[0.0], np.cumsum(evidence)])
    return np.asarray(evidence / (1.0 + rate_per_s * (total[high] - total[low])))


def neighbourhood(
    group: Ints, time_s: Floats, width_s: float, rows: Ints | slice = slice(None)
) -> tuple[Ints, Ints]:
    """For each of some rows the range of rows of its group within a time of it.

    Args:
        group: Group of each row, rising, shape (n,).
        time_s: Times, rising within a group, shape (n,).
        width_s: Largest distance in time.
        rows: Rows asked for; all by default.

    Returns:
        First row, and the row after the last, for each of `rows`.
    """
    origin = time_s.min(initial=0.0)
    span = np.ptp(time_s) + 10.0 * width_s if len(time_s) else 1.0
    key = group * span + (time_s - origin)
    # A quarter of a second more: rounding must not decide.
    low = np.searchsorted(key, key[rows] - width_s - 0.25)
    high = np.searchsorted(key, key[rows] + width_s + 0.25)
    return low, high


def _places(track: Ints, second: Ints) -> tuple[Ints, int]:
    """Place of each row on one line on which tracklets lie apart, and the line's length."""
    pad = max(LENGTHS_S) + 2 * BLUR_S
    step = np.diff(second, prepend=second[:1])
    is_new = np.diff(track, prepend=track[:1]) != 0
    # Long gaps within a tracklet need no more room than tracklets need between them.
    place = np.cumsum(np.where(is_new, pad, np.minimum(step, pad))) + pad
    return place, int(place[-1]) + pad + 1


def _bridged(score: Floats, place: Ints, size: int) -> Floats:
    """Scores on the line: short gaps in a straight line, zero (quiet) elsewhere."""
    line = np.zeros(size)
    there = np.isfinite(score)
    place, score = place[there], score[there]
    if not len(place):
        return line
    short = np.diff(place) <= BRIDGE_S + 1
    inner = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.diff(place))]) + place[0]
    line[place] = score
    whole = np.arange(size)
    straight = np.interp(whole, inner, score)
    after = np.searchsorted(inner, whole, side="right")
    within = (after > 0) & (after < len(inner))
    bridged = np.zeros(size, bool)
    bridged[within] = short[after[within] - 1]
    return np.where(bridged, straight, line)
