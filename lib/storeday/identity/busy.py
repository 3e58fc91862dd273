"""When tracklets ran in which camera, and how long sets of them ran there at once.

Cost: sorts both sets; pairs are never formed.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from storeday.contracts.columns import Ints
from storeday.identity.ends import US_PER_S


@dataclass(frozen=True)
class Busy:
    """When each tracklet ran in which camera."""

    started_us: Ints
    ended_us: Ints
    camera: Ints

    def together_s(self, one: Sequence[int] | Ints, other: Sequence[int] | Ints) -> float:
        """Seconds in which two sets of tracklets are in one camera at once, over all pairs."""
        first, second = np.asarray(one), np.asarray(other)
        starts, ends = np.sort(self._lane_us[0][second]), np.sort(self._lane_us[1][second])
        sums = [np.concatenate([[0], np.cumsum(border)]) for border in (starts, ends)]

        def before(time_us: Ints) -> Ints:
            """How long the second set's tracklets have run until then, all together."""
            begun, gone = np.searchsorted(starts, time_us), np.searchsorted(ends, time_us)
            return np.asarray((begun - gone) * time_us - sums[0][begun] + sums[1][gone])

        return float((before(self._lane_us[1][first]) - before(self._lane_us[0][first])).sum()) / (
            US_PER_S
        )

    @functools.cached_property
    def _lane_us(self) -> tuple[Ints, Ints]:
        """Starts and ends, each camera's after those of the one before."""
        base = int(self.started_us.min()) if len(self.camera) else 0
        length = int(self.ended_us.max()) - base + 1 if len(self.camera) else 1
        lane = self.camera * length - base
        return self.started_us + lane, self.ended_us + lane

    def seconds(self, rows: Ints) -> float:
        """Seconds of some tracklets in all."""
        return float((self.ended_us[rows] - self.started_us[rows]).sum()) / US_PER_S
