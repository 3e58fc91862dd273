"""Windows of a tag as the arrays that a convolutional net takes: 8 s at 50 Hz, ten rows of values.

After the source article's supervised classifier: strength and phase on two antennas, their
difference and mean, and first differences, which it does not list; taken here as those of the two
means. Antennas are the two that read the tag most. Strength counts from the tag's mean on that
antenna, in tens of dB; phase is the turn against the tag's own reference (see `phase`), in half
turns. Between reads both are interpolated, since readers of a shop give a read in two seconds where
the article had fifty in one.
"""

import numpy as np
from numpy.typing import NDArray

from storeday.rfid.parts import WindowParts
from storeday.rfid.tag_reads import Floats, Ints, TagReads

POINTS, FEATURES = 400, 10
WINDOW_US = 8_000_000
DECIBELS = 10.0


def window_tensors(reads: TagReads, parts: WindowParts, spans: Ints) -> NDArray[np.float32]:
    """Arrays of some windows of tags.

    Args:
        reads: Sorted reads of one reader.
        parts: Their windows and parts.
        spans: Numbers of tags' windows, shape (n,), as in `Windows.spans`.

    Returns:
        Shape (n, 10, 400): strength of both antennas, phase of both, difference of strengths and of
        phases, mean of strengths and of phases, first differences of the two means. An antenna that
        never read the tag gives zeros.

    Example:
        >>> import datetime as dt
        >>> import pyarrow as pa
        >>> from storeday.rfid import RfidSettings, measure_reads
        >>> start = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
        >>> table = pa.table({
        ...     "antenna": [1] * 8, "epc": ["AD38"] * 8,
        ...     "device_time": [start + dt.timedelta(seconds=2 * i) for i in range(8)],
        ...     "rssi_dbm": [-60.0] * 4 + [-50.0] * 4, "phase_rad": pa.nulls(8, pa.float64()),
        ...     "frequency_mhz": [865.7] * 8, "read_count": [1] * 8})
        >>> measured = measure_reads(table, RfidSettings(window_lengths_s=(8.0,)))
        >>> found = window_tensors(measured.reads, measured.parts, np.array([0, 1]))
        >>> found.shape, found[:, 0, 0].tolist(), found[0, 1:4].any()
        ((2, 10, 400), [-0.5, 0.5], np.False_)
    """
    tag, start_us, _ = parts.windows.of_spans()
    series = _best_series(reads)[tag[spans]]
    time_us = start_us[spans, None] + np.arange(POINTS) * (WINDOW_US // POINTS)
    rows = [_strength_and_phase(reads, parts, series[:, number], time_us) for number in range(2)]
    (strength, phase), (other_strength, other_phase) = rows
    strengths, phases = (strength + other_strength) / 2, (phase + other_phase) / 2
    return np.stack(
        [
            strength,
            other_strength,
            phase,
            other_phase,
            strength - other_strength,
            phase - other_phase,
            strengths,
            phases,
            np.diff(strengths, axis=1, prepend=strengths[:, :1]),
            np.diff(phases, axis=1, prepend=phases[:, :1]),
        ],
        axis=1,
        dtype=np.float32,
    )


def _best_series(reads: TagReads) -> Ints:
    """The two series of each tag with the most reads, shape (tags, 2); -1 for none."""
    antennas = len(reads.antennas)
    counts = np.bincount(reads.series, minlength=len(reads.tags) * antennas)
    counts = np.pad(counts.reshape(-1, antennas), ((0, 0), (0, max(2 - antennas, 0))))
    best = np.argsort(-counts, axis=1, kind="stable")[:, :2]
    tag = np.arange(len(counts))[:, None]
    return np.where(counts[tag, best] > 0, tag * antennas + best, -1)


def _strength_and_phase(
    reads: TagReads, parts: WindowParts, series: Ints, time_us: Ints
) -> tuple[Floats, Floats]:
    """Strength and phase of one series per row, interpolated; shape (n, points) each."""
    known = series >= 0
    if not len(series) or not known.any():
        return np.zeros(time_us.shape), np.zeros(time_us.shape)
    origin, span = reads.time_us.min(), np.ptp(reads.time_us) + 2 * WINDOW_US
    key = reads.series * span + (reads.time_us - origin)
    first = np.searchsorted(reads.series, series * known)
    last = np.searchsorted(reads.series, series * known, side="right") - 1
    wanted = (series * known)[:, None] * span + (time_us - origin)
    wanted = np.clip(wanted, key[first][:, None], key[last][:, None])
    count = np.bincount(reads.series)
    mean = np.bincount(reads.series, reads.rssi_dbm) / np.maximum(count, 1)
    strength = np.interp(wanted, key, reads.rssi_dbm - mean[reads.series]) / DECIBELS
    real = np.interp(wanted, key, parts.turns.real)
    phase = np.arctan2(np.interp(wanted, key, parts.turns.imag), real) / np.pi
    return strength * known[:, None], phase * known[:, None]
