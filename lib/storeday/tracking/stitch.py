"""Tracks of one camera joined over gaps, looking both ways in time.

The tracker goes forward through the day and gives a person up who was hidden for too long or whose
boxes no longer overlap. Afterwards both ends of every gap are known: how a person moved before it
and how after it. An end and a later start belong together the likelier, the better the way between
fits both; one assignment over all ends and starts decides (Zhang, Li and Nevatia, CVPR 2008, with
tracklets for detections; `pairing`).

A pair's gain is the log-odds of being one person against ending here and beginning anew there:

    share that breaks x exponential density of the gap x normal density of the misfit
    ---------------------------------------------------------------------------------
    rate of starts per second and picture area x (1 - share that breaks)²

Conventions: px and seconds; misfits and speeds in heights of the two boxes (geometric mean); ends
are described by centre and height. Times need not be even.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.tracking.boxes import LEAST_SIDE_PX
from storeday.tracking.pairing import best_pairs
from storeday.tracking.settings import TrackingSettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Standard deviation of a box's centre in its heights, and of a person's pace in heights a second:
# the tracker's own (`motion`). They say how far an end's speed can be trusted.
BOX_ERROR = 0.05
PACE = 0.8
# Starts are counted in a window of this length around each, at least.
RATE_WINDOW_S = 600.0
# What one pass joins is no rival any more in the next.
PASSES = 4
MAX_EXPONENT = 500.0


def split_where_missed(times_s: Floats, tracks: Ints) -> Ints:
    """Cuts tracks wherever they missed a frame, so that the stitching decides how they go on.

    The tracker takes the first box that fits after a miss, which is when it takes somebody else's;
    afterwards both sides of every miss are known.

    Args:
        times_s: Time of each box, (n,), any order. A frame is a distinct time.
        tracks: Track of each box, (n,), or -1 for none.

    Returns:
        Tracks numbered from 0 by the order of `tracks` and time; -1 stays.

    Example:
        >>> split_where_missed(np.array([0.0, 1.0, 1.0, 2.0]), np.array([0, 1, -1, 0])).tolist()
        [0, 2, -1, 1]
    """
    _, frame = np.unique(times_s, return_inverse=True)
    rows = np.flatnonzero(tracks >= 0)
    rows = rows[np.lexsort((frame[rows], tracks[rows]))]
    cut = (np.diff(tracks[rows]) != 0) | (np.diff(frame[rows]) > 1)
    result = tracks.copy()
    result[rows] = np.cumsum(np.concatenate([[False], cut]))[: len(rows)]
    return result


@dataclass(frozen=True)
class _Ends:
    """One end of every track: time, centre x and y and height in px, speed in px a second."""

    time_s: Floats
    centre_px: Floats
    height_px: Floats
    speed_px_s: Floats


def stitch_tracks(
    times_s: Floats,
    boxes_px: Floats,
    tracks: Ints,
    settings: TrackingSettings,
    origin: Ints | None = None,
) -> Ints:
    """Joins tracks that are one person's.

    Args:
        times_s: Time of each box, (n,), any order.
        boxes_px: Corners x0, y0, x1, y1, (n, 4).
        tracks: Track of each box, (n,), as `associate_frames` gives them: numbers from 0 without
            gaps; -1 for none.
        settings: Thresholds; `stitch_gap_s` 0 joins nothing.
        origin: The tracker's own word on each box, (n,), where `tracks` are its tracks cut up: two
            pieces of one of its tracks are no rivals of each other.

    Returns:
        Tracks in the same form, numbered by the lowest number of those joined. No track holds two
        boxes of one moment that were in two tracks.

    Cost: pairs within `stitch_gap_s`, that is, linear in hours and quadratic in crowding.

    Example:
        Somebody walks right at 20 px a second and is lost from 1.0 to 3.0 s.

        >>> times_s = np.array([0.0, 0.5, 1.0, 3.0, 3.5, 4.0])
        >>> left_px = 10 + 20 * times_s
        >>> boxes_px = np.stack((left_px, 0 * left_px, left_px + 20, 0 * left_px + 50), axis=1)
        >>> stitch_tracks(times_s, boxes_px, np.array([0, 0, 0, 1, 1, 1]), TrackingSettings())
        array([0, 0, 0, 0, 0, 0])
    """
    joined = tracks.copy()
    if settings.stitch_gap_s <= 0:
        return joined
    rows = np.flatnonzero(tracks >= 0)
    times_s, boxes_px = times_s[rows], boxes_px[rows]
    origin = (tracks if origin is None else origin)[rows]
    for _ in range(PASSES):
        before = int(joined.max(initial=-1)) + 1
        if before < 2:
            break
        joined[rows] = _joined_once(times_s, boxes_px, joined[rows], origin, settings)
        if int(joined.max()) + 1 == before:
            break
    return joined


def _joined_once(
    times_s: Floats, boxes_px: Floats, tracks: Ints, origin: Ints, settings: TrackingSettings
) -> Ints:
    """One assignment over all ends and starts; all rows have a track."""
    count = int(tracks.max()) + 1
    order = np.lexsort((times_s, tracks))
    first = np.searchsorted(tracks[order], np.arange(count))
    last = np.append(first[1:], len(order)) - 1
    begins, finishes = (
        _ends(times_s[order], boxes_px[order], tracks[order], border, settings)
        for border in (first, last)
    )
    source, target = _candidates(finishes.time_s, begins.time_s, settings.stitch_gap_s)
    log_odds = _log_odds(finishes, begins, source, target, _area_px2(boxes_px), settings)
    chosen = best_pairs(source, target, log_odds - settings.stitch_least_log_odds)
    odds = np.exp(np.minimum(log_odds, MAX_EXPONENT))
    own = origin[order[last]][source] == origin[order[first]][target]
    other = np.where(own, 0.0, odds)
    rivals = np.bincount(source, other, count)[source] + np.bincount(target, other, count)[target]
    every = np.bincount(source, odds, count)[source] + np.bincount(target, odds, count)[target]
    rivals = np.where(own, rivals, every - 2 * odds)
    chosen &= odds / (1 + odds + rivals) >= settings.stitch_least_probability
    return _renumbered(tracks, source[chosen], target[chosen], count)


def _ends(
    times_s: Floats, boxes_px: Floats, tracks: Ints, border: Ints, settings: TrackingSettings
) -> _Ends:
    """What a line through the boxes near one border says about each track. Rows by track, time.

    The speed is that of a least-squares line, drawn towards zero by as much as the boxes' errors
    leave it unknown (ridge regression with the prior of a walker's pace).
    """
    count = len(border)
    near = np.abs(times_s - times_s[border][tracks]) <= settings.stitch_window_s
    track, time = tracks[near], (times_s - times_s[border][tracks])[near]
    centre = ((boxes_px[:, :2] + boxes_px[:, 2:]) / 2)[near]
    height = np.maximum(boxes_px[:, 3] - boxes_px[:, 1], LEAST_SIDE_PX)[near]
    boxes = np.bincount(track, minlength=count)
    mean_s = np.bincount(track, time, count) / boxes
    height_px = np.exp(np.bincount(track, np.log(height), count) / boxes)
    spread = np.bincount(track, (time - mean_s[track]) ** 2, count)
    speed, place = np.empty((count, 2)), np.empty((count, 2))
    for axis in range(2):
        mean_px = np.bincount(track, centre[:, axis], count) / boxes
        moved = (time - mean_s[track]) * (centre[:, axis] - mean_px[track])
        speed[:, axis] = np.bincount(track, moved, count) / (spread + (BOX_ERROR / PACE) ** 2)
        place[:, axis] = mean_px - mean_s * speed[:, axis]
    return _Ends(times_s[border], place, height_px, speed)


def _candidates(ended_s: Floats, started_s: Floats, gap_s: float) -> tuple[Ints, Ints]:
    """Pairs of an end and a start that follows within the gap."""
    order = np.argsort(started_s, kind="stable")
    low = np.searchsorted(started_s[order], ended_s, "right")
    counts = np.searchsorted(started_s[order], ended_s + gap_s, "right") - low
    source = np.repeat(np.arange(len(ended_s)), counts)
    offset = np.arange(len(source)) - np.repeat(np.cumsum(counts) - counts, counts)
    return source, order[low[source] + offset].astype(np.int64)


def _log_odds(
    finishes: _Ends,
    begins: _Ends,
    source: Ints,
    target: Ints,
    area_px2: float,
    settings: TrackingSettings,
) -> Floats:
    """Log-odds of every pair."""
    gap_s = begins.time_s[target] - finishes.time_s[source]
    unit_px = np.sqrt(finishes.height_px[source] * begins.height_px[target])
    # Both speeds fade from their ends on: people stop and turn.
    fade_s = settings.stitch_fade_s * -np.expm1(-gap_s / (2 * settings.stitch_fade_s))
    way = (finishes.speed_px_s[source] + begins.speed_px_s[target]) * fade_s[:, None]
    misfit = begins.centre_px[target] - finishes.centre_px[source] - way
    near = _log_density(misfit / unit_px[:, None], gap_s, settings)
    taller = np.log(begins.height_px[target] / finishes.height_px[source])
    size = -((taller / settings.stitch_height_error) ** 2) / 2
    rate_hz = _rate_hz(begins.time_s)[target]
    density = rate_hz * unit_px**2 / area_px2
    broke = np.log(settings.stitch_share / settings.stitch_mean_gap_s)
    broke = broke - gap_s / settings.stitch_mean_gap_s - 2 * np.log1p(-settings.stitch_share)
    return np.asarray(near + size + broke - np.log(density))


def _log_density(misfit: Floats, gap_s: Floats, settings: TrackingSettings) -> Floats:
    """Log density of misfits, in heights, shape (m, 2): of somebody who stood, or who went on."""
    parts = []
    for share, across_per_s, along_per_s in (
        (settings.stitch_standing_share, 0.0, 0.0),
        (
            1 - settings.stitch_standing_share,
            settings.stitch_wander_per_s,
            settings.stitch_depth_wander_per_s,
        ),
    ):
        variance = np.stack(
            [
                settings.stitch_error**2 + (across_per_s * gap_s) ** 2,
                settings.stitch_error**2 + (along_per_s * gap_s) ** 2,
            ],
            axis=1,
        )
        exponent = -(misfit**2 / (2 * variance)).sum(axis=1)
        parts.append(np.log(share) + exponent - np.log(2 * np.pi) - np.log(variance).sum(1) / 2)
    return np.asarray(np.logaddexp(*parts))


def _rate_hz(started_s: Floats) -> Floats:
    """Tracks that start per second around each start, itself included."""
    ordered = np.sort(started_s)
    low = np.searchsorted(ordered, started_s - RATE_WINDOW_S / 2, "left")
    high = np.searchsorted(ordered, started_s + RATE_WINDOW_S / 2, "right")
    spans = np.minimum(started_s + RATE_WINDOW_S / 2, ordered[-1])
    spans = spans - np.maximum(started_s - RATE_WINDOW_S / 2, ordered[0])
    return np.asarray((high - low) / np.maximum(spans, RATE_WINDOW_S / 10))


def _area_px2(boxes_px: Floats) -> float:
    """The picture's part in which people are: the box around all boxes."""
    sides = boxes_px[:, 2:].max(axis=0) - boxes_px[:, :2].min(axis=0)
    return float(max(sides.prod(), 1.0))


def _renumbered(tracks: Ints, source: Ints, target: Ints, count: int) -> Ints:
    """Tracks after joining; sources end before their targets begin, so that chains have no ring."""
    root = np.arange(count)
    root[target] = source
    while (root[root] != root).any():
        root = root[root]
    # Roots are chains' first tracks; number chains by the lowest track in them.
    lowest = np.full(count, count)
    np.minimum.at(lowest, root, np.arange(count))
    _, number = np.unique(lowest[root], return_inverse=True)
    joined = tracks.copy()
    joined[tracks >= 0] = number[tracks[tracks >= 0]]
    return joined
