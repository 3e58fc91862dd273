"""Jensen-Shannon divergence between consecutive windows of a series, of spectra and of histograms.

Of spectra (the method of Alibaba's 2018 article on rummaging, read in the one way that works on
real logs): signal strength in dBm, interpolated linearly on a 10 Hz grid and held at the ends,
power spectrum from 0 to 4 Hz *with the DC bin*, normalised to sum one. DC makes the share of the
varying part count; without it the divergence of a tag at rest is that of two noises and larger than
that of a moving one. Of histograms: signal strength in 2 dB bins, with a pseudo-count in
those that either window has reads in.

Divergences are in bits, 0 to 1; NaN for a window without a neighbour before it.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from storeday.rfid.settings import RfidSettings
from storeday.rfid.tag_reads import Floats, Ints, TagReads
from storeday.rfid.windows import Windows

# Grid points that are held at a time: 32 MiB of floats.
CHUNK_POINTS = 4 * 1024 * 1024
# A logarithm of zero is never taken; x log x is 0 there.
TINY = 1e-300
# Edge of the lowest bin: the least signal strength that the contract allows.
LOWEST_DBM = -110.0


def jensen_shannon(left: Floats, right: Floats) -> Floats:
    """Jensen-Shannon divergence between the rows of two arrays of distributions.

    J. Lin, Divergence measures based on the Shannon entropy, IEEE Trans. Inf. Theory 37 (1991).

    Args:
        left: Shape (n, k), rows that sum to 1.
        right: The same.

    Returns:
        Shape (n,), bits.

    Example:
        >>> jensen_shannon(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]))
        array([1.])
    """
    own = (_negentropy(left) + _negentropy(right)) / 2
    return np.clip(own - _negentropy((left + right) / 2), 0.0, 1.0)


def spectral_divergence(
    reads: TagReads, windows: Windows, enough: NDArray[np.bool_], settings: RfidSettings
) -> Floats:
    """Divergence of each window's RSSI power spectrum from that of the window before it.

    Args:
        reads: Sorted reads.
        windows: Their windows.
        enough: Windows with reads enough.
        settings: Grid rate and highest frequency.

    Returns:
        Shape (windows,), bits, NaN without a neighbour. Cost: a transform of length x 10 Hz points
        per window.
    """
    result = np.full(len(windows.first), np.nan)
    follows = windows.follows(enough)
    needed = follows.copy()
    needed[:-1] |= follows[1:]
    for length_us in np.unique(windows.length_us):
        chosen = np.flatnonzero(needed & (windows.length_us == length_us))
        step = max(CHUNK_POINTS // _grid_points(length_us, settings), 2) - 1
        for begin in range(0, len(chosen) - 1, step):
            part = chosen[begin : begin + step + 1]
            shares = power_shares(reads, windows, part, settings)
            inner = _spectral_negentropy(shares)
            mixed = _spectral_negentropy((shares[1:] + shares[:-1]) / 2)
            between = np.clip((inner[1:] + inner[:-1]) / 2 - mixed, 0.0, 1.0)
            pairs = follows[part[1:]]
            result[part[1:][pairs]] = between[pairs]
    return result


def power_shares(reads: TagReads, windows: Windows, chosen: Ints, settings: RfidSettings) -> Floats:
    """Normalised RSSI power spectra of some windows of one length.

    Args:
        reads: Sorted reads.
        windows: Their windows.
        chosen: Indices of windows of one length, at least one.
        settings: Grid rate and highest frequency.

    Returns:
        Shape (chosen, bins): shares of power from 0 Hz to `spectrum_hz`, each row's sum 1.
    """
    length_us = int(windows.length_us[chosen[0]])
    grid = interpolate(reads, windows, chosen, _grid_points(length_us, settings), settings.grid_hz)
    bins = int(settings.spectrum_hz * length_us / 1e6 + 1e-9) + 1
    mean = grid.mean(axis=1)
    # Taken out before the transform and put back as the DC bin: it is a thousand times the rest.
    # What is left needs no more than single precision.
    grid -= mean[:, None]
    spectrum = fft.rfft(grid.astype(np.float32), axis=1)[:, :bins]
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float64)
    power[:, 0] = (mean * grid.shape[1]) ** 2
    total = power.sum(axis=1, keepdims=True)
    power /= np.where(total > 0, total, 1.0)
    return power


def interpolate(
    reads: TagReads, windows: Windows, chosen: Ints, points: int, grid_hz: float
) -> Floats:
    """RSSI of some windows on a regular grid that begins with the window.

    Linear between reads, constant before the first and after the last. At a grid point that falls
    on several reads of one time, the last of them counts.

    Returns:
        Shape (chosen, points), dBm.
    """
    rows = windows.rows[chosen]
    ends = np.cumsum(rows)
    read = np.repeat(windows.first[chosen] - (ends - rows), rows) + np.arange(ends[-1])
    window = np.repeat(np.arange(len(chosen)), rows)
    # Multiplied before it is divided, so that a read on a grid point falls on it exactly.
    place = (reads.time_us[read] - windows.start_us[chosen][window]) * grid_hz / 1e6
    value = reads.rssi_dbm[read]
    # One piece before each read, one after each window's last.
    at = np.arange(len(read)) + window
    count = len(read) + len(chosen)
    level, slope, upto = np.empty(count), np.zeros(count), np.empty(count, np.int64)
    upto[at] = np.minimum(np.ceil(place), points).astype(np.int64) + window * points
    last = ends + np.arange(len(chosen))
    upto[last] = (np.arange(len(chosen)) + 1) * points
    level[at], level[last] = value, value[ends - 1]
    inner = np.ones(len(read), bool)
    inner[ends - rows] = False
    this = np.flatnonzero(inner)
    gap = place[this] - place[this - 1]
    slope[at[this]] = (value[this] - value[this - 1]) / np.where(gap > 0, gap, 1.0)
    level[at] -= slope[at] * (place + window * points)
    lengths = np.diff(upto, prepend=0)
    grid = np.repeat(slope, lengths)
    grid *= np.arange(len(grid))
    grid += np.repeat(level, lengths)
    return grid.reshape(len(chosen), points)


def histogram_divergence(
    reads: TagReads, windows: Windows, enough: NDArray[np.bool_], settings: RfidSettings
) -> Floats:
    """Divergence of each window's RSSI histogram from that of the window before it.

    Args:
        reads: Sorted reads.
        windows: Their windows.
        enough: Windows with reads enough.
        settings: Bin width and pseudo-count.

    Returns:
        Shape (windows,), bits, NaN without a neighbour.
    """
    result = np.full(len(windows.first), np.nan)
    follows = np.flatnonzero(windows.follows(enough))
    if not len(follows):
        return result
    level = np.floor((reads.rssi_dbm - LOWEST_DBM) / settings.histogram_bin_db).astype(np.int64)
    # Bins below and above every read of the log need not be held.
    level -= level.min()
    bins = int(level.max()) + 1
    cell = windows.of_reads() * bins + level
    step = max(CHUNK_POINTS // bins, 1)
    for begin in range(0, len(follows), step):
        pairs = follows[begin : begin + step]
        low, high = pairs[0] - 1, pairs[-1]
        inside = cell[windows.first[low] : windows.first[high] + windows.rows[high]]
        counts = np.bincount(inside - low * bins, minlength=(high + 1 - low) * bins)
        counts = counts.reshape(-1, bins)
        this, before = counts[pairs - low], counts[pairs - low - 1]
        occupied = this + before > 0
        result[pairs] = jensen_shannon(
            _smoothed(this, occupied, settings), _smoothed(before, occupied, settings)
        )
    return result


def _smoothed(
    counts: NDArray[np.int64], occupied: NDArray[np.bool_], settings: RfidSettings
) -> Floats:
    """Shares of the occupied bins, the pseudo-count added to each; 0 in the others."""
    raised = np.where(occupied, counts + settings.histogram_pseudo_count, 0.0)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _grid_points(length_us: int, settings: RfidSettings) -> int:
    return round(length_us / 1e6 * settings.grid_hz)


def _xlogx(shares: Floats) -> Floats:
    """The terms p log2 p, 0 log 0 = 0."""
    terms = np.log2(np.maximum(shares, TINY))
    terms *= shares
    return np.asarray(terms)


def _negentropy(shares: Floats) -> Floats:
    """Sum of p log2 p over each row."""
    return np.asarray(_xlogx(shares).sum(axis=1))


def _spectral_negentropy(shares: Floats) -> Floats:
    """Sum of p log2 p over each spectrum.

    The DC share is near one, where its logarithm needs double precision; the others are some
    thousandths in all, and a single-precision logarithm, four times as fast, errs by 1e-10 bits.
    """
    rest = shares[:, 1:].astype(np.float32)
    terms = np.maximum(rest, np.finfo(np.float32).tiny)
    np.log2(terms, out=terms)
    terms *= rest
    return np.asarray(_xlogx(shares[:, 0]) + terms.sum(axis=1, dtype=np.float64))
