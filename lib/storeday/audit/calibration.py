"""Whether probabilities mean what they say.

Expected calibration error with bins of equal mass (after Naeini, Cooper and Hauskrecht, AAAI 2015),
Brier score (Brier, Mon. Weather Rev. 78, 1950) as skill against the base rate, logarithmic loss.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BINS = 10
# A probability of exactly 0 or 1 that is wrong would cost infinitely much.
SMALLEST = 1e-6


@dataclass(frozen=True)
class Bin:
    """One bin of a reliability table.

    Attributes:
        count: Probabilities in the bin.
        mean_probability: Their mean.
        share_right: How often what they speak of was so.
    """

    count: int
    mean_probability: float
    share_right: float


def reliability(probability: Floats, is_right: NDArray[np.bool_], bins: int = BINS) -> list[Bin]:
    """A reliability table of bins that hold equally many probabilities.

    Args:
        probability: Stated probabilities, shape (n,).
        is_right: Whether what they speak of was so, shape (n,).
        bins: Number of bins; fewer where there are fewer probabilities.

    Returns:
        Bins in order of probability; none for empty input. Equal probabilities in two bins are
        ordered by `is_right`, so the table does not depend on the rows' order.
    """
    order = np.lexsort([is_right, probability])
    parts = np.array_split(order, min(bins, len(order))) if len(order) else []
    return [
        Bin(len(part), float(probability[part].mean()), float(is_right[part].mean()))
        for part in parts
    ]


def calibration_error(probability: Floats, is_right: NDArray[np.bool_]) -> float:
    """Expected calibration error: mean distance of stated from true share, over `BINS` bins.

    Returns:
        Between 0 and 1; NaN for empty input.

    Example:
        >>> calibration_error(np.full(10, 0.7), np.arange(10) < 7) < 0.6
        True
    """
    table = reliability(probability, is_right)
    total = sum(part.count for part in table)
    if not total:
        return float("nan")
    gaps = [part.count * abs(part.mean_probability - part.share_right) for part in table]
    return float(sum(gaps) / total)


def brier_skill(probability: Floats, is_right: NDArray[np.bool_]) -> float:
    """Brier skill against always stating the base rate: 1 is perfect, 0 no better, below 0 worse.

    Returns:
        NaN for empty input. Where everything or nothing was so, the base rate is perfect: 1 if the
        probabilities are perfect as well, else 0.
    """
    if not len(probability):
        return float("nan")
    truth = is_right.astype(float)
    score = ((probability - truth) ** 2).mean()
    base = ((truth.mean() - truth) ** 2).mean()
    if not base:
        return float(score == 0.0)
    return float(1.0 - score / base)


def log_loss(probability: Floats, is_right: NDArray[np.bool_]) -> float:
    """Mean negative logarithm of the probability given to what was so, in nats; NaN if empty."""
    if not len(probability):
        return float("nan")
    stated = np.clip(probability, SMALLEST, 1 - SMALLEST)
    return float(-np.where(is_right, np.log(stated), np.log(1 - stated)).mean())
