"""Tumbling windows of a tag's reads on one antenna.

Windows begin at whole multiples of their length since 1970, so that they do not depend on which
reads there are. A tag's length is the shortest that its read rate fills: a tag alone before a
reader answers 50 times a second, one of 170 tags once in two to five seconds, and a spread of fewer
than four values says nothing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.rfid.settings import RfidSettings
from storeday.rfid.tag_reads import Floats, Ints, TagReads


@dataclass(frozen=True)
class Windows:
    """Windows with at least one read, sorted by series and start; one entry per window.

    Attributes:
        first: Place of the window's first read among the sorted reads.
        rows: Reads that were reported in it; its reads are `first .. first + rows`.
        series: Tag and antenna, as in `TagReads`.
        length_us: Length.
        index: Start divided by length.
    """

    first: Ints
    rows: Ints
    series: Ints
    length_us: Ints
    index: Ints

    @property
    def start_us(self) -> Ints:
        """Start of each window, microseconds since 1970 UTC."""
        return self.index * self.length_us

    def totals(self, values: NDArray[np.generic]) -> Floats:
        """Sum over each window's reads of a value given per read."""
        if not len(self.first):
            return np.zeros(0)
        return np.asarray(np.add.reduceat(values.astype(np.float64), self.first))

    def of_reads(self) -> Ints:
        """Index of the window of each read."""
        return np.repeat(np.arange(len(self.first)), self.rows)

    def follows(self, enough: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Windows that come right after a window of the same series, both among `enough`."""
        follows = np.zeros(len(self.first), bool)
        follows[1:] = (
            (self.series[1:] == self.series[:-1])
            & (self.index[1:] == self.index[:-1] + 1)
            & enough[1:]
            & enough[:-1]
        )
        return follows


def cut_windows(reads: TagReads, settings: RfidSettings) -> Windows:
    """Cuts reads into windows of the length that suits each tag."""
    lengths_us = choose_lengths(reads, settings)
    length_us = lengths_us[reads.tag] if len(lengths_us) else np.zeros(0, np.int64)
    index = reads.time_us // length_us
    first = _starts(reads.series, index)
    rows = np.diff(np.append(first, len(reads.series)))
    return Windows(first, rows, reads.series[first], length_us[first], index[first])


def choose_lengths(reads: TagReads, settings: RfidSettings) -> Ints:
    """Window length of each tag, in microseconds, by the rate on its busiest antenna.

    The rate counts only the longest windows in which that antenna read the tag at all, so that
    hours without the tag do not lengthen its windows.

    Returns:
        Shape (tags,): the shortest length in which the rate gives `target_reads`, else the longest.
    """
    lengths_s = np.sort(np.asarray(settings.window_lengths_s))
    if not len(reads.series):
        return np.zeros(0, np.int64)
    longest_us = round(lengths_s[-1] * 1e6)
    slots = _starts(reads.series, reads.time_us // longest_us)
    series = np.flatnonzero(np.bincount(reads.series))
    rows = np.bincount(reads.series)[series]
    seen_s = np.bincount(reads.series[slots])[series] * lengths_s[-1]
    tag = series // len(reads.antennas)
    most = np.zeros(len(reads.tags), np.int64)
    np.maximum.at(most, tag, rows)
    busiest = rows == most[tag]
    rate_hz = np.zeros(len(reads.tags))
    np.maximum.at(rate_hz, tag[busiest], rows[busiest] / seen_s[busiest])
    place = np.searchsorted(lengths_s, settings.target_reads / rate_hz)
    chosen = lengths_s[np.minimum(place, len(lengths_s) - 1)]
    return np.rint(chosen * 1e6).astype(np.int64)


def _starts(*keys: Ints) -> Ints:
    """Places where any of several sorted keys changes, the first row included."""
    changes = np.zeros(len(keys[0]), bool)
    changes[:1] = True
    for key in keys:
        changes[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(changes)
