"""Which span may go on in which later one.

Conventions: seconds, metres; arrays of candidate links have shape (m,).
"""

from dataclasses import dataclass

import numpy as np

from storeday.contracts.columns import Floats, Ints
from storeday.identity.ends import US_PER_S
from storeday.identity.settings import IdentitySettings
from storeday.identity.spans import Bools, Spans


@dataclass(frozen=True)
class Candidates:
    """Pairs of spans of which the second may be the first's next.

    Attributes:
        source: Rows of spans that end, shape (m,).
        target: Rows of spans that begin.
        gap_s: Time between.
        distance_m: Walking distance between last and first place; NaN where unknown.
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
