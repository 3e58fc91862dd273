"""Stretches of a segment of which no frame could be had.

Times are microseconds of presentation time, counted from the segment's first frame.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.footage.containers import LOST_SLACK_US, Timeline

# Cameras that leave out frames while nothing moves still give one every few seconds. Where the
# container holds none for longer, nothing was recorded. Assumed: ten seconds. Where packets are
# known to be damaged, a much shorter hole is a loss: LOST_SLACK_US.
HOLE_US = 10_000_000
UNDECODED, HOLE = "frames cannot be decoded", "the container holds no frames"
SHORT = "the container ends before its stated length"


@dataclass(frozen=True)
class Gap:
    """A stretch without frames.

    Attributes:
        from_us: Its start.
        to_us: Its end, exclusive.
        reason: Why there are none, in words.
    """

    from_us: int
    to_us: int
    reason: str


def gaps_of(
    timeline: Timeline, needed_us: NDArray[np.int64], decoded_us: Sequence[int], end_us: int
) -> tuple[Gap, ...]:
    """What a segment lacks, up to the end of what was wanted.

    Args:
        timeline: What its packets say.
        needed_us: Times of the frames that were to be decoded, ascending.
        decoded_us: Times of those that could be, in any order.
        end_us: End of what was wanted.

    Returns:
        Gaps of more than half a second, in order; they do not overlap.

    Example:
        >>> from fractions import Fraction
        >>> times = np.arange(0, 4_000_000, 250_000)
        >>> line = Timeline(times, 5_000_000, 0, Fraction(1, 1000), None, times, times >= 0)
        >>> gaps = gaps_of(line, times, [t for t in times.tolist() if not 1e6 <= t < 2e6], 1 << 62)
        >>> [(gap.from_us, gap.to_us, gap.reason) for gap in gaps]  # doctest: +NORMALIZE_WHITESPACE
        [(1000000, 2000000, 'frames cannot be decoded'),
         (4000000, 5000000, 'the container ends before its stated length')]
    """
    gaps = [*_undecoded(timeline, needed_us, decoded_us), *_holes(timeline)]
    after_us = int(timeline.times_us[-1]) + timeline.interval_us
    if timeline.stated_us is not None:
        gaps.append(Gap(after_us, timeline.stated_us, SHORT))
    cut = [Gap(gap.from_us, min(gap.to_us, end_us), gap.reason) for gap in gaps]
    return tuple(joined(gap for gap in cut if gap.to_us - gap.from_us > LOST_SLACK_US))


def joined(gaps: Iterable[Gap]) -> list[Gap]:
    """Gaps in order, those that overlap as one with the reasons of both."""
    found: list[Gap] = []
    for gap in sorted(gaps, key=lambda gap: (gap.from_us, gap.to_us, gap.reason)):
        if found and gap.from_us < found[-1].to_us:
            last = found.pop()
            reason = last.reason if gap.reason in last.reason else f"{last.reason}; {gap.reason}"
            gap = Gap(last.from_us, max(last.to_us, gap.to_us), reason)  # noqa: PLW2901
        found.append(gap)
    return found


def _undecoded(
    timeline: Timeline, needed_us: NDArray[np.int64], decoded_us: Sequence[int]
) -> list[Gap]:
    """Runs of needed frames of which none came: each up to the frame that came next."""
    came = np.isin(needed_us, np.asarray(decoded_us, np.int64))
    edges = np.flatnonzero(np.diff(np.concatenate([[True], came, [True]]).astype(np.int8)))
    gaps = []
    for first, after in edges.reshape(-1, 2).tolist():
        end_us = int(needed_us[after - 1]) + timeline.interval_us
        if after < len(needed_us):
            end_us = max(end_us, min(int(needed_us[after]), end_us + LOST_SLACK_US))
        gaps.append(Gap(int(needed_us[first]), end_us, UNDECODED))
    return gaps


def _holes(timeline: Timeline) -> list[Gap]:
    times = timeline.times_us
    longest_us = HOLE_US if timeline.damage is None else LOST_SLACK_US
    return [
        Gap(int(times[index]) + timeline.interval_us, int(times[index + 1]), HOLE)
        for index in np.flatnonzero(np.diff(times) > longest_us).tolist()
    ]
