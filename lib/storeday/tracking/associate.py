"""ByteTrack: boxes of one camera, frame by frame, to tracks.

Source: Zhang et al., ByteTrack: Multi-Object Tracking by Associating Every Detection Box, ECCV
2022, arXiv 2110.06864, algorithm 1 and section 4.1. Per frame, after predicting all tracks:

1. confirmed tracks, lost ones too, with boxes of high score;
2. confirmed tracks still unmatched with boxes of low score;
3. tracks not yet confirmed with the high boxes that are left;
4. tracks and high boxes still left, each track with a gate as loose as its prediction is uncertain
   (`boxes.loose_gate`), and only pairs of which neither could go with another: for walkers at
   two to five frames a second, whose boxes no longer overlap;
5. high boxes still left start tracks; tracks that fail to be confirmed end.

What differs from the paper: times are real (`motion`), step 4 is new, similarity is DIoU, and since
the day is over when we start, a track that gets confirmed also keeps the box that it had before.

A frame is a distinct time. Frames without a box are unknown here and need not be known: prediction
over two steps equals prediction over their sum.

Cost: per frame some 100 numpy calls on arrays of tracks x boxes, and up to three assignments. Kept
between frames are the live tracks, none of them unseen for longer than `lost_s`.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from storeday.tracking import motion
from storeday.tracking.boxes import loose_gate, similarity, to_centres, to_corners
from storeday.tracking.settings import TrackingSettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

NO_TRACK = -1


def associate_frames(
    times_s: Floats, boxes_px: Floats, scores: Floats, settings: TrackingSettings
) -> Ints:
    """Says for every box which track it belongs to.

    Args:
        times_s: Time of each box's frame, (n,), any order.
        boxes_px: Corners x0, y0, x1, y1, (n, 4).
        scores: Detector's confidence, (n,), in [0, 1].
        settings: Thresholds.

    Returns:
        Track of each box, (n,): numbers from 0 by the time of the first box, or -1 for none. Boxes
        in another order get the same tracks.

    Raises:
        ValueError: The arrays' shapes do not fit.

    Example:
        One person walks to the right; the box at (90, 90) is seen once.

        >>> times_s = np.array([0.0, 0.2, 0.2, 0.4])
        >>> left_px = np.array([10.0, 12.0, 90.0, 14.0])
        >>> top_px = np.array([10.0, 10.0, 90.0, 10.0])
        >>> boxes_px = np.stack((left_px, top_px, left_px + 20, top_px + 50), axis=1)
        >>> associate_frames(times_s, boxes_px, np.full(4, 0.9), TrackingSettings())
        array([ 0,  0, -1,  0])
    """
    return confirmed(tracks_of_frames(times_s, boxes_px, scores, settings), settings)


def tracks_of_frames(
    times_s: Floats, boxes_px: Floats, scores: Floats, settings: TrackingSettings
) -> Ints:
    """As `associate_frames`, with the tracks that were never confirmed: most are of one box."""
    _check_shapes(times_s, boxes_px, scores)
    order = np.lexsort((scores, *boxes_px.T[::-1], times_s))
    order = order[scores[order] >= settings.low_score]
    tracks = np.full(len(times_s), NO_TRACK)
    tracks[order] = _in_order(times_s[order], boxes_px[order], scores[order], settings)
    return tracks


def confirmed(tracks: Ints, settings: TrackingSettings) -> Ints:
    """Numbers from 0 without gaps for the tracks with enough boxes; -1 for the rest.

    Args:
        tracks: Track of each box, (n,), or -1 for none.
        settings: Thresholds.
    """
    counts = np.bincount(tracks + 1, minlength=1)
    kept = counts >= settings.confirmations
    kept[0] = False
    numbers = np.where(kept, np.cumsum(kept) - 1, NO_TRACK)
    return np.asarray(numbers[tracks + 1])


@dataclass
class _Live:
    """Tracks that may still grow; row i of every array is one track.

    Attributes:
        bank: Kalman filters, (5, n, 4).
        number: The track's number.
        hits: Boxes so far.
        seen_s: Time of the last box.
    """

    bank: Floats
    number: Ints
    hits: Ints
    seen_s: Floats

    def age(self, time_s: float, next_s: float, settings: TrackingSettings) -> None:
        """Ends what was not confirmed or is lost, and moves the rest on to the next frame.

        A track that was not seen keeps its size, as in ByteTrack's released code: a person's box
        that shrinks while half hidden would else shrink away.
        """
        seen = self.seen_s == time_s
        kept = (seen | (self.hits >= settings.confirmations)) & (
            self.seen_s >= next_s - settings.lost_s
        )
        if not kept.all():
            self.bank = self.bank[:, kept]
            self.number, self.hits = self.number[kept], self.hits[kept]
            self.seen_s = self.seen_s[kept]
            seen = seen[kept]
        if len(self.number):
            self.bank[motion.VELOCITY, ~seen, motion.ASPECT :] = 0.0
            self.bank = motion.predict(self.bank, next_s - time_s)

    def add(self, centres: Floats, numbers: Ints, time_s: float) -> None:
        new = len(numbers)
        self.bank = np.concatenate((self.bank, motion.start(centres)), axis=1)
        self.number = np.concatenate((self.number, numbers))
        self.hits = np.concatenate((self.hits, np.ones(new, np.int64)))
        self.seen_s = np.concatenate((self.seen_s, np.full(new, time_s)))

    def hit(self, rows: Ints, centres: Floats, time_s: float) -> None:
        motion.update(self.bank, rows, centres)
        self.hits[rows] += 1
        self.seen_s[rows] = time_s


def _in_order(
    times_s: Floats, boxes_px: Floats, scores: Floats, settings: TrackingSettings
) -> Ints:
    """`associate_frames` for boxes sorted by time, all of at least the low score."""
    tracks = np.full(len(times_s), NO_TRACK)
    if not len(times_s):
        return tracks
    centres = to_centres(boxes_px)
    high = scores >= settings.high_score
    starts = high & (scores >= settings.activation_score)
    live, started = _no_tracks(), 0
    bounds = [0, *(np.flatnonzero(np.diff(times_s)) + 1).tolist(), len(times_s)]
    frames_s = [*times_s[bounds[:-1]].tolist(), np.inf]
    for (first, last), (time_s, next_s) in zip(
        itertools.pairwise(bounds), itertools.pairwise(frames_s), strict=True
    ):
        boxes = centres[first:last]
        owner = _owners(live, boxes_px[first:last], high[first:last], settings)
        matched = (owner >= 0).nonzero()[0]
        if len(matched):
            tracks[first + matched] = live.number[owner[matched]]
            live.hit(owner[matched], boxes[matched], time_s)
        new = (starts[first:last] & (owner < 0)).nonzero()[0]
        if len(new):
            tracks[first + new] = np.arange(started, started + len(new))
            live.add(boxes[new], tracks[first + new], time_s)
            started += len(new)
        live.age(time_s, next_s, settings)
    return tracks


def _owners(live: _Live, boxes_px: Floats, high: Flags, settings: TrackingSettings) -> Ints:
    """Row of the live track that each box of a frame goes to, or -1."""
    owner = np.full(len(boxes_px), -1)
    if not len(live.number):
        return owner
    likeness = similarity(to_corners(live.bank[motion.VALUE]), boxes_px)
    free = np.ones(len(live.number), bool)
    confirmed = live.hits >= settings.confirmations
    _pair(likeness - settings.high_gate, confirmed & free, high, owner, free)
    _pair(likeness - settings.low_gate, confirmed & free, ~high, owner, free)
    _pair(likeness - settings.unconfirmed_gate, ~confirmed, high, owner, free)
    left = high & (owner < 0)
    if left.any() and free.any():
        strict = np.where(confirmed, settings.high_gate, settings.unconfirmed_gate)
        deviation = settings.loose_deviations * motion.centre_deviation(live.bank)
        gate = np.minimum(strict, loose_gate(deviation, settings.loosest_gate))
        _pair_without_rivals((likeness > gate[:, None]) & free[:, None] & left, owner)
    return owner


def _pair(excess: Floats, tracks: Flags, boxes: Flags, owner: Ints, free: Flags) -> None:
    """One pass: gives boxes to tracks so that the sum of what exceeds the gate is greatest.

    Args:
        excess: Similarity above the gate, (n, m); a pair with none is refused.
        tracks: Tracks that take part, (n,).
        boxes: Boxes that take part if they are not yet given, (m,).
        owner: Track of each box, (m,), or -1; filled in place.
        free: Whether a track has no box yet, (n,); kept in place.
    """
    row, column = tracks.nonzero()[0], (boxes & (owner < 0)).nonzero()[0]
    if not (len(row) and len(column)):
        return
    gain = np.maximum(excess[row[:, None], column], 0.0)
    chosen_row, chosen_column = linear_sum_assignment(gain, maximize=True)
    paid = gain[chosen_row, chosen_column] > 0
    row, column = row[chosen_row[paid]], column[chosen_column[paid]]
    owner[column] = row
    free[row] = False


def _pair_without_rivals(possible: Flags, owner: Ints) -> None:
    """Gives a box to a track where neither could go with another; fills `owner` in place."""
    one_box = possible.sum(axis=1) == 1
    one_track = possible.sum(axis=0) == 1
    row, column = (possible & one_box[:, None] & one_track).nonzero()
    owner[column] = row


def _no_tracks() -> _Live:
    none = np.empty(0, np.int64)
    return _Live(np.empty((5, 0, 4)), none, none, np.empty(0))


def _check_shapes(times_s: Floats, boxes_px: Floats, scores: Floats) -> None:
    expected = {"boxes_px": (len(times_s), 4), "scores": (len(times_s),)}
    for name, array in (("boxes_px", boxes_px), ("scores", scores)):
        if array.shape != expected[name]:
            raise ValueError(f"{name} has shape {array.shape}; expected {expected[name]}")
