"""Divergence of RSSI histograms: in 2 dB bins, with a pseudo-count in the bins in use.

A bin is in use if either side has reads in it; the others are left out.
"""

import numpy as np
from numpy.typing import NDArray

from storeday.rfid.divergence import Divergences, Shares, negentropy, series_chunks
from storeday.rfid.settings import RfidSettings
from storeday.rfid.tag_reads import Floats, Ints, TagReads
from storeday.rfid.windows import Windows, starts

# Edge of the lowest bin: the least signal strength that the contract allows.
LOWEST_DBM = -110.0


def histogram_divergences(
    reads: TagReads, windows: Windows, quiet: NDArray[np.bool_], settings: RfidSettings
) -> Divergences:
    """Divergence of each window's RSSI histogram from the one before, and from the quiet ones.

    Args:
        reads: Sorted reads.
        windows: Their windows.
        quiet: Quiet windows; a window is not part of what it is compared with.
        settings: Bin width and pseudo-count.

    Returns:
        Bits; a window of one read is compared too, which its population's scale allows for. Cost:
        windows x bins.
    """
    none = np.full(len(windows.first), np.nan)
    found = Divergences(none, none.copy())
    if not len(none):
        return found
    level = ((reads.rssi_dbm - LOWEST_DBM) / settings.histogram_bin_db).astype(np.int32)
    # Bins below and above every read of the log need not be held.
    level -= level.min()
    bins = int(level.max()) + 1
    follows = windows.follows(np.ones(len(none), bool))
    for begin, end in series_chunks(windows, bins):
        counts = _counts(windows, level, (begin, end), bins)
        rows = np.flatnonzero(follows[begin:end])
        pairs = counts[rows], counts[rows - 1]
        found.before[begin + rows] = _divergence(*pairs, settings)
        others, known = _others(counts, windows.series[begin:end], quiet[begin:end])
        found.quiet[begin:end] = np.where(known, _divergence(counts, others, settings), np.nan)
    return found


def _counts(windows: Windows, level: NDArray[np.int32], span: tuple[int, int], bins: int) -> Shares:
    """Reads of each window by bin, shape (windows of the span, bins)."""
    begin, end = span
    low = windows.first[begin]
    high = windows.first[end - 1] + windows.rows[end - 1]
    row = np.repeat(np.arange(end - begin) * bins, windows.rows[begin:end])
    counts = np.bincount(row + level[low:high], minlength=(end - begin) * bins)
    return counts.reshape(-1, bins).astype(np.float32)


def _others(
    counts: Shares, series: Ints, quiet: NDArray[np.bool_]
) -> tuple[Shares, NDArray[np.bool_]]:
    """Reads of the series' other quiet windows by bin, and whether there are any."""
    first = starts(series)
    kept = counts * quiet[:, None].astype(np.float32)
    total = np.add.reduceat(kept, first, axis=0)
    others = np.repeat(total, np.diff(np.append(first, len(series))), axis=0)
    others -= kept
    return others, others.sum(axis=1) > 0


def _divergence(this: Shares, other: Shares, settings: RfidSettings) -> Floats:
    used = (this + other) > 0
    left, right = _smoothed(this, used, settings), _smoothed(other, used, settings)
    own = (negentropy(left) + negentropy(right)) / 2
    left += right
    left /= 2
    return np.clip(own - negentropy(left), 0.0, 1.0)


def _smoothed(counts: Shares, used: NDArray[np.bool_], settings: RfidSettings) -> Shares:
    """Shares of the bins in use, the pseudo-count added to each; 0 in the others."""
    pseudo = np.float32(settings.histogram_pseudo_count)
    raised = used * pseudo
    raised += counts
    raised /= np.maximum(raised.sum(axis=1, keepdims=True), 1e-9)
    return np.asarray(raised)
