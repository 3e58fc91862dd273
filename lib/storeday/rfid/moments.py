"""The moment, within a window, at which its tag was moved.

Every read of the window and of the tag's windows next to it is weighed by how far it is from the
reads nearby, on the side that fits better: one in a hand is unlike both. The moment is the mean
time of the reads, weighted by the square of that.
"""

import numpy as np

from storeday.rfid.parts import WindowParts
from storeday.rfid.quiet import sides
from storeday.rfid.settings import RfidSettings
from storeday.rfid.tag_reads import Floats, Ints, TagReads
from storeday.rfid.windows import Windows

# A deviation of strength counts for no more than a phase at its farthest.
MOST_EVIDENCE = 2.0


def moments(reads: TagReads, parts: WindowParts, spans: Ints, settings: RfidSettings) -> Ints:
    """Moments of some tags' windows.

    Args:
        reads: Sorted reads.
        parts: Windows and what was measured in them.
        spans: Windows of tags, by number as in `Windows.spans`, sorted.
        settings: Reads nearby, noise.

    Returns:
        Shape (spans,), microseconds since 1970; the middle of the window where no read stands out.
    """
    windows = parts.windows
    if not len(spans):
        return np.zeros(0, np.int64)
    target, row = _rows_around(windows, spans)
    counts = windows.rows[row]
    which = np.repeat(np.arange(len(row)), counts)
    first = windows.first[row] - np.cumsum(counts) + counts
    read = np.arange(len(which)) + first[which]
    weight = _evidence(reads, parts, row[which], read, settings) ** 2
    start_us, length_us = _extent(windows, spans)
    place = target[which]
    total = np.bincount(place, weight, len(spans))
    moment = np.bincount(place, weight * (reads.time_us[read] - start_us[place]), len(spans))
    offset = np.where(total > 0, moment / np.maximum(total, 1e-12), length_us / 2)
    return np.asarray(start_us + np.rint(np.clip(offset, 0, length_us)).astype(np.int64))


def _rows_around(windows: Windows, spans: Ints) -> tuple[Ints, Ints]:
    """Rows of each wanted window of a tag and of its neighbours in time: position, row."""
    order = np.argsort(windows.spans, kind="stable")
    edges = np.searchsorted(windows.spans[order], np.arange(windows.span_count + 1))
    start_us, length_us = _extent(windows, np.arange(windows.span_count))
    tag = np.zeros(windows.span_count, np.int64)
    tag[windows.spans] = windows.tag
    targets, rows = [], []
    for step in (-1, 0, 1):
        near = spans + step
        inside = (near >= 0) & (near < windows.span_count)
        near = np.clip(near, 0, windows.span_count - 1)
        inside &= tag[near] == tag[spans]
        inside &= np.abs(start_us[near] - start_us[spans]) <= length_us[spans]
        place, near = np.flatnonzero(inside), near[inside]
        counts = edges[near + 1] - edges[near]
        which = np.repeat(np.arange(len(near)), counts)
        first = edges[near] - np.cumsum(counts) + counts
        targets.append(place[which])
        rows.append(order[np.arange(len(which)) + first[which]])
    return np.concatenate(targets), np.concatenate(rows)


def _evidence(
    reads: TagReads, parts: WindowParts, row: Ints, read: Ints, settings: RfidSettings
) -> Floats:
    """How far reads are from those nearby, in phase and strength, on the better side."""
    windows = parts.windows
    near = sides(windows, windows.rows, settings.local_reads)
    level = np.full(len(read), np.inf)
    turn = np.full(len(read), np.inf)
    columns = [near.sums(values) for values in (reads.rssi_dbm, parts.turns.real, parts.turns.imag)]
    for side, count in enumerate(near.counts):
        rssi, real, imag = (column[side][row] for column in columns)
        known = count[row] >= settings.reference_reads
        away = np.abs(reads.rssi_dbm[read] - rssi / np.maximum(count[row], 1))
        level = np.where(known, np.minimum(level, away), level)
        length = np.hypot(real, imag)
        vector = parts.turns[read]
        along = (vector.real * real + vector.imag * imag) / np.maximum(length, 1e-9)
        fits = known & (length > 1e-6) & (vector != 0)
        turn = np.where(fits, np.minimum(turn, 1 - along), turn)
    level = np.where(np.isinf(level), 0.0, level)
    excess = np.maximum(level - settings.peak_noise_db, 0.0) / settings.peak_scale_db
    return np.minimum(excess, MOST_EVIDENCE) + np.where(np.isinf(turn), 0.0, turn)


def _extent(windows: Windows, spans: Ints) -> tuple[Ints, Ints]:
    """Start and length of tags' windows, by number."""
    start_us = np.zeros(windows.span_count, np.int64)
    length_us = np.zeros(windows.span_count, np.int64)
    start_us[windows.spans], length_us[windows.spans] = windows.start_us, windows.length_us
    return start_us[spans], length_us[spans]
