"""All figures of an audit: one store-day, and several of them together.

One day's shares carry a Wilson interval; it knows nothing of what the customers of one day have in
common, such as their clocks. Over several store-days the interval is a bootstrap over store-days
(Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993), which does.
"""

from collections.abc import Sequence

import numpy as np

from storeday.audit.clock_figures import clock_figures
from storeday.audit.day import AuditDay
from storeday.audit.detection_figures import action_figures, rummage_figures
from storeday.audit.figure import Figure
from storeday.audit.matching_figures import matching_figures
from storeday.audit.people_figures import people_figures
from storeday.audit.place_figures import place_figures

RESAMPLES = 2_000
# Resampling is the audit's only chance; a fixed seed makes it repeatable.
SEED = 0


def day_figures(day: AuditDay) -> list[Figure]:
    """All figures of a store-day, always the same ones in the same order.

    A figure that the truth or the layout does not allow is NaN.
    """
    return [
        *matching_figures(day),
        *rummage_figures(day),
        *action_figures(day),
        *people_figures(day),
        *place_figures(day),
        *clock_figures(day),
    ]


def pooled(days: Sequence[Sequence[Figure]]) -> list[Figure]:
    """Figures over several store-days: the days' mean, each day weighted by what it rests on.

    Args:
        days: Figures of each store-day, all with the same names in the same order.

    Returns:
        Figures in that order. With one day its own; with more, intervals by bootstrap over days.

    Raises:
        ValueError: The days do not have the same figures.

    Example:
        >>> days = [[Figure("a", 0.5, count=10)], [Figure("a", 1.0, count=30)]]
        >>> figure = pooled(days)[0]
        >>> figure.value, figure.low, figure.high, figure.count
        (0.875, 0.5, 1.0, 40)
    """
    if len({tuple(figure.name for figure in figures) for figures in days}) > 1:
        raise ValueError("store-days with different figures; expected the same names in one order")
    if len(days) == 1:
        return list(days[0])
    return [_pooled(figures) for figures in zip(*days, strict=True)]


def _pooled(figures: Sequence[Figure]) -> Figure:
    first = figures[0]
    value = np.array([figure.value for figure in figures])
    count = np.array([figure.count for figure in figures], float)
    known = ~np.isnan(value) & (count > 0)
    value, count = value[known], count[known]
    if not len(value):
        return Figure(first.name, np.nan, unit=first.unit, is_error=first.is_error)
    low = high = np.nan
    if len(value) > 1:
        rng = np.random.default_rng(SEED)
        drawn = rng.integers(0, len(value), (RESAMPLES, len(value)))
        means = (value[drawn] * count[drawn]).sum(axis=1) / count[drawn].sum(axis=1)
        low, high = np.quantile(means, [0.025, 0.975]).tolist()
    mean = float(np.average(value, weights=count))
    return Figure(first.name, mean, low, high, int(count.sum()), first.unit, first.is_error)
