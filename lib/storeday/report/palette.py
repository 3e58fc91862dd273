"""The colours of amounts: cividis, which people of all kinds of colour vision read alike.

Nuñez, Anderton, Renslow: Optimizing colormaps with consideration for color vision deficiency,
PLoS ONE 13(7), 2018. Ten even steps, from little to much on a dark page; on a light page they are
used the other way round, so that much always stands out from the paper.
"""

CIVIDIS = (
    "#00224e",
    "#123570",
    "#3b496c",
    "#575d6d",
    "#707173",
    "#8a8678",
    "#a59c74",
    "#c3b369",
    "#e1cc55",
    "#fee838",
)
LEVELS = len(CIVIDIS)


def level(value: float, most: float) -> int:
    """The step of an amount, 0 to 9, even in the square root, which keeps small amounts apart.

    Args:
        value: The amount, at least 0.
        most: The greatest amount; larger ones take the last step.

    Example:
        >>> level(0.0, 10), level(2.5, 10), level(10, 10), level(3, 0)
        (0, 5, 9, 0)
    """
    if most <= 0:
        return 0
    return min(LEVELS - 1, int(LEVELS * (min(1.0, value / most) ** 0.5)))
