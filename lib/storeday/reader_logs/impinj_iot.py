"""Impinj IoT Device Interface (R700, R720): tag inventory events as JSON.

One event per line, or arrays of events, as the HTTP stream, MQTT and webhooks give them. Units:
signal strength in 1/100 dBm, phase in degrees of a full turn, frequency in kHz. Each field can be
switched off in the reader. The EPC comes in base64url (`epc`), in hex (`epcHex`), or in both, which
then must agree. The time is `lastSeenTime`; where that is off, the event's own `timestamp`, which
is when it was reported. Events that are no tag inventory are passed over.
"""

import base64
import binascii
import re

import pyarrow as pa
import pyarrow.compute as pc

from storeday.reader_logs.csv_rows import TextRows
from storeday.reader_logs.declared import Declared
from storeday.reader_logs.json_fields import read_objects
from storeday.reader_logs.json_records import read_records
from storeday.reader_logs.lines import LineBatch
from storeday.reader_logs.log_format import LogFormat, LogSource, OpenLog

TAG_INVENTORY = "tagInventory"
EVENT = pa.struct(
    [
        ("epc", pa.string()),
        ("epcHex", pa.string()),
        ("antennaPort", pa.float64()),
        ("peakRssiCdbm", pa.float64()),
        ("frequency", pa.float64()),
        ("phaseAngle", pa.float64()),
        ("lastSeenTime", pa.string()),
    ]
)
SCHEMA = pa.schema(
    [("timestamp", pa.string()), ("eventType", pa.string()), ("tagInventoryEvent", EVENT)]
)
NUMBER_OF_FIELD = {
    "antenna": "antennaPort",
    "rssi": "peakRssiCdbm",
    "frequency": "frequency",
    "phase": "phaseAngle",
}
BASE64URL = re.compile(r"[A-Za-z0-9_-]+={0,2}")


def open_log(source: LogSource) -> OpenLog:
    """Nothing has to be looked up: the interface says it all."""
    declared = Declared(rssi="cdBm", phase="deg", frequency="kHz")
    return OpenLog(declared, split_events, read=read_records)


def split_events(batch: LineBatch) -> TextRows:
    """Takes the fields of a read out of each event."""
    rows = read_objects(batch, SCHEMA)
    kind, event = rows.table["eventType"], rows.table["tagInventoryEvent"].combine_chunks()
    is_other = pc.fill_null(pc.not_equal(kind, TAG_INVENTORY), False).combine_chunks()
    is_read = pc.and_(event.is_valid(), pc.invert(is_other))
    chosen = pc.indices_nonzero(is_read)
    lacking = pc.indices_nonzero(pc.invert(pc.or_(is_read, is_other))).to_pylist()
    faults = [(rows.places[row], "expected a tagInventoryEvent, found none") for row in lacking]
    event = event.take(chosen)
    seen = pc.struct_field(event, "lastSeenTime")
    columns = {
        "time": pc.coalesce(seen, rows.table["timestamp"].combine_chunks().take(chosen)),
        "epc": tag_names(pc.struct_field(event, "epc"), pc.struct_field(event, "epcHex")),
    }
    for field, name in NUMBER_OF_FIELD.items():
        columns[field] = pc.struct_field(event, name)
    return TextRows(
        columns,
        [rows.places[row] for row in chosen.to_pylist()],
        sorted(rows.faults + faults),
        passed_over=pc.sum(is_other).as_py() or 0,
        has_own_time=seen.is_valid(),
    )


def tag_names(encoded: pa.Array, plain: pa.Array) -> pa.Array:
    """Hex of each tag from its base64url and hex forms, of which one may be missing.

    A form that cannot be decoded, and two that differ, give a text that is no hex.

    Args:
        encoded: Base64url, with or without `=` at the end; null where it is missing.
        plain: Hex; null where it is missing.

    Example:
        >>> tag_names(pa.array(["4oARYGAAAgpmgfI_"]), pa.array([None], pa.string()))[0].as_py()
        'E28011606000020A6681F23F'
    """
    if encoded.null_count == len(encoded):
        return plain
    # A log has few distinct tags: each is decoded once.
    coded = encoded.dictionary_encode()
    names = pa.array([_hex(text) for text in coded.dictionary.to_pylist()], pa.string())
    decoded = names.take(coded.indices)
    differs = pc.fill_null(pc.not_equal(decoded, pc.ascii_upper(plain)), False)
    named = pc.coalesce(decoded, plain)
    if not pc.any(differs).as_py():
        return named
    both = pc.binary_join_element_wise(decoded, plain, " in epc and not ")
    return pc.if_else(differs, both, named)


def _hex(text: str) -> str:
    try:
        if not BASE64URL.fullmatch(text):
            raise ValueError(text)
        bare = text.rstrip("=")
        return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4)).hex().upper()
    except (ValueError, binascii.Error):
        return f"{text} (no base64url)"


FORMAT = LogFormat("impinj_iot", open_log, also=("impinj_iot_ndjson",))
