"""How long each customer was in each zone in each hour: what sums over customers are made of."""

from dataclasses import dataclass

import numpy as np

from storeday.contracts.columns import US_PER_S, Floats, Ints
from storeday.measures.hours import HourTable
from storeday.measures.zone_stays import Stays


@dataclass(frozen=True)
class HourSeconds:
    """Seconds by zone, hour and customer, each once; all arrays have shape (n,).

    Attributes:
        zone: Zone.
        hour: Hour.
        customer: Customer.
        seconds: Seconds, above 0.
    """

    zone: Ints
    hour: Ints
    customer: Ints
    seconds: Floats

    def summed(self, weight: Floats, shape: tuple[int, int]) -> Floats:
        """Sums over customers, shape (zones, hours)."""
        flat = self.zone * shape[1] + self.hour
        sums = np.bincount(flat, weight, minlength=shape[0] * shape[1])
        return np.asarray(sums.reshape(shape), float)


def hour_seconds(stays: Stays, table: HourTable) -> HourSeconds:
    """Splits stays by hours and adds up those of one customer in one zone.

    Args:
        stays: Stays, in any order; may be empty.
        table: Hours.

    Example:
        >>> import datetime as dt
        >>> from storeday.floor.calendar import Interval, local_hours
        >>> from storeday.measures.hours import hour_table
        >>> nine = dt.datetime(1970, 1, 1, 0, tzinfo=dt.UTC)
        >>> table = hour_table(
        ...     list(local_hours(Interval(nine, nine + dt.timedelta(hours=2)), "UTC")))
        >>> one = np.zeros(1, int)
        >>> found = hour_seconds(Stays(one, one, one + 3590, one + 3620), table)
        >>> found.hour.tolist(), found.seconds.tolist()
        ([0, 1], [10.0, 20.0])
    """
    rows, hours, seconds = [], [], []
    for hour in range(len(table)):
        first, last = table.start_us[hour] // US_PER_S, table.end_us[hour] // US_PER_S
        inside = np.minimum(stays.end_s, last) - np.maximum(stays.start_s, first)
        touching = np.flatnonzero(inside > 0)
        rows.append(touching)
        hours.append(np.full(len(touching), hour))
        seconds.append(inside[touching])
    nothing = np.zeros(0, np.int64)
    row, hour_of = np.concatenate([nothing, *rows]), np.concatenate([nothing, *hours])
    keys = np.stack([stays.zone[row], hour_of, stays.customer[row]])
    cells, cell = np.unique(keys, axis=1, return_inverse=True)
    total = np.bincount(cell.ravel(), np.concatenate([nothing, *seconds]), cells.shape[1])
    return HourSeconds(cells[0], cells[1], cells[2], np.asarray(total, float))


def typical_weight(total: Floats, squares: Floats) -> float:
    """What one more customer brings: the weight that a second, or a visit, belongs to on average.

    Args:
        total: Sums of weights, any shape.
        squares: Sums of squares.

    Returns:
        All squares by all weights; 0 where there is nothing.
    """
    everything = float(total.sum())
    return float(squares.sum()) / everything if everything > 0 else 0.0


def zones_typical_weights(total: Floats, squares: Floats) -> Floats:
    """The same by each zone's own customers, shape (zones, 1); by all where it has none.

    Args:
        total: Sums of weights, shape (zones, hours).
        squares: Sums of squares, shape (zones, hours).
    """
    by_zone = total.sum(axis=1, keepdims=True)
    own = squares.sum(axis=1, keepdims=True) / np.where(by_zone > 0, by_zone, 1.0)
    return np.where(by_zone > 0, own, typical_weight(total, squares))
