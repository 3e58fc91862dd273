"""What a reader format has to provide.

A format is one module with a `LogFormat`. Its `open` looks at the manifest's entry and, where the
format needs it, at the head of the file, and returns the function that splits a batch of lines into
text fields, with what is declared about them. Reading lines, checking units, counting and rejecting
are the same for all formats.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from storeday.manifest import LogFile, Reader
from storeday.reader_logs.csv_rows import TextRows
from storeday.reader_logs.declared import Declared
from storeday.reader_logs.lines import LineBatch


@dataclass(frozen=True)
class LogSource:
    """A log file and what the manifest says about it.

    Attributes:
        path: Local copy of the file.
        name: Name of the file in the inbox; the local copy may have another.
        reader: The reader that wrote it.
    """

    path: Path
    name: str
    reader: Reader

    @property
    def file(self) -> LogFile:
        """What the manifest says about this file; the entry `*` stands for all others."""
        files = self.reader.log.files
        return files.get(self.name) or files.get("*") or LogFile()

    @property
    def hop_tables_mhz(self) -> dict[int, tuple[float, ...]]:
        """Frequency by channel index of each antenna that has a hop table of its own."""
        return {
            antenna.port: tuple(antenna.hop_table_mhz)
            for antenna in self.reader.antennas
            if antenna.hop_table_mhz
        }


@dataclass(frozen=True)
class OpenLog:
    """A log file that is ready to be read.

    Attributes:
        declared: Units and constants of its fields.
        split: Splits a batch of lines into text fields.
        comment: Lines that start so hold no read.
        skip_lines: Lines at the beginning of the file that hold no read.
        read: Cuts the file into batches of at most so many lines; None for `read_lines`.
    """

    declared: Declared
    split: Callable[[LineBatch], TextRows]
    comment: bytes | None = None
    skip_lines: int = 0
    read: Callable[[Path, int], Iterator[LineBatch]] | None = None


@dataclass(frozen=True)
class LogFormat:
    """A format that reader logs come in.

    Attributes:
        name: Name in the manifest and in `source_format`.
        open: Prepares a file; raises `ReaderLogError` if the manifest or the head of the file does
            not allow it to be read.
        also: Other names for the same format.
    """

    name: str
    open: Callable[[LogSource], OpenLog]
    also: tuple[str, ...] = ()
