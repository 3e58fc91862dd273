"""Who waited where, how long, and how it ended: from paths through queue and checkout zones.

A wait is a visit to a queue zone. It ends at the till where a visit to a checkout zone follows
within `till_gap_s` (*served*). Without one it is a wait if it lasts `min_wait_s` (*gave up*);
shorter visits only pass. A visit to the queue straight after one to the checkout is the way out.
Who comes to a checkout without a visit to the queue waited no time, in the store's only queue zone;
where there are several, nobody knows in which.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from storeday.contracts.columns import (
    Bools,
    Ints,
    texts,
)
from storeday.measures.settings import MeasureSettings
from storeday.measures.zone_stays import Stays, presence, zone_visits


@dataclass(frozen=True)
class Waits:
    """Waits by customer and time; all arrays have shape (n,).

    Attributes:
        queue: Queue zone, by position in their order.
        customer: Customer, from 0.
        joined_s: First second in the queue, s since 1970.
        ended_s: First second at the till, or the second after the last in the queue.
        is_served: Went on to a checkout.
        service_s: Seconds at the checkout; 0 for those who gave up.
    """

    queue: Ints
    customer: Ints
    joined_s: Ints
    ended_s: Ints
    is_served: Bools
    service_s: Ints

    def __len__(self) -> int:
        return len(self.queue)

    def as_stays(self) -> Stays:
        """The waits as stays in queues."""
        return Stays(self.customer, self.queue, self.joined_s, self.ended_s)


def waits(
    positions: pa.Table,
    queues: Collection[str],
    checkouts: Collection[str],
    settings: MeasureSettings,
) -> Waits:
    """The waits of all customers.

    Args:
        positions: Rows of `silver.positions`, in any order; may be empty.
        queues: Queue zones.
        checkouts: Zones in which people pay.
        settings: Settings.

    Returns:
        Waits; queues are numbered in order of name.

    Example:
        >>> import datetime as dt
        >>> nine = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
        >>> found = waits(
        ...     pa.table({"customer_id": ["x"] * 30, "zone_id": ["queue"] * 20 + ["till"] * 10,
        ...               "time": [nine + dt.timedelta(seconds=second) for second in range(30)]}),
        ...     ["queue"], ["till"], MeasureSettings())
        >>> (found.ended_s - found.joined_s).tolist(), found.service_s.tolist()
        ([20], [10])
    """
    lines, tills = sorted(queues), sorted(set(checkouts) - set(queues))
    names = pa.array(lines + tills, pa.string())
    customers = texts(positions["customer_id"]).unique()
    stays = zone_visits(presence(positions, customers, names, settings), settings)
    order = np.lexsort((stays.start_s, stays.customer))
    stays = stays.of(order)
    is_queue = stays.zone < len(lines)
    before, after = _neighbours(stays)
    to_till = (after >= 0) & ~is_queue[after] & _near(stays, after, settings)
    from_till = (before >= 0) & ~is_queue[before] & _near(stays, before, settings)
    long = stays.end_s - stays.start_s >= settings.min_wait_s
    waiting = np.flatnonzero(is_queue & (to_till | long) & ~(from_till & ~to_till))
    from_queue = (before >= 0) & is_queue[before] & _near(stays, before, settings)
    at_once = ~is_queue & ~from_queue & ~from_till
    straight = np.flatnonzero(at_once) if len(lines) == 1 else np.zeros(0, np.int64)
    row = np.concatenate([waiting, straight])
    served = np.concatenate([to_till[waiting], np.ones(len(straight), bool)])
    till = np.concatenate([np.where(to_till[waiting], after[waiting], -1), straight])
    service = np.where(till >= 0, stays.end_s[till] - stays.start_s[till], 0)
    # Who is served waits until the till is reached.
    ended = np.where(till >= 0, stays.start_s[till], stays.end_s[row])
    found = Waits(
        np.where(is_queue[row], stays.zone[row], 0),
        stays.customer[row],
        stays.start_s[row],
        ended,
        served,
        service,
    )
    by_time = np.lexsort((found.joined_s, found.customer))
    return Waits(*(getattr(found, name)[by_time] for name in Waits.__dataclass_fields__))


def _near(stays: Stays, other: Ints, settings: MeasureSettings) -> Bools:
    """Whether each stay and another one are no further apart than the way to the till takes."""
    later = np.maximum(stays.start_s, stays.start_s[other])
    earlier = np.minimum(stays.end_s, stays.end_s[other])
    return np.asarray(later - earlier <= settings.till_gap_s)


def _neighbours(stays: Stays) -> tuple[Ints, Ints]:
    """The customer's stay before and after each, -1 for none."""
    row = np.arange(len(stays))
    same = np.diff(stays.customer) == 0
    return (
        np.where(np.append(False, same)[: len(row)], row - 1, -1),
        np.where(np.append(same, False)[: len(row)], row + 1, -1),
    )
