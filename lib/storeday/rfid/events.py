"""Rummage events: unbroken stretches in which a tag was moved.

Handled windows of a tag that follow each other, with at most one window between them, are one
event. Its peak is looked for in the window of highest score and its neighbours in the stretch: the
mean time of the changes of signal strength between successive reads of an antenna, weighted by the
square of what exceeds the noise. Without the reads it is the middle of the highest window.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from storeday.contracts import load_contract, table_from_columns
from storeday.rfid.score import fused_score
from storeday.rfid.settings import RfidSettings
from storeday.rfid.tag_reads import Floats, Ints, tag_reads

EVENTS = "silver.rummage_events"
UTC_US = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class _TagWindows:
    """A tag's windows over all antennas, sorted by tag and start; `rows` is sorted likewise.

    Attributes:
        rows: Window rows by tag, start and antenna.
        first: First row of each tag-window, and one past the last of all.
        tag: Tag of each tag-window, as its rank.
        start_us: Start.
        end_us: End.
        score: Fused score, minus infinity without one.
        is_handled: Whether its verdict is handled.
    """

    rows: pa.Table
    first: Ints
    tag: Ints
    start_us: Ints
    end_us: Ints
    score: Floats
    is_handled: NDArray[np.bool_]


def rummage_events(
    windows: pa.Table,
    antenna_zones: Mapping[int, str | None],
    settings: RfidSettings,
    make_id: Callable[[str], str],
    reads: pa.Table | None = None,
) -> pa.Table:
    """Joins the handled windows of one reader to events.

    Args:
        windows: Rows of `silver.rummage_windows` of one reader, in any order; may be empty.
        antenna_zones: The zone of each antenna that covers just one.
        settings: Settings.
        make_id: Makes an event's pseudonym of a text that tells it from all others.
        reads: The rows of `bronze.rfid_reads` that were scored; they place the peak inside its
            window.

    Returns:
        `silver.rummage_events` by tag and start, without the store-day. `probability` is null: it
        takes a store's own calibration.

    Example:
        >>> import datetime as dt
        >>> start = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
        >>> windows = pa.table({
        ...     "reader_id": ["r1"] * 4, "antenna": [1] * 4, "epc": ["AD38"] * 4,
        ...     "window_start": [start + dt.timedelta(seconds=8 * i) for i in range(4)],
        ...     "window_s": [8.0] * 4, "reads": [9] * 4, "score": [0.1, 5.0, 7.0, 0.2],
        ...     "js_divergence": [None, 2e-5, 1e-3, 1e-3], "js_flag": [False, False, True, True],
        ...     "verdict": ["still", "handled", "handled", "still"]})
        >>> event = rummage_events(windows, {1: "rack"}, RfidSettings(), str).to_pylist()[0]
        >>> f"{event['started_at']:%M:%S} {event['peak_time']:%M:%S} {event['ended_at']:%M:%S}"
        '00:08 00:20 00:24'
    """
    spans = _tag_windows(windows)
    handled = np.flatnonzero(spans.is_handled)
    begins = _begins(spans, handled)
    ends = np.append(begins, len(handled))[1:]
    first, last = handled[begins], handled[ends - 1]
    peak = handled[_highest(np.repeat(np.arange(len(begins)), ends - begins), spans.score[handled])]
    rows = spans.rows
    reader = rows["reader_id"][0].as_py() if len(begins) else ""
    antenna = _best_antennas(spans, peak)
    zones = [antenna_zones.get(port) for port in antenna.tolist()]
    epcs = rows["epc"].take(pa.array(spans.first[first])).to_pylist()
    started = spans.start_us[first]
    names = [f"{reader}/{epc}/{time}" for epc, time in zip(epcs, started.tolist(), strict=True)]
    slices = np.column_stack([spans.first[first], spans.first[last + 1]])
    divergence = _largest(_floats(rows, "js_divergence"), slices)
    flag = _largest(_floats(rows, "js_flag"), slices)
    return table_from_columns(
        load_contract(EVENTS),
        {
            "rummage_id": pa.array([make_id(name) for name in names], pa.string()),
            "epc": pa.array(epcs, pa.string()),
            "reader_id": pa.repeat(reader, len(begins)),
            "antenna": antenna,
            "peak_time": pa.array(_peaks(spans, (first, peak, last), reads, settings)).cast(UTC_US),
            "started_at": pa.array(started).cast(UTC_US),
            "ended_at": pa.array(spans.end_us[last]).cast(UTC_US),
            "score": spans.score[peak],
            "js_divergence": np.where(np.isfinite(divergence), divergence, np.nan),
            "js_flag": flag > 0,
            "zone_id": pa.array(zones, pa.string()),
            "reads": _sums(rows["reads"].to_numpy(), slices),
        },
    )


def _tag_windows(windows: pa.Table) -> _TagWindows:
    order = [(name, "ascending") for name in ("epc", "window_start", "antenna")]
    rows = windows.sort_by(order)
    coded = rows["epc"].combine_chunks().dictionary_encode()
    # In sorted rows a tag's first appearance is its rank.
    tag = coded.indices.to_numpy().astype(np.int64)
    start_us = rows["window_start"].cast(UTC_US).cast(pa.int64()).to_numpy()
    changes = np.ones(len(tag), bool)
    changes[1:] = (tag[1:] != tag[:-1]) | (start_us[1:] != start_us[:-1])
    first = np.flatnonzero(changes)
    length_us = np.rint(_floats(rows, "window_s")[first] * 1e6).astype(np.int64)
    fused = fused_score(rows, _floats(rows, "score"))
    handled = np.asarray(pc.equal(rows["verdict"], "handled"))
    return _TagWindows(
        rows,
        np.append(first, len(tag)),
        tag[first],
        start_us[first],
        start_us[first] + length_us,
        np.nan_to_num(fused[first], nan=-np.inf),
        np.logical_or.reduceat(handled, first) if len(first) else np.zeros(0, bool),
    )


def _begins(spans: _TagWindows, handled: Ints) -> Ints:
    """Places in `handled` where an event begins."""
    before, after = handled[:-1], handled[1:]
    gap = spans.start_us[after] - spans.end_us[before]
    length = spans.end_us[after] - spans.start_us[after]
    begins = np.ones(len(handled), bool)
    begins[1:] = (spans.tag[after] != spans.tag[before]) | (gap > length)
    return np.flatnonzero(begins)


def _highest(group: Ints, values: Floats) -> Ints:
    """Place of the highest value of each group, the first of equal ones; groups count from 0."""
    order = np.lexsort((np.arange(len(values)), -values, group))
    _, first = np.unique(group[order], return_index=True)
    return order[first]


def _best_antennas(spans: _TagWindows, peak: Ints) -> Ints:
    """Antenna with the highest score of its own in each peak window."""
    counts = spans.first[peak + 1] - spans.first[peak]
    group = np.repeat(np.arange(len(peak)), counts)
    row = np.arange(len(group)) + np.repeat(spans.first[peak] - np.cumsum(counts) + counts, counts)
    score = np.nan_to_num(_floats(spans.rows, "score")[row], nan=-np.inf)
    antenna = spans.rows["antenna"].to_numpy()
    return np.asarray(antenna[row[_highest(group, score)]])


def _peaks(
    spans: _TagWindows,
    stretch: tuple[Ints, Ints, Ints],
    reads: pa.Table | None,
    settings: RfidSettings,
) -> Ints:
    """Best time of each event, in microseconds since 1970.

    Args:
        spans: Windows by tag.
        stretch: First, highest and last window of each event.
        reads: Reads that were scored, if given.
        settings: Change that counts as noise.
    """
    first, peak, last = stretch
    start_us, end_us = spans.start_us[peak], spans.end_us[peak]
    middle = (start_us + end_us) // 2
    if reads is None or not len(peak):
        return middle
    length_us = end_us - start_us
    start_us = np.maximum(start_us - length_us, spans.start_us[first])
    end_us = np.minimum(end_us + length_us, spans.end_us[last])
    epcs = pc.unique(spans.rows["epc"].take(pa.array(spans.first[peak])))
    epcs = epcs.take(pc.sort_indices(epcs))
    chosen = tag_reads(reads.filter(pc.is_in(reads["epc"], value_set=epcs)))
    known = np.asarray(pc.index_in(pa.array(chosen.tags, pa.string()), value_set=epcs))
    same = chosen.series[1:] == chosen.series[:-1]
    change = np.abs(np.diff(chosen.rssi_dbm)) - settings.peak_noise_db
    steps = np.flatnonzero(same & (change > 0))
    time_us = (chosen.time_us[steps] + chosen.time_us[steps + 1]) // 2
    weight = change[steps] ** 2
    tag = known[chosen.tag[steps]].astype(np.int64)
    order = np.lexsort((weight, time_us, tag))
    tag, time_us, weight = tag[order], time_us[order], weight[order]
    wanted = np.unique(spans.tag[peak], return_inverse=True)[1]
    return _weighted_times((wanted, start_us, end_us), (tag, time_us, weight), middle)


def _weighted_times(
    spans: tuple[Ints, Ints, Ints], steps: tuple[Ints, Ints, Floats], otherwise: Ints
) -> Ints:
    """Weighted mean time of the steps inside each span of a tag; `otherwise` where there is none.

    Args:
        spans: Tag, start and end of each span.
        steps: Tag, time and weight of each step, sorted by tag and time.
        otherwise: Result for a span without steps.
    """
    span_tag, start_us, end_us = spans
    tag, time_us, weight = steps
    if not len(tag):
        return otherwise
    origin = min(int(time_us.min()), int(start_us.min()))
    width = max(int(time_us.max()), int(end_us.max())) - origin + 1
    key = tag * width + (time_us - origin)
    low = np.searchsorted(key, span_tag * width + (start_us - origin))
    high = np.searchsorted(key, span_tag * width + (end_us - origin))
    span = np.repeat(np.arange(len(low)), high - low)
    step = np.arange(len(span)) + np.repeat(low - np.cumsum(high - low) + high - low, high - low)
    total = np.bincount(span, weight[step], len(low))
    moment = np.bincount(span, weight[step] * (time_us[step] - start_us[span]), len(low))
    found = total > 0
    offset = moment / np.where(found, total, 1.0)
    return np.where(found, start_us + np.rint(offset).astype(np.int64), otherwise)


def _largest(values: Floats, slices: Ints) -> Floats:
    """Largest value in each slice of rows, minus infinity where all are NaN."""
    if not len(slices):
        return np.zeros(0)
    padded = np.append(np.nan_to_num(values, nan=-np.inf), -np.inf)
    return np.asarray(np.maximum.reduceat(padded, slices.reshape(-1))[::2])


def _sums(values: NDArray[np.int64], slices: Ints) -> Ints:
    running = np.concatenate([[0], np.cumsum(values)])
    return np.asarray(running[slices[:, 1]] - running[slices[:, 0]])


def _floats(rows: pa.Table, name: str) -> Floats:
    return np.asarray(rows[name].cast(pa.float64()).to_numpy(), np.float64)
