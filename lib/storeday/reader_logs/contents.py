"""The account of a log file: what became of each record, and what the log lacks.

What a log lacks decides which parts of the rummage score can be had from it. A part that most of a
reader's reads cannot feed is said to be lacking.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from storeday.contracts import load_contract, table_from_columns
from storeday.reader_logs.parse import ParsedBatch
from storeday.rfid import FOREIGN, KEPT, SOLD, decode_epc

CONTENTS = "bronze.reader_logs"
# Readers whose clock was never set begin on 1 January 2000, and few run for a year.
YEAR_2001_US = 978_307_200_000_000
US_PER_S = 1_000_000
# Below this share of a reader's reads a thing is lacking.
MOST = 0.5

# What is lacking, by the count that shows it, and what that does to `silver.rummage_windows`.
LACKS = {
    "reads_with_phase": "phase: phase_spread_rad is off",
    "reads_with_channel": "channel: phase_spread_rad is off",
    "reads_with_own_time": (
        "a time of each read: rssi_spread_db, js_divergence and js_histogram rest on merged reports"
    ),
}


@dataclass
class LogContents:
    """Counts of one log file, batch by batch.

    Attributes:
        reader_id: The reader.
        source_format: Its log format.
        source_file: Path of the file below the store-day's inbox folder.
        is_complete: Set to False if the file cannot be read to its end.
    """

    reader_id: str
    source_format: str
    source_file: str
    is_complete: bool = True
    _counts: dict[str, int] = field(default_factory=dict)
    _tags: tuple[set[str], ...] = field(default_factory=lambda: (set(), set(), set()))
    _span_us: tuple[int, int] | None = None
    _last_us: int | None = None
    _largest_us: tuple[int, int] = (0, 0)

    def add(self, batch: ParsedBatch, verdict: NDArray[np.int8]) -> pa.Table:
        """Counts a batch.

        Args:
            batch: What a stretch of the file holds.
            verdict: What is to become of each read: KEPT, FOREIGN or SOLD.

        Returns:
            The reads that are kept.
        """
        kept = verdict == KEPT
        reads = batch.reads if kept.all() else batch.reads.filter(pa.array(kept))
        for code, tags in enumerate(self._tags):
            tags.update(pc.unique(batch.reads["epc"].filter(pa.array(verdict == code))).to_pylist())
        self._count(
            reads=reads.num_rows,
            rejects=batch.rejects.num_rows,
            repeats=batch.repeats,
            records_without_read=batch.passed_over,
            foreign_reads=int((verdict == FOREIGN).sum()),
            sold_reads=int((verdict == SOLD).sum()),
            reads_with_phase=reads.num_rows - reads["phase_rad"].null_count,
            reads_with_channel=reads.num_rows - reads["frequency_mhz"].null_count,
            reads_with_own_time=int(batch.has_own_time[kept].sum()),
        )
        self._look_at_clock(batch.reads["device_time"].cast(pa.int64()).to_numpy())
        return reads

    def row(self) -> pa.Table:
        """The row of `bronze.reader_logs`, without the store-day."""
        counts = dict.fromkeys(COUNTS, 0) | self._counts
        decoded = [decode_epc(tag) for tag in self._tags[KEPT]]
        counts |= {
            "records": sum(counts[name] for name in RECORDS),
            "tags": len(decoded),
            "foreign_tags": len(self._tags[FOREIGN]),
            "sold_tags": len(self._tags[SOLD]),
            "sgtin_tags": sum(tag.scheme == "sgtin-96" for tag in decoded),
            "dummy_tags": sum(tag.is_dummy for tag in decoded),
        }
        back_us, ahead_us = self._largest_us
        moments = pa.array(self._span_us or (None, None), pa.timestamp("us", tz="UTC"))
        columns = {
            "source_file": [self.source_file],
            "reader_id": [self.reader_id],
            "source_format": [self.source_format],
            "is_complete": [self.is_complete],
            "largest_step_back_s": [back_us / US_PER_S],
            "largest_step_ahead_s": [ahead_us / US_PER_S],
            "first_time": moments[:1],
            "last_time": moments[1:],
        }
        columns |= {name: [count] for name, count in counts.items()}
        return table_from_columns(load_contract(CONTENTS), columns)

    def _look_at_clock(self, time_us: NDArray[np.int64]) -> None:
        if not len(time_us):
            return
        before = time_us[:1] if self._last_us is None else np.array([self._last_us])
        step_us = np.diff(time_us, prepend=before)
        self._count(
            steps_back=int((step_us < 0).sum()),
            reads_before_2001=int((time_us < YEAR_2001_US).sum()),
        )
        back_us, ahead_us = self._largest_us
        self._largest_us = max(back_us, -int(step_us.min())), max(ahead_us, int(step_us.max()))
        first, last = self._span_us or (int(time_us[0]), int(time_us[0]))
        self._span_us = min(first, int(time_us.min())), max(last, int(time_us.max()))
        self._last_us = int(time_us[-1])

    def _count(self, **counts: int) -> None:
        for name, count in counts.items():
            self._counts[name] = self._counts.get(name, 0) + count


# What the records of a file come to.
RECORDS = (
    "reads",
    "rejects",
    "repeats",
    "records_without_read",
    "foreign_reads",
    "sold_reads",
)
COUNTS = (*RECORDS, *LACKS, "steps_back", "reads_before_2001")


def what_readers_lack(contents: pa.Table) -> Mapping[str, str]:
    """What most of each reader's reads lack, in words.

    Args:
        contents: Rows of `bronze.reader_logs` of a store-day; may be empty.

    Returns:
        Text by reader; readers that lack nothing, or have no reads, are not in it.

    Example:
        >>> counts = {"reader_id": ["r"], "reads": [10], "reads_with_phase": [0],
        ...           "reads_with_channel": [10], "reads_with_own_time": [10]}
        >>> what_readers_lack(pa.table(counts))
        {'r': 'phase: phase_spread_rad is off'}
    """
    sums = [("reads", "sum"), *[(name, "sum") for name in LACKS]]
    lacking = {}
    for row in contents.group_by("reader_id").aggregate(sums).sort_by("reader_id").to_pylist():
        words = [
            text for name, text in LACKS.items() if row[f"{name}_sum"] < MOST * row["reads_sum"]
        ]
        if words:
            lacking[row["reader_id"]] = "; ".join(words)
    return lacking
