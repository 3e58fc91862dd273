"""Rummage events: unbroken stretches in which a tag was moved.

Hysteresis: an event begins where a tag's score passes the threshold, and takes in the windows
before and after for as long as the score stays above the lower one, one window between them
forgiven. Its moment is that of its highest window.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from storeday.contracts import load_contract, table_from_columns
from storeday.rfid.calibrate import Calibration, probabilities
from storeday.rfid.tag_reads import Floats, Ints

EVENTS = "silver.rummage_events"
WINDOWS = "silver.rummage_windows"
UTC_US = pa.timestamp("us", tz="UTC")
Zones = Mapping[tuple[str, int], str | None]


@dataclass(frozen=True)
class _TagWindows:
    """Tags' windows over all antennas, sorted by reader, tag and start; `rows` is sorted likewise.

    Attributes:
        rows: Window rows by reader, tag, start and antenna.
        first: First row of each tag-window, and one past the last of all.
        tag: Number of reader and tag.
        start_us: Start.
        end_us: End.
        score: Score of the tag, minus infinity without one.
    """

    rows: pa.Table
    first: Ints
    tag: Ints
    start_us: Ints
    end_us: Ints
    score: Floats


def judge(windows: pa.Table, calibration: Calibration | None) -> pa.Table:
    """Sets the verdict of windows: handled above the threshold of verdicts.

    Args:
        windows: Rows of `silver.rummage_windows`.
        calibration: Thresholds; None leaves all windows still.
    """
    limit = np.inf if calibration is None else calibration.verdict_threshold
    score = _floats(windows, "tag_score")
    few = np.asarray(pc.equal(windows["verdict"], "too_few_reads"))
    verdict = np.where(few, "too_few_reads", np.where(score > limit, "handled", "still"))
    place = windows.column_names.index("verdict")
    return windows.set_column(place, "verdict", pa.array(verdict.tolist(), pa.string()))


def rummage_events(
    windows: pa.Table,
    calibration: Calibration | None,
    antenna_zones: Zones,
    make_id: Callable[[str], str],
) -> pa.Table:
    """Joins windows to events.

    Args:
        windows: Rows of `silver.rummage_windows`, in any order; may be empty.
        calibration: Thresholds of the store-day; None gives no events.
        antenna_zones: By reader and port, the zone of each antenna that covers just one.
        make_id: Makes an event's pseudonym of a text that tells it from all others.

    Returns:
        `silver.rummage_events` by reader, tag and start, without the store-day.

    Example:
        >>> import datetime as dt
        >>> from storeday.rfid.calibrate import Calibration, Tail
        >>> from storeday.rfid.nulls import LEVELS, NOTHING
        >>> start = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
        >>> times = [start + dt.timedelta(seconds=8 * i) for i in range(4)]
        >>> windows = pa.table({
        ...     "reader_id": ["r1"] * 4, "antenna": [1] * 4, "epc": ["AD38"] * 4,
        ...     "window_start": times, "window_s": [8.0] * 4, "reads": [9] * 4,
        ...     "score": [0.1, 5.0, 7.0, 0.2], "tag_score": [0.1, 5.0, 7.0, 0.2],
        ...     "moved_time": times,
        ...     "js_divergence": [None, 2e-5, 1e-3, 1e-3], "js_flag": [False, False, True, True]})
        >>> tail = Tail(0 * LEVELS, 0.0, 1.0, 1.0)
        >>> found = Calibration(6.0, 4.0, 3.0, {"closed": tail}, NOTHING, {"closed": 1.0})
        >>> event = rummage_events(windows, found, {("r1", 1): "rack"}, str).to_pylist()[0]
        >>> f"{event['started_at']:%M:%S} {event['peak_time']:%M:%S} {event['ended_at']:%M:%S}"
        '00:08 00:16 00:24'
    """
    spans = _tag_windows(windows)
    first, peak, last = _stretches(spans, calibration)
    rows = spans.rows
    reader = rows["reader_id"].take(pa.array(spans.first[first]))
    epc = rows["epc"].take(pa.array(spans.first[first]))
    started = spans.start_us[first]
    names = zip(reader.to_pylist(), epc.to_pylist(), started.tolist(), strict=True)
    antenna = _best_antennas(spans, peak)
    ports = zip(reader.to_pylist(), antenna.tolist(), strict=True)
    slices = np.column_stack([spans.first[first], spans.first[last + 1]])
    divergence = _largest(_floats(rows, "js_divergence"), slices)
    flag = _largest(_floats(rows, "js_flag"), slices)
    score = spans.score[peak]
    chance = probabilities(score, calibration) if calibration is not None else score
    return table_from_columns(
        load_contract(EVENTS),
        {
            "rummage_id": pa.array(
                [make_id("/".join(map(str, each))) for each in names], pa.string()
            ),
            "epc": epc,
            "reader_id": reader,
            "antenna": antenna,
            "peak_time": rows["moved_time"].take(pa.array(spans.first[peak])),
            "started_at": pa.array(started).cast(UTC_US),
            "ended_at": pa.array(spans.end_us[last]).cast(UTC_US),
            "score": score,
            "js_divergence": np.where(np.isfinite(divergence), divergence, np.nan),
            "js_flag": flag > 0,
            "probability": chance,
            "zone_id": pa.array([antenna_zones.get(port) for port in ports], pa.string()),
            "reads": _sums(rows["reads"].to_numpy(), slices),
        },
    )


def _tag_windows(windows: pa.Table) -> _TagWindows:
    keys = ("reader_id", "epc", "window_start", "antenna")
    rows = windows.sort_by([(name, "ascending") for name in keys])
    start_us = rows["window_start"].cast(UTC_US).cast(pa.int64()).to_numpy()
    new_tag = np.ones(rows.num_rows, bool)
    new_tag[1:] = False
    for name in ("reader_id", "epc"):
        code = rows[name].combine_chunks().dictionary_encode().indices.to_numpy()
        new_tag[1:] |= code[1:] != code[:-1]
    tag = np.cumsum(new_tag) - 1
    changes = new_tag.copy()
    changes[1:] |= start_us[1:] != start_us[:-1]
    first = np.flatnonzero(changes)
    length_us = np.rint(_floats(rows, "window_s")[first] * 1e6).astype(np.int64)
    score = np.nan_to_num(_floats(rows, "tag_score")[first], nan=-np.inf)
    ends = start_us[first] + length_us
    return _TagWindows(rows, np.append(first, len(tag)), tag[first], start_us[first], ends, score)


def _stretches(spans: _TagWindows, calibration: Calibration | None) -> tuple[Ints, Ints, Ints]:
    """First, highest and last window of each event."""
    none = np.zeros(0, np.int64)
    if calibration is None:
        return none, none, none
    going = np.flatnonzero(spans.score > min(calibration.open_threshold, calibration.threshold))
    if not len(going):
        return none, none, none
    begins = _begins(spans, going)
    ends = np.append(begins, len(going))[1:]
    highest = _highest(np.repeat(np.arange(len(begins)), ends - begins), spans.score[going])
    events = spans.score[going[highest]] > calibration.threshold
    return going[begins][events], going[highest][events], going[ends - 1][events]


def _begins(spans: _TagWindows, going: Ints) -> Ints:
    """Places in `going` where a stretch begins."""
    before, after = going[:-1], going[1:]
    gap = spans.start_us[after] - spans.end_us[before]
    length = spans.end_us[after] - spans.start_us[after]
    begins = np.ones(len(going), bool)
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
