"""Zebra IoT Connector (FX7500, FX9600, ATR7000, FXR90, and handhelds): tag data as JSON.

One message per line, or arrays of messages. A fixed reader's message holds one tag (`data.idHex`,
in small letters), a handheld's several (`data.tagData`). Units: dBm, degrees, MHz. Phase and
channel are sent only where the reader reports each read; `seenCount` or `reads` tells how many
reads a report stands for. The time is the message's own `timestamp`, with an offset that has no
colon (-0600): of a merged report it is no read's own time. Messages without tag data are passed
over.

The phase scale of Zebra's readers is signed (-180 to 180 degrees); 0 to 360 is taken as well, since
both mean the same angles.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storeday.reader_logs.csv_rows import TextRows
from storeday.reader_logs.declared import Declared
from storeday.reader_logs.json_fields import read_objects
from storeday.reader_logs.json_records import read_records
from storeday.reader_logs.lines import LineBatch
from storeday.reader_logs.log_format import LogFormat, LogSource, OpenLog

TAG = (
    ("idHex", pa.string()),
    ("EPCid", pa.string()),
    ("EPC", pa.string()),
    ("antenna", pa.float64()),
    ("peakRssi", pa.float64()),
    ("rssi", pa.float64()),
    ("phase", pa.float64()),
    ("channel", pa.float64()),
    ("seenCount", pa.float64()),
    ("reads", pa.float64()),
)
NAMES_OF_FIELD = {
    "epc": ("idHex", "EPCid", "EPC"),
    "antenna": ("antenna",),
    "rssi": ("peakRssi", "rssi"),
    "phase": ("phase",),
    "frequency": ("channel",),
    "read_count": ("seenCount", "reads"),
}
DATA = pa.struct([*TAG, ("tagData", pa.list_(pa.struct(list(TAG))))])
SCHEMA = pa.schema([("timestamp", pa.string()), ("data", DATA)])


def open_log(source: LogSource) -> OpenLog:
    """Takes the antenna from the manifest where a handheld names none and there is only one."""
    ports = [antenna.port for antenna in source.reader.antennas]
    only_port = float(ports[0]) if len(ports) == 1 else None

    def split(batch: LineBatch) -> TextRows:
        return split_messages(batch, only_port)

    declared = Declared(phase="deg", is_phase_signed=True)
    return OpenLog(declared, split, read=read_records)


def split_messages(batch: LineBatch, only_port: float | None = None) -> TextRows:
    """Takes the fields of each tag out of each message.

    Args:
        batch: Messages.
        only_port: The reader's antenna, where it has only one.
    """
    rows = read_objects(batch, SCHEMA)
    data = rows.table["data"].combine_chunks()
    tags, message = _tags(data)
    columns = {"time": rows.table["timestamp"].combine_chunks().take(message)}
    for field, names in NAMES_OF_FIELD.items():
        columns[field] = pc.coalesce(*[pc.struct_field(tags, name) for name in names])
    if only_port is not None:
        columns["antenna"] = pc.fill_null(columns["antenna"], only_port)
    return TextRows(
        columns,
        [rows.places[row] for row in message.to_pylist()],
        rows.faults,
        passed_over=int(rows.table.num_rows - len(pc.unique(message))),
    )


def _tags(data: pa.StructArray) -> tuple[pa.StructArray, pa.Array]:
    """Tags of all messages in order, and for each the index of its message."""
    names = [name for name, _ in TAG]
    lists = pc.struct_field(data, "tagData")
    single = pc.indices_nonzero(pc.and_(data.is_valid(), lists.is_null()))
    alone = data.take(single)
    tags = pa.StructArray.from_arrays([pc.struct_field(alone, name) for name in names], names)
    if lists.null_count == len(lists):
        return tags, single
    parents = pc.list_parent_indices(lists).cast(pa.uint64())
    parts = [tags, pc.list_flatten(lists)]
    message = pa.concat_arrays([single, parents])
    order = pa.array(np.argsort(message.to_numpy(), kind="stable"))
    return _joined(parts, names).take(order), message.take(order)


def _joined(parts: list[pa.StructArray], names: list[str]) -> pa.StructArray:
    columns = [pa.concat_arrays([pc.struct_field(part, name) for part in parts]) for name in names]
    return pa.StructArray.from_arrays(columns, names)


FORMAT = LogFormat("zebra_iot", open_log)
