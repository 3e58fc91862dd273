"""How far two distributions over places or moves are apart."""

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance_nd

Floats = NDArray[np.float64]
Key = TypeVar("Key")


def total_variation(one: Mapping[Key, float], other: Mapping[Key, float]) -> float:
    """Half the summed absolute difference of two distributions' shares.

    Args:
        one: Weights, zero or more, by key.
        other: Weights by key; keys that are missing weigh nothing.

    Returns:
        Between 0 (equal) and 1 (disjoint). 0 where both are empty, 1 where just one is.

    Example:
        >>> total_variation({"a": 1.0, "b": 1.0}, {"a": 1.0})
        0.5
    """
    sums = sum(one.values()), sum(other.values())
    if not sums[0] or not sums[1]:
        return 0.0 if sums[0] == sums[1] else 1.0
    keys = set(one) | set(other)
    return 0.5 * sum(
        abs(one.get(key, 0.0) / sums[0] - other.get(key, 0.0) / sums[1]) for key in keys
    )


def earth_movers_distance_m(
    one_m: Floats, one_weight: Floats, other_m: Floats, other_weight: Floats
) -> float:
    """Mean distance that one distribution's mass has to be moved to become the other.

    Args:
        one_m: Places, shape (n, 2).
        one_weight: Weights, shape (n,).
        other_m: Places, shape (m, 2).
        other_weight: Weights, shape (m,).

    Returns:
        Metres; NaN where a distribution is empty. Cost: a linear programme over n x m, so give it
        cells, not positions.
    """
    if not one_weight.sum() or not other_weight.sum():
        return float("nan")
    return float(wasserstein_distance_nd(one_m, other_m, one_weight, other_weight))
