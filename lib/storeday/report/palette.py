"""The colours of amounts: viridis, even to the eye, in print and to all kinds of colour vision.

By Stefan van der Walt and Nathaniel Smith for matplotlib (CC0). Ten even steps, from little to much
on a dark page; on a light page they are used the other way round, so that much always stands out
from the paper.
"""

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
