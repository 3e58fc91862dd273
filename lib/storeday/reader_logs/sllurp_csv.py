"""CSV logs of sllurp, the Python LLRP client: as it writes them, and with the columns of patches.

The first line names the columns; each name has one meaning and unit, which are LLRP's and, for the
`Impinj...` ones, those of Impinj's extension. Plain `log` writes time, reader, antenna, rssi, epc.
Patched versions add a phase of 4096 steps to the turn, the channel's index in the antenna's hop
table (which the manifest must give, or the frequency stays unknown), and a Doppler shift in 1/16
Hz. Times are seconds since 1970 (microseconds in the columns named after LLRP). Older versions
write an EPC as Python shows bytes, `b'30...'`.

A column `rssi` holds dBm, unless the manifest declares `units: {rssi: cdBm}`.
"""

from functools import partial

import pyarrow.compute as pc

from storeday.reader_logs.csv_rows import Dialect, TextRows, count_fields, split_lines
from storeday.reader_logs.declared import Declared
from storeday.reader_logs.errors import ReaderLogError
from storeday.reader_logs.lines import LineBatch, first_lines
from storeday.reader_logs.log_format import LogFormat, LogSource, OpenLog

# Columns that a field may come from, with their units; the first that a file has is taken.
COLUMNS: dict[str, tuple[tuple[str, str], ...]] = {
    "time": (("timestamp", "s"), ("LastSeenTimestampUTC", "us"), ("FirstSeenTimestampUTC", "us")),
    "epc": (("epc", ""), ("EPC-96", ""), ("EPC", "")),
    "antenna": (("antenna", ""), ("AntennaID", "")),
    "rssi": (("ImpinjPeakRSSI", "cdBm"), ("rssi", "as declared"), ("PeakRSSI", "dBm")),
    "phase": (("phase_angle", ""), ("ImpinjRFPhaseAngle", "")),
    "channel": (("channel_index", ""), ("ChannelIndex", "")),
    "doppler": (("doppler_frequency", ""), ("ImpinjRFDopplerFrequency", "")),
    "read_count": (("TagSeenCount", ""),),
}
NEEDED = ("time", "epc", "antenna", "rssi")
HEAD_LINES = 50
BYTES_PATTERN = r"^b'([0-9A-Fa-f]*)'$"


def open_log(source: LogSource) -> OpenLog:
    """Finds the columns by their names.

    Raises:
        ReaderLogError: A needed column is missing.
    """
    head = first_lines(source.path, HEAD_LINES)
    line = next((number for number, text in enumerate(head) if text.strip()), 0)
    header = head[line] if head else b""
    titles = [title.strip().strip('"') for title in header.decode("utf-8", "replace").split(",")]
    found = {
        field: next(((name, unit) for name, unit in names if name in titles), None)
        for field, names in COLUMNS.items()
    }
    for field in NEEDED:
        if header and found[field] is None:
            names = ", ".join(name for name, _ in COLUMNS[field])
            raise ReaderLogError(
                f"{source.name}: columns are {', '.join(titles)}; there is none for {field}, "
                f"expected one of {names}"
            )
    positions = {field: titles.index(one[0]) for field, one in found.items() if one}
    dialect = Dialect(",", count_fields(header, ","), positions)
    split = partial(_split, dialect=dialect)
    return OpenLog(_declared(source, found), split, skip_lines=line + 1)


def _declared(source: LogSource, found: dict[str, tuple[str, str] | None]) -> Declared:
    units = {field: one[1] for field, one in found.items() if one}
    rssi = source.reader.log.units.rssi
    if units.get("rssi") != "as declared":
        rssi = "cdBm" if units.get("rssi") == "cdBm" else "dBm"
    return Declared(
        time="us" if units.get("time") == "us" else "s",
        origin_us=0,
        rssi=rssi,
        phase="turn4096",
        hop_tables_mhz=source.hop_tables_mhz,
        hop_table_mhz=tuple(source.reader.hop_table_mhz),
        doppler="sixteenth_Hz",
    )


def _split(batch: LineBatch, dialect: Dialect) -> TextRows:
    rows = split_lines(batch, dialect)
    epc = pc.replace_substring_regex(rows.columns["epc"], BYTES_PATTERN, r"\1")
    return TextRows({**rows.columns, "epc": epc}, rows.places, rows.faults)


FORMAT = LogFormat("sllurp_csv", open_log)
