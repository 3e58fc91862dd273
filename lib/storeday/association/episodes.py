"""Rummages of one tag put together to episodes of handling.

Somebody who turns a garment over, hangs it back and takes it again makes several rummages, and so
does the put-back of what was taken. Consecutive rummages of a tag that one customer surely made,
with nobody else's between, are one episode if they are not too far apart. A tag is in one hand at
a time: an episode ends where the next customer's begins.
"""

import numpy as np

from storeday.contracts.columns import Ints


def episode_of(tag: Ints, time_us: Ints, customer: Ints, gap_s: float) -> Ints:
    """Episode of each rummage.

    Args:
        tag: Tag from 0, shape (n,).
        time_us: Moment, shape (n,).
        customer: Customer from 0 who surely made it, -1 for nobody, shape (n,).
        gap_s: Longest time between two rummages of one episode.

    Returns:
        Episode from 0 by tag and time, shape (n,). Cost: n log n.

    Example:
        >>> seconds = np.array([0, 10, 20, 30]) * 1_000_000
        >>> episode_of(np.zeros(4, int), seconds, np.array([7, 7, 8, 7]), 60.0)
        array([0, 0, 1, 2])
    """
    order = np.lexsort((time_us, tag))
    joins = np.zeros(len(order), bool)
    one, other = order[:-1], order[1:]
    joins[1:] = (
        (tag[one] == tag[other])
        & (customer[one] == customer[other])
        & (customer[other] >= 0)
        & (time_us[other] - time_us[one] <= gap_s * 1e6)
    )
    episode = np.empty(len(order), np.int64)
    episode[order] = np.cumsum(~joins) - 1
    return episode


def ends_before_next(tag: Ints, started_us: Ints, ended_us: Ints, customer: Ints) -> Ints:
    """Ends of episodes, not later than another customer's next episode with the tag begins.

    Args:
        tag: Tag from 0, shape (n,).
        started_us: Starts, shape (n,).
        ended_us: Ends, shape (n,).
        customer: Customer from 0, -1 for nobody, shape (n,).

    Returns:
        Ends, never before the start, shape (n,).
    """
    order = np.lexsort((ended_us, started_us, tag))
    ended = ended_us.copy()
    one, other = order[:-1], order[1:]
    meets = (tag[one] == tag[other]) & (customer[one] != customer[other])
    one, other = one[meets], other[meets]
    ended[one] = np.maximum(np.minimum(ended[one], started_us[other]), started_us[one])
    return ended
