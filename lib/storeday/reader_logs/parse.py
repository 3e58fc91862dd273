"""The one way in: a log file to batches of reads and rejects, by the format its reader declares.

Every line that is not blank, a comment or a header is either a read or a reject.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
import pyarrow as pa

from storeday.contracts import load_contract, table_from_columns
from storeday.manifest import Reader
from storeday.reader_logs import generic_csv, itemtest_csv
from storeday.reader_logs.declared import convert
from storeday.reader_logs.errors import ReaderLogError
from storeday.reader_logs.lines import LineBatch, read_lines
from storeday.reader_logs.log_format import LogFormat, LogSource, OpenLog

READS = "bronze.rfid_reads"
CONTENT_CHARACTERS = 200
REJECTS_SCHEMA = pa.schema(
    [("source_line", pa.int64()), ("reason", pa.string()), ("content", pa.string())]
)

# A new format is one module and its name here.
FORMATS: dict[str, LogFormat] = {
    module.FORMAT.name: module.FORMAT for module in (generic_csv, itemtest_csv)
}


@dataclass(frozen=True)
class ParsedBatch:
    """What a stretch of a log file holds.

    Attributes:
        reads: Rows of `bronze.rfid_reads`, without the store-day.
        rejects: Lines that are no valid read: `source_line` (from 1), `reason` (what was expected
            and found), `content` (at most 200 characters).
    """

    reads: pa.Table
    rejects: pa.Table


def formats() -> tuple[str, ...]:
    """Names of all formats, sorted.

    Example:
        >>> formats()
        ('generic_csv', 'itemtest_csv')
    """
    return tuple(sorted(FORMATS))


def parse_log(
    path: Path, reader: Reader, source_file: str, batch_rows: int = 65_536
) -> Iterator[ParsedBatch]:
    """Reads one log file, batch by batch, in the order of its lines.

    Memory is bounded by a batch: the lines are never all held, and of a very long one only its
    beginning is.

    Args:
        path: Local copy of the file, plain or gzip.
        reader: The reader that wrote it.
        source_file: Path of the file below the store-day's inbox folder; stands in every read, and
            its last part is the name under which the manifest's `log.files` describes it.
        batch_rows: Most lines in a batch.

    Returns:
        Batches in which reads and rejects together are the batch's lines; none for a file that has
        only comments and blank lines.

    Raises:
        ReaderLogError: At once if the format is unknown or the file does not fit its declaration;
            while reading if a gzip stream is damaged.
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
    for batch in read_lines(source.path, batch_rows, log.comment):
        lines = _without_head(batch, log.skip_lines)
        if lines.texts:
            yield _parsed(lines, log, source, source_file)


def _without_head(batch: LineBatch, skip_lines: int) -> LineBatch:
    skipped = sum(number <= skip_lines for number in batch.numbers[: skip_lines + 1])
    if not skipped:
        return batch
    return replace(
        batch,
        numbers=batch.numbers[skipped:],
        texts=batch.texts[skipped:],
        too_long=frozenset(place - skipped for place in batch.too_long if place >= skipped),
    )


def _parsed(lines: LineBatch, log: OpenLog, source: LogSource, source_file: str) -> ParsedBatch:
    rows = log.split(lines)
    converted = convert(rows.columns, len(rows.places), log.declared)
    places = np.asarray(rows.places, np.int64)
    columns = converted.columns | {
        "reader_id": pa.repeat(source.reader.id, len(places)),
        "source_format": pa.repeat(source.reader.log.format, len(places)),
        "source_file": pa.repeat(source_file, len(places)),
        "source_line": np.asarray(lines.numbers, np.int64)[places],
    }
    reads = table_from_columns(load_contract(READS), columns)
    if converted.faults:
        good = np.ones(len(places), bool)
        good[list(converted.faults)] = False
        reads = reads.filter(pa.array(good))
    faults = rows.faults + [(rows.places[row], why) for row, why in converted.faults.items()]
    return ParsedBatch(reads, _rejects(lines, sorted(faults)))


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
