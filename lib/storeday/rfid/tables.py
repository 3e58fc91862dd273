"""Scored windows as rows: those worth keeping whole, and the rest as quantiles by hour.

Kept are the windows of a tag whose score lies in the top `kept_share`, and the tag's windows before
and after each of them. Of all windows, quantiles of the score by antenna and hour stay.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from storeday.contracts import load_contract, table_from_columns
from storeday.rfid.calibrate import Counted
from storeday.rfid.moments import moments
from storeday.rfid.nulls import HOUR_US, LEVELS, Episodes
from storeday.rfid.score import Scored
from storeday.rfid.settings import RfidSettings
from storeday.rfid.tag_reads import Floats, Ints

WINDOWS = "silver.rummage_windows"
HOURS = "silver.rummage_hours"
NULLS = "silver.rummage_null"
UTC_US = pa.timestamp("us", tz="UTC")
QUANTILES = {"score_p50": 0.5, "score_p90": 0.9, "score_p99": 0.99}


def kept_windows(scored: Scored, reader_id: str, settings: RfidSettings) -> pa.Table:
    """Rows of `silver.rummage_windows`, in the order of its key, without store-day.

    Args:
        scored: Scored windows.
        reader_id: Their reader.
        settings: Share to keep.

    Returns:
        Rows whose `verdict` is `still` or `too_few_reads`: which are handled takes a threshold, see
        `events.judge`.
    """
    reads, parts, scores = scored.measured.reads, scored.measured.parts, scored.scores
    windows = parts.windows
    chosen_spans = _chosen(scored, settings)
    moment_us = np.zeros(windows.span_count, np.int64)
    wanted = np.flatnonzero(chosen_spans)
    moment_us[wanted] = moments(reads, parts, wanted, settings)
    rows = np.flatnonzero(chosen_spans[windows.spans]) if len(windows.first) else wanted
    # From series order, tag first, to the order of the key: the antenna first.
    rows = rows[np.argsort(windows.antenna[rows], kind="stable")]
    enough = scores.enough[rows]
    values = {
        "rssi_spread_db": "spread",
        "js_divergence": "spectrum",
        "js_divergence_quiet": "spectrum_quiet",
        "js_histogram_quiet": "histogram_quiet",
        "level_away_db": "level",
        "level_change_db": "level_change",
        "phase_spread_rad": "phase_spread",
        "phase_away": "phase",
        "phase_change": "phase_change",
    }
    columns = {name: parts.values[part][rows] for name, part in values.items()} | {
        "reader_id": pa.repeat(reader_id, len(rows)),
        "antenna": reads.antennas[windows.antenna[rows]],
        "epc": pa.array(reads.tags, pa.string()).take(pa.array(windows.tag[rows])),
        "window_start": _time(windows.start_us[rows]),
        "window_s": windows.length_us[rows] / 1e6,
        "reads": parts.reads[rows].astype(np.int64),
        "rssi_mean_dbm": parts.rssi_mean_dbm[rows],
        "js_histogram": parts.js_before[rows],
        "common_score": scores.common[rows],
        "score": np.where(enough, scores.own[rows], np.nan),
        "tag_score": scores.tag[rows],
        "moved_time": _time(moment_us[windows.spans[rows]]),
        "js_flag": pa.array(scored.js_flag[rows], mask=~enough),
        "verdict": pa.array(np.where(enough, "still", "too_few_reads").tolist(), pa.string()),
    }
    return table_from_columns(load_contract(WINDOWS), columns)


def _chosen(scored: Scored, settings: RfidSettings) -> NDArray[np.bool_]:
    """Tags' windows that are kept."""
    by_tag = scored.by_tag()
    known = by_tag.score[~np.isnan(by_tag.score)]
    if not len(known):
        return np.ones(len(by_tag.score), bool)
    high = np.nan_to_num(by_tag.score, nan=-np.inf) >= np.quantile(known, 1 - settings.kept_share)
    kept = high.copy()
    same = by_tag.tag[1:] == by_tag.tag[:-1]
    kept[:-1] |= high[1:] & same
    kept[1:] |= high[:-1] & same
    return kept


