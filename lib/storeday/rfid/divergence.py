"""Jensen-Shannon divergence between two windows of a series, and of a window from the quiet ones.

J. Lin, Divergence measures based on the Shannon entropy, IEEE Trans. Inf. Theory 37 (1991). In
bits, 0 to 1. `histograms` and `spectra` say of what; here stands what both have in common: rows of
distributions, one per window, in chunks that hold whole series.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from storeday.rfid.tag_reads import Floats, Ints
from storeday.rfid.windows import Windows, starts

# A logarithm of zero is never taken; x log x is 0 there.
TINY = np.finfo(np.float32).tiny
# Cells of distributions that are held at a time: 16 MiB of floats.
CHUNK_CELLS = 4 * 1024 * 1024

Shares = NDArray[Any]


@dataclass(frozen=True)
class Divergences:
    """Divergences of each window, bits, shape (windows,); NaN where there is nothing to compare.

    Attributes:
        before: From the window before.
        quiet: From the mean of the series' quiet windows.
    """

    before: Floats
    quiet: Floats


def jensen_shannon(left: NDArray[np.floating], right: NDArray[np.floating]) -> Floats:
    """Jensen-Shannon divergence between the rows of two arrays of distributions.

    Args:
        left: Shape (n, k), rows that sum to 1.
        right: The same.

    Returns:
        Shape (n,), bits.

    Example:
        >>> jensen_shannon(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]))
        array([1.])
    """
    own = (negentropy(left) + negentropy(right)) / 2
    return np.clip(own - negentropy((left + right) / 2), 0.0, 1.0)


def negentropy(shares: NDArray[np.floating]) -> Floats:
    """Sum of p log2 p over each row, 0 log 0 = 0."""
    logarithms = np.maximum(shares, TINY)
    np.log2(logarithms, out=logarithms)
    return np.asarray(np.einsum("ij,ij->i", logarithms, shares), np.float64)


def series_chunks(windows: Windows, cells: int) -> Iterator[tuple[int, int]]:
    """Ranges of windows that hold whole series and `CHUNK_CELLS` cells or so.

    Args:
        windows: Windows.
        cells: Cells of one window's distribution.
    """
    count = len(windows.first)
    edges = starts(windows.series)
    step = max(CHUNK_CELLS // cells, 1)
    begin = 0
    while begin < count:
        place = np.searchsorted(edges, begin + step, side="left")
        end = int(edges[place]) if place < len(edges) else count
        yield begin, end
        begin = end


def quiet_mean(rows: Shares, series: Ints, quiet: NDArray[np.bool_]) -> tuple[Shares, Ints]:
    """Mean of the quiet rows of each series, and how many there are.

    Args:
        rows: Distributions or counts, shape (n, k).
        series: Series of each row, sorted.
        quiet: Rows that are quiet.

    Returns:
        Means by run of `series`, zero without a quiet row; number of quiet rows by run.
    """
    first = starts(series)
    total = np.add.reduceat(rows * quiet[:, None].astype(rows.dtype), first, axis=0)
    count = np.add.reduceat(quiet.astype(np.int64), first)
    return np.asarray(total / np.maximum(count, 1)[:, None].astype(rows.dtype)), count
