"""A JSON log as batches of records with their lines, in bounded memory, whatever its layout.

A record is a JSON object. It may stand on a line of its own (NDJSON), in an array on one line of
any length, or be spread over several lines, in an array or not; brackets and commas between records
are only separators, so that an array which was cut off keeps its records. A line that begins with
`{` and ends with `}` is one record. What is no record is given out as a text with a fault, and
reading goes on with the next line; if the damage began within a line, already behind a `}` and
comma that are followed by `{`. So a damaged record costs itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from storeday.reader_logs.errors import ReaderLogError
from storeday.reader_logs.lines import (
    BYTE_ORDER_MARK,
    DAMAGED_GZIP,
    MAX_BATCH_BYTES,
    LineBatch,
    damaged,
    open_bytes,
)

# A message of a handheld reader holds some hundred tags of about 200 bytes each.
MAX_RECORD_BYTES = 262_144
CHUNK_BYTES = 1024 * 1024
# Of what is no record, so much is kept for the quarantine.
KEPT_BYTES = 1000
# Objects and arrays within each other; the deepest report of a reader has five.
DEPTH = 6

NO_RECORD = f"expected a JSON object of at most {MAX_RECORD_BYTES} bytes, found something else"
TOO_LONG = f"expected a record of at most {MAX_RECORD_BYTES} bytes, found a longer one"
# A `}`, blanks and a comma may be so far apart and still be seen as one boundary.
BOUNDARY_BYTES = 64

# JSON as in RFC 8259. Repeats are possessive: a text is gone through once, whatever it holds.
_BLANK = r"[ \t\r\n]*+"
_TEXT = r'"(?:[^"\\\x00-\x1f]|\\.)*+"'
_SCALAR = rf"{_TEXT}|-?\d++(?:\.\d++)?+(?:[eE][+-]?\d++)?+|true|false|null"


def _object(value: str) -> str:
    following = rf'(?:,{_BLANK}(?=")|(?=\}}))'
    return rf"\{{{_BLANK}(?:{_TEXT}{_BLANK}:{_BLANK}(?:{value}){_BLANK}{following})*+\}}"


def _array(value: str) -> str:
    following = rf"(?:,{_BLANK}(?!\])|(?=\]))"
    return rf"\[{_BLANK}(?:(?:{value}){_BLANK}{following})*+\]"


def _value(depth: int) -> str:
    if depth == 0:
        return _SCALAR
    inner = _value(depth - 1)
    return f"{_SCALAR}|{_object(inner)}|{_array(inner)}"


_OBJECT = re.compile(_object(_value(DEPTH - 1)).encode())
_SEPARATORS = re.compile(rb"[\s,\[\]]*+")
# Lines of which each is one record or blank.
_RECORD_LINES = re.compile(rb"(?:(?:\{[^\n]*\})?[ \t\r]*\n)*+")
_BETWEEN_RECORDS = re.compile(rb"(?<=\}),[ \t]*(?=\{)")
_LINE_END = re.compile(rb"\n")
_BEHIND_DAMAGE = re.compile(rb"\n|\}[ \t\r]*,[ \t\r]*(?=\{)")


def read_records(path: Path, batch_rows: int) -> Iterator[LineBatch]:
    """Reads a file's records.

    Args:
        path: Plain or gzip file.
        batch_rows: Most records in a batch, at least 1.

    Yields:
        Batches with at least one record or fault; none for a file without any.

    Raises:
        ReaderLogError: The gzip stream is damaged or ends early; raised when all records before
            that have been given out.
        OSError: The file cannot be opened or read.
    """
    if batch_rows < 1:
        raise ValueError(f"batch_rows is {batch_rows}; expected at least 1")
    scanner = _Scanner()
    damage: ReaderLogError | None = None
    with open_bytes(path) as file:
        is_last = False
        while not is_last:
            try:
                chunk = file.read1(CHUNK_BYTES)
            except DAMAGED_GZIP as error:
                chunk, damage = b"", damaged(path, error)
            is_last = not chunk
            scanner.feed(chunk, is_last)
            yield from scanner.batches(batch_rows, is_last)
    if damage is not None:
        raise damage


@dataclass
class _Scanner:
    """Cuts a stream of bytes into records.

    Attributes:
        buffer: What was fed and not cut yet.
        line: Line on which the buffer begins.
        is_line_start: Nothing but blanks stands before the buffer on its line.
        is_damage: The buffer begins within something that is no record and was given out already.
        is_line_damaged: That began at the beginning of a line, and takes all of it.
        is_array_plain: No record of an array was met that has to be looked at by itself.
        found: Line, text and fault of each record that waits to be given out.
    """

    buffer: bytes = b""
    line: int = 1
    is_line_start: bool = True
    is_damage: bool = False
    is_line_damaged: bool = False
    is_array_plain: bool = True
    found: list[tuple[int, bytes, str | None]] = field(default_factory=list)
    found_bytes: int = 0
    is_begun: bool = False

    def feed(self, chunk: bytes, is_last: bool) -> None:
        """Adds bytes and cuts as far as it can be done without those that follow."""
        if not self.is_begun:
            chunk, self.is_begun = chunk.removeprefix(BYTE_ORDER_MARK), True
        self.buffer += chunk
        self.is_array_plain = True
        position = 0
        while position < len(self.buffer):
            step = self._step(position, is_last)
            if step is None:
                break
            position = step
        self.buffer = self.buffer[position:]

    def batches(self, batch_rows: int, is_last: bool) -> Iterator[LineBatch]:
        """Gives out what waits, in full batches; at the end, all of it."""
        whole = is_last or self.found_bytes >= MAX_BATCH_BYTES
        until = len(self.found) if whole else len(self.found) // batch_rows * batch_rows
        for start in range(0, until, batch_rows):
            yield _batch(self.found[start : min(start + batch_rows, until)])
        del self.found[:until]
        self.found_bytes = 0 if whole else self.found_bytes

    def _step(self, position: int, is_last: bool) -> int | None:
        """Cuts one thing off and gives where it ends; None if more bytes are needed."""
        if self.is_damage:
            return self._skip_damage(position, is_last)
        end = self._record_lines(position) if self.is_line_start else position
        end = end if end > position else self._separators(position)
        if end > position:
            return end
        if not is_last and len(self.buffer) - position <= MAX_RECORD_BYTES:
            return None
        end = self._records_of_array(position)
        return end if end > position else self._one_record(position, is_last)

    def _record_lines(self, position: int) -> int:
        """Takes whole lines at once, if all that there are hold a record or nothing."""
        end = self.buffer.rfind(b"\n", position) + 1
        if end <= position:
            return position
        matched = _end(_RECORD_LINES, self.buffer, position, end)
        texts = self.buffer[position:matched].split(b"\n")[:-1]
        for number, text in enumerate(texts, start=self.line):
            if len(text) > MAX_RECORD_BYTES:
                self.found.append((number, text[:KEPT_BYTES], TOO_LONG))
            elif text and not text.isspace():
                self.found.append((number, text.rstrip(), None))
        self.found_bytes += matched - position
        self.line += len(texts)
        return matched

    def _separators(self, position: int) -> int:
        end = _end(_SEPARATORS, self.buffer, position)
        self._pass(position, end)
        return end

    def _records_of_array(self, position: int) -> int:
        """Takes all records at once that stand on a line with commas between them, but the last.

        The line is cut at every comma between `}` and `{`. Such a comma within a record, in an
        array of objects, leaves a part without its other brackets: the parts before it are taken,
        and the rest of what was fed goes record by record.
        """
        if not self.is_array_plain:
            return position
        newline = self.buffer.find(b"\n", position)
        stop = len(self.buffer) if newline < 0 else newline
        start = position
        for comma in _BETWEEN_RECORDS.finditer(self.buffer, position, stop):
            text = self.buffer[start : comma.start()]
            if not _is_closed(text):
                break
            self._add(text, None)
            start = comma.end()
        self.is_array_plain = start > position
        self.is_line_start = self.is_line_start and start == position
        return start

    def _one_record(self, position: int, is_last: bool) -> int | None:
        end = self._record_end(position)
        if end is None:
            return self._skip_damage(position, is_last)
        self._add(self.buffer[position:end], None)
        self._pass(position, end)
        return end

    def _record_end(self, position: int) -> int | None:
        """Where the record that begins at a position ends; None if none does."""
        if self.buffer[position : position + 1] != b"{":
            return None
        last = position + MAX_RECORD_BYTES
        if self.is_line_start:
            newline = self.buffer.find(b"\n", position, last)
            line = self.buffer[position : last if newline < 0 else newline].rstrip()
            if line.endswith(b"}") and (newline >= 0 or last >= len(self.buffer)):
                return position + len(line)
        match = _OBJECT.match(self.buffer, position, last)
        return match.end() if match else None

    def _skip_damage(self, position: int, is_last: bool) -> int | None:
        """Passes over what is no record, up to where a record may begin."""
        if not self.is_damage:
            self.is_line_damaged = self.is_line_start
        pattern = _LINE_END if self.is_line_damaged else _BEHIND_DAMAGE
        match = pattern.search(self.buffer, position)
        if match:
            end = match.end()
        else:
            end = len(self.buffer) if is_last else len(self.buffer) - BOUNDARY_BYTES
        if end <= position:
            return None
        if not self.is_damage:
            text = self.buffer[position : min(end, position + KEPT_BYTES)]
            self._add(text.rstrip(), NO_RECORD)
        self.is_damage = match is None
        self._pass(position, end)
        return end

    def _add(self, text: bytes, fault: str | None) -> None:
        self.found.append((self.line, text, fault))
        self.found_bytes += len(text)

    def _pass(self, start: int, end: int) -> None:
        """Counts the lines of a stretch, and says whether a line begins behind it."""
        passed = self.buffer[start:end]
        newline = passed.rfind(b"\n")
        if newline >= 0:
            self.line += passed.count(b"\n")
        self.is_line_start = (newline >= 0 or self.is_line_start) and not passed[
            newline + 1 :
        ].strip()


def _is_closed(text: bytes) -> bool:
    return (
        text.startswith(b"{")
        and len(text) <= MAX_RECORD_BYTES
        and text.count(b"{") == text.count(b"}")
        and text.count(b"[") == text.count(b"]")
    )


def _batch(found: list[tuple[int, bytes, str | None]]) -> LineBatch:
    faults = {place: fault for place, (_, _, fault) in enumerate(found) if fault is not None}
    return LineBatch([line for line, _, _ in found], [text for _, text, _ in found], faults)


def _end(pattern: re.Pattern[bytes], text: bytes, start: int, stop: int | None = None) -> int:
    match = pattern.match(text, start, len(text) if stop is None else stop)
    return match.end() if match else start
