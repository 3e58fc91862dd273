"""The one way in: a log file to batches of reads and rejects, by the format its reader declares.

Every line that is not blank, a comment or a header is either a read or a reject.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from storeday.contracts import load_contract, table_from_columns
from storeday.manifest import Reader
from storeday.reader_logs.convert import Bools, Converted, convert
from storeday.reader_logs.csv_rows import TextRows
from storeday.reader_logs.errors import ReaderLogError
from storeday.reader_logs.lines import LineBatch, read_lines
from storeday.reader_logs.log_format import LogSource, OpenLog
from storeday.reader_logs.registry import FORMATS, formats
from storeday.reader_logs.repeats import RecentReads

READS = "bronze.rfid_reads"
CONTENT_CHARACTERS = 200
REJECTS_SCHEMA = pa.schema(
    [("source_line", pa.int64()), ("reason", pa.string()), ("content", pa.string())]
)


@dataclass(frozen=True)
class ParsedBatch:
    """What a stretch of a log file holds.

    Every record of it is a row of `reads`, a row of `rejects`, a repeat or passed over.

    Attributes:
        reads: Rows of `bronze.rfid_reads`, without the store-day.
        rejects: Lines that are no valid read: `source_line` (from 1), `reason` (what was expected
            and found), `content` (at most 200 characters).
        has_own_time: For each read, whether its time is that of a single read and not of a report.
        repeats: Reads that stood in the file before, left out.
        passed_over: Sound records that hold no read.
    """

    reads: pa.Table
    rejects: pa.Table
    has_own_time: Bools
    repeats: int
    passed_over: int


def parse_log(
    path: Path, reader: Reader, source_file: str, batch_rows: int = 65_536
) -> Iterator[ParsedBatch]:
    """Reads one log file, batch by batch, in the order of its lines.

    Memory is bounded by a batch: the lines are never all held, and of a very long one only its
    beginning is. A read that is reported again, equal in all its values, is left out and counted,
    as far back as `repeats.WINDOW_READS`.

    Args:
        path: Local copy of the file, plain or gzip.
        reader: The reader that wrote it.
        source_file: Path of the file below the store-day's inbox folder; stands in every read, and
            its last part is the name under which the manifest's `log.files` describes it.
        batch_rows: Most lines in a batch.

    Returns:
        Batches; none for a file that has only comments and blank lines.

    Raises:
        ReaderLogError: At once if the format is unknown or the file does not fit its declaration;
            while reading, after all that stands before the damage, if a gzip stream is damaged.
        OSError: The file cannot be read.
    """
    source = LogSource(path, PurePosixPath(source_file).name, reader)
    if reader.log.format not in FORMATS:
        raise ReaderLogError(
            f"{source.name}: reader {reader.id!r} has log format {reader.log.format!r}; "
            f"formats are {', '.join(formats())}"
        )
    log = FORMATS[reader.log.format].open(source)
    return _batches(source, source_file, log, batch_rows)


def _batches(
    source: LogSource, source_file: str, log: OpenLog, batch_rows: int
) -> Iterator[ParsedBatch]:
    parser = _Parser(source, source_file, log)
    if log.read is not None:
        batches = log.read(source.path, batch_rows)
    else:
        batches = read_lines(source.path, batch_rows, log.comment)
    for batch in batches:
        lines = _without_head(batch, log.skip_lines)
        if lines.texts:
            yield parser.parse(lines)


def _without_head(batch: LineBatch, skip_lines: int) -> LineBatch:
    skipped = sum(number <= skip_lines for number in batch.numbers[: skip_lines + 1])
    if not skipped:
        return batch
    return replace(
        batch,
        numbers=batch.numbers[skipped:],
        texts=batch.texts[skipped:],
        faults={
            place - skipped: fault for place, fault in batch.faults.items() if place >= skipped
        },
    )


class _Parser:
    """Turns the batches of a file into reads, and knows what came before each."""

    def __init__(self, source: LogSource, source_file: str, log: OpenLog) -> None:
        self.source = source
        self.source_file = source_file
        self.log = log
        self.recent = RecentReads()
        self.last_line = 0
        self.last_item = 0

    def parse(self, lines: LineBatch) -> ParsedBatch:
        rows = self.log.split(lines)
        converted = convert(rows.columns, len(rows.places), self.log.declared)
        places = np.asarray(rows.places, np.int64)
        line = np.asarray(lines.numbers, np.int64)[places]
        reads = self._reads(converted, line)
        kept = np.ones(len(places), bool)
        kept[list(converted.faults)] = False
        repeated = self.recent.repeated(reads, kept)
        kept &= ~repeated
        own = _own_time(rows, reads)
        if not kept.all():
            reads = reads.filter(pa.array(kept))
        faults = rows.faults + [(rows.places[row], why) for row, why in converted.faults.items()]
        rejects = _rejects(lines, sorted(faults))
        return ParsedBatch(reads, rejects, own[kept], int(repeated.sum()), rows.passed_over)

    def _reads(self, converted: Converted, line: NDArray[np.int64]) -> pa.Table:
        rows = len(line)
        columns = converted.columns | {
            "reader_id": pa.repeat(self.source.reader.id, rows),
            "source_format": pa.repeat(self.source.reader.log.format, rows),
            "source_file": pa.repeat(self.source_file, rows),
            "source_line": line,
            "source_item": self._items(line),
        }
        return table_from_columns(load_contract(READS), columns)

    def _items(self, line: NDArray[np.int64]) -> NDArray[np.int64]:
        """Which row of its line each row is, from 1."""
        if not len(line):
            return line
        is_new = np.append(line[0] != self.last_line, line[1:] != line[:-1])
        first = np.maximum.accumulate(np.where(is_new, np.arange(len(line)), 0))
        item = np.arange(len(line)) - first + 1
        item[line == self.last_line] += self.last_item
        self.last_line, self.last_item = int(line[-1]), int(item[-1])
        return item


def _own_time(rows: TextRows, reads: pa.Table) -> Bools:
    single = reads["read_count"].to_numpy() == 1
    own = True if rows.has_own_time is None else np.asarray(rows.has_own_time)
    return np.asarray(single & own)


def _rejects(lines: LineBatch, faults: list[tuple[int, str]]) -> pa.Table:
    texts = [lines.texts[place][: 4 * CONTENT_CHARACTERS] for place, _ in faults]
    return pa.table(
        {
            "source_line": [lines.numbers[place] for place, _ in faults],
            "reason": [reason for _, reason in faults],
            "content": [text.decode("utf-8", "replace")[:CONTENT_CHARACTERS] for text in texts],
        },
        schema=REJECTS_SCHEMA,
    )
