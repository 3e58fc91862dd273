"""The colours of amounts: viridis, even to the eye, in print and to all kinds of colour vision.

By Stefan van der Walt and Nathaniel Smith for matplotlib (CC0). Ten even steps, from little to much
on a dark page; on a light page they are used the other way round, so that much always stands out
from the paper.
"""

import numpy as np
from numpy.typing import NDArray

VIRIDIS = (
    "#440154",
    "#482878",
    "#3e4989",
    "#31688e",
    "#26828e",
    "#1f9e89",
    "#35b779",
    "#6ece58",
    "#b5de2b",
    "#fde725",
)
LEVELS = len(VIRIDIS)


def level(value: float, most: float, is_even: bool = False) -> int:
    """The step of an amount, 0 to 9.

    Args:
        value: The amount, at least 0.
        most: The greatest amount; larger ones take the last step.
        is_even: Whether steps are even in the amount; otherwise they are even in its square root,
            which keeps small amounts apart where they span orders of magnitude.

    Example:
        >>> level(0.0, 10), level(2.5, 10), level(10, 10), level(3, 0), level(2.5, 10, True)
        (0, 5, 9, 0, 2)
    """
    if most <= 0:
        return 0
    part = min(1.0, value / most)
    return min(LEVELS - 1, int(LEVELS * (part if is_even else part**0.5)))


def levels_of(values: NDArray[np.float64], most: float) -> NDArray[np.int64]:
    """The steps of many amounts, as `level`, even in the square root.

    Args:
        values: Amounts, at least 0, any shape.
        most: The greatest amount.

    Example:
        >>> levels_of(np.array([0.0, 2.5, 10.0]), 10.0)
        array([0, 5, 9])
    """
    if most <= 0:
        return np.zeros(values.shape, np.int64)
    part = np.sqrt(np.minimum(1.0, values / most))
    return np.minimum(LEVELS - 1, (LEVELS * part).astype(np.int64))
