"""Who was in which zone, from when to when: positions to presence, presence to visits.

*Presence* is being seen in a zone again and again: seconds unseen, or seen between zones, are
bridged up to `bridge_gap_s`, seconds seen in another zone never. Nobody is in two zones at a time.

A *visit* is presence of at least `min_zone_visit_s`. It begins with the first second, and goes on
while the customer is back within `bridge_gap_s` and has made no visit elsewhere; its stay includes
what was bridged. Who only flickers between two zones, without `min_zone_visit_s` in one, visits
neither.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from storeday.contracts.columns import US_PER_S, Bools, Ints, position_in, texts, times_us
from storeday.measures.settings import MeasureSettings


@dataclass(frozen=True)
class Stays:
    """Stays in zones, by customer and time; all arrays have shape (n,).

    Attributes:
        customer: Customer, from 0.
        zone: Zone, from 0.
        start_s: First second, s since 1970.
        end_s: Second after the last.
    """

    customer: Ints
    zone: Ints
    start_s: Ints
    end_s: Ints

    def of(self, rows: Ints | Bools) -> "Stays":
        """Some of the stays."""
        return Stays(self.customer[rows], self.zone[rows], self.start_s[rows], self.end_s[rows])

    def __len__(self) -> int:
        return len(self.customer)


def presence(
    positions: pa.Table, customers: pa.Array, zones: pa.Array, settings: MeasureSettings
) -> Stays:
    """Presence of customers in zones.

    Args:
        positions: Rows of `silver.positions`, in any order; may be empty.
        customers: Customers of interest; rows of others are left out.
        zones: Zones of interest; rows in others, or in none, are left out.
        settings: Settings.
    """
    customer = position_in(texts(positions["customer_id"]), customers)
    zone = position_in(texts(positions["zone_id"]), zones)
    second = times_us(positions["time"]) // US_PER_S
    known = (customer >= 0) & (zone >= 0)
    customer, zone, second = customer[known], zone[known], second[known]
    order = np.lexsort((zone, second, customer))
    seconds = Stays(customer[order], zone[order], second[order], second[order] + 1)
    return _joined(seconds, settings.bridge_gap_s)


def zone_visits(present: Stays, settings: MeasureSettings) -> Stays:
    """Visits to zones.

    Args:
        present: Presence, by customer and time; may be empty.
        settings: Settings.

    Example:
        >>> seconds = np.array([0, 20, 24, 40])
        >>> runs = Stays(np.zeros(4, int), np.array([0, 1, 0, 1]), seconds,
        ...              np.array([20, 23, 30, 60]))
        >>> stays = zone_visits(runs, MeasureSettings())
        >>> list(zip(stays.zone.tolist(), stays.start_s.tolist(), stays.end_s.tolist()))
        [(0, 0, 30), (1, 40, 60)]
    """
    is_long = present.end_s - present.start_s >= settings.min_zone_visit_s
    return _joined(present.of(is_long), settings.bridge_gap_s)


def _joined(stays: Stays, bridge_gap_s: float) -> Stays:
    """Joins neighbours of one customer in one zone that are no further apart than the bridge."""
    if not len(stays):
        return stays
    goes_on = (
        (np.diff(stays.customer) == 0)
        & (np.diff(stays.zone) == 0)
        & (stays.start_s[1:] - stays.end_s[:-1] <= bridge_gap_s)
    )
    first: NDArray[np.bool_] = np.concatenate([[True], ~goes_on])
    last = np.concatenate([~goes_on, [True]])
    return Stays(stays.customer[first], stays.zone[first], stays.start_s[first], stays.end_s[last])
