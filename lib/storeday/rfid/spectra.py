"""Divergence of RSSI power spectra with the DC bin kept.

The method of Alibaba's 2018 article on rummaging, read in the one way that works on real logs:
signal strength in dBm, interpolated linearly on a regular grid and held at the ends, power spectrum
*with the DC bin*, normalised to sum one. DC makes the share of the varying part count; without it
the divergence of a tag at rest is that of two noises and larger than that of a moving one.

The grid has as many points for every length of window. The rate of the grid does not matter (10 and
50 Hz came out alike on real logs), and a tag in a shop is read less often than either.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from storeday.rfid.divergence import Divergences, Shares, quiet_mean, series_chunks
from storeday.rfid.settings import RfidSettings
from storeday.rfid.tag_reads import Floats, Ints, TagReads
from storeday.rfid.windows import Windows, starts


def spectral_divergences(
    reads: TagReads, windows: Windows, quiet: NDArray[np.bool_], settings: RfidSettings
) -> Divergences:
    """Divergence of each window's RSSI power spectrum from the one before, and the quiet ones.

    Args:
        reads: Sorted reads.
        windows: Their windows.
        quiet: Quiet windows.
        settings: Grid points; reads that a window needs.

    Returns:
        Bits, NaN with fewer than `min_reads` reads on the antenna. Cost: a transform of
        `spectrum_points` per window.
    """
    none = np.full(len(windows.first), np.nan)
    found = Divergences(none, none.copy())
    enough = windows.rows >= settings.min_reads
    follows = windows.follows(enough)
    for begin, end in series_chunks(windows, 2 * settings.spectrum_points):
        chosen = begin + np.flatnonzero(enough[begin:end])
        if not len(chosen):
            continue
        shares = power_shares(reads, windows, chosen, settings.spectrum_points)
        inner = _negentropy(shares)
        pairs = np.flatnonzero(follows[chosen])
        mixed = _negentropy((shares[pairs] + shares[pairs - 1]) / 2)
        found.before[chosen[pairs]] = _between(inner[pairs], inner[pairs - 1], mixed)
        found.quiet[chosen] = _from_quiet(shares, inner, windows.series[chosen], quiet[chosen])
    return found


def power_shares(reads: TagReads, windows: Windows, chosen: Ints, points: int) -> Floats:
    """Normalised RSSI power spectra of some windows.

    Args:
        reads: Sorted reads.
        windows: Their windows.
        chosen: Indices of windows, at least one.
        points: Grid points of a window.

    Returns:
        Shape (chosen, points // 2 + 1): shares of power from 0 Hz to half the grid's rate, each
        row's sum 1; double precision, since the share of DC is near one.
    """
    grid = interpolate(reads, windows, chosen, points)
    mean = grid.mean(axis=1, dtype=np.float64)
    # Taken out before the transform and put back as the DC bin: it is a thousand times the rest.
    grid -= mean[:, None].astype(np.float32)
    spectrum = fft.rfft(grid, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float64)
    power[:, 0] = (mean * points) ** 2
    total = power.sum(axis=1, keepdims=True)
    power /= np.where(total > 0, total, 1.0)
    return np.asarray(power)


def interpolate(reads: TagReads, windows: Windows, chosen: Ints, points: int) -> Shares:
    """RSSI of some windows on a regular grid that begins with the window.

    Linear between reads, constant before the first and after the last. At a grid point that falls
    on several reads of one time, the last of them counts.

    Returns:
        Shape (chosen, points), dBm.
    """
    rows = windows.rows[chosen]
    ends = np.cumsum(rows)
    begins = ends - rows
    read = np.repeat(windows.first[chosen] - begins, rows) + np.arange(ends[-1])
    window = np.repeat(np.arange(len(chosen)), rows)
    length_us = windows.length_us[chosen]
    # Multiplied before it is divided, so that a read on a grid point falls on it exactly.
    place = (reads.time_us[read] - windows.start_us[chosen][window]) * points / length_us[window]
    value = reads.rssi_dbm[read].astype(np.float64)
    # Last read at or before each grid point, none before the first.
    due = np.minimum(np.ceil(place), points).astype(np.int64)
    reached = np.bincount(window * points + due, minlength=len(chosen) * points + 1)
    late = due == points
    # Reads behind the last grid point of their window were counted into the next one's first.
    spill = np.bincount(window[late], minlength=len(chosen))
    cells = reached[:-1].reshape(len(chosen), points)
    cells[1:, 0] -= spill[:-1]
    last = np.cumsum(cells, axis=1) + begins[:, None] - 1
    before = np.maximum(last, begins[:, None])
    after = np.minimum(last + 1, ends[:, None] - 1)
    gap = place[after] - place[before]
    share = (np.arange(points)[None] - place[before]) / np.where(gap > 0, gap, 1.0)
    share = np.where(gap > 0, np.clip(share, 0.0, 1.0), 0.0)
    return np.asarray(value[before] + share * (value[after] - value[before]), np.float32)


def _from_quiet(shares: Floats, inner: Floats, series: Ints, quiet: NDArray[np.bool_]) -> Floats:
    """Divergence from the mean spectrum of the series' other quiet windows."""
    mean, count = quiet_mean(shares, series, quiet)
    run = np.repeat(np.arange(len(count)), np.diff(np.append(starts(series), len(series))))
    own = quiet[:, None] * shares
    left = count[run] - quiet
    others = (mean[run] * count[run][:, None] - own) / np.maximum(left, 1)[:, None]
    others = np.maximum(others, 0.0)
    mixed = _negentropy((shares + others) / 2)
    return np.where(left > 0, _between(inner, _negentropy(others), mixed), np.nan)


def _between(left: Floats, right: Floats, mixed: Floats) -> Floats:
    return np.clip((left + right) / 2 - mixed, 0.0, 1.0)


def _negentropy(shares: Floats) -> Floats:
    """Sum of p log2 p over each spectrum.

    The DC share is near one, where its logarithm needs double precision; the others are some
    thousandths in all, and a single-precision logarithm, four times as fast, errs by 1e-10 bits.
    """
    rest = shares[:, 1:].astype(np.float32)
    terms = np.maximum(rest, np.finfo(np.float32).tiny)
    np.log2(terms, out=terms)
    terms *= rest
    dc = np.maximum(shares[:, 0], np.finfo(np.float64).tiny)
    return np.asarray(dc * np.log2(dc) + terms.sum(axis=1, dtype=np.float64))
