"""How fast people move, and which display is within reach, second by second.

Conventions: rows sorted by tracklet and second; places in m, shape (n, 2), NaN where unknown;
    errors
are standard errors along one axis, in m.
"""

from collections.abc import Sequence

import numpy as np

from storeday.actions.settings import ActionSettings
from storeday.contracts.columns import Bools, Floats, Ints
from storeday.floor.zones import distance_m


def speed_m_s(
    tracklet: Ints, second: Ints, place_m: Floats, error_m: Floats, half_window_s: int
) -> tuple[Floats, Floats]:
    """Speed at each second, and its standard error.

    Speed is the distance between the mean place of the `half_window_s` before and after the second,
    itself in both, over the difference of their mean times: a step to and fro cancels out.

    Args:
        tracklet: Tracklet of each row, ascending, shape (n,).
        second: Whole seconds, ascending within a tracklet, shape (n,).
        place_m: Places, shape (n, 2); rows with NaN are left out of all means.
        error_m: Standard errors, shape (n,), of which seconds are taken to be independent.
        half_window_s: Length of either half of the window.

    Returns:
        Speeds and their errors in m/s, shape (n,); NaN where a place is unknown, or no other second
        is near.

    Example:
        >>> place = np.column_stack([np.arange(5.0), np.zeros(5)])
        >>> speed_m_s(np.zeros(5, int), np.arange(5), place, np.full(5, 0.1), 2)[0].tolist()
        [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    speed, error = np.full(len(second), np.nan), np.full(len(second), np.nan)
    known = np.flatnonzero(np.isfinite(place_m).all(axis=1))
    if not len(known):
        return speed, error
    # One axis for all tracklets, so far apart that no window holds two of them.
    since_first = second[known] - second[known].min()
    clock = since_first + tracklet[known] * (since_first.max() + 2 * half_window_s + 1)
    centre = np.searchsorted(clock, clock)
    low = np.searchsorted(clock, clock - half_window_s, "left")
    high = np.searchsorted(clock, clock + half_window_s, "right")
    # Sums relative to the first row keep their digits.
    columns = np.column_stack(
        [
            place_m[known] - place_m[known[0]],
            since_first,
            error_m[known] ** 2,
            np.ones(len(known)),
        ]
    )
    sums = np.vstack([np.zeros(columns.shape[1]), np.cumsum(columns, axis=0)])
    before, after = sums[centre + 1] - sums[low], sums[high] - sums[centre]
    step = after[:, :3] / after[:, 4:] - before[:, :3] / before[:, 4:]
    # The second itself stands in both halves and takes part of its error out: an upper bound.
    variance = after[:, 3] / after[:, 4] ** 2 + before[:, 3] / before[:, 4] ** 2
    elapsed = np.where(step[:, 2] > 1e-9, step[:, 2], np.nan)
    speed[known] = np.hypot(step[:, 0], step[:, 1]) / elapsed
    error[known] = np.sqrt(variance) / elapsed
    return speed, error


def nearest_display(
    place_m: Floats, error_m: Floats, displays: Sequence[Floats], settings: ActionSettings
) -> tuple[Ints, Floats]:
    """The nearest display within reach, and its distance.

    Args:
        place_m: Places, shape (n, 2).
        error_m: Standard errors, shape (n,).
        displays: Polygons in m, shape (k, 2); of equally near ones the first counts.
        settings: Settings.

    Returns:
        Indices into `displays`, -1 where none is within `reach_m` and `max_error_sd` errors, and
        distances in m, infinite where none is; shape (n,) each.
    """
    limit = settings.reach_m + settings.max_error_sd * error_m
    nearest, best = np.full(len(place_m), -1, np.int64), np.full(len(place_m), np.inf)
    for number, polygon in enumerate(displays):
        rows = np.flatnonzero(_in_box(place_m, polygon, limit))
        distance = distance_m(place_m[rows], polygon)
        closer = (distance <= limit[rows]) & (distance < best[rows])
        nearest[rows[closer]], best[rows[closer]] = number, distance[closer]
    return nearest, best


def _in_box(place_m: Floats, polygon: Floats, margin_m: Floats) -> Bools:
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    inside = (place_m >= low - margin_m[:, None]) & (place_m <= high + margin_m[:, None])
    return np.asarray(inside.all(axis=1))
