"""How many came in and left: crossings of the door, and people of whom one crossing was missed.

A crossing is missed now and then, and counting crossings alone counts too few. But whoever was seen
to cross once, in either direction, crossed twice: a walker with any crossing came in and left. Only
who was missed both times is lost. Where crossings are missed one time in eight, as on simulated
Saturdays, that is one person in sixty, instead of one in eight.

A walker without any crossing is taken for a piece of somebody else and counts nowhere.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.stats import norm

from storeday.contracts.columns import US_PER_S, Bools, Floats, Ints, position_in, texts, times_us
from storeday.measures.hours import HourTable
from storeday.measures.intervals import TAIL

IN, OUT = "in", "out"
# Later than any moment, us since 1970.
LATE = 1 << 60
# Who turns round in the door within so few seconds is two people, one leaving and one coming: all
# of eight tracks that did so on four simulated Saturdays. Nobody leaves a shop for so short a time.
CHANGE_S = 10.0
# Half a case more than was seen, as in Jeffreys' estimate of a share (1946): a day without any
# missed crossing is no proof that none can be missed.
PRIOR_CASES = 0.5


@dataclass(frozen=True)
class Comings:
    """Times of coming in and of leaving; arrays of one entry per coming, or leaving.

    Attributes:
        entered_us: When somebody came in, us since 1970, shape (n,).
        left_us: When somebody left, shape (n,).
        entry_was_seen: The crossing was counted, and not only the other one's, shape (n,).
        exit_was_seen: The same of leaving, shape (n,).
        again_us: Further crossings inwards of somebody who had come in before, shape (m,).
    """

    entered_us: Ints
    left_us: Ints
    entry_was_seen: Bools
    exit_was_seen: Bools
    again_us: Ints

    def entries(self, table: HourTable) -> tuple[Ints, Floats, Floats]:
        """Entries of each hour, and their interval."""
        return self._counted(self.entered_us, self.entry_was_seen, table)

    def exits(self, table: HourTable) -> tuple[Ints, Floats, Floats]:
        """Exits of each hour, and their interval."""
        return self._counted(self.left_us, self.exit_was_seen, table)

    def _counted(self, times: Ints, seen: Bools, table: HourTable) -> tuple[Ints, Floats, Floats]:
        hour = table.of(times)
        count, unsure = (
            np.bincount(hour[rows & (hour >= 0)], minlength=len(table))
            for rows in (np.ones(len(hour), bool), ~(self.entry_was_seen & self.exit_was_seen))
        )
        lost = self.lost_share() * count
        prior = PRIOR_CASES * count / (len(times) + 2 * PRIOR_CASES)
        # One crossing without the other is a person, or a piece of one: a coin's variance at worst.
        half = float(norm.ppf(1 - TAIL)) * np.sqrt(0.25 * (unsure + prior) + lost)
        return count, np.maximum(count - half, 0.0), count + half + lost

    def lost_share(self) -> float:
        """Share of people of whom both crossings were missed, if these are missed independently."""
        missed = (
            1 - np.array([self.entry_was_seen.mean(), self.exit_was_seen.mean()])
            if len(self.entered_us)
            else np.zeros(2)
        )
        return float(np.prod(missed))


def comings(visits: pa.Table, crossings: pa.Table) -> Comings:
    """Comings and leavings of walkers.

    Args:
        visits: Rows of `silver.visits` of walkers, in any order.
        crossings: Rows of `silver.door_crossings` with walkers as customers, in any order. Where
            there are none at all, visits that were seen to begin, or end, at an entrance stand for
            them, and where there are none of these either, every visit is a coming and a leaving.

    Returns:
        A coming and a leaving for each visit with a crossing: its first one inwards and its last
        one outwards, or the start and the end of the visit where these were not seen. Who leaves
        and is back at once is two people, and counts as one more. Further crossings inwards are
        `again_us`.

    Example:
        >>> import datetime as dt
        >>> nine = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
        >>> at = [nine, nine + dt.timedelta(seconds=90)]
        >>> found = comings(
        ...     pa.table({"customer_id": ["a", "b"], "entered_at": [nine] * 2,
        ...               "left_at": at[1:] * 2}),
        ...     pa.table({"customer_id": ["a"], "time": at[1:], "direction": ["out"]}))
        >>> len(found.entered_us), found.entry_was_seen.tolist(), found.exit_was_seen.tolist()
        (1, [False], [True])
    """
    found = _crossed(visits, crossings)
    has_in, has_out = found.first_in_us < LATE, found.last_out_us > -LATE
    first, last = times_us(visits["entered_at"]).copy(), times_us(visits["left_at"]).copy()
    first[has_in], last[has_out] = found.first_in_us[has_in], found.last_out_us[has_out]
    crossed = found.is_any()
    seen = np.ones(len(found.change_in_us), bool)
    return Comings(
        np.concatenate([first[crossed], found.change_in_us]),
        np.concatenate([last[crossed], found.change_out_us]),
        np.concatenate([has_in[crossed], seen]),
        np.concatenate([has_out[crossed], seen]),
        np.sort(found.again_us),
    )


def crossed_visits(visits: pa.Table, crossings: pa.Table) -> Bools:
    """Whether each visit has a crossing, as `comings` sees it; shape (visits,)."""
    return _crossed(visits, crossings).is_any()


@dataclass(frozen=True)
class _Crossed:
    """First way in and last way out of visits, in their order; further ways in; and changes.

    A change is somebody who left while somebody else came in and was taken for them: times of
    leaving and of coming, and whether a visit has one.
    """

    first_in_us: Ints
    last_out_us: Ints
    again_us: Ints
    change_out_us: Ints
    change_in_us: Ints
    has_change: Bools

    def is_any(self) -> Bools:
        """Whether each visit has a crossing."""
        return np.asarray((self.first_in_us < LATE) | (self.last_out_us > -LATE) | self.has_change)


def _crossed(visits: pa.Table, crossings: pa.Table) -> _Crossed:
    if not len(crossings):
        crossings = _ends_at_doors(visits)
    names = texts(visits["customer_id"]).unique()
    customer, entered = (
        position_in(texts(visits["customer_id"]), names),
        times_us(visits["entered_at"]),
    )
    order = np.lexsort((entered, customer))
    who = position_in(texts(crossings["customer_id"]), names)
    visit = _visit_of(who, crossings, (customer[order], entered[order]))
    visit = np.where(visit >= 0, np.append(order, -1)[visit], -1)
    way = np.array(crossings["direction"].to_pylist(), object)
    time = times_us(crossings["time"])
    went, taken_over = _changes(visit, way, time)
    plain = visit >= 0
    plain[np.concatenate([went, taken_over])] = False
    came, left = (plain & (way == side) for side in (IN, OUT))
    first_in, last_out = np.full(len(order), LATE), np.full(len(order), -LATE)
    np.minimum.at(first_in, visit[came], time[came])
    np.maximum.at(last_out, visit[left], time[left])
    again = came & (time > np.append(first_in, -LATE)[visit])
    has_change = np.zeros(len(order), bool)
    has_change[visit[went]] = True
    return _Crossed(first_in, last_out, time[again], time[went], time[taken_over], has_change)


def _changes(visit: Ints, way: NDArray[np.object_], time_us: Ints) -> tuple[Ints, Ints]:
    """Crossings outwards and inwards of one visit that follow each other at once."""
    order = np.lexsort((way == OUT, time_us, visit))
    one, other = order[:-1], order[1:]
    pair = (visit[one] >= 0) & (visit[one] == visit[other])
    pair &= (way[one] == OUT) & (way[other] == IN)
    pair &= time_us[other] - time_us[one] <= CHANGE_S * US_PER_S
    return one[pair], other[pair]


def _visit_of(who: Ints, crossings: pa.Table, key: tuple[Ints, Ints]) -> Ints:
    """The visit of each crossing, in the order of the key: the last begun, else the first."""
    customer, entered = key
    time = times_us(crossings["time"])
    is_crossing = np.repeat([0, 1], [len(customer), len(who)])
    order = np.lexsort((is_crossing, np.r_[entered, time], np.r_[customer, who]))
    last = np.empty(len(order), np.int64)
    last[order] = np.cumsum(is_crossing[order] == 0) - 1
    found = last[len(customer) :]
    # A crossing just before the first visit belongs to that one.
    found = np.where(
        (found < 0) | (np.append(customer, -1)[found] != who),
        np.searchsorted(customer, who, "left"),
        found,
    )
    return np.where((who >= 0) & (found < len(customer)), found, -1)


def _ends_at_doors(visits: pa.Table) -> pa.Table:
    """Starts and ends of visits that were seen at an entrance, as crossings."""
    parts = []
    for name, flag, way in (
        ("entered_at", "is_censored_start", IN),
        ("left_at", "is_censored_end", OUT),
    ):
        rows = visits
        if flag in visits.column_names and not pc.all(visits[flag]).as_py():
            rows = visits.filter(pc.invert(visits[flag]))
        parts.append(
            pa.table(
                {
                    "customer_id": texts(rows["customer_id"]),
                    "time": rows[name].combine_chunks(),
                    "direction": pa.repeat(way, len(rows)),
                }
            )
        )
    return pa.concat_tables(parts)
