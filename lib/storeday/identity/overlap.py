"""Who is the same person in two cameras that see the same floor at once.

Two tracklets of one person are in one place at every second that both see; those of two people are
not. For each second together that is a log-likelihood ratio: the density of their distance if it
is only error, a normal distribution whose spread the day itself gives, against that of two people,
even over `other_area_m2`. Errors go together from second to second, so that no pair's evidence
counts for more than `overlap_seconds` of them.

Cost: a tree over places and seconds finds those near each other; people x seconds x log.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from storeday.contracts.columns import Floats, Ints
from storeday.identity.floor_tracks import FloorTracks
from storeday.identity.settings import IdentitySettings

# Seconds are laid this far apart in the tree, so that only places of one second are near.
APART_M = 1000.0
# Median of a distance in the plane over the standard deviation along one axis (Rayleigh).
MEDIAN_PER_SD = 1.1774
# Bounds of the spread learnt: no calibration is better, and a worse one tells nobody apart.
LEAST_SD_M, LARGEST_SD_M = 0.15, 0.8
MIN_PAIRS = 20


@dataclass(frozen=True)
class Overlaps:
    """Pairs of tracklets of two cameras that came near each other, left below right.

    Attributes:
        left: Rows of tracklets, shape (m,).
        right: Rows of tracklets, shape (m,).
        shared_s: Seconds in which both have a place, shape (m,).
        distance_m: Median distance in those seconds in which they were near, shape (m,).
        log_ratio: Log-likelihood ratio of one person against two, shape (m,).
        sd_m: Standard deviation of a distance along one axis that was used.
    """

    left: Ints
    right: Ints
    shared_s: Ints
    distance_m: Floats
    log_ratio: Floats
    sd_m: float


def overlaps(tracks: FloorTracks, camera: Ints, settings: IdentitySettings) -> Overlaps:
    """Weighs all pairs of tracklets of two cameras that came near each other.

    Args:
        tracks: Places at whole seconds of store time.
        camera: Camera number of each tracklet.
        settings: Settings.
    """
    one, other = _near(tracks, camera, settings.overlap_reach_m)
    distance = np.sqrt(((tracks.place_m[one] - tracks.place_m[other]) ** 2).sum(axis=1))
    left, right = tracks.tracklet[one], tracks.tracklet[other]
    left, right = np.minimum(left, right), np.maximum(left, right)
    order = np.lexsort((distance, right, left))
    left, right, distance = left[order], right[order], distance[order]
    starts = np.flatnonzero((np.diff(left, prepend=-1) != 0) | (np.diff(right, prepend=-1) != 0))
    counts = np.diff(np.append(starts, len(left)))
    pair = np.repeat(np.arange(len(starts)), counts)
    left, right = left[starts], right[starts]
    median: Floats = distance[starts + counts // 2] if len(starts) else np.zeros(0)
    shared = np.asarray(np.maximum(shared_seconds(tracks, left, right), counts), np.int64)
    sd = _spread_m(left, right, counts, shared, median, settings)
    near = np.log(settings.other_area_m2 / (2 * np.pi * sd**2)) - distance**2 / (2 * sd**2)
    total = np.bincount(pair, np.maximum(near, -settings.far_log_ratio), len(starts))
    total = total - settings.far_log_ratio * (shared - counts)
    weight = np.minimum(1.0, settings.overlap_seconds / np.maximum(shared, 1))
    return Overlaps(left, right, shared, median, np.asarray(total * weight, np.float64), sd)


def shared_seconds(tracks: FloorTracks, left: Ints, right: Ints) -> Ints:
    """Seconds in which both tracklets of each pair have a place, shape (m,)."""
    count = int(tracks.tracklet.max(initial=-1)) + 1
    bounds = np.searchsorted(tracks.tracklet, np.arange(count + 1))
    shared = np.zeros(len(left), np.int64)
    for number, (one, other) in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
        ours = tracks.second[bounds[one] : bounds[one + 1]]
        theirs = tracks.second[bounds[other] : bounds[other + 1]]
        if len(ours) and len(theirs) and ours[0] <= theirs[-1] and theirs[0] <= ours[-1]:
            low, high = max(ours[0], theirs[0]), min(ours[-1], theirs[-1])
            ours = ours[np.searchsorted(ours, low) : np.searchsorted(ours, high, "right")]
            place = np.searchsorted(theirs, ours)
            shared[number] = int((theirs[np.minimum(place, len(theirs) - 1)] == ours).sum())
    return shared


def _near(tracks: FloorTracks, camera: Ints, reach_m: float) -> tuple[Ints, Ints]:
    """Rows of places of one second, of two cameras, within reach."""
    if not len(tracks):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    base = tracks.second.min()
    spots = np.column_stack(
        [tracks.place_m[:, 0] + (tracks.second - base) * APART_M, tracks.place_m[:, 1]]
    )
    pairs = cKDTree(spots).query_pairs(reach_m, output_type="ndarray")
    owner = camera[tracks.tracklet]
    pairs = pairs[owner[pairs[:, 0]] != owner[pairs[:, 1]]]
    return pairs[:, 0].astype(np.int64), pairs[:, 1].astype(np.int64)


def _spread_m(
    left: Ints, right: Ints, near: Ints, shared: Ints, median: Floats, settings: IdentitySettings
) -> float:
    """Spread of the distance between two sightings of one person, along one axis.

    Taken from pairs that are each other's nearest, and near for most of their time together.
    """
    steady = (shared >= settings.min_shared_s) & (near >= 0.7 * shared)
    rows = np.flatnonzero(steady)
    by_distance = rows[np.argsort(median[rows], kind="stable")]
    _, best_left = np.unique(left[by_distance], return_index=True)
    _, best_right = np.unique(right[by_distance], return_index=True)
    mutual = by_distance[np.intersect1d(best_left, best_right)]
    if len(mutual) < MIN_PAIRS:
        return settings.overlap_sd_m
    sd = float(np.median(median[mutual])) / MEDIAN_PER_SD
    return min(max(sd, LEAST_SD_M), LARGEST_SD_M)
