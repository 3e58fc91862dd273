"""The rummage score: was this tag moved in this window?

Per tag, antenna and window of enough reads, three parts: the spread of signal strength, the change
of its histogram against the windows next to it (before and after: one alone would blame the window
after a handling too), and the spread of phase where the log has it. Each becomes a robust z-score
against still tags; those that a window has are added and divided by the root of their number
(Stouffer 1949), so that a window without phase or neighbour is measured on the same scale. The
divergence of spectra stands beside the sum with a flag of its own: it follows the spread closely
and adds nothing to it.

`score` is the antenna's own. The verdict of a row is that of its tag and window: the mean score of
the antennas that have one, against `handled_score`. The mean is where a passer-by could be told
apart, by what all tags of an antenna have in common; that is not done yet.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storeday.contracts import load_contract, table_from_columns
from storeday.rfid.divergence import histogram_divergence, spectral_divergence
from storeday.rfid.phase import phase_spread
from storeday.rfid.settings import RfidSettings
from storeday.rfid.still import StillScales, deviations, measure_still
from storeday.rfid.tag_reads import Floats, tag_reads
from storeday.rfid.windows import cut_windows

WINDOWS = "silver.rummage_windows"
UTC_US = pa.timestamp("us", tz="UTC")


def score_reader(
    reads: pa.Table, settings: RfidSettings, still: StillScales | None = None
) -> pa.Table:
    """Scores one reader's day.

    Args:
        reads: Rows of `bronze.rfid_reads` of one reader and store-day, in any order; may be empty.
        settings: Settings.
        still: Scales of still tags; by default those of these windows.

    Returns:
        `silver.rummage_windows` in the order of its key, without the store-day. A window with fewer
        than `min_reads` reports has no score, and the verdict `too_few_reads`.

    Raises:
        ValueError: The rows are of several readers.

    Example:
        >>> import datetime as dt
        >>> start = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
        >>> rssi = [-60.0] * 32 + [-60.0, -70.0, -52.0, -66.0] * 4 + [-60.0] * 32
        >>> reads = pa.table({
        ...     "reader_id": ["r1"] * 80, "antenna": [1] * 80, "epc": ["AD38"] * 80,
        ...     "device_time": [start + dt.timedelta(seconds=i / 2) for i in range(80)],
        ...     "rssi_dbm": rssi, "phase_rad": pa.nulls(80, pa.float64()),
        ...     "frequency_mhz": [865.7] * 80, "read_count": [1] * 80})
        >>> score_reader(reads, RfidSettings(target_reads=3.0))["verdict"].to_pylist()
        ['still', 'still', 'handled', 'still', 'still']
    """
    readers = pc.unique(reads["reader_id"]).to_pylist()
    if len(readers) > 1:
        raise ValueError(f"reads of {len(readers)} readers ({readers[0]}, ...); expected one")
    windows = window_parts(reads, settings)
    return judge_windows(windows, settings, still or still_scales(windows, settings))


def window_parts(reads: pa.Table, settings: RfidSettings) -> pa.Table:
    """Windows with the parts of the score, without score, flag and verdict.

    Args:
        reads: As for `score_reader`.
        settings: Settings.
    """
    sorted_reads = tag_reads(reads)
    windows = cut_windows(sorted_reads, settings)
    rows = np.maximum(windows.rows, 1)
    enough = windows.rows >= settings.min_reads
    mean = windows.totals(sorted_reads.rssi_dbm) / rows
    around = sorted_reads.rssi_dbm - mean[windows.of_reads()]
    spread = np.sqrt(windows.totals(around**2) / np.maximum(rows - 1, 1))
    spread[~enough] = np.nan
    parts = {
        "js_divergence": spectral_divergence(sorted_reads, windows, enough, settings),
        "js_histogram": histogram_divergence(sorted_reads, windows, enough, settings),
        "phase_spread_rad": phase_spread(sorted_reads, windows, spread, settings),
    }
    ports = max(len(sorted_reads.antennas), 1)
    tag, port = windows.series // ports, windows.series % ports
    # From series order, tag first, to the order of the key: the antenna first.
    order = np.argsort(port, kind="stable")
    tags = pa.array(sorted_reads.tags, pa.string())
    reader = reads["reader_id"][0].as_py() if reads.num_rows else ""
    columns = {
        "antenna": sorted_reads.antennas[port],
        "window_s": windows.length_us / 1e6,
        "reads": windows.totals(sorted_reads.count).astype(np.int64),
        "rssi_mean_dbm": mean,
        "rssi_spread_db": spread,
    }
    return table_from_columns(
        load_contract(WINDOWS),
        {name: values[order] for name, values in (columns | parts).items()}
        | {
            "reader_id": pa.repeat(reader, len(order)),
            "epc": tags.take(pa.array(tag[order])),
            "window_start": pa.array(windows.start_us[order]).cast(UTC_US),
        },
    )


def still_scales(windows: pa.Table, settings: RfidSettings) -> StillScales:
    """Centre and scale of each part over windows of which most are of still tags.

    Args:
        windows: Rows of `silver.rummage_windows` in the order of their key: a reader's day, or
            hours in which nobody was there.
        settings: Settings.
    """
    parts = _parts(windows, settings)
    return measure_still(parts, _floats(windows, "window_s"), _floats(windows, "antenna"), settings)


def judge_windows(windows: pa.Table, settings: RfidSettings, still: StillScales) -> pa.Table:
    """Fills in score, flag and verdict.

    Args:
        windows: Rows with parts, of one reader, in the order of the table's key.
        settings: Settings.
        still: Scales of still tags.

    Returns:
        The same rows with `score`, `js_flag` and `verdict`.
    """
    population = (_floats(windows, "window_s"), _floats(windows, "antenna"))
    floors = {
        "spread_db": settings.spread_floor_db,
        "change_bits": settings.histogram_floor_bits,
        "phase_rad": settings.phase_floor_rad,
    }
    parts = _parts(windows, settings)
    enough = ~np.isnan(parts["spread_db"])
    deviation = np.array(
        [deviations(name, parts[name], population, still, floor) for name, floor in floors.items()]
    )
    known = ~np.isnan(deviation)
    total = np.where(known, deviation, 0.0).sum(axis=0)
    score = np.where(enough, total / np.sqrt(np.maximum(known.sum(axis=0), 1)), np.nan)
    flag = deviations("log_js", parts["log_js"], population, still, settings.js_floor_log)
    fused = fused_score(windows, score)
    verdict = np.where(fused > settings.handled_score, "handled", "still")
    columns = {name: windows[name] for name in windows.column_names} | {
        "score": score,
        "js_flag": pa.array(flag > settings.js_flag_deviations, mask=~enough),
        "verdict": pa.array(np.where(enough, verdict, "too_few_reads").tolist(), pa.string()),
    }
    return table_from_columns(load_contract(WINDOWS), columns)


def fused_score(windows: pa.Table, score: Floats) -> Floats:
    """Mean score of the antennas that have one, for each row's tag and window.

    Args:
        windows: Rows of `silver.rummage_windows` of one reader.
        score: Score of each row, NaN for none.

    Returns:
        Shape (rows,); NaN where no antenna has a score.
    """
    tag = windows["epc"].combine_chunks().dictionary_encode().indices.to_numpy()
    start = windows["window_start"].cast(pa.int64()).to_numpy()
    order = np.lexsort((start, tag))
    changes = np.ones(len(order), bool)
    changes[1:] = (np.diff(tag[order]) != 0) | (np.diff(start[order]) != 0)
    group = np.empty(len(order), np.int64)
    group[order] = np.cumsum(changes) - 1
    known = ~np.isnan(score)
    groups = int(changes.sum())
    total = np.bincount(group[known], score[known], groups)
    count = np.bincount(group[known], minlength=groups)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return np.asarray(mean[group])


def _parts(windows: pa.Table, settings: RfidSettings) -> dict[str, Floats]:
    js = _floats(windows, "js_divergence")
    return {
        "spread_db": _floats(windows, "rssi_spread_db"),
        "change_bits": _change(windows),
        "phase_rad": _floats(windows, "phase_spread_rad"),
        "log_js": np.log(js + settings.js_floor),
    }


def _change(windows: pa.Table) -> Floats:
    """Mean histogram divergence from the windows before and after; NaN without either."""
    before = _floats(windows, "js_histogram")
    after = np.full(len(before), np.nan)
    # A divergence from the window before belongs to the row above too: rows stand in key order.
    after[:-1] = before[1:]
    both = np.array([before, after])
    known = ~np.isnan(both)
    total = np.where(known, both, 0.0).sum(axis=0)
    count = known.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _floats(windows: pa.Table, name: str) -> Floats:
    return np.asarray(windows[name].cast(pa.float64()).to_numpy(), np.float64)
