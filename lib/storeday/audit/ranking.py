"""How well a score ranks, with cases left without a verdict counted as one half.

The area under the ROC curve is the chance that a positive case scores above a negative one (Hanley
and McNeil, Radiology 143, 1982), which the Mann-Whitney statistic counts. A pair in which either
case has no score counts as a draw.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu


def area_under_curve(score: NDArray[np.float64], is_positive: NDArray[np.bool_]) -> float:
    """Area under the ROC curve.

    Args:
        score: Scores, shape (n,); NaN for cases without a verdict.
        is_positive: Truth, shape (n,).

    Returns:
        Between 0 and 1; NaN where there are no positives or no negatives.

    Example:
        >>> area_under_curve(np.array([0.1, 0.9, np.nan]), np.array([False, True, True]))
        0.75
    """
    positives, negatives = int(is_positive.sum()), int((~is_positive).sum())
    if not positives or not negatives:
        return float("nan")
    known = ~np.isnan(score)
    known_pairs = int(is_positive[known].sum()) * int((~is_positive[known]).sum())
    wins = 0.0
    if known_pairs:
        above = mannwhitneyu(score[known & is_positive], score[known & ~is_positive])
        wins = float(above.statistic)
    return (wins + 0.5 * (positives * negatives - known_pairs)) / (positives * negatives)
