"""How far customers stand from what they handle, learnt as a density ratio against chance.

A Gaussian about the item would be wrong in both directions: people stand half a metre in front of
what they take, and things hang where they do not belong. So the distance may have any form. What it
is compared with is not the distance of whoever was there (mostly the handler), but that of people
from items that were handled at quite another time in the same area: distances by chance.
"""

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import gaussian_filter1d

from storeday.association.cells import Problem, Rummages
from storeday.association.columns import Floats, Ints

if TYPE_CHECKING:
    from storeday.association.model import Weighed

DISTANCE_STEP_M, DISTANCES = 0.25, 24
DISTANCE_SMOOTH_M = 0.25
# Assumed before it is learnt: within a metre or so; once in twenty anywhere.
ASSUMED_PLACE_M, ASSUMED_ANYWHERE, ASSUMED_PEAK = 1.2, 0.05, 3.0
# A place never says more than this, either way.
MOST_RATIO = 100.0


def assumed_ratio() -> Floats:
    """The ratio before anything is learnt, shape (`DISTANCES`,)."""
    away = (np.arange(DISTANCES) + 0.5) * DISTANCE_STEP_M
    near = np.exp(-0.5 * (away / ASSUMED_PLACE_M) ** 2)
    return np.asarray(ASSUMED_PEAK * near + ASSUMED_ANYWHERE)


def distance_bins(problem: Problem, items_m: Floats, shift_m: Floats) -> Ints:
    """Bin of each cell's distance from customer to item.

    Args:
        problem: Traces and cells.
        items_m: Place of each rummage's item, NaN where unknown, shape (r, 2).
        shift_m: What is added to a camera's places, shape (cameras, 2).

    Returns:
        Bins, shape (c,); `DISTANCES` where one of the places is not known.
    """
    traces, cells = problem.traces, problem.cells
    place = (traces.place_m + shift_m[traces.camera])[cells.row]
    item = items_m[cells.rummage]
    distance = np.hypot(item[:, 0] - place[:, 0], item[:, 1] - place[:, 1]) / DISTANCE_STEP_M
    bins = np.full(len(distance), DISTANCES)
    known = np.isfinite(distance)
    bins[known] = np.minimum(distance[known], DISTANCES - 1).astype(np.int64)
    return bins


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
        before: The ratio so far, shape (`DISTANCES`,).
        shift_m: Cameras' shifts, shape (cameras, 2).
        weighed: Cells as they were weighed.
        share: How much of each cell explains its rummage, shape (c,).
        prior: Weight of the ratio so far, in rummages.

    Returns:
        Shape (`DISTANCES`,); the ratio so far where no place is known.
    """
    known = weighed.distance < DISTANCES
    other = distance_bins(problem, _swapped_items(problem.rummages), shift_m)
    there = other < DISTANCES
    if not known.any() or not there.any():
        return before
    ours = np.bincount(weighed.distance[known], share[known], minlength=DISTANCES)
    base = np.bincount(other[there], weighed.chance[there], minlength=DISTANCES)
    base = base / base.sum() + 1e-9
    ours = ours + prior * base * before / (base @ before)
    smooth = DISTANCE_SMOOTH_M / DISTANCE_STEP_M
    ratio = gaussian_filter1d(ours / ours.sum(), smooth, mode="nearest") / (
        gaussian_filter1d(base, smooth, mode="nearest") + 1e-4
    )
    return np.clip(ratio, 1 / MOST_RATIO, MOST_RATIO)


def camera_shifts(problem: Problem, share: Floats, before: Floats, prior: float) -> Floats:
    """Mean way from customer to item by camera, drawn to zero where little is known.

    Returns:
        Shape (cameras, 2).
    """
    cells, traces = problem.cells, problem.traces
    away = problem.rummages.place_m[cells.rummage] - traces.place_m[cells.row]
    known = np.isfinite(away).all(axis=1)
    camera, weight = traces.camera[cells.row][known], share[known]
    total = np.bincount(camera, weight, minlength=len(before)) + prior
    sums = [np.bincount(camera, weight * away[known, axis], minlength=len(before)) for axis in (0, 1)]
    return np.column_stack(sums) / total[:, None]


def _swapped_items(rummages: Rummages) -> Floats:
    """Each rummage's item exchanged for another one of its area: places that met by chance."""
    known = np.flatnonzero(np.isfinite(rummages.place_m).all(axis=1))
    order = known[np.lexsort((rummages.time_s[known], rummages.area[known]))]
    area = rummages.area[order]
    first = np.searchsorted(area, area)
    count = np.searchsorted(area, area, side="right") - first
    # Half of the area's rummages further: nobody stays that long.
    partner = first + (np.arange(len(order)) - first + (count + 1) // 2) % np.maximum(count, 1)
    swapped = np.full(rummages.place_m.shape, np.nan)
    swapped[order] = rummages.place_m[order[partner]]
    return swapped
