"""One figure of an audit, with its interval."""

import math
from dataclasses import dataclass

# Two-sided 95 %.
Z_95 = 1.959964


@dataclass(frozen=True)
class Figure:
    """A measured figure.

    Attributes:
        name: Name, as in the audit's table.
        value: The figure; NaN where the day holds nothing to measure it on.
        low: Lower end of the 95 % interval; NaN where there is none.
        high: Upper end.
        count: What the figure rests on: interactions, windows, seconds …
        unit: Unit; `1` for shares and scores.
        is_error: Whether 0 is perfect; otherwise 1 is.
    """

    name: str
    value: float
    low: float = math.nan
    high: float = math.nan
    count: int = 0
    unit: str = "1"
    is_error: bool = False

    @property
    def score(self) -> float:
        """The figure on a scale where 1 is perfect and 0 is worthless; NaN where not measured."""
        if math.isnan(self.value):
            return math.nan
        return max(0.0, 1.0 - self.value) if self.is_error else max(0.0, self.value)


def share(name: str, hits: int, total: int) -> Figure:
    """A share with its Wilson interval (Wilson, J. Am. Stat. Assoc. 22, 1927).

    Args:
        name: Name of the figure.
        hits: Times it was so.
        total: Times it could have been so; 0 gives NaN.

    Example:
        >>> figure = share("accuracy", 8, 10)
        >>> figure.value, round(figure.low, 3), round(figure.high, 3)
        (0.8, 0.49, 0.943)
    """
    if not total:
        return Figure(name, math.nan)
    part, square = hits / total, Z_95**2
    centre = (part + square / (2 * total)) / (1 + square / total)
    spread = math.sqrt(part * (1 - part) / total + square / (4 * total**2))
    half = Z_95 * spread / (1 + square / total)
    return Figure(name, part, max(0.0, centre - half), min(1.0, centre + half), total)
