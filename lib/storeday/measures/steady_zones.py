"""Zones by second without brief slips into the zone next door.

Zones meet in the middle of an aisle, and a place is known to half a metre: somebody who stands at
a rack is found in the neighbour's zone now and then. A run of seconds in one zone, or between
zones, is taken back where it is brief, where a longer, settled run stands directly before or
after it, and where its places lie, on average, within the error of a place from that run's zone. A
run that is taken back may join two others to a longer one, which is why this is done more than
once.

This is the inertia that cameras' own zone counters know, with a margin in metres.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from storeday.contracts.columns import Floats, Ints
from storeday.measures.settings import MeasureSettings

# One round takes slips back, the next ones those that only then stand beside a longer run. Assumed.
ROUNDS = 3


@dataclass(frozen=True)
class ZoneSeconds:
    """Where customers were, second by second; arrays of shape (n,), by customer and second.

    Attributes:
        who: Customer.
        second: Second.
        zone: Zone, -1 between zones.
    """

    who: Ints
    second: Ints
    zone: Ints


@dataclass(frozen=True)
class _Runs:
    """Unbroken runs of seconds of one customer in one zone.

    Attributes:
        run: Run of each second, shape (n,).
        who: Customer, shape (runs,).
        zone: Zone, -1 between zones, shape (runs,).
        first_s: First second, shape (runs,).
        last_s: Last second, shape (runs,).
    """

    run: Ints
    who: Ints
    zone: Ints
    first_s: Ints
    last_s: Ints

    @property
    def length_s(self) -> Ints:
        return self.last_s - self.first_s + 1


def steady_zones(
    seconds: ZoneSeconds,
    away_m: Callable[[Ints, Ints], Floats],
    settings: MeasureSettings,
) -> Ints:
    """Zones with brief slips taken back.

    Args:
        seconds: Customers' zones; may be empty.
        away_m: From some of the seconds, by position, and a zone for each to the distances of their
            places from these zones, m.
        settings: Settings.

    Returns:
        Zones, shape (n,).

    Example:
        >>> second = np.arange(30)
        >>> zone = np.where((second >= 12) & (second < 18), 1, 0)
        >>> seconds = ZoneSeconds(np.zeros(30, int), second, zone)
        >>> found = steady_zones(
        ...     seconds, lambda rows, to: np.where(zone[rows] == to, 0.0, 0.2), MeasureSettings())
        >>> bool(found.any())
        False
    """
    zone = seconds.zone.copy()
    for _ in range(ROUNDS):
        taken = _taken_back(ZoneSeconds(seconds.who, seconds.second, zone), away_m, settings)
        if (taken == zone).all():
            break
        zone = taken
    return zone


def _taken_back(
    seconds: ZoneSeconds, away_m: Callable[[Ints, Ints], Floats], settings: MeasureSettings
) -> Ints:
    if not len(seconds.zone):
        return seconds.zone
    runs = _runs(seconds, settings)
    count = len(runs.who)
    drawn_to, drawn_by = np.full(count, -1), np.zeros(count, np.int64)
    for side in (-1, 1):
        run, other = _beside(runs, side, settings)
        near = _mean_away(runs, run, runs.zone[other], away_m) <= settings.place_margin_m
        run, other = run[near], other[near]
        longer = runs.length_s[other] > drawn_by[run]
        run, other = run[longer], other[longer]
        drawn_to[run], drawn_by[run] = runs.zone[other], runs.length_s[other]
    return np.where(drawn_to[runs.run] >= 0, drawn_to[runs.run], seconds.zone)


def _runs(seconds: ZoneSeconds, settings: MeasureSettings) -> _Runs:
    is_new = np.ones(len(seconds.zone), bool)
    is_new[1:] = (
        (np.diff(seconds.who) != 0)
        | (np.diff(seconds.zone) != 0)
        | (np.diff(seconds.second) > settings.bridge_gap_s)
    )
    first = np.flatnonzero(is_new)
    last = np.append(first[1:], len(seconds.zone)) - 1
    return _Runs(
        np.cumsum(is_new) - 1,
        seconds.who[first],
        seconds.zone[first],
        seconds.second[first],
        seconds.second[last],
    )


def _beside(runs: _Runs, side: int, settings: MeasureSettings) -> tuple[Ints, Ints]:
    """Brief runs beside a longer, settled one, and that one; before them (-1) or after them (1)."""
    run = np.arange(len(runs.who))
    run = run[(run + side >= 0) & (run + side < len(runs.who))]
    other = run + side
    earlier, later = (other, run) if side < 0 else (run, other)
    draws = (
        (runs.who[other] == runs.who[run])
        & (runs.first_s[later] - runs.last_s[earlier] <= settings.bridge_gap_s)
        & (runs.zone[other] >= 0)
        & (runs.length_s[run] < settings.brief_s)
        & (runs.length_s[other] > runs.length_s[run])
        & (runs.length_s[other] >= settings.settled_s)
    )
    return run[draws], other[draws]


def _mean_away(
    runs: _Runs, run: Ints, zone: Ints, away_m: Callable[[Ints, Ints], Floats]
) -> Floats:
    """Mean distance of the places of some runs from a zone each, shape (runs,)."""
    target = np.full(len(runs.who), -1)
    target[run] = zone
    rows = np.flatnonzero(target[runs.run] >= 0)
    away = away_m(rows, target[runs.run][rows])
    total = np.bincount(runs.run[rows], away, minlength=len(runs.who))
    count = np.bincount(runs.run[rows], minlength=len(runs.who))
    return np.asarray(total[run] / count[run])
