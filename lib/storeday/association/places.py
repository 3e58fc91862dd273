"""How far customers stand from what they handle, learnt as a density ratio against chance.

A Gaussian about the item would be wrong in both directions: people stand half a metre in front of
what they take, and things hang where they do not belong. So the distance may have any form. What it
is compared with is not the distance of whoever was there (mostly the handler), but that of people
from items that were handled at quite another time in the same area: distances by chance.

Where an item's place is not known, the distance to the middle of its zone serves, with a ratio of
its own, compared with all who were ever in reach of that zone.

Bins: `DISTANCES` for distances to items, as many for distances to zones, and one for neither.
"""

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import gaussian_filter1d

from storeday.association.cells import Problem, Ways
from storeday.contracts.columns import Floats, Ints

if TYPE_CHECKING:
    from storeday.association.model import Weighed

DISTANCE_STEP_M, DISTANCES = 0.25, 24
UNKNOWN = 2 * DISTANCES
DISTANCE_SMOOTH_M = 0.25
# Assumed before it is learnt: within a metre or so; once in twenty anywhere.
ASSUMED_PLACE_M, ASSUMED_ANYWHERE, ASSUMED_PEAK = 1.2, 0.05, 3.0
# A place never says more than this, either way.
MOST_RATIO = 100.0


def assumed_ratio() -> Floats:
    """The ratio before anything is learnt, shape (`UNKNOWN` + 1,); of zones nothing is assumed."""
    away = (np.arange(DISTANCES) + 0.5) * DISTANCE_STEP_M
    near = np.exp(-0.5 * (away / ASSUMED_PLACE_M) ** 2)
    return np.concatenate([ASSUMED_PEAK * near + ASSUMED_ANYWHERE, np.ones(DISTANCES + 1)])


def distance_bins(ways: Ways, zone_m: Floats, shift_m: Floats) -> Ints:
    """Bin of each cell's distance from customer to item, or to the middle of its zone.

    Args:
        ways: From customers to items.
        zone_m: Distance to the middle of the zone, NaN where unknown, shape (c,).
        shift_m: What is added to a camera's places, shape (cameras, 2).

    Returns:
        Bins, shape (c,); `UNKNOWN` where neither is known.
    """
    east = ways.east_m - shift_m[:, 0][ways.camera]
    north = ways.north_m - shift_m[:, 1][ways.camera]
    fine, coarse = _bins(np.sqrt(east * east + north * north)), _bins(zone_m) + DISTANCES
    return np.where(fine < DISTANCES, fine, coarse)


def _bins(distance_m: Floats) -> Ints:
    """Bins of distances; `DISTANCES` for NaN."""
    # NaN passes through fmin as the other side: it becomes the bin after the last.
    scaled = np.minimum(distance_m * (1 / DISTANCE_STEP_M), DISTANCES - 0.5)
    return np.fmin(scaled, DISTANCES).astype(np.int64)


def place_ratio(
    problem: Problem,
    before: Floats,
    shift_m: Floats,
    weighed: "Weighed",
    share: Floats,
    prior: float,
) -> Floats:
    """The ratio that fits how much of each cell explains its rummage.

    Args:
        problem: The day.
        before: The ratio so far, shape (`UNKNOWN` + 1,).
        shift_m: Cameras' shifts, shape (cameras, 2).
        weighed: Cells as they were weighed.
        share: How much of each cell explains its rummage, shape (c,).
        prior: Weight of the ratio so far, in rummages.

    Returns:
        Shape (`UNKNOWN` + 1,), 1 for the unknown.
    """
    ours = _counts(weighed.distance, share)
    other = distance_bins(problem.chance_ways, problem.cells.away_m, shift_m)
    swapped = _counts(other, weighed.chance)
    fine = _ratio(ours[:DISTANCES], swapped[:DISTANCES], before[:DISTANCES], prior)
    coarse = slice(DISTANCES, UNKNOWN)
    zones = _ratio(ours[coarse], _zone_distances(problem), before[coarse], prior)
    return np.concatenate([fine, zones, np.ones(1)])


def _counts(bins: Ints, weight: Floats) -> Floats:
    return np.asarray(np.bincount(bins, weight, minlength=UNKNOWN + 1), np.float64)


def _ratio(ours: Floats, base: Floats, before: Floats, prior: float) -> Floats:
    """Smoothed density ratio of two histograms, drawn to the ratio so far."""
    if not ours.sum() > 0 or not base.sum() > 0:
        return before
    base = base / base.sum() + 1e-9
    ours = ours + prior * base * before / (base @ before)
    smooth = DISTANCE_SMOOTH_M / DISTANCE_STEP_M
    ratio = gaussian_filter1d(ours / ours.sum(), smooth, mode="nearest") / (
        gaussian_filter1d(base, smooth, mode="nearest") + 1e-4
    )
    return np.clip(ratio, 1 / MOST_RATIO, MOST_RATIO)


def _zone_distances(problem: Problem) -> Floats:
    """Distances to the middle of the zone of everybody ever there, shape (`DISTANCES`,)."""
    rummages = problem.rummages
    unknown = ~np.isfinite(rummages.place_m).all(axis=1)
    count = np.bincount(rummages.area[unknown], minlength=len(problem.members))
    total = np.zeros(DISTANCES)
    for members, weight in zip(problem.members, count.tolist(), strict=True):
        if weight and len(members.rows):
            bins = np.bincount(_bins(members.away_m), minlength=DISTANCES + 1)[:DISTANCES]
            total += weight * bins / len(members.rows)
    return total


def camera_shifts(problem: Problem, share: Floats, before: Floats, prior: float) -> Floats:
    """Mean way from customer to item by camera, drawn to zero where little is known.

    Returns:
        Shape (cameras, 2).
    """
    ways = problem.ways
    known = np.isfinite(ways.east_m) & np.isfinite(ways.north_m)
    weight = np.where(known, share, 0.0)
    total = np.bincount(ways.camera, weight, minlength=len(before)) + prior
    sums = [
        np.bincount(ways.camera, weight * np.where(known, way, 0.0), minlength=len(before))
        for way in (ways.east_m, ways.north_m)
    ]
    return np.column_stack(sums) / total[:, None]
