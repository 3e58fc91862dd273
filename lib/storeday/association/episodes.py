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


def parted(tag: Ints, moments_us: Ints, spans_us: Ints) -> Ints:
    """Starts and ends of episodes, cut where another episode with the same tag begins.

    Windows of reads reach some seconds around a moment and may overlap; whoever moved the tag, it
    was in one hand at a time. Of two episodes the later begins where its window does, but not
    before the earlier one's last moment, and there the earlier one ends.

    Args:
        tag: Tag from 0, shape (n,).
        moments_us: First and last moment, shape (n, 2); those of one tag's episodes do not overlap.
        spans_us: Start and end of the windows, around the moments, shape (n, 2).

    Returns:
        Starts and ends, around the moments, shape (n, 2).

    Example:
        >>> parted(np.zeros(2, int), np.array([[10, 20], [25, 25]]), np.array([[0, 30], [15, 35]]))
        array([[ 0, 20],
               [20, 35]])
    """
    order = np.lexsort((moments_us[:, 1], moments_us[:, 0], tag))
    spans = spans_us[order]
    same = tag[order][:-1] == tag[order][1:]
    border = np.maximum(spans[1:, 0], moments_us[order][:-1, 1])
    spans[1:, 0] = np.where(same, border, spans[1:, 0])
    spans[:-1, 1] = np.where(same, np.minimum(spans[:-1, 1], border), spans[:-1, 1])
    found = np.empty_like(spans)
    found[order] = spans
    return found
