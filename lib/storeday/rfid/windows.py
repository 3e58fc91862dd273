"""Tumbling windows of a tag's reads on one antenna.

Windows begin at whole multiples of their length since 1970, so that they do not depend on which
reads there are. A tag's length is the shortest in which most of its windows hold enough reads: a
tag alone before a reader answers 50 times a second, one of 170 tags once in two to five seconds,
and fewer than four values say nothing.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

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
        antennas: Antennas of the reader; a series is tag x antennas + antenna.
    """

    first: Ints
    rows: Ints
    series: Ints
    length_us: Ints
    index: Ints
    antennas: int

    @property
    def start_us(self) -> Ints:
        """Start of each window, microseconds since 1970 UTC."""
        return self.index * self.length_us

    @property
    def tag(self) -> Ints:
        """Index of each window's tag."""
        return self.series // self.antennas

    @property
    def antenna(self) -> Ints:
        """Index of each window's antenna."""
        return self.series % self.antennas

    @cached_property
    def spans(self) -> Ints:
        """Number of each window's tag and time, over all antennas; from 0, by tag and start."""
        if not len(self.first):
            return np.zeros(0, np.int64)
        index = self.index - self.index.min()
        bits = int(index.max()).bit_length()
        key = (self.tag << bits) | index
        order = np.argsort(key, kind="stable")
        changes = np.empty(len(key), bool)
        changes[0] = False
        changes[1:] = key[order[1:]] != key[order[:-1]]
        spans = np.empty(len(key), np.int64)
        spans[order] = np.cumsum(changes)
        return spans

    @property
    def span_count(self) -> int:
        """Number of different tags and times."""
        return int(self.spans.max()) + 1 if len(self.first) else 0

    def of_spans(self) -> tuple[Ints, Ints, Ints]:
        """Tag, start and length of each window of a tag, microseconds, by its number."""
        tag, start_us, length_us = np.zeros((3, self.span_count), np.int64)
        tag[self.spans], start_us[self.spans] = self.tag, self.start_us
        length_us[self.spans] = self.length_us
        return tag, start_us, length_us

    def totals(self, values: NDArray[np.generic]) -> Floats:
        """Sum over each window's reads of a value given per read."""
        if not len(self.first):
            return np.zeros(0)
        return np.asarray(np.add.reduceat(values, self.first, dtype=np.float64))

    def of_reads(self) -> Ints:
        """Index of the window of each read."""
        return np.repeat(np.arange(len(self.first)), self.rows)

    def over_antennas(self, values: NDArray[Any]) -> Floats:
        """Sum over the antennas of a tag's window, one entry per span."""
        return np.bincount(self.spans, values, self.span_count).astype(np.float64)

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
    ports = max(len(reads.antennas), 1)
    if not len(reads.series):
        none = np.zeros(0, np.int64)
        return Windows(none, none, none, none, none, ports)
    lengths_us = choose_lengths(reads, settings)
    length_us = lengths_us[reads.tag]
    index = reads.time_us // length_us
    first = starts(reads.series, index)
    rows = np.diff(np.append(first, len(reads.series)))
    return Windows(first, rows, reads.series[first], length_us[first], index[first], ports)


def choose_lengths(reads: TagReads, settings: RfidSettings) -> Ints:
    """Window length of each tag, in microseconds.

    Only windows in which the tag was read at all count, so that hours without the tag do not
    lengthen its windows.

    Returns:
        Shape (tags,): the shortest length of which `filled_share` of the tag's windows hold
        `min_reads` reads, all antennas together; else the longest.
    """
    lengths_us = np.rint(np.sort(np.asarray(settings.window_lengths_s)) * 1e6).astype(np.int64)
    tags = len(reads.tags)
    chosen = np.full(tags, lengths_us[-1])
    if not len(reads.series):
        return chosen
    origin, latest = int(reads.time_us.min()), int(reads.time_us.max())
    is_open = np.ones(tags, bool)
    for length_us in lengths_us[:-1].tolist():
        seen, filled = _occupancy(reads, length_us, (origin, latest), settings.min_reads)
        fits = is_open & (filled >= settings.filled_share * seen)
        chosen[fits] = length_us
        is_open &= ~fits
    return chosen


# Windows that are counted in a plain array, against a sort.
MOST_CELLS = 1 << 26


def _occupancy(
    reads: TagReads, length_us: int, span_us: tuple[int, int], least: int
) -> tuple[Ints, Ints]:
    """Windows of each tag with any reads, and with enough."""
    origin = span_us[0] // length_us
    width = span_us[1] // length_us - origin + 1
    slot = reads.time_us // length_us - origin
    tags = len(reads.tags)
    if tags * width <= MOST_CELLS:
        counts = np.bincount(reads.tag * width + slot, minlength=tags * width)
        counts = counts.reshape(tags, width)
        return (counts > 0).sum(axis=1), (counts >= least).sum(axis=1)
    key, counts = np.unique(reads.tag * width + slot, return_counts=True)
    tag = key // width
    return np.bincount(tag, minlength=tags), np.bincount(tag[counts >= least], minlength=tags)


def starts(*keys: Ints) -> Ints:
    """Places where any of several sorted keys changes, the first row included."""
    changes = np.zeros(len(keys[0]), bool)
    changes[:1] = True
    for key in keys:
        changes[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(changes)
