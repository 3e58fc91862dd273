"""One score for a tag's window, of all antennas and parts, without what passers-by do.

Each part is fused over antennas by weighted z-scores (Stouffer 1949; the weight of an antenna is
the root of the reads its value rests on), cut at `most_deviations`, and the parts that a window has
are added and divided by the root of their number: the robust sum.

Common mode: somebody who passes moves phase and strength of all tags of an antenna that are near.
Of each antenna's score the mean of the other tags' scores on that antenna in that window is taken
away, where it is above zero, weighted as the antenna's reads are.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.rfid.neighbours import neighbours_score
from storeday.rfid.own_day import against_own_day, has_own_day
from storeday.rfid.parts import WindowParts
from storeday.rfid.settings import RfidSettings
from storeday.rfid.still import StillScales
from storeday.rfid.tag_reads import Floats, Ints
from storeday.rfid.windows import Windows

# What a tag that is read less than usual may take off a passer-by's share.
LOWEST_DEVIATIONS = -3.0


@dataclass(frozen=True)
class Scores:
    """Scores of each window, shape (windows,).

    Attributes:
        own: The antenna's own score, common mode included; NaN without any part.
        common: Common mode of the antenna, at least 0.
        tag: Score of the tag's window over all antennas, less the common mode; the same in all rows
            of a tag's window; NaN with too few reads.
        enough: Whether the tag has `min_reads` reads in the window.
    """

    own: Floats
    common: Floats
    tag: Floats
    enough: NDArray[np.bool_]


def fuse(parts: WindowParts, still: StillScales, settings: RfidSettings) -> Scores:
    """Fuses parts and antennas.

    Args:
        parts: Parts of all windows of a reader.
        still: Scales of still tags.
        settings: Parts that count, limits.
    """
    windows = parts.windows
    tag, start_us, length_us = windows.of_spans()
    has_day = has_own_day(tag, settings)
    names = {*settings.parts, *(settings.day_parts if has_day.any() else ())}
    z = {name: still.deviations(parts, name) for name in sorted(names)}
    own = _sum({name: _clip(z[name], settings) for name in settings.parts})
    common = common_mode(windows, own, settings)
    fused = {name: _fused(parts, name, z[name]) for name in z}
    reads = windows.over_antennas(windows.rows)
    taken = windows.over_antennas(common * windows.rows) / reads
    score = _sum({name: _clip(fused[name], settings) for name in settings.parts})
    score -= settings.common_weight * taken
    least = np.full(len(reads), settings.min_reads)
    if has_day.any():
        moved = _by_own_day(fused, (tag, start_us, length_us), has_day, settings)
        score = np.where(has_day[tag], moved, score)
        least[has_day[tag]] = settings.own_reads
    enough = reads >= least
    score[~enough] = np.nan
    return Scores(own, common, score[windows.spans], enough[windows.spans])


def _by_own_day(
    fused: Mapping[str, Floats],
    spans: tuple[Ints, Ints, Ints],
    has_day: NDArray[np.bool_],
    settings: RfidSettings,
) -> Floats:
    """Score of windows of tags that were seen long; of other tags, one that is not used."""
    tag, start_us, length_us = spans
    own = {
        name: _clip(against_own_day(fused[name], tag, settings), settings)
        for name in settings.day_parts
    }
    score = np.where(has_day[tag], _sum(own), np.nan)
    near = neighbours_score(tag, start_us, length_us, score, settings)
    return np.asarray(score - settings.neighbour_weight * near)


def common_mode(windows: Windows, score: Floats, settings: RfidSettings) -> Floats:
    """Mean score of the other tags on a window's antenna in the same window, at least 0.

    Windows of other lengths are looked at where they lie: a tag of long windows is compared with
    what the tags of short ones did meanwhile.

    Args:
        windows: Windows.
        score: Scores of each; NaN for none.
        settings: `common_tags`.
    """
    common = np.zeros(len(score))
    kept = np.nan_to_num(np.maximum(score, LOWEST_DEVIATIONS))
    counted = (~np.isnan(score)).astype(np.float64)
    for length_us in np.unique(windows.length_us).tolist():
        rows = np.flatnonzero(windows.length_us == length_us)
        origin = windows.index[rows].min()
        key = (windows.index[rows] - origin) * windows.antennas + windows.antenna[rows]
        total = np.bincount(key, kept[rows])[key] - kept[rows]
        others = np.bincount(key, counted[rows])[key] - counted[rows]
        common[rows] = np.maximum(total / (others + settings.common_tags), 0.0)
    return common


def _fused(parts: WindowParts, name: str, z: Floats) -> Floats:
    """Weighted Stouffer sum over the antennas of each span; NaN where none has a value."""
    windows, weight = parts.windows, parts.weights[name]
    root = np.where(np.isnan(z), 0.0, np.sqrt(np.maximum(weight, 0.0)))
    total = windows.over_antennas(root * np.nan_to_num(z))
    length = np.sqrt(windows.over_antennas(root**2))
    return np.where(length > 0, total / np.maximum(length, 1e-12), np.nan)


def _clip(z: Floats, settings: RfidSettings) -> Floats:
    return np.clip(z, -settings.most_deviations, settings.most_deviations)


def _sum(z: Mapping[str, Floats]) -> Floats:
    """Sum of the parts that are there, over the root of their number; NaN without any."""
    stacked = np.array(list(z.values()))
    known = ~np.isnan(stacked)
    count = known.sum(axis=0)
    total = np.where(known, stacked, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.sqrt(np.maximum(count, 1)), np.nan)
