"""What the parts of the score look like on tags that nobody moves.

Centre and scale of each part are the median and 1.4826 times the median absolute deviation (equal
to the standard deviation for a normal distribution; Rousseeuw and Croux, JASA 88, 1993), over all
windows of a reader's day whose value rests on about as many reads: of the tags in a shop most stand
still most of the time, and how far a value of few reads scatters depends on their number more than
on antenna or length of the window. Where most tags move, as in a log of a portal, give the scales
of hours that are known to be quiet.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from storeday.rfid.parts import WindowParts, on_scale
from storeday.rfid.settings import RfidSettings
from storeday.rfid.tag_reads import Floats, Ints

MAD_TO_DEVIATION = 1.4826
# Least weights of the classes; weights within a class are alike to a quarter or so.
CLASSES = np.array([1, 2, 3, 4, 5, 6, 8, 11, 15, 22, 32, 64])
# Class of each whole weight up to the last.
CLASS_OF = np.maximum(np.searchsorted(CLASSES, np.arange(CLASSES[-1] + 1), side="right") - 1, 0)
# The part that `js_flag` looks at, whether it counts or not.
JS_FLAG = "spectrum"
# Centre and scale for logs too small to tell, on the scale of `on_scale`: of the stationary
# tags of five ItemTest runs and, for phase, the sitting and lying people of UCI data set 427.
STATIONARY = {
    "spread": (-0.06, 0.55),
    "histogram": (0.38, 0.25),
    "histogram_quiet": (0.46, 0.22),
    "spectrum": (-10.7, 0.83),
    "spectrum_quiet": (-11.1, 0.5),
    "level": (0.01, 0.59),
    "level_change": (0.41, 0.61),
    "phase_spread": (0.1, 0.08),
    "phase": (0.19, 0.16),
    "phase_change": (0.32, 0.3),
}
# Least scale, as a share of these, so that a log without noise does not flag every step.
LEAST_SHARE = 0.4
# Windows of a class that are looked at, evenly spread over it: with 20,000 the standard error of a
# median is a hundredth of the scale.
MOST_POPULATION = 20_000


@dataclass(frozen=True)
class StillScales:
    """Centre and scale of each part on still tags, by class of weight.

    Attributes:
        centre: By part, shape (classes,).
        scale: By part, shape (classes,); at least 0.4 of that of stationary tags.
    """

    centre: Mapping[str, Floats]
    scale: Mapping[str, Floats]

    def deviations(self, parts: WindowParts, name: str) -> Floats:
        """Robust z-scores of a part: (value - centre) / scale; NaN where a window has no value."""
        place = _class_of(parts.weights[name])
        return (parts.scaled(name) - self.centre[name][place]) / self.scale[name][place]


def measure_still(
    parts: WindowParts, settings: RfidSettings, rows: Ints | None = None
) -> StillScales:
    """Takes centre and scale of each part from windows of which most are still.

    Args:
        parts: Parts of all windows.
        settings: Windows that a population needs.
        rows: Windows to take; all by default.
    """
    every = [(parts, np.arange(len(parts.windows.first)) if rows is None else rows)]
    return still_of_several(every, settings)


def still_of_several(
    several: list[tuple[WindowParts, Ints]], settings: RfidSettings
) -> StillScales:
    """Centre and scale of the parts that count, over windows of several logs."""
    centre, scale = {}, {}
    for name in {*settings.parts, *settings.day_parts, JS_FLAG}:
        values = np.concatenate([parts.values[name][rows] for parts, rows in several])
        place = np.concatenate([_class_of(parts.weights[name])[rows] for parts, rows in several])
        known = np.flatnonzero(~np.isnan(values))
        centre[name], scale[name] = _scales(name, values[known], place[known], settings)
    return StillScales(centre, scale)


def _class_of(weight: Floats) -> Ints:
    return CLASS_OF[np.clip(weight, 0, CLASSES[-1]).astype(np.int64)]


def _scales(
    name: str, values: Floats, place: Ints, settings: RfidSettings
) -> tuple[Floats, Floats]:
    """Centre and scale by class; a small class takes those of the next smaller one, and so on."""
    standard = STATIONARY[name]
    centre, scale = np.full(len(CLASSES), np.nan), np.full(len(CLASSES), np.nan)
    for number in range(len(CLASSES)):
        rows = np.flatnonzero(place == number)
        if len(rows) >= settings.min_population:
            chosen = on_scale(name, values[rows[:: -(-len(rows) // MOST_POPULATION)]])
            middle = np.median(chosen)
            centre[number] = middle
            scale[number] = MAD_TO_DEVIATION * np.median(np.abs(chosen - middle))
    known = np.flatnonzero(~np.isnan(centre))
    if not len(known):
        return np.full(len(CLASSES), standard[0]), np.full(len(CLASSES), standard[1])
    nearest = known[np.maximum(np.searchsorted(known, np.arange(len(CLASSES)), "right") - 1, 0)]
    return centre[nearest], np.maximum(scale[nearest], LEAST_SHARE * standard[1])
