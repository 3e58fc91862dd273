"""Zones by second without brief slips into the zone next door.

Zones meet in the middle of an aisle, and a place is known to half a metre: somebody who stands at
a rack is found in the neighbour's zone now and then. A run of seconds in one zone, or between
zones, is taken back where it is brief, where a longer, settled run stands directly before or
after it, and where its places lie, on average, within the error of a place from that run's zone. A
run that is taken back may join two others to a longer one, which is why this is done more than
once.

This is the inertia that cameras' own zone counters know, with a margin in metres.
"""

import numpy as np

from storeday.contracts.columns import Floats, Ints
from storeday.measures.settings import MeasureSettings

# One round takes slips back, the next ones those that only then stand beside a longer run. Assumed.
ROUNDS = 3


def steady_zones(
    who: Ints, second: Ints, zone: Ints, away_m: Floats, settings: MeasureSettings
) -> Ints:
    """Zones with brief slips taken back.

    Args:
        who: Customer, shape (n,), sorted by customer and second.
        second: Second, shape (n,).
        zone: Zone, -1 between zones, shape (n,).
        away_m: Distance of each place from each zone, shape (n, zones).
        settings: Settings.

    Returns:
        Zones, shape (n,).

    Example:
        >>> seconds = np.arange(30)
        >>> zone = np.where((seconds >= 12) & (seconds < 18), 1, 0)
        >>> away = np.zeros((30, 2))
        >>> away[:, 0] = np.where(zone == 1, 0.2, 0.0)
        >>> bool(steady_zones(np.zeros(30, int), seconds, zone, away, MeasureSettings()).any())
        False
    """
    zone = zone.copy()
    for _ in range(ROUNDS):
        taken = _taken_back(who, second, zone, away_m, settings)
        if (taken == zone).all():
            break
        zone = taken
    return zone


def _taken_back(
    who: Ints, second: Ints, zone: Ints, away_m: Floats, settings: MeasureSettings
) -> Ints:
    if not len(zone):
        return zone
    is_new = np.ones(len(zone), bool)
    is_new[1:] = (
        (np.diff(who) != 0) | (np.diff(zone) != 0) | (np.diff(second) > settings.bridge_gap_s)
    )
    first = np.flatnonzero(is_new)
    last = np.append(first[1:], len(zone)) - 1
    run = np.cumsum(is_new) - 1
    length = second[last] - second[first] + 1
    drawn_to, drawn_by = np.full(len(first), -1), np.zeros(len(first), np.int64)
    for side in (-1, 1):
        other = np.clip(np.arange(len(first)) + side, 0, len(first) - 1)
        apart = (
            second[first] - second[last[other]] if side < 0 else second[first[other]] - second[last]
        )
        target = zone[first[other]]
        near = (
            (other != np.arange(len(first)))
            & (who[first[other]] == who[first])
            & (apart <= settings.bridge_gap_s)
        )
        draws = (
            near
            & (target >= 0)
            & (length < settings.brief_s)
            & (length[other] > length)
            & (length[other] >= settings.settled_s)
            & (_mean_away(away_m, run, target) <= settings.place_margin_m)
            & (length[other] > drawn_by)
        )
        drawn_to[draws], drawn_by[draws] = target[draws], length[other][draws]
    return np.where(drawn_to[run] >= 0, drawn_to[run], zone)


def _mean_away(away_m: Floats, run: Ints, target: Ints) -> Floats:
    """Mean distance of each run's places from the run's target zone, shape (runs,)."""
    column = np.maximum(target[run], 0)
    away = away_m[np.arange(len(run)), column]
    return np.asarray(np.bincount(run, away) / np.bincount(run))
