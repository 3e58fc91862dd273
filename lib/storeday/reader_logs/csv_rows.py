"""Lines of a delimited text to columns of text, without losing a line's number.

Arrow's CSV reader does the splitting. What would make it lose count is taken out before: bytes that
are not UTF-8, a carriage return inside a line (Arrow ends a row there) and quotes that do not close
within their field (Arrow would read on into the next line).
"""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.csv as pv

from storeday.reader_logs.lines import LineBatch, is_utf8


@dataclass(frozen=True)
class Dialect:
    """How the lines of a delimited file are built.

    Attributes:
        delimiter: The character between fields.
        fields: Fields that every line has.
        positions: Place, from 0, of each field that is wanted, by its name.
    """

    delimiter: str
    fields: int
    positions: Mapping[str, int]


@dataclass(frozen=True)
class TextRows:
    """Lines split into fields.

    Attributes:
        columns: Text of each wanted field, null where it is empty; of fields that a format gives
            as numbers, numbers (double).
        places: For each row its place in the batch of lines, in order. A line may hold several
            rows.
        faults: Place and reason of each line that could not be split.
        passed_over: Records that are sound and hold no read, such as a reader's own messages.
        has_own_time: For each row, whether its time is that of the read and not of a report; None
            where that is so for all rows.
    """

    columns: Mapping[str, pa.Array]
    places: list[int]
    faults: list[tuple[int, str]]
    passed_over: int = 0
    has_own_time: pa.Array | None = None


def split_lines(batch: LineBatch, dialect: Dialect) -> TextRows:
    """Splits lines into the fields a format wants.

    Every line of the batch is either one row or one fault.

    Args:
        batch: Lines without blank ones.
        dialect: How they are built.
    """
    places, faults = _readable(batch, dialect.delimiter)
    if not places:
        return TextRows({name: pa.array([], pa.string()) for name in dialect.positions}, [], faults)
    wrong: list[tuple[int, int]] = []

    def skip(row: pv.InvalidRow) -> str:
        wrong.append((row.number - 1, row.actual_columns))
        return "skip"

    names = [f"f{index}" for index in range(dialect.fields)]
    wanted = {name: names[position] for name, position in dialect.positions.items()}
    table = pv.read_csv(
        io.BytesIO(b"\n".join(batch.texts[place] for place in places)),
        pv.ReadOptions(column_names=names, use_threads=False, block_size=1 << 26),
        pv.ParseOptions(delimiter=dialect.delimiter, invalid_row_handler=skip),
        pv.ConvertOptions(
            column_types=dict.fromkeys(wanted.values(), pa.string()),
            include_columns=list(dict.fromkeys(wanted.values())),
            strings_can_be_null=True,
            null_values=[""],
        ),
    )
    faults += [
        (places[row], f"expected {dialect.fields} fields, found {found}") for row, found in wrong
    ]
    bad = {row for row, _ in wrong}
    kept = [place for row, place in enumerate(places) if row not in bad] if bad else places
    if len(kept) != table.num_rows:
        raise AssertionError(f"{len(kept)} lines became {table.num_rows} rows")
    columns = {name: table[column].combine_chunks() for name, column in wanted.items()}
    return TextRows(columns, kept, faults)


def _readable(batch: LineBatch, delimiter: str) -> tuple[list[int], list[tuple[int, str]]]:
    """Places of the lines that Arrow takes as one row each, and why the others are refused."""
    whole = b"\n".join(batch.texts)
    line = _line_pattern(delimiter)
    if not batch.faults and is_utf8(whole) and b"\r" not in whole:
        lines = re.compile(rb"%b(?:\n%b)*+" % (line, line))
        if b'"' not in whole or lines.fullmatch(whole):
            return list(range(len(batch.texts))), []
    quoted = re.compile(line)
    places: list[int] = []
    faults: list[tuple[int, str]] = []
    for place, text in enumerate(batch.texts):
        fault = batch.faults.get(place) or _line_fault(text, quoted)
        if fault is None:
            places.append(place)
        else:
            faults.append((place, fault))
    return places, faults


def _line_fault(text: bytes, quoted: re.Pattern[bytes]) -> str | None:
    if not is_utf8(text):
        return "expected UTF-8 text, found other bytes"
    if b"\r" in text:
        return "expected one row, found a carriage return inside the line"
    if b'"' in text and not quoted.fullmatch(text):
        return "expected quotes that close within their field, found others"
    return None


def _line_pattern(delimiter: str) -> bytes:
    """A line whose quotes open at the beginning of a field and close at its end."""
    sign = re.escape(delimiter)
    field = rf'(?:"(?:[^"\n]|"")*+"|[^"\n{sign}]*+)'
    return f"{field}(?:{sign}{field})*+".encode()


def count_fields(line: bytes, delimiter: str) -> int:
    """Fields of one line, delimiters inside quotes not counted."""
    outside: Sequence[bytes] = line.split(b'"')[::2]
    return 1 + sum(part.count(delimiter.encode()) for part in outside)
