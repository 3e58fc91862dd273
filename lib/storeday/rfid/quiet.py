"""What a window is compared with: the reads of its series nearby, and the quiet windows of the day.

A tag that was put back hangs elsewhere, with another strength and phase for the rest of the day. It
is therefore compared not with its mean of the day but with the reads next to the window, on either
side: one that only fell into a shadow is like both before and after, one that was hung elsewhere is
unlike one of them all the while, one in a hand is unlike both.

All reads nearby count, also those of restless windows. Leaving these out seemed natural and was
measured to be wrong: somebody who stands before a rack for a minute is in the reads on both sides
then, and only so does the tag behind look like itself (DECISIONS.md, "Nearby reads").
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from storeday.rfid.tag_reads import Floats, Ints
from storeday.rfid.windows import Windows, starts


def quiet_windows(windows: Windows, squares: Floats) -> NDArray[np.bool_]:
    """Windows in which a tag's signal strength spreads no more than it mostly does.

    Args:
        windows: Windows.
        squares: Sum of squared deviations from each window's mean.

    Returns:
        Shape (windows,): the same for all antennas of a tag's window; the lower one of two medians
        counts. A window of which no antenna has two reads is quiet.
    """
    if not len(windows.first):
        return np.zeros(0, bool)
    freedom = windows.over_antennas(windows.rows - 1.0)
    spread = windows.over_antennas(squares) / np.maximum(freedom, 1)
    tag = np.zeros(windows.span_count, np.int64)
    tag[windows.spans] = windows.tag
    known = np.flatnonzero(freedom > 0)
    limit = np.full(int(tag.max()) + 1, np.inf)
    if len(known):
        order = known[np.lexsort((spread[known], tag[known]))]
        first = starts(tag[order])
        count = np.diff(np.append(first, len(order)))
        limit[tag[order][first]] = spread[order][first + (count - 1) // 2]
    return np.asarray((spread <= limit[tag])[windows.spans])


@dataclass(frozen=True)
class Sides:
    """Ranges of reads before and after each window, in a list of reads that may be referred to.

    Attributes:
        before: First and one past the last, shape (2, windows).
        after: The same, behind the window.
    """

    before: Ints
    after: Ints

    def sums(self, values: NDArray[Any]) -> tuple[Floats, Floats]:
        """Sum before and sum after, of a value given for each read of the list."""
        running = np.zeros(len(values) + 1, np.float64)
        np.cumsum(values, out=running[1:])
        return (
            running[self.before[1]] - running[self.before[0]],
            running[self.after[1]] - running[self.after[0]],
        )

    @property
    def counts(self) -> tuple[Ints, Ints]:
        """Number of reads before and after."""
        return self.before[1] - self.before[0], self.after[1] - self.after[0]


def sides(windows: Windows, rows: Ints, most: int) -> Sides:
    """The nearest reads of a window's series, on either side.

    Args:
        windows: Windows.
        rows: Reads of each window that may be referred to, shape (windows,).
        most: Reads on each side.
    """
    high = np.cumsum(rows)
    low = high - rows
    first = starts(windows.series)
    length = np.diff(np.append(first, len(windows.series)))
    begin = np.repeat(low[first], length)
    end = np.repeat(high[first + length - 1], length)
    return Sides(
        np.array([np.maximum(low - most, begin), low]),
        np.array([high, np.minimum(high + most, end)]),
    )
