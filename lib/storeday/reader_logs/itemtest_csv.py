"""Impinj ItemTest CSV exports, of every locale.

The file begins with `//` lines: date, reader settings, column names (in a comma list, whatever the
delimiter of the rows). Times are ISO 8601 with offset and seven decimals, RSSI in dBm, frequency in
MHz, phase in rad within 0..2 pi; phase and Doppler may be empty. Three locales have been seen: `.`
decimals; `,` decimals in quotes between commas; `,` decimals between semicolons. Some exports hold
an IP address in the EPC column: those rows are rejects.
"""

from functools import partial

from storeday.reader_logs.csv_rows import Dialect, count_fields, split_lines
from storeday.reader_logs.declared import Declared
from storeday.reader_logs.errors import ReaderLogError
from storeday.reader_logs.lines import first_lines
from storeday.reader_logs.log_format import LogFormat, LogSource, OpenLog

COMMENT = b"//"
# Rows enough to tell the delimiter even where an export begins with damaged ones.
HEAD_LINES = 200
COLUMNS = (
    "Timestamp",
    "EPC",
    "TID",
    "Antenna",
    "RSSI",
    "Frequency",
    "Hostname",
    "PhaseAngle",
    "DopplerFrequency",
)
OPTIONAL_COLUMNS = ("CRHandle",)
FIELD_OF_COLUMN = {
    "Timestamp": "time",
    "EPC": "epc",
    "Antenna": "antenna",
    "RSSI": "rssi",
    "Frequency": "frequency",
    "PhaseAngle": "phase",
    "DopplerFrequency": "doppler",
}
NEEDED = ("Timestamp", "EPC", "Antenna", "RSSI")


def open_log(source: LogSource) -> OpenLog:
    """Finds an export's column names and delimiter.

    Raises:
        ReaderLogError: The export names its columns and a needed one is missing.
    """
    head = first_lines(source.path, HEAD_LINES)
    rows = [line for line in head if line.strip() and not line.startswith(COMMENT)]
    delimiter = ";" if 2 * sum(b";" in line for line in rows) > len(rows) else ","
    columns = _named_columns(head) or _usual_columns(rows, delimiter)
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise ReaderLogError(
            f"{source.name}: column names are {', '.join(columns)}; {missing[0]} is missing"
        )
    positions = {
        field: columns.index(name) for name, field in FIELD_OF_COLUMN.items() if name in columns
    }
    dialect = Dialect(delimiter, len(columns), positions)
    return OpenLog(Declared(decimal=None), partial(split_lines, dialect=dialect), COMMENT)


def _named_columns(head: list[bytes]) -> tuple[str, ...]:
    """The columns that a comment names; none if no comment does."""
    for line in head:
        text = line.removeprefix(COMMENT).decode("utf-8", "replace")
        names = tuple(name.strip() for name in text.split(","))
        if line.startswith(COMMENT) and names[0] == COLUMNS[0]:
            return names
    return ()


def _usual_columns(rows: list[bytes], delimiter: str) -> tuple[str, ...]:
    """The columns of an export whose comments were cut off, by its first row."""
    longer = COLUMNS + OPTIONAL_COLUMNS
    has_more = any(count_fields(row, delimiter) == len(longer) for row in rows[:1])
    return longer if has_more else COLUMNS


FORMAT = LogFormat("itemtest_csv", open_log)
