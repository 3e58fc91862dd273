"""Stretches of time: their union, and how much of it lies within others. Whole microseconds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from storeday.contracts.columns import STAMP, US_PER_S, Ints, moment_us, texts, times_us
from storeday.floor.calendar import Interval
from storeday.measures.settings import MeasureSettings


@dataclass(frozen=True)
class Stretches:
    """Stretches that do not overlap, in order.

    Attributes:
        start_us: Starts, shape (n,).
        end_us: Ends, shape (n,).
    """

    start_us: Ints
    end_us: Ints

    def within_us(self, from_us: Ints, to_us: Ints) -> Ints:
        """How much of the stretches lies between two moments each; 0 where they are reversed."""
        return np.asarray(np.maximum(self._before_us(to_us) - self._before_us(from_us), 0))

    def _before_us(self, moment: Ints) -> Ints:
        """How much of the stretches lies before each moment."""
        number = np.searchsorted(self.start_us, moment, "right")
        total = np.concatenate([[0], np.cumsum(self.end_us - self.start_us)])[number]
        end = np.concatenate([[0], self.end_us])[number]
        # Of the last stretch that has begun, what is still to come does not count.
        return np.asarray(total - np.where(number > 0, np.maximum(end - moment, 0), 0))


def union(stretches: Sequence[Interval], bridge_s: float = 0.0) -> Stretches:
    """The moments that at least one stretch holds.

    Args:
        stretches: Stretches, in any order; may be empty, overlap, or have no length.
        bridge_s: Gaps up to this length count as held.

    Example:
        >>> import datetime as dt
        >>> noon = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
        >>> parts = [(0, 10), (5, 20), (21, 30)]
        >>> found = union([Interval(noon + dt.timedelta(seconds=start),
        ...                         noon + dt.timedelta(seconds=end)) for start, end in parts])
        >>> ((found.end_us - found.start_us) // 1_000_000).tolist()
        [20, 9]
    """
    pairs = [(moment_us(part.start), moment_us(part.end)) for part in stretches]
    start, end = np.array(pairs, np.int64).reshape(-1, 2).T
    return _joined(start, end, round(bridge_s * US_PER_S))


def union_of(parts: Sequence[Stretches]) -> Stretches:
    """The moments that at least one of several unions holds."""
    none = np.zeros(0, np.int64)
    return _joined(
        np.concatenate([none, *(part.start_us for part in parts)]),
        np.concatenate([none, *(part.end_us for part in parts)]),
        0,
    )


def read_stretches(reads: pa.Table, settings: MeasureSettings) -> dict[str, list[Interval]]:
    """When each reader was listening, as far as its reads tell.

    A reader listened between two reads that lie no more than `max_read_gap_s` apart. One read alone
    is a stretch without length.

    Args:
        reads: Columns `reader_id, device_time` of `bronze.rfid_reads`, in any order; may be empty.
            It is enough to give one read of each reader and second.
        settings: Settings.

    Returns:
        Stretches by reader, in order; readers without reads are left out.

    Example:
        >>> import datetime as dt
        >>> noon = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
        >>> times = [noon + dt.timedelta(seconds=second) for second in (0, 50, 100, 200)]
        >>> found = read_stretches(
        ...     pa.table({"reader_id": ["r"] * 4, "device_time": times}), MeasureSettings())
        >>> [part.length_s for part in found["r"]]
        [100.0, 0.0]
    """
    names = texts(reads["reader_id"]).dictionary_encode()
    reader = np.asarray(names.indices.to_numpy(zero_copy_only=False), np.int64)
    times = times_us(reads["device_time"])
    found = {}
    for number, name in sorted(enumerate(names.dictionary.to_pylist()), key=lambda item: item[1]):
        heard = np.sort(times[reader == number])
        borders = np.flatnonzero(np.diff(heard) > round(settings.max_read_gap_s * US_PER_S))
        starts = pa.array(heard[np.concatenate([[0], borders + 1])]).cast(STAMP).to_pylist()
        ends = pa.array(heard[np.append(borders, len(heard) - 1)]).cast(STAMP).to_pylist()
        found[name] = [Interval(start, end) for start, end in zip(starts, ends, strict=True)]
    return found


def _joined(start: Ints, end: Ints, bridge_us: int) -> Stretches:
    """Stretches in any order, joined where the gap between them is no longer than the bridge."""
    if not len(start):
        return Stretches(start, end)
    order = np.lexsort((end, start))
    start, latest = start[order], np.maximum.accumulate(end[order])
    is_new = np.concatenate([[True], start[1:] - latest[:-1] > bridge_us])
    last = np.append(np.flatnonzero(is_new[1:]), len(start) - 1)
    return Stretches(start[is_new], latest[last])
