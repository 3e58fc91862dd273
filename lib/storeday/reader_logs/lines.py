"""A log file as batches of numbered lines, in bounded memory.

Lines end at a line feed, with or without a carriage return before it, and count from 1 as an editor
counts them. Plain and gzip files are told apart by their first two bytes, since a local copy may
have lost its name.
"""

import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from storeday.reader_logs.errors import ReaderLogError

# Longest line of a delimited log that is read: the longest real one seen has 150 bytes.
MAX_LINE_BYTES = 16_384
# A batch ends here even if it has fewer lines than asked for.
MAX_BATCH_BYTES = 16 * 1024 * 1024
BUFFER_BYTES = 1024 * 1024
GZIP_MAGIC = b"\x1f\x8b"
DAMAGED_GZIP = (EOFError, gzip.BadGzipFile, zlib.error)
BinaryFile = io.BufferedReader | gzip.GzipFile
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class LineBatch:
    """Lines that hold something, with their numbers; in JSON logs, the records of a file.

    Attributes:
        numbers: Number of each line in its file, or of the line on which a record begins; from 1,
            in order. Several records may stand on one line.
        texts: The lines without their ends; of one that is too long, only the beginning.
        faults: Why a line cannot be used, by its place in `texts`, as far as that is known from
            cutting the file up.
    """

    numbers: list[int]
    texts: list[bytes]
    faults: Mapping[int, str] = field(default_factory=dict)


def read_lines(path: Path, batch_rows: int, comment: bytes | None = None) -> Iterator[LineBatch]:
    """Reads a file's lines, without blank ones and comments.

    Args:
        path: Plain or gzip file.
        batch_rows: Most lines in a batch, at least 1.
        comment: Lines that start so are left out.

    Yields:
        Batches with at least one line; none for a file without any.

    Raises:
        ReaderLogError: The gzip stream is damaged or ends early; raised when all lines before that
            have been given out.
        OSError: The file cannot be opened or read.
    """
    if batch_rows < 1:
        raise ValueError(f"batch_rows is {batch_rows}; expected at least 1")
    numbers: list[int] = []
    texts: list[bytes] = []
    faults: dict[int, str] = {}
    size = 0
    damage: ReaderLogError | None = None
    for number, line in enumerate(_lines(path), start=1):
        if isinstance(line, ReaderLogError):
            damage = line
            break
        text = line.rstrip(b"\r\n")
        if not text.strip() or (comment is not None and text.startswith(comment)):
            continue
        if len(text) > MAX_LINE_BYTES:
            faults[len(texts)] = (
                f"expected a line of at most {MAX_LINE_BYTES} bytes, found a longer one"
            )
        numbers.append(number)
        texts.append(text)
        size += len(text)
        if len(texts) == batch_rows or size >= MAX_BATCH_BYTES:
            yield LineBatch(numbers, texts, faults)
            numbers, texts, faults, size = [], [], {}, 0
    if texts:
        yield LineBatch(numbers, texts, faults)
    if damage is not None:
        raise damage


def first_lines(path: Path, count: int) -> list[bytes]:
    """The first lines of a file, comments and blank ones included, without their ends.

    Of a damaged gzip file, those before the damage.

    Raises:
        OSError: The file cannot be opened or read.
    """
    lines = zip(_lines(path), range(count), strict=False)
    return [line.rstrip(b"\r\n") for line, _ in lines if isinstance(line, bytes)]


def open_bytes(path: Path) -> BinaryFile:
    """A file's content, unpacked if it is gzip; reading may raise one of `DAMAGED_GZIP`.

    Lines and `read1` give all that stands before the damage; a buffer around them would not.
    """
    with path.open("rb") as file:
        magic = file.read(2)
    if magic == GZIP_MAGIC:
        return gzip.GzipFile(path, "rb")
    return io.BufferedReader(io.FileIO(path), BUFFER_BYTES)


def damaged(path: Path, error: Exception) -> ReaderLogError:
    """What to say of a file whose gzip stream is damaged."""
    return ReaderLogError(f"{path.name}: damaged gzip file: {error}")


def is_utf8(text: bytes) -> bool:
    """Whether bytes are UTF-8 text."""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _lines(path: Path) -> Iterator[bytes | ReaderLogError]:
    """The lines of a file; last of all the damage, if there is any."""
    try:
        with open_bytes(path) as file:
            yield from _bounded_lines(file)
    except DAMAGED_GZIP as error:
        yield damaged(path, error)


def _bounded_lines(file: BinaryFile) -> Iterator[bytes]:
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
