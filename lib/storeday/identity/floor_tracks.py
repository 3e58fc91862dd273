"""Where tracklets were at whole seconds of store time, so that cameras can be compared.

Detections are averaged over each second, and the means are read off at the whole seconds between
them: at five frames a second that takes the boxes' noise down, at one it costs nothing.

Conventions: seconds are whole seconds since 1970 UTC by the reference clock; places in m.
"""

from dataclasses import dataclass

import numpy as np

from storeday.contracts.columns import Floats, Ints
from storeday.identity.ends import US_PER_S
from storeday.identity.points import Points

# Means further apart than this are not joined by a line: the person may have been anywhere.
MAX_STEP_S = 2.5


@dataclass(frozen=True)
class FloorTracks:
    """Places at whole seconds, sorted by tracklet and second.

    Attributes:
        tracklet: Row of the tracklet, shape (n,).
        second: Shape (n,).
        place_m: Shape (n, 2).
    """

    tracklet: Ints
    second: Ints
    place_m: Floats

    def __len__(self) -> int:
        """Number of places."""
        return len(self.tracklet)


def floor_tracks(points: Points, offset_us: Ints) -> FloorTracks:
    """Places of tracklets at whole seconds.

    Args:
        points: Located detections, sorted by tracklet and time; `tracklet` are rows.
        offset_us: What each tracklet's camera clock shows less the reference's, by row.

    Example:
        >>> points = Points(np.zeros(2, int), np.array([500_000, 2_500_000]),
        ...                 np.array([[0.0, 0.0], [4.0, 0.0]]), np.full(2, 0.1))
        >>> floor_tracks(points, np.array([0])).place_m[:, 0].tolist()
        [1.0, 3.0]
    """
    if not len(points.tracklet):
        return FloorTracks(points.tracklet, points.time_us, points.place_m)
    time_us = points.time_us - offset_us[points.tracklet]
    tracklet, mean_us, place = _second_means(points.tracklet, time_us, points.place_m)
    step_us = np.diff(mean_us)
    joined = (np.diff(tracklet) == 0) & (step_us <= round(MAX_STEP_S * US_PER_S))
    begin, end = np.flatnonzero(joined), np.flatnonzero(joined) + 1
    first = -(-mean_us[begin] // US_PER_S)
    # A second that is the end of one line and the start of the next is given once.
    last = (mean_us[end] - 1) // US_PER_S
    counts = np.maximum(last - first + 1, 0)
    line = np.repeat(np.arange(len(begin)), counts)
    second = first[line] + np.arange(len(line)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = (second * US_PER_S - mean_us[begin[line]]) / step_us[begin[line]]
    moved = (place[end[line]] - place[begin[line]]) * share[:, None]
    return FloorTracks(tracklet[begin[line]], second, place[begin[line]] + moved)


def _second_means(tracklet: Ints, time_us: Ints, place: Floats) -> tuple[Ints, Ints, Floats]:
    """Mean time and place of each tracklet in each second."""
    second = time_us // US_PER_S
    is_new = np.ones(len(tracklet), bool)
    is_new[1:] = (np.diff(tracklet) != 0) | (np.diff(second) != 0)
    cell = np.cumsum(is_new) - 1
    count = np.bincount(cell)
    base = second[is_new] * US_PER_S
    mean_us = base + np.rint(np.bincount(cell, time_us - base[cell]) / count).astype(np.int64)
    means = [np.bincount(cell, place[:, axis]) / count for axis in range(2)]
    return tracklet[is_new], mean_us, np.column_stack(means)
