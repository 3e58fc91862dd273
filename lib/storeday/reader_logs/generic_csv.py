"""Any delimited log whose columns, units and decimal sign the manifest declares.

Needed fields: `time`, `rssi`, and `epc` and `antenna` unless they are the same in the whole file:
a file's tag can stand under `files`, and a reader with a single antenna needs no antenna column.
Times that are counts need a `time_origin` for the file; an origin without a zone is UTC. In `files`
the name `*` stands for every file that is not named itself.
"""

import datetime as dt
from collections import Counter
from functools import partial

from storeday.reader_logs.csv_rows import Dialect, count_fields, split_lines
from storeday.reader_logs.declared import FIELDS, Declared
from storeday.reader_logs.errors import ReaderLogError
from storeday.reader_logs.lines import first_lines
from storeday.reader_logs.log_format import LogFormat, LogSource, OpenLog

# Rows from which the number of fields is taken.
HEAD_LINES = 200
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def open_log(source: LogSource) -> OpenLog:
    """Brings the manifest's declaration and the head of the file together.

    Raises:
        ReaderLogError: The declaration is incomplete, contradicts itself or names a column that the
            file does not have.
    """
    log = source.reader.log
    sign = log.delimiter
    if sign != "\t" and (sign == '"' or not sign.isascii() or not sign.isprintable()):
        raise ReaderLogError(
            f"{source.name}: delimiter is {sign!r}; expected a tab or an ASCII character, no quote"
        )
    unknown = sorted(set(log.columns) - set(FIELDS))
    if unknown:
        raise ReaderLogError(
            f"{source.name}: column {unknown[0]!r} is declared; fields are {', '.join(FIELDS)}"
        )
    head = first_lines(source.path, HEAD_LINES)
    header = next((index for index, line in enumerate(head) if line.strip()), 0)
    rows = [line for line in head[header:] if line.strip()]
    positions = _positions(source, rows)
    counts = Counter(count_fields(row, log.delimiter) for row in rows[int(log.header) :])
    least = max(positions.values(), default=0) + 1
    enough = {count: times for count, times in counts.items() if count >= least}
    fields = max(enough, key=lambda count: (enough[count], -count)) if enough else least
    split = partial(split_lines, dialect=Dialect(log.delimiter, fields, positions))
    return OpenLog(_declared(source), split, skip_lines=header + 1 if log.header else 0)


def _positions(source: LogSource, rows: list[bytes]) -> dict[str, int]:
    """Place of each declared field; header names are looked up in the file's first line."""
    log = source.reader.log
    titles: list[str] = []
    if log.header and rows:
        titles = [
            title.strip().strip('"')
            for title in rows[0].decode("utf-8", "replace").split(log.delimiter)
        ]
    positions = {}
    for field, column in log.columns.items():
        if isinstance(column, str):
            if column not in titles:
                found = ", ".join(titles) or "no header"
                raise ReaderLogError(
                    f"{source.name}: {field} should be in column {column!r}; found {found}"
                )
            positions[field] = titles.index(column)
        elif column < 0:
            raise ReaderLogError(
                f"{source.name}: {field} is in column {column}; positions count from 0"
            )
        else:
            positions[field] = column
    return positions


def _declared(source: LogSource) -> Declared:
    log, file = source.reader.log, source.file
    ports = [antenna.port for antenna in source.reader.antennas]
    has_epc, has_antenna = "epc" in log.columns, "antenna" in log.columns
    for field, is_there, otherwise in (
        ("time", "time" in log.columns, ""),
        ("rssi", "rssi" in log.columns, ""),
        ("epc", has_epc or file.epc is not None, " and files gives none for this file"),
        ("antenna", has_antenna or len(ports) == 1, f" and the reader has {len(ports)} antennas"),
    ):
        if not is_there:
            raise ReaderLogError(f"{source.name}: no column is declared for {field}{otherwise}")
    return Declared(
        time=log.units.time,
        origin_us=_origin_us(source) if log.units.time != "iso8601" else None,
        rssi=log.units.rssi,
        phase=log.units.phase,
        phase_period=log.units.phase_period,
        frequency=log.units.frequency,
        hop_tables_mhz=source.hop_tables_mhz,
        hop_table_mhz=tuple(source.reader.hop_table_mhz),
        doppler=log.units.doppler,
        decimal=log.decimal,
        epc=None if has_epc else file.epc,
        antenna=None if has_antenna else ports[0],
    )


def _origin_us(source: LogSource) -> int:
    origin = source.file.time_origin
    if origin is None:
        raise ReaderLogError(
            f"{source.name}: times count in {source.reader.log.units.time} and the manifest gives "
            f"no time_origin for this file; expected one under reader {source.reader.id!r}, "
            "log.files"
        )
    if origin.tzinfo is None:
        origin = origin.replace(tzinfo=dt.UTC)
    return (origin - EPOCH) // dt.timedelta(microseconds=1)


FORMAT = LogFormat("generic_csv", open_log)
