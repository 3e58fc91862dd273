"""Which packets have to be decoded for the frames that are wanted.

A frame can be decoded only after the key frame it builds on: the last one shown no later than it.
So a wanted frame costs the packets from that key frame to its own, in the order of the file, and
all others may be passed over undecoded. Leading pictures of an open group of pictures, stored after
a key frame and shown before it, belong to the key frame before.
"""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def needed_packets(packet_us: Ints, is_key: Flags, wanted_us: Ints) -> Flags:
    """Packets to decode.

    Args:
        packet_us: Presentation time of each packet, us, in the order of the file, shape (n,).
        is_key: Whether each packet is a key frame, shape (n,).
        wanted_us: Presentation times of the wanted frames, us, in any order, shape (k,).

    Returns:
        Shape (n,). Without a key frame before it, a wanted frame needs all packets from the first
        on. Costs O(n log n).

    Example:
        Two groups of a key frame, a frame that is shown last, and one in between:

        >>> times = np.array([0, 80, 40, 120, 200, 160])
        >>> key = np.array([True, False, False, True, False, False])
        >>> needed_packets(times, key, np.array([80])).astype(int).tolist()
        [1, 1, 0, 0, 0, 0]
        >>> needed_packets(times, key, np.array([160])).astype(int).tolist()
        [0, 0, 0, 1, 1, 1]
    """
    count = len(packet_us)
    if not count or not len(wanted_us):
        return np.zeros(count, bool)
    order = np.argsort(packet_us, kind="stable")
    found = order[np.flatnonzero(np.isin(packet_us[order], wanted_us))]
    keys = np.flatnonzero(is_key)
    keys = keys[np.argsort(packet_us[keys], kind="stable")]
    before = np.searchsorted(packet_us[keys], packet_us[found], side="right") - 1
    start = np.where(before >= 0, keys[before], 0) if len(keys) else np.zeros_like(found)
    # A key frame stored after the frame that builds on it would be damage: begin at the frame then.
    start = np.minimum(start, found)
    change = np.zeros(count + 1, np.int64)
    np.add.at(change, start, 1)
    np.add.at(change, found + 1, -1)
    return np.asarray(np.cumsum(change[:-1]) > 0)


def looked_at(times_us: Ints, keys_us: Ints, longest_us: int) -> Flags:
    """Frames that scouting may look at: key frames, and all where these lie far apart.

    Args:
        times_us: Presentation times of the frames, us, ascending, shape (n,).
        keys_us: Those of key frames, ascending.
        longest_us: Key frames no further apart than this are enough.

    Returns:
        Shape (n,).

    Example:
        >>> looked_at(np.arange(0, 90, 10), np.array([0, 30]), 40).astype(int).tolist()
        [1, 0, 0, 1, 1, 1, 1, 1, 1]
    """
    position = np.searchsorted(keys_us, times_us, side="right")
    bounded = np.concatenate([times_us[:1], keys_us, times_us[-1:]])
    is_long = (bounded[position + 1] - bounded[position]) > longest_us
    return np.asarray(is_long | np.isin(times_us, keys_us))
