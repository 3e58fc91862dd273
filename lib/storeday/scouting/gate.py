"""Which looks of a camera's day can show nobody: a gate before the detector.

A look is compared with a background of the whole day, never with the look before: who stands still
stays a change for as long as they stand. The background is each cell's median over the day, and a
cell's usual deviation the median of its distance from it, so that a swaying curtain excuses itself.
A change of the light that is the same all over the picture is taken out first.

Somebody who is in the same cells for more than half of the day would become background. So the
detector should look at the quietest looks first (`quietest`): if it finds somebody there, the gate
must stay open for that camera.

Source: the median background is McFarlane and Schofield, Machine Vision and Applications 8 (1995).
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from storeday.scouting.settings import ScoutingSettings

# Median distance from the median to standard deviation, for a normal distribution.
MAD_TO_STD = 1.4826
# Looks that make the background; more do not better a median.
SAMPLE = 500
# Looks compared at a time: some 10 MB.
BLOCK = 1000
# Cells that say how quiet a look is: those of somebody at a distance.
LOUDEST = 8

Thumbnails = NDArray[np.uint8]
Grey = NDArray[np.float32]


def differs_from_day(thumbnails: Thumbnails, settings: ScoutingSettings) -> NDArray[np.bool_]:
    """Whether each look differs from the day's background enough to show somebody.

    Args:
        thumbnails: Grey thumbnails of one camera's looks by time, shape (n, rows, columns).
        settings: Settings `gate_…`.

    Returns:
        Shape (n,); all true where there are too few looks to know a background.

    Example:
        >>> day = np.full((40, 9, 16), 90, np.uint8)
        >>> day[30:34, 4:8, 5] = 30
        >>> np.flatnonzero(differs_from_day(day, ScoutingSettings())).tolist()
        [30, 31, 32, 33]
    """
    if len(thumbnails) < settings.gate_looks:
        return np.ones(len(thumbnails), bool)
    background = _background(thumbnails)
    sample = _change(thumbnails[:: _step(thumbnails)], background)
    usual = MAD_TO_STD * np.median(sample, axis=0)
    limit = np.maximum(settings.gate_grey, settings.gate_deviations * usual)
    cells = [(_change(block, background) > limit).sum(axis=(1, 2)) for block in _blocks(thumbnails)]
    return np.asarray(np.concatenate(cells) >= settings.gate_cells)


def quietest(thumbnails: Thumbnails, count: int) -> NDArray[np.int64]:
    """The looks most like the background.

    Args:
        thumbnails: As above; may be empty.
        count: How many.

    Returns:
        Their indices, the quietest first; fewer where there are fewer looks.

    Example:
        >>> day = np.full((9, 9, 16), 90, np.uint8)
        >>> day[:6, 4:8, 5] += np.arange(6, dtype=np.uint8)[:, None]
        >>> quietest(day, 2).tolist()
        [1, 0]
    """
    if not len(thumbnails):
        return np.zeros(0, np.int64)
    background = _background(thumbnails)
    loudness = [
        np.partition(_change(block, background).reshape(len(block), -1), -LOUDEST, axis=1)[
            :, -LOUDEST:
        ].sum(axis=1)
        for block in _blocks(thumbnails)
    ]
    return np.argsort(np.concatenate(loudness), kind="stable")[:count]


def _step(thumbnails: Thumbnails) -> int:
    return -(-len(thumbnails) // SAMPLE)


def _background(thumbnails: Thumbnails) -> Grey:
    return np.asarray(np.median(thumbnails[:: _step(thumbnails)], axis=0), np.float32)


def _blocks(thumbnails: Thumbnails) -> Iterator[Thumbnails]:
    for start in range(0, len(thumbnails), BLOCK):
        yield thumbnails[start : start + BLOCK]


def _change(thumbnails: Thumbnails, background: Grey) -> Grey:
    """Each cell's distance from the background, without what the whole picture changed by."""
    change = thumbnails.astype(np.float32) - background
    change -= np.median(change, axis=(1, 2), keepdims=True)
    return np.asarray(np.abs(change), np.float32)
