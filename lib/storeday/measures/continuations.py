"""Who was lost and who was found: visits that may be one, joined for sums only.

Identity joins tracks only where it is nine in ten sure, and is right to: a wrong join is told of a
person. But everybody who is lost within the store is somebody who is found again later, and a sum
(how many went from here to there, how long they stayed) hardly changes when two people of one place
and time are taken for each other. So ends of visits within the store are joined to starts of visits
within the store, those that fit best first over all of them (linear assignment), and figures count
the joined ones as one. No table with customers in it follows them.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from storeday.contracts.columns import (
    STAMP,
    US_PER_S,
    Bools,
    Floats,
    Ints,
    floats,
    position_in,
    texts,
    times_us,
)
from storeday.measures.settings import MeasureSettings

# What a minute and four metres out of sight cost alike: 4 m are walked in 4 s, but most gaps are
# stays. Only the order of fits rests on it.
MINUTE_S, STRETCH_M = 60.0, 4.0
# Two cameras' clocks differ by a second or two: a start may seem that much earlier than an end.
EARLY_S = 2


@dataclass(frozen=True)
class Walkers:
    """Customers as sums count them.

    Attributes:
        customers: Customers, each once.
        walker: What each is counted as: the name of the first of those joined.
        visits: Rows of `silver.visits` of walkers.
        joined: Number of joins.
    """

    customers: pa.Array
    walker: pa.Array
    visits: pa.Table
    joined: int


def walkers(positions: pa.Table, visits: pa.Table, settings: MeasureSettings) -> Walkers:
    """Joins visits that end out of sight to those that begin out of sight.

    Args:
        positions: Rows of `silver.positions`, in any order; may be empty.
        visits: Rows of `silver.visits`, customers only, in any order.
        settings: `rejoin_gap_s`, `rejoin_speed_m_s` and `rejoin_slack_m` are read.

    Returns:
        Walkers. A walker's visit lasts from the first start to the last end of those joined, with
        the censoring of these two, the group and the staff probability of the first.

    Example:
        >>> import datetime as dt
        >>> nine = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
        >>> times = [nine + dt.timedelta(seconds=second) for second in (0, 9, 30, 60)]
        >>> found = walkers(
        ...     pa.table({"customer_id": ["a", "a", "b", "b"], "time": times,
        ...               "floor_x_m": [0.0, 5.0, 6.0, 0.0], "floor_y_m": [0.0] * 4}),
        ...     pa.table({"customer_id": ["a", "b"], "entered_at": times[::2],
        ...               "left_at": times[1::2], "is_censored_start": [False, True],
        ...               "is_censored_end": [True, False]}), MeasureSettings())
        >>> found.walker.to_pylist(), found.visits.num_rows
        (['a', 'a'], 1)
    """
    order = pc.sort_indices(visits, [("entered_at", "ascending"), ("customer_id", "ascending")])
    visits = visits.take(order)
    names = texts(visits["customer_id"])
    ends = _ends(positions, visits)
    follower = _followers(ends, settings)
    # Visits are in order of start, and a follower starts no earlier than a visit it follows but for
    # the cameras' clocks: one pass finds every first one.
    first = np.arange(len(names))
    for row in range(len(names)):
        if follower[row] >= 0:
            first[follower[row]] = first[row]
    customers = names.unique()
    customer = position_in(names, customers)
    walker = _one_name(customer, follower, len(customers))
    joined = _joined_visits(visits, first, customers.take(pa.array(walker[customer])))
    return Walkers(customers, customers.take(pa.array(walker)), joined, int((follower >= 0).sum()))


def _one_name(customer: Ints, follower: Ints, count: int) -> Ints:
    """The first customer of all that are joined by visits, for each customer."""
    row = np.flatnonzero(follower >= 0)
    links = coo_array((np.ones(len(row)), (customer[row], customer[follower[row]])), (count, count))
    group = connected_components(links, directed=False)[1]
    leader = np.full(count, count)
    np.minimum.at(leader, group, np.arange(count))
    return leader[group]


@dataclass(frozen=True)
class _Ends:
    """First and last second and place of visits, and whether these lie out of sight; shape (n,)."""

    start_s: Ints
    end_s: Ints
    start_m: Floats
    end_m: Floats
    begins_unseen: Bools
    ends_unseen: Bools


def _ends(positions: pa.Table, visits: pa.Table) -> _Ends:
    names = texts(visits["customer_id"]).unique()
    who = position_in(texts(positions["customer_id"]), names)
    second = times_us(positions["time"]) // US_PER_S
    place = np.column_stack([floats(positions["floor_x_m"]), floats(positions["floor_y_m"])])
    order = np.lexsort((place[:, 1], place[:, 0], second, who))
    order = order[who[order] >= 0]
    key = (who[order] << 32) + second[order]
    customer = position_in(texts(visits["customer_id"]), names)
    entered, left = (times_us(visits[name]) // US_PER_S for name in ("entered_at", "left_at"))
    # Seconds of positions are cut off, moments of visits are not: a second of tolerance.
    low = np.searchsorted(key, (customer << 32) + entered - 1, "left")
    high = np.searchsorted(key, (customer << 32) + left + 1, "right") - 1
    seen = high >= low
    rows = np.append(order, -1)
    place = np.concatenate([place, np.full((1, 2), np.nan)])
    start, end = (rows[np.where(seen, edge, -1)] for edge in (low, high))
    known = {
        name: np.asarray(visits[name].to_numpy(), bool) & seen
        for name in ("is_censored_start", "is_censored_end")
    }
    seconds = np.append(second, 0)
    return _Ends(
        np.where(seen, seconds[start], entered),
        np.where(seen, seconds[end], left),
        place[start],
        place[end],
        known["is_censored_start"],
        known["is_censored_end"],
    )


def _followers(ends: _Ends, settings: MeasureSettings) -> Ints:
    """The visit that goes on where each one ends, -1 for none."""
    follower = np.full(len(ends.start_s), -1)
    lost, found = np.flatnonzero(ends.ends_unseen), np.flatnonzero(ends.begins_unseen)
    found = found[np.argsort(ends.start_s[found], kind="stable")]
    starts = ends.start_s[found]
    low = np.searchsorted(starts, ends.end_s[lost] - EARLY_S, "left")
    high = np.searchsorted(starts, ends.end_s[lost] + settings.rejoin_gap_s, "right")
    count = np.maximum(high - low, 0)
    one = np.repeat(np.arange(len(lost)), count)
    other = np.arange(len(one)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)
    gap_s = np.maximum(starts[other] - ends.end_s[lost][one], 0)
    step = ends.start_m[found][other] - ends.end_m[lost][one]
    away_m = np.hypot(step[:, 0], step[:, 1])
    fits = (away_m <= settings.rejoin_speed_m_s * gap_s + settings.rejoin_slack_m) & (
        lost[one] != found[other]
    )
    one, other = one[fits], other[fits]
    cost = gap_s[fits] / MINUTE_S + away_m[fits] / STRETCH_M
    for row, column in _assigned(one, other, cost, (len(lost), len(found))):
        follower[lost[row]] = found[column]
    return follower


def _assigned(
    one: Ints, other: Ints, cost: Floats, shape: tuple[int, int]
) -> list[tuple[int, int]]:
    """As many pairs as possible, cheapest of these; component by component."""
    if not len(one):
        return []
    graph = coo_array((np.ones(len(one)), (one, other + shape[0])), (sum(shape), sum(shape)))
    component = connected_components(graph, directed=False)[1][one]
    order = np.argsort(component, kind="stable")
    borders = np.flatnonzero(np.diff(component[order], prepend=-1))
    pairs: list[tuple[int, int]] = []
    for part in np.split(order, borders[1:]):
        rows, row = np.unique(one[part], return_inverse=True)
        columns, column = np.unique(other[part], return_inverse=True)
        # Dearer than any set of fits: a pair that does not fit is taken only where there is none.
        never = float(cost[part].sum()) + 1.0
        matrix = np.full((len(rows), len(columns)), never)
        matrix[row, column] = cost[part]
        for i, j in zip(*linear_sum_assignment(matrix), strict=True):
            if matrix[i, j] < never:
                pairs.append((int(rows[i]), int(columns[j])))
    return pairs


def _joined_visits(visits: pa.Table, first: Ints, walker: pa.Array) -> pa.Table:
    entered, left = times_us(visits["entered_at"]), times_us(visits["left_at"])
    # By walker and end, so that the last row of each is the one that ends last.
    order = np.lexsort((left, first))
    is_last = np.append(np.diff(first[order]) != 0, True)[: len(order)]
    last = order[is_last]
    head = first[last]
    columns = {
        "customer_id": walker.take(pa.array(head)),
        "entered_at": pa.array(entered[head]).cast(STAMP),
        "left_at": pa.array(left[last]).cast(STAMP),
        "is_censored_start": visits["is_censored_start"].take(pa.array(head)),
        "is_censored_end": visits["is_censored_end"].take(pa.array(last)),
    }
    for name in ("group_id", "staff_probability"):
        if name in visits.column_names:
            columns[name] = visits[name].take(pa.array(head))
    return pa.table(columns)
