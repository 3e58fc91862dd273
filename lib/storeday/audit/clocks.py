"""How well the clocks were estimated.

Only differences of two devices' offsets can be known, since every clock is measured against
another. The error of a pair is the distance of its estimated from its true difference, drift
included, in the middle of the day.
"""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
from numpy.typing import NDArray


def clock_errors_s(
    estimated_s: Mapping[str, float], true_s: Mapping[str, float]
) -> NDArray[np.float64]:
    """Errors of all pairs of devices that both sides know.

    Args:
        estimated_s: Estimated offset by device, at one moment.
        true_s: True offset by device, at the same moment.

    Returns:
        One error per pair, in s; empty with fewer than two devices.

    Example:
        >>> clock_errors_s({"a": 0.0, "b": 5.0}, {"a": 1.0, "b": 4.0})
        array([2.])
    """
    devices = sorted(set(estimated_s) & set(true_s))
    return np.array(
        [
            abs((estimated_s[one] - estimated_s[other]) - (true_s[one] - true_s[other]))
            for one, other in combinations(devices, 2)
        ]
    )
