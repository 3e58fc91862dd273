"""Stretches of the day in which one person is in view: one tracklet, or several seen at once.

Conventions: store time in whole microseconds since 1970 UTC, places in m, one row per span.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.contracts.columns import Floats, Ints
from storeday.identity.appearance import Appearance, Floats32
from storeday.identity.ends import TrackletEnds

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Spans:
    """Begin and end of spans.

    Attributes:
        first_row: Tracklet with which the span begins, shape (n,).
        last_row: Tracklet with which it ends, shape (n,).
        started_us: Shape (n,).
        ended_us: Shape (n,).
        first_m: First known place, shape (n, 2); NaN where none is known.
        first_error_m: Its standard error, shape (n,).
        last_m: Last known place, shape (n, 2); NaN likewise.
        last_error_m: Its standard error, shape (n,).
        first_camera: Camera number, shape (n,).
        last_camera: Camera number, shape (n,).
    """

    first_row: Ints
    last_row: Ints
    started_us: Ints
    ended_us: Ints
    first_m: Floats
    first_error_m: Floats
    last_m: Floats
    last_error_m: Floats
    first_camera: Ints
    last_camera: Ints

    def __len__(self) -> int:
        """Number of spans."""
        return len(self.first_row)


def spans_of(ends: TrackletEnds, camera: Ints, offset_us: Ints, label: Ints) -> Spans:
    """The spans of clusters of tracklets.

    Args:
        ends: Tracklets.
        camera: Their camera numbers.
        offset_us: What their cameras' clocks show less the reference's.
        label: Number of each tracklet's span, from 0 without gaps.
    """
    started, ended = ends.started_us - offset_us, ends.ended_us - offset_us
    rows = np.arange(len(ends))
    by_start = np.lexsort((rows, started, label))
    first = by_start[np.diff(label[by_start], prepend=-1) != 0]
    by_end = np.lexsort((-rows, -ended, label))
    last = by_end[np.diff(label[by_end], prepend=-1) != 0]
    return Spans(
        first,
        last,
        started[first],
        ended[last],
        ends.first_m[first],
        ends.first_error_m[first],
        ends.last_m[last],
        ends.last_error_m[last],
        camera[first],
        camera[last],
    )


def span_looks(appearance: Appearance, look: Ints, label: Ints, spans: int) -> Floats32:
    """Mean unit look of each span, weighted by embeddings; zeros where none is known.

    Args:
        appearance: Looks of tracklets.
        look: Row of each tracklet's look, or -1.
        label: Span of each tracklet.
        spans: Number of spans.
    """
    width = appearance.embedding.shape[1] if appearance.embedding.size else 0
    sums = np.zeros((spans, width), np.float32)
    known = np.flatnonzero(look >= 0)
    if width:
        weight = np.sqrt(appearance.count[look[known]]).astype(np.float32)
        np.add.at(sums, label[known], appearance.embedding[look[known]] * weight[:, None])
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.asarray(sums / np.where(length > 0, length, 1.0), np.float32)
