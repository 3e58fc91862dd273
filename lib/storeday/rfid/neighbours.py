"""What the tags do that are disturbed whenever this one is.

Whoever stands at a rack, passes it, or pushes along it disturbs tags that hang side by side, and
not those at the other end of the antenna's reach. Where tags hang is rarely known; but tags whose
scores rise and fall together over a day are neighbours, or lie on one way of the waves, which is as
good. Of a tag's score a share of its neighbours' mean score in the same window is taken away.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.rfid.settings import RfidSettings
from storeday.rfid.tag_reads import Floats, Ints

# Scores are cut to this before they are compared: likeness is of the everyday, not of rare peaks.
LIKENESS_RANGE = (-3.0, 6.0)


@dataclass(frozen=True)
class _Grid:
    """Slots of equal length, as long as the shortest window; one entry per window and slot of it.

    Attributes:
        cell: Tag x slots + slot.
        window: The window.
        tags: Number of tags.
        slots: Number of slots.
    """

    cell: Ints
    window: Ints
    tags: int
    slots: int

    def filled(self, values: Floats) -> NDArray[np.float32]:
        """Values of windows by tag and slot; 0 where there is no window."""
        grid = np.zeros(self.tags * self.slots, np.float32)
        grid[self.cell] = values[self.window]
        return grid.reshape(self.tags, self.slots)


def neighbours_score(
    tag: Ints, start_us: Ints, length_us: Ints, score: Floats, settings: RfidSettings
) -> Floats:
    """Mean score of the tags most like a window's tag, at that time, at least 0.

    Args:
        tag: Tag of each window, shape (n,), from 0.
        start_us: Start, a whole multiple of the length.
        length_us: Length.
        score: Score; NaN for none.
        settings: Number of neighbours.

    Returns:
        Shape (n,); 0 where no tag is like this one or none of them was seen.
        Cost: tags squared x slots for likeness, tags x neighbours x slots for means.
    """
    if len(tag) == 0 or int(tag.max()) == 0 or settings.neighbours == 0:
        return np.zeros(len(tag))
    grid = _grid(tag, start_us, length_us)
    known = ~np.isnan(score)
    values = np.nan_to_num(score)
    chosen, likeness = _likest(grid.filled(np.clip(values, *LIKENESS_RANGE)), settings.neighbours)
    cut, seen = grid.filled(np.clip(values, -3.0, None)), grid.filled(known.astype(np.float64))
    total, weight = np.zeros_like(cut), np.zeros_like(cut)
    for rank in range(chosen.shape[1]):
        total += likeness[:, rank, None] * cut[chosen[:, rank]]
        weight += likeness[:, rank, None] * seen[chosen[:, rank]]
    mean = np.maximum(total / np.maximum(weight, 1e-6), 0.0).ravel()
    slots = np.bincount(grid.window, minlength=len(tag))
    return np.bincount(grid.window, mean[grid.cell], len(tag)) / slots


def _grid(tag: Ints, start_us: Ints, length_us: Ints) -> _Grid:
    slot_us = int(length_us.min())
    first = start_us // slot_us
    count = -(-(start_us + length_us) // slot_us) - first
    window = np.repeat(np.arange(len(tag)), count)
    slot = first[window] + np.arange(len(window)) - np.repeat(np.cumsum(count) - count, count)
    slot -= slot.min()
    slots = int(slot.max()) + 1
    return _Grid(tag[window] * slots + slot, window, int(tag.max()) + 1, slots)


def _likest(grid: NDArray[np.float32], most: int) -> tuple[Ints, NDArray[np.float32]]:
    """The tags whose rows correlate most with each row, and by how much (at least 0)."""
    unit = grid - grid.mean(axis=1, keepdims=True)
    unit /= np.maximum(np.sqrt(np.square(unit).sum(axis=1, keepdims=True)), 1e-6)
    likeness = unit @ unit.T
    np.fill_diagonal(likeness, -1.0)
    rows = np.arange(len(grid))
    chosen = np.empty((len(grid), min(most, len(grid) - 1)), np.int64)
    found = np.empty(chosen.shape, np.float32)
    # A few rounds of the highest are a tenth of the cost of a partition.
    for rank in range(chosen.shape[1]):
        chosen[:, rank] = likeness.argmax(axis=1)
        found[:, rank] = likeness[rows, chosen[:, rank]]
        likeness[rows, chosen[:, rank]] = -1.0
    return chosen, np.maximum(found, 0.0)
