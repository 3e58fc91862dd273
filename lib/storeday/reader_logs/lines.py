"""A log file as batches of numbered lines, in bounded memory.

Lines end at a line feed, with or without a carriage return before it, and count from 1 as an editor
counts them. Plain and gzip files are told apart by their first two bytes, since a local copy may
have lost its name.
"""

import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from storeday.reader_logs.errors import ReaderLogError

# Longest line that is read: the longest real one seen has 150 bytes, a JSON report a few thousand.
MAX_LINE_BYTES = 16_384
# A batch ends here even if it has fewer lines than asked for.
MAX_BATCH_BYTES = 16 * 1024 * 1024
BUFFER_BYTES = 1024 * 1024
GZIP_MAGIC = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class LineBatch:
    """Lines that hold something, with their numbers.

    Attributes:
        numbers: Number of each line in its file, rising, from 1.
        texts: The lines without their ends; a line that is too long has only its beginning.
        too_long: Places in `texts` of the lines that were cut.
    """

    numbers: list[int]
    texts: list[bytes]
    too_long: frozenset[int]


def read_lines(path: Path, batch_rows: int, comment: bytes | None = None) -> Iterator[LineBatch]:
    """Reads a file's lines, without blank ones and comments.

    Args:
        path: Plain or gzip file.
        batch_rows: Most lines in a batch, at least 1.
        comment: Lines that start so are left out.

    Yields:
        Batches with at least one line; none for a file without any.

    Raises:
        ReaderLogError: The gzip stream is damaged or ends early.
        OSError: The file cannot be opened or read.
    """
    if batch_rows < 1:
        raise ValueError(f"batch_rows is {batch_rows}; expected at least 1")
    numbers: list[int] = []
    texts: list[bytes] = []
    too_long: list[int] = []
    size = 0
    for number, line in enumerate(_lines(path), start=1):
        text = line.rstrip(b"\r\n")
        if not text.strip() or (comment is not None and text.startswith(comment)):
            continue
        if len(text) > MAX_LINE_BYTES:
            too_long.append(len(texts))
        numbers.append(number)
        texts.append(text)
        size += len(text)
        if len(texts) == batch_rows or size >= MAX_BATCH_BYTES:
            yield LineBatch(numbers, texts, frozenset(too_long))
            numbers, texts, too_long, size = [], [], [], 0
    if texts:
        yield LineBatch(numbers, texts, frozenset(too_long))


def first_lines(path: Path, count: int) -> list[bytes]:
    """The first lines of a file, comments and blank ones included, without their ends.

    Raises:
        ReaderLogError: The gzip stream is damaged or ends early.
        OSError: The file cannot be opened or read.
    """
    return [line.rstrip(b"\r\n") for line, _ in zip(_lines(path), range(count), strict=False)]


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with _open(path) as file:
            yield from _bounded_lines(file)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ReaderLogError(f"{path.name}: damaged gzip file: {error}") from error


def _open(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        magic = file.read(2)
    if magic == GZIP_MAGIC:
        return io.BufferedReader(gzip.GzipFile(path, "rb"), BUFFER_BYTES)
    return path.open("rb", BUFFER_BYTES)


def _bounded_lines(file: IO[bytes]) -> Iterator[bytes]:
    """Each line, at most `MAX_LINE_BYTES` + 1 bytes of it; the rest of a longer one is dropped."""
    limit = MAX_LINE_BYTES + 1
    line = file.readline(limit).removeprefix(BYTE_ORDER_MARK)
    while line:
        if len(line) < limit or line.endswith(b"\n"):
            yield line
        else:
            rest = line
            while rest and not rest.endswith(b"\n"):
                rest = file.readline(limit)
            yield line
        line = file.readline(limit)
