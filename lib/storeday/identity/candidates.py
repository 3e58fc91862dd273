"""Which span may go on in which later one.

Conventions: seconds, metres; arrays of candidate links have shape (m,).
"""

from dataclasses import dataclass

import numpy as np

from storeday.contracts.columns import Floats, Ints
from storeday.floor.walking import WalkableFloor
from storeday.identity.ends import US_PER_S
from storeday.identity.settings import IdentitySettings
from storeday.identity.spans import Bools, Spans

# No way on a floor is longer than so many of its diagonals; assumed of a floor with aisles.
LONGEST_WAY = 3.0


@dataclass(frozen=True)
class Candidates:
    """Pairs of spans of which the second may be the first's next.

    Attributes:
        source: Rows of spans that end, shape (m,).
        target: Rows of spans that begin.
        gap_s: Time between.
        distance_m: Distance between last and first place, infinite where the way round is too long
            for the gap; NaN where unknown.
        look: Log-likelihood ratio of the looks; 0 where unknown.
        has_look: Whether both looks are known.
    """

    source: Ints
    target: Ints
    gap_s: Floats
    distance_m: Floats
    look: Floats
    has_look: Bools


def candidate_pairs(spans: Spans, settings: IdentitySettings) -> tuple[Ints, Ints, Floats]:
    """Pairs of spans in time order: source, target and gap.

    Spans of two cameras may overlap by `handover_s`: clocks and frames are not exact.

    Cost: spans x those that begin within `max_gap_s` after each.
    """
    order = np.argsort(spans.started_us, kind="stable")
    starts = spans.started_us[order]
    handover_us = round(settings.handover_s * US_PER_S)
    low = np.searchsorted(starts, spans.ended_us - handover_us, "right")
    high = np.searchsorted(starts, spans.ended_us + round(settings.max_gap_s * US_PER_S), "right")
    counts = np.maximum(high - low, 0)
    source = np.repeat(np.arange(len(spans)), counts)
    offset = np.arange(len(source)) - np.repeat(np.cumsum(counts) - counts, counts)
    target = order[np.repeat(low, counts) + offset].astype(np.int64)
    gap_s = (spans.started_us[target] - spans.ended_us[source]) / US_PER_S
    same = spans.last_camera[source] == spans.first_camera[target]
    forward = spans.started_us[target] > spans.started_us[source]
    later = spans.ended_us[target] > spans.ended_us[source]
    kept = forward & later & (~same | (gap_s > 0))
    return source[kept], target[kept], gap_s[kept]


def reach_m(spans: Spans, pairs: tuple[Ints, Ints, Floats], settings: IdentitySettings) -> Floats:
    """How far somebody may have walked in each pair's gap, errors of clocks and places included."""
    source, target, gap_s = pairs
    error = spans.last_error_m[source] ** 2 + spans.first_error_m[target] ** 2
    walked_s = np.maximum(gap_s, 0.0) + settings.handover_s
    return np.asarray(settings.max_speed_m_s * walked_s + 2.0 * np.sqrt(error))


def walks_m(
    spans: Spans,
    pairs: tuple[Ints, Ints, Floats],
    floor: WalkableFloor | None,
    settings: IdentitySettings,
) -> Floats:
    """Distance of each pair's places: straight, or infinite where the way round is too long.

    Args:
        spans: Spans.
        pairs: From `candidate_pairs`.
        floor: The floor round its obstacles; None where all ways are straight.
        settings: Settings.

    Returns:
        Shape (m,); NaN where a place is unknown.
    """
    source, target, _ = pairs
    away = np.sqrt(((spans.first_m[target] - spans.last_m[source]) ** 2).sum(axis=1))
    if floor is None or not len(away):
        return np.asarray(away)
    reach = reach_m(spans, pairs, settings)
    # Who has time for the longest way there is needs none looked up.
    rows = np.flatnonzero((away <= reach) & (reach < LONGEST_WAY * floor.diagonal_m))
    limit_m = float(reach[rows].max(initial=0.0)) + floor.diagonal_m
    walked = floor.distance_m(spans.last_m[source[rows]], spans.first_m[target[rows]], limit_m)
    away[rows[walked > reach[rows]]] = np.inf
    return np.asarray(away)
