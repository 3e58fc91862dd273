"""Which frames of a segment are kept.

Of a stretch that starts at `from_us` and wants `r` frames a second, the first frame at or after
each grid time `from_us + k / r` is kept, as long as it lies before `to_us`. A frame that is the
first for several grid times is kept once, so an uneven source, or one slower than `r`, gives what
it has. Times are microseconds of presentation time, counted from the first frame of the segment.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

# Containers round times (Matroska to 1 ms): a frame this much before a grid time is taken for it.
# Without it, a stretch sampled at the source's own rate would lose frames to rounding.
TOLERANCE_US = 1_000


@dataclass(frozen=True)
class Stretch:
    """A part of a segment to decode: one row of `silver.decode_plan`.

    Attributes:
        from_us: Start, presentation time.
        to_us: End, exclusive.
        frames_per_s: Frames to keep a second.
        reason: Why it is decoded: `scout` or `detail`.
    """

    from_us: int
    to_us: int
    frames_per_s: float
    reason: str

    def __post_init__(self) -> None:
        if not self.frames_per_s > 0:
            raise ValueError(f"frames_per_s of a stretch is {self.frames_per_s}; expected above 0")
        if self.from_us > self.to_us:
            raise ValueError(f"a stretch ends at {self.to_us} us, before its start {self.from_us}")


class Sampler:
    """Says, frame by frame in presentation order, which frames are kept and why.

    Stretches may overlap and come in any order; where several want a frame, the one with the higher
    rate gives the reason.

    Args:
        stretches: What is wanted.

    Example:
        >>> sampler = Sampler([Stretch(0, 1_000_000, 4.0, "scout")])
        >>> [t for t in range(0, 1_200_000, 100_000) if sampler.wants(t)]
        [0, 300000, 500000, 800000]
    """

    def __init__(self, stretches: Sequence[Stretch]) -> None:
        order = sorted(stretches, key=lambda s: (-s.frames_per_s, s.from_us, s.to_us, s.reason))
        self._cursors = [_Cursor(stretch) for stretch in order]
        self._last_us: int | None = None
        self.end_us = max((stretch.to_us for stretch in stretches), default=0)

    def wants(self, time_us: int) -> str | None:
        """The reason to keep the frame of that time; None where it is not kept.

        Args:
            time_us: Presentation time; must not be earlier than in the call before.
        """
        # Every cursor has to see every frame, so no short cut by any().
        reasons = [cursor.stretch.reason for cursor in self._cursors if cursor.takes(time_us)]
        if not reasons or time_us == self._last_us:
            return None
        self._last_us = time_us
        return reasons[0]


class _Cursor:
    """The next grid time of one stretch."""

    def __init__(self, stretch: Stretch) -> None:
        self.stretch = stretch
        self._next_us = float(stretch.from_us)

    def takes(self, time_us: int) -> bool:
        stretch = self.stretch
        if not stretch.from_us <= time_us < stretch.to_us:
            return False
        reached_us = time_us + TOLERANCE_US
        if reached_us < self._next_us:
            return False
        step_us = 1e6 / stretch.frames_per_s
        passed = math.floor((reached_us - stretch.from_us) / step_us)
        self._next_us = stretch.from_us + (passed + 1) * step_us
        return True
