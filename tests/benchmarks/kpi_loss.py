"""How much worse an audit became: one number per figure, on a scale that all figures share.

Every figure is put on a scale on which 1 is perfect and 0 worthless:

- shares and scores as they are; errors without unit as 1 - error, 0 from 1 on (`Figure.score`);
- errors with a unit as 1 / (1 + error / scale), scales 2 m (the audit's cells) and 15 s (the
  article's tolerance), where an error of one scale leaves one half;
- log-loss as exp(-loss): the probability that was given, in the mean, to what was true.

The loss is what of that was lost, relative to what full decoding had, but at least to `FLOOR`: a
figure that is poor to begin with does not lose 100 % by a step from .02 to .01. What got better has
a negative loss. A figure that scouting alone leaves unmeasured has lost all.

Figures that rest on fewer than `LEAST` things (people, handlings, pairs of devices) are left out:
one of them more or less would be 20 % and says nothing of scouting. Seconds count as things.
"""

import math
from collections.abc import Sequence

from storeday.audit.figure import Figure

SCALES = {"m": 2.0, "s": 15.0}
FLOOR = 0.5
LEAST = 5


def worth(figure: Figure) -> float:
    """The figure between 0 and 1, 1 perfect; NaN where not measured."""
    if figure.unit in SCALES:
        return 1.0 / (1.0 + figure.value / SCALES[figure.unit])
    if figure.unit == "nat":
        return math.exp(-figure.value)
    return figure.score


def losses(full: Sequence[Figure], other: Sequence[Figure]) -> dict[str, float]:
    """Loss of each figure that full decoding measured on enough; in the audit's order."""
    after = {figure.name: worth(figure) for figure in other}
    found = {}
    for figure in full:
        before = worth(figure)
        if math.isnan(before) or figure.count < LEAST:
            continue
        left = 0.0 if math.isnan(after[figure.name]) else after[figure.name]
        found[figure.name] = (before - left) / max(before, FLOOR)
    return found


def largest(lost: dict[str, float]) -> tuple[str, float]:
    """The figure that lost most, and what it lost; 0 where none did."""
    name = max(lost, key=lambda key: lost[key])
    return name, max(lost[name], 0.0)
