"""Logs with labels: a folder of pairs of Parquet files.

`<name>.reads.parquet` holds rows of `bronze.rfid_reads` of one reader, `<name>.labels.parquet` the
stretches in which a tag was handled: `epc, started_us, ended_us`, microseconds since 1970 by the
reader's clock.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from storeday.rfid import Measured, RfidSettings, measure_reads
from storeday.rfid.tag_reads import Ints
from storeday.rfid.tensors import WINDOW_US, window_tensors

EIGHT = RfidSettings(window_lengths_s=(8.0,))


def labelled_windows(
    folder: Path, stills_per_handled: int, rng: np.random.Generator
) -> Iterator[tuple[str, NDArray[np.float32], NDArray[np.float32]]]:
    """Arrays and labels of each log of a folder, with some of its still windows.

    Args:
        folder: The folder.
        stills_per_handled: Still windows to take, at random, for each handled one; at least 100.
        rng: Source of chance.

    Yields:
        Name, arrays (n, 10, 400), labels (n,).

    Raises:
        FileNotFoundError: There is no log, or labels of one are missing.
    """
    logs = sorted(folder.glob("*.reads.parquet"))
    if not logs:
        raise FileNotFoundError(f"no *.reads.parquet in {folder}")
    for path in logs:
        name = path.name.removesuffix(".reads.parquet")
        labels = folder / f"{name}.labels.parquet"
        if not labels.exists():
            raise FileNotFoundError(f"{labels} is missing; {path} has no labels")
        measured = measure_reads(pq.read_table(path), EIGHT)
        spans, label = handled_and_still(measured, pq.read_table(labels))
        handled, still = spans[label == 1], spans[label == 0]
        most = min(len(still), max(stills_per_handled * len(handled), 100))
        chosen = np.concatenate([handled, rng.choice(still, most, replace=False)])
        truth = np.repeat(np.array([1, 0], np.float32), [len(handled), most])
        yield name, window_tensors(measured.reads, measured.parts, chosen), truth


def handled_and_still(measured: Measured, labels: pa.Table) -> tuple[Ints, Ints]:
    """Tags' windows with enough reads, and whether they meet a stretch of handling.

    Windows within 8 s of a stretch, but outside, are left out.

    Args:
        measured: A measured log, windows of 8 s.
        labels: `epc, started_us, ended_us`.

    Returns:
        Numbers of windows, and 1 for handled or 0 for still.
    """
    windows = measured.parts.windows
    tag, start_us, length_us = windows.of_spans()
    end_us = start_us + length_us
    label = np.zeros(len(tag), np.int64)
    number = {epc: index for index, epc in enumerate(measured.reads.tags)}
    columns = (labels[name].to_pylist() for name in ("epc", "started_us", "ended_us"))
    for epc, started, ended in zip(*columns, strict=True):
        low, high = np.searchsorted(tag, [number.get(epc, -1), number.get(epc, -1) + 1])
        begins, ends = start_us[low:high], end_us[low:high]
        near = (begins < ended + WINDOW_US) & (ends > started - WINDOW_US)
        inside = (begins < ended) & (ends > started)
        here = label[low:high]
        here[near & (here == 0)] = -1
        here[inside] = 1
    enough = windows.over_antennas(windows.rows) >= EIGHT.min_reads
    spans = np.flatnonzero(enough & (label >= 0))
    return spans, label[spans]
