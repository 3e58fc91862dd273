"""How much a tag's phase moves within a window, across channel hops.

The phase of a reader that hops describes the hop sequence: over all channels a static tag's
deviates by 2.2 rad, within one channel by 0.135. Each read is therefore compared with a reference
of the same tag, antenna and channel. References come in two passes: the signal strength says which
windows of a series are quiet (its spread is not above the series' median), and the phases of their
reads are averaged on the circle, the read itself left out. Angles are doubled, since many readers
know phase only up to pi, and halved again in the result.

The spread is taken about the window's own mean residual, not about the reference: a tag that was
put back elsewhere has a new phase for the rest of the day without moving.
"""

import numpy as np
from numpy.typing import NDArray

from storeday.rfid.settings import RfidSettings
from storeday.rfid.tag_reads import Floats, TagReads
from storeday.rfid.windows import Windows

# Groups without a read that cost less than the sort that would leave them out.
MOST_EMPTY_GROUPS = 8
# Keeps the logarithm finite where residuals cancel: 2.6 rad in single angle, above any real spread.
LEAST_LENGTH = 1e-6


def phase_spread(
    reads: TagReads, windows: Windows, rssi_spread_db: Floats, settings: RfidSettings
) -> Floats:
    """Circular deviation of the phase residual in each window.

    Mardia and Jupp, Directional Statistics (2000), section 2.3.1: sqrt(-2 ln R) with R the length
    of the mean of unit vectors; here of doubled angles, and halved.

    Args:
        reads: Sorted reads; those without phase or channel are left out.
        windows: Their windows.
        rssi_spread_db: Spread of each window's signal strength, NaN with too few reads.
        settings: Reads that a reference and a window need.

    Returns:
        Shape (windows,), rad; NaN where fewer than `min_reads` reads have a reference.
    """
    turned = _residuals(reads, windows, _quiet(windows, rssi_spread_db), settings)
    counts = windows.totals(turned != 0)
    mean = np.hypot(windows.totals(turned.real), windows.totals(turned.imag))
    length = np.clip(mean / np.maximum(counts, 1), LEAST_LENGTH, 1.0)
    return np.where(counts >= settings.min_reads, np.sqrt(-2 * np.log(length)) / 2, np.nan)


def _quiet(windows: Windows, rssi_spread_db: Floats) -> NDArray[np.bool_]:
    """Windows whose spread is at most the median of their series (the lower one of two)."""
    known = np.flatnonzero(~np.isnan(rssi_spread_db))
    quiet = np.zeros(len(rssi_spread_db), bool)
    if not len(known):
        return quiet
    order = known[np.lexsort((rssi_spread_db[known], windows.series[known]))]
    _, first, place, count = np.unique(
        windows.series[order], return_index=True, return_inverse=True, return_counts=True
    )
    median = rssi_spread_db[order][first + (count - 1) // 2]
    quiet[order] = rssi_spread_db[order] <= median[place]
    return quiet


def _residuals(
    reads: TagReads, windows: Windows, quiet: NDArray[np.bool_], settings: RfidSettings
) -> NDArray[np.complex128]:
    """Unit vector of each read's doubled residual; 0 for a read without a reference."""
    residual = np.zeros(len(reads.series), np.complex128)
    usable = np.flatnonzero(~np.isnan(reads.phase_rad) & (reads.channel >= 0))
    if not len(usable):
        return residual
    channels = int(reads.channel.max()) + 1
    group = reads.series[usable] * channels + reads.channel[usable]
    if int(group.max()) > MOST_EMPTY_GROUPS * len(group):
        _, group = np.unique(group, return_inverse=True)
    vector = np.exp(2j * reads.phase_rad[usable])
    counted = quiet[windows.of_reads()[usable]]
    kept = np.where(counted, vector, 0)
    total = np.bincount(group, kept.real) + 1j * np.bincount(group, kept.imag)
    others = np.bincount(group, counted)[group] - counted
    reference = total[group] - kept
    length = np.abs(reference)
    known = (others >= settings.reference_reads) & (length > 1e-9)
    turned = vector * np.conj(reference) / np.where(known, length, 1.0)
    residual[usable] = np.where(known, turned, 0)
    return residual
