"""The rummage score: was this tag moved in this window?

Reads are sorted (`tag_reads`), cut into windows (`windows`), measured (`parts`), compared with
still tags (`still`) and fused over antennas and parts, less what passers-by do (`fuse`). What the
score means in false alarms is another question, see `calibrate`; here it only ranks.

A reader's tags may be scored in parts, each with some of the tags and all of their day: what is
taken from the other tags (scales, common mode) is then taken from those of the part, a random
sample of them.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from storeday.rfid.fuse import Scores, fuse
from storeday.rfid.nulls import TagScores
from storeday.rfid.parts import WindowParts, measure_parts
from storeday.rfid.settings import RfidSettings
from storeday.rfid.still import JS_FLAG, StillScales, measure_still, still_of_several
from storeday.rfid.tag_reads import Ints, TagReads, tag_reads
from storeday.rfid.windows import cut_windows


@dataclass(frozen=True)
class Measured:
    """Reads, and what was measured in their windows.

    Attributes:
        reads: Sorted reads.
        parts: Windows and parts.
    """

    reads: TagReads
    parts: WindowParts

    def rows_of(self, epcs: set[str]) -> Ints:
        """Windows of some tags."""
        wanted = np.array([tag in epcs for tag in self.reads.tags], bool)
        if not len(self.parts.windows.first):
            return np.zeros(0, np.int64)
        return np.flatnonzero(wanted[self.parts.windows.tag])


@dataclass(frozen=True)
class Scored:
    """A scored reader, or some of its tags.

    Attributes:
        measured: Reads and parts.
        scores: Scores by window.
        js_flag: Whether the divergence of spectra alone would flag a window.
    """

    measured: Measured
    scores: Scores
    js_flag: NDArray[np.bool_]

    def by_tag(self) -> TagScores:
        """Scores of tags' windows, all antennas together."""
        windows = self.measured.parts.windows
        _, row = np.unique(windows.spans, return_index=True)
        return TagScores(
            windows.tag[row],
            windows.start_us[row],
            windows.length_us[row],
            self.scores.tag[row],
        )


def measure_reads(reads: pa.Table, settings: RfidSettings) -> Measured:
    """Cuts reads into windows and measures the parts of the score.

    Args:
        reads: Rows of `bronze.rfid_reads` of one reader, in any order; may be empty.
        settings: Settings.

    Raises:
        ValueError: The rows are of several readers.
    """
    if "reader_id" in reads.column_names:
        readers = pc.unique(reads["reader_id"]).to_pylist()
        if len(readers) > 1:
            raise ValueError(f"reads of {len(readers)} readers ({readers[0]}, ...); expected one")
    in_order = tag_reads(reads)
    return Measured(in_order, measure_parts(in_order, cut_windows(in_order, settings), settings))


def score_reads(
    reads: pa.Table, settings: RfidSettings, still: StillScales | None = None
) -> Scored:
    """Scores one reader's day.

    Args:
        reads: As for `measure_reads`.
        settings: Settings.
        still: Scales of still tags; by default those of these windows.

    Example:
        >>> import datetime as dt
        >>> start = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
        >>> rssi = [-60.0] * 32 + [-60.0, -70.0, -52.0, -66.0] * 4 + [-60.0] * 32
        >>> reads = pa.table({
        ...     "reader_id": ["r1"] * 80, "antenna": [1] * 80, "epc": ["AD38"] * 80,
        ...     "device_time": [start + dt.timedelta(seconds=i / 2) for i in range(80)],
        ...     "rssi_dbm": rssi, "phase_rad": pa.nulls(80, pa.float64()),
        ...     "frequency_mhz": [865.7] * 80, "read_count": [1] * 80})
        >>> int(score_reads(reads, RfidSettings()).by_tag().score.argmax())
        2
    """
    return score_measured(measure_reads(reads, settings), settings, still)


def score_measured(
    measured: Measured, settings: RfidSettings, still: StillScales | None = None
) -> Scored:
    """Scores what was measured; see `score_reads`."""
    scales = still or measure_still(measured.parts, settings)
    deviation = scales.deviations(measured.parts, JS_FLAG)
    flag = np.nan_to_num(deviation, nan=-np.inf) > settings.js_flag_deviations
    return Scored(measured, fuse(measured.parts, scales, settings), flag)


def still_scales(
    several: list[tuple[Measured, Ints | None]], settings: RfidSettings
) -> StillScales:
    """Centre and scale of each part over windows of several logs, of which most are still.

    Args:
        several: What was measured, and which windows of it count; None for all.
        settings: Settings.
    """
    return still_of_several(
        [
            (one.parts, np.arange(len(one.parts.windows.first)) if rows is None else rows)
            for one, rows in several
        ],
        settings,
    )