def hourly_quantiles(scored: Scored, reader_id: str, part: int) -> pa.Table:
    """Rows of `silver.rummage_hours`: quantiles of the antennas' own scores by hour.

    Args:
        scored: Scored windows.
        reader_id: Their reader.
        part: Number of the part of the reader's tags.
    """
    parts, scores = scored.measured.parts, scored.scores
    windows = parts.windows
    score = np.where(scores.enough, scores.own - scores.common, np.nan)
    hour = windows.start_us // HOUR_US
    group, place = np.unique(hour * windows.antennas + windows.antenna, return_inverse=True)
    known = ~np.isnan(score)
    columns: dict[str, object] = {
        "reader_id": pa.repeat(reader_id, len(group)),
        "part": np.full(len(group), part, np.int32),
        "antenna": scored.measured.reads.antennas[group % windows.antennas],
        "hour_start": _time(group // windows.antennas * HOUR_US),
        "windows": np.bincount(place, minlength=len(group)),
        "too_few_reads": np.bincount(place, ~known, len(group)).astype(np.int64),
        "reads": np.bincount(place, parts.reads, len(group)).astype(np.int64),
    }
    order = np.lexsort((score, place))[: len(place)]
    order = order[known[order]]
    edges = np.searchsorted(place[order], np.arange(len(group) + 1))
    for name, share in QUANTILES.items():
        columns[name] = _quantile(score[order], edges, share)
    return table_from_columns(load_contract(HOURS), columns)


def _quantile(values: Floats, edges: Ints, share: float) -> Floats:
    """Lower quantile of each sorted stretch; NaN for empty ones."""
    counts = np.diff(edges)
    place = edges[:-1] + np.floor(share * np.maximum(counts - 1, 0)).astype(np.int64)
    padded = np.append(values, np.nan)
    return np.where(counts > 0, padded[np.minimum(place, len(values))], np.nan)


def null_rows(counted: Mapping[tuple[str, int], Episodes], reader_id: str, part: int) -> pa.Table:
    """Rows of `silver.rummage_null`: levels at which the count changes, by kind and hour.

    Args:
        counted: Episodes by kind and hour.
        reader_id: The reader.
        part: Number of the part of the reader's tags.
    """
    kind: list[str] = []
    columns: list[tuple[NDArray[Any], ...]] = []
    for (name, hour), episodes in sorted(counted.items()):
        # A count holds until the next level that is given; the last given one is zero.
        changes = np.flatnonzero(np.diff(episodes.counts, prepend=-1.0))
        kind += [name] * len(changes)
        columns.append(
            (
                np.full(len(changes), hour * HOUR_US),
                LEVELS[changes],
                episodes.counts[changes],
                np.full(len(changes), episodes.tag_hours),
            )
        )
    hours, level, count, tag_hours = (
        (np.concatenate(each) for each in zip(*columns, strict=True))
        if columns
        else (np.zeros(0) for _ in range(4))
    )
    return table_from_columns(
        load_contract(NULLS),
        {
            "reader_id": pa.repeat(reader_id, len(kind)),
            "part": np.full(len(kind), part, np.int32),
            "kind": pa.array(kind, pa.string()),
            "hour_start": _time(hours.astype(np.int64)),
            "level": level,
            "episodes": count.astype(np.int64),
            "tag_hours": tag_hours,
        },
    )


def counted_of(rows: pa.Table) -> Counted:
    """Episodes by kind and hour of all readers and parts, from rows of `silver.rummage_null`."""
    found: dict[tuple[str, int], Episodes] = {}
    keys = ("reader_id", "part", "kind", "hour_start")
    ordered = rows.sort_by([(name, "ascending") for name in (*keys, "level")])
    names = list(zip(*(ordered[name].to_pylist() for name in keys), strict=True))
    begins = [row for row in range(len(names)) if not row or names[row] != names[row - 1]]
    level, count = ordered["level"].to_numpy(), ordered["episodes"].to_numpy()
    hours = ordered["tag_hours"].to_numpy()
    ends = [*begins[1:], len(names)][: len(begins)]
    for begin, end in zip(begins, ends, strict=True):
        place = np.searchsorted(level[begin:end], LEVELS + 1e-9) - 1
        episodes = Episodes(count[begin:end][place].astype(np.float64), float(hours[begin]))
        key = (names[begin][2], int(names[begin][3].timestamp() * 1e6) // HOUR_US)
        found[key] = found[key] + episodes if key in found else episodes
    return found


def _time(time_us: Ints) -> pa.Array:
    return pa.array(np.asarray(time_us, np.int64)).cast(UTC_US)
