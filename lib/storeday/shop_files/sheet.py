"""CSV files with a header (RFC 4180), as shops export them.

Every record is read or rejected, none is lost. Accepted: UTF-8 with or without byte order mark; LF
or CRLF; comma, semicolon or tab between fields; quoted fields, also with line ends in them. Only
the delimiter is found out, and only from the header line: it is the one of the three that occurs
most often in it, the comma where none does. Where it is not the comma, numbers may have a decimal
comma. Text is kept as it stands, formulas included.

A record that cannot be read is rejected with its line, the reason and the start of that line. A
quote that is never closed costs one line, not the rest of the file. Blank lines, and lines of
nothing but delimiters, are no records.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

DELIMITERS = (",", ";", "\t")

# A quoted field may hold so many lines: more than an address, far less than a file whose quote was
# forgotten.
MAX_RECORD_LINES = 20

# As wide as the quarantine table's `content`.
MAX_CONTENT = 200

REJECTS_SCHEMA = pa.schema(
    [("source_line", pa.int64()), ("reason", pa.string()), ("content", pa.string())]
)


class ShopFileError(ValueError):
    """A file cannot be used at all; the message names the file, what was expected and found."""


class FieldError(ValueError):
    """A field cannot be used; the message is the reason for which its record is rejected."""


@dataclass(frozen=True)
class ParsedFile:
    """What a file held.

    Attributes:
        rows: Rows under their table's contract, without stamps, in the file's order.
        rejects: Rejected records: `source_line` (of the record's first line, from 1), `reason`, and
            `content`, the start of that line, at most 200 characters.
        not_valid: Sound records that are not valid on the business date; always 0 for sales.
    """

    rows: pa.Table
    rejects: pa.Table
    not_valid: int

    @property
    def records(self) -> int:
        """Records in the file: rows, rejects and those not valid on the date."""
        return int(self.rows.num_rows + self.rejects.num_rows + self.not_valid)


@dataclass(frozen=True)
class Columns:
    """Columns a file may have.

    Attributes:
        required: Columns that must be there.
        one_of: Columns of which at least one must be there.
        optional: Columns that may be there; any others are ignored.
    """

    required: tuple[str, ...]
    one_of: tuple[str, ...]
    optional: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All columns."""
        return self.required + self.one_of + self.optional


@dataclass(frozen=True)
class Record:
    """One record.

    Attributes:
        line: Line of the file on which it begins, from 1.
        fields: Its fields by column, stripped of blanks; "" for columns the file lacks.
        has_decimal_comma: Whether numbers may have a decimal comma.
    """

    line: int
    fields: Mapping[str, str]
    has_decimal_comma: bool


# Values in the order of the caller's columns.
Row = tuple[Any, ...]


def parse_sheet(
    path: str | Path, columns: Columns, parse: Callable[[Record], Row | None]
) -> tuple[list[Row], pa.Table, int]:
    """Reads a file record by record.

    Args:
        path: The file; may be empty.
        columns: Its columns.
        parse: From a record to a row, or None for a sound record that is not wanted.

    Returns:
        Rows, rejects, and how many records were not wanted.

    Raises:
        ShopFileError: The file is no CSV file in UTF-8 with the required columns in its first line.
    """
    lines = _Lines(Path(path).read_bytes())
    header = _header(lines, str(path), columns)
    rows: list[Row] = []
    rejects: list[tuple[int, str, str]] = []
    unwanted = 0
    if header is not None:
        for line, fields, reason in header.records(lines):
            try:
                if reason:
                    raise FieldError(reason)
                row = parse(header.record(line, fields))
            except FieldError as error:
                rejects.append((line, str(error), lines.content(line)))
                continue
            unwanted += row is None
            if row is not None:
                rows.append(row)
    found = as_columns(rejects, len(REJECTS_SCHEMA))
    table = pa.Table.from_arrays(
        [pa.array(values, field.type) for values, field in zip(found, REJECTS_SCHEMA, strict=True)],
        schema=REJECTS_SCHEMA,
    )
    return rows, table, unwanted


def as_columns(rows: Sequence[Row], width: int) -> list[tuple[object, ...]]:
    """Rows of `width` values as columns; empty ones where there are no rows."""
    return list(zip(*rows, strict=True)) if rows else [()] * width


class _Lines:
    """Lines of a file, decoded one by one, so that bad bytes cost one record."""

    def __init__(self, data: bytes) -> None:
        self.is_utf16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
        self._lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")

    def __len__(self) -> int:
        return len(self._lines)

    def text(self, line: int) -> str:
        """Line by number, from 1, without its end.

        Raises:
            UnicodeDecodeError: It is not UTF-8.
        """
        return self._lines[line - 1].removesuffix(b"\r").decode("utf-8")

    def content(self, line: int) -> str:
        """Start of a line, with signs of replacement for bytes that are not UTF-8."""
        # A character takes four bytes at most.
        start = self._lines[line - 1].removesuffix(b"\r")[: 4 * MAX_CONTENT]
        return start.decode("utf-8", "replace")[:MAX_CONTENT]


@dataclass(frozen=True)
class _Header:
    """The header: its line, the delimiter, the number of fields and the position of each column."""

    line: int
    delimiter: str
    width: int
    positions: Mapping[str, int]

    def record(self, line: int, fields: Sequence[str]) -> Record:
        found = {name: fields[position].strip() for name, position in self.positions.items()}
        return Record(line, _WithBlanks(found), self.delimiter != ",")

    def records(self, lines: _Lines) -> Iterator[tuple[int, list[str], str]]:
        """Line, fields and, for a record that cannot be read, the reason."""
        line = self.line + 1
        while line <= len(lines):
            fields, used, reason = self._record_at(lines, line)
            if reason or any(field.strip() for field in fields):
                yield line, fields, reason
            line += used

    def _record_at(self, lines: _Lines, line: int) -> tuple[list[str], int, str]:
        """Fields of the record that begins on a line, lines it takes, and why it cannot be read."""
        texts: list[str] = []
        reason = ""
        for number in range(line, min(line + MAX_RECORD_LINES, len(lines) + 1)):
            try:
                texts.append(lines.text(number))
                fields = _split(texts, self.delimiter)
            except UnicodeDecodeError as error:
                reason = reason or f"not UTF-8 text: {error.reason} at byte {error.start + 1}"
                break
            except csv.Error as error:
                reason = reason or f"not readable as CSV: {error}"
                break
            if fields is not None:
                return self._fitted(fields, len(texts), reason)
            reason = reason or "a quoted field is not closed"
        return [], 1, reason

    def _fitted(self, fields: list[str], used: int, reason: str) -> tuple[list[str], int, str]:
        """Fields of a record if they are as many as the header's, or blank beyond them."""
        extra = fields[self.width :]
        if not any(field.strip() for field in fields):
            return fields, used, ""
        if len(fields) >= self.width and not any(field.strip() for field in extra):
            return fields, used, ""
        # Lines that were tied together by a quote are taken apart again where they do not fit.
        return [], 1, reason or f"{len(fields)} fields; the header has {self.width}"


class _WithBlanks(dict[str, str]):
    """Fields by column, "" for columns that the file lacks."""

    def __missing__(self, key: str) -> str:
        return ""


def _split(texts: list[str], delimiter: str) -> list[str] | None:
    """Fields of a record on these lines; None where a quote is still open.

    Raises:
        csv.Error: The lines are no CSV.
    """
    try:
        reader = csv.reader(["\n".join(texts)], delimiter=delimiter, strict=True)
        return next(reader, [])
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            return None
        raise


def _header(lines: _Lines, path: str, columns: Columns) -> _Header | None:
    """The header; None for a file without any text."""
    if lines.is_utf16:
        raise ShopFileError(f"{path}: UTF-16 text; expected UTF-8, save it as 'CSV UTF-8'")
    for line in range(1, len(lines) + 1):
        try:
            text = lines.text(line)
            if not text.strip():
                continue
            delimiter = max(DELIMITERS, key=lambda sign: (text.count(sign), sign == ","))
            fields = _split([text], delimiter) or []
        except (UnicodeDecodeError, csv.Error) as error:
            raise ShopFileError(
                f"{path}:{line}: expected a header line in UTF-8: {error}"
            ) from error
        return _checked(path, line, delimiter, fields, columns)
    return None


def _checked(path: str, line: int, delimiter: str, fields: list[str], columns: Columns) -> _Header:
    names = [field.strip().lower() for field in fields]
    while names and not names[-1]:
        names.pop()
    twice = sorted({name for name in names if name in columns.names and names.count(name) > 1})
    if twice:
        raise ShopFileError(
            f"{path}:{line}: column {twice[0]!r} stands more than once in the header"
        )
    missing = [name for name in columns.required if name not in names]
    if not set(columns.one_of) & set(names):
        missing.append(" or ".join(columns.one_of))
    if missing:
        raise ShopFileError(
            f"{path}:{line}: the header lacks {', '.join(missing)}; it has {', '.join(names)}"
        )
    positions = {name: names.index(name) for name in columns.names if name in names}
    return _Header(line, delimiter, len(names), positions)
