"""The truth of a store-day as files: who was where, who held what, how far the clocks were off.

Every file has one table. `customer` is the index of the person in `People`, staff included; times
are UTC moments of true store time.
"""

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from storeday.simulate.world import World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TIME = pa.timestamp("us", tz="UTC")
# Tells readers of a truth folder that nothing in it happened.
MARKER = "SIMULATED"
CUSTOMERS = pa.schema(
    [
        ("customer", pa.int64()),
        ("entered", TIME),
        ("left", TIME),
        ("is_staff", pa.bool_()),
        ("group", pa.int64()),
    ]
)
POSITIONS = pa.schema(
    [("customer", pa.int64()), ("time", TIME), ("x", pa.float64()), ("y", pa.float64())]
)
INTERACTIONS = pa.schema(
    [
        ("time", TIME),
        ("ended", TIME),
        ("customer", pa.int64()),
        ("epc", pa.string()),
        ("sku", pa.string()),
        ("zone", pa.string()),
        ("x", pa.float64()),
        ("y", pa.float64()),
        ("action", pa.string()),
    ]
)
CLOCK_OFFSETS = pa.schema(
    [
        ("device", pa.string()),
        ("offset_s", pa.float64()),
        ("drift_ppm", pa.float64()),
        ("valid_from", TIME),
    ]
)
QUEUE = pa.schema(
    [
        ("customer", pa.int64()),
        ("register", pa.string()),
        ("joined", TIME),
        ("served", TIME),
        ("left", TIME),
        ("epcs", pa.list_(pa.string())),
    ]
)
SENTINELS = pa.schema([("epc", pa.string()), ("reader", pa.string())])
BOXES = pa.schema(
    [
        ("camera", pa.string()),
        ("time", TIME),
        ("customer", pa.int64()),
        ("x0", pa.float32()),
        ("y0", pa.float32()),
        ("x1", pa.float32()),
        ("y1", pa.float32()),
        ("visible_share", pa.float32()),
    ]
)
SCHEMAS = {
    "customers": CUSTOMERS,
    "positions": POSITIONS,
    "interactions": INTERACTIONS,
    "clock_offsets": CLOCK_OFFSETS,
    "queue": QUEUE,
    "sentinels": SENTINELS,
    "boxes": BOXES,
}


def moments(starts_at: dt.datetime, time_s: Floats) -> pa.Array:
    """UTC moments of seconds since the start, NaN as null.

    Example:
        >>> moments(dt.datetime(2026, 3, 14, 9, tzinfo=dt.UTC), np.array([1.5, np.nan])).null_count
        1
    """
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    start_us = (starts_at - epoch) // dt.timedelta(microseconds=1)
    missing = np.isnan(time_s)
    whole = np.rint(np.where(missing, 0.0, time_s) * 1e6).astype(np.int64) + start_us
    return pa.array(whole, pa.int64(), mask=missing).cast(TIME)


def truth_tables(world: World) -> dict[str, pa.Table]:
    """The truth of a store-day, all but the boxes, by file name without ending.

    Cost: positions take 32 bytes a row.
    """
    start = world.starts_at
    people, paths = world.people, world.paths
    count = len(people.entered_s)
    devices = list(world.clocks.items())
    alone = people.group < 0
    return {
        "customers": _table(
            CUSTOMERS,
            np.arange(count),
            moments(start, people.entered_s),
            moments(start, people.left_s),
            people.is_staff,
            pa.array(people.group, mask=alone),
        ),
        "positions": _table(
            POSITIONS, paths.person, moments(start, paths.time_s), paths.x_m, paths.y_m
        ),
        "interactions": _interactions(world),
        "clock_offsets": _table(
            CLOCK_OFFSETS,
            [name for name, _ in devices],
            [clock.offset_s for _, clock in devices],
            [clock.drift_ppm for _, clock in devices],
            moments(start, np.zeros(len(devices))),
        ),
        "queue": _queue(world),
        "sentinels": _sentinels(world),
    }


def write_truth(world: World, folder: Path) -> None:
    """Writes the truth of a store-day, all but the boxes, as Parquet into a folder.

    The marker beside it keeps figures on the day from being taken for those of a real store.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text("This store-day was made by storeday simulate.\n", "utf-8")
    for name, table in truth_tables(world).items():
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")


def write_boxes(tables: list[pa.Table], folder: Path) -> None:
    """Writes the true boxes of people in frames, sorted by camera, time and customer.

    Args:
        tables: Tables under `BOXES`; none for a day without footage.
        folder: Folder of the store-day's truth.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table = pa.concat_tables([BOXES.empty_table(), *tables])
    order = [(name, "ascending") for name in ("camera", "time", "customer")]
    pq.write_table(table.sort_by(order), folder / "boxes.parquet", compression="zstd")


def _interactions(world: World) -> pa.Table:
    held, products = world.handlings, world.products
    return _table(
        INTERACTIONS,
        moments(world.starts_at, held.started_s),
        moments(world.starts_at, held.ended_s),
        held.person,
        [products.epc[index] for index in held.product],
        [products.sku[index] for index in held.product],
        pa.array(held.zone_id, pa.string()),
        held.x_m,
        held.y_m,
        pa.array(held.action, pa.string()),
    )


def _queue(world: World) -> pa.Table:
    queueing, start = world.queueing, world.starts_at
    epcs = [[world.products.epc[item] for item in bought] for bought in queueing.products]
    return _table(
        QUEUE,
        queueing.person,
        pa.array(queueing.register_id, pa.string()),
        moments(start, queueing.joined_s),
        moments(start, queueing.served_s),
        moments(start, queueing.left_s),
        pa.array(epcs, pa.list_(pa.string())),
    )


def _sentinels(world: World) -> pa.Table:
    """Tags that nobody can reach, and the reader that the manifest lists them with."""
    readers = {epc: reader.id for reader in world.layout.readers for epc in reader.sentinel_epcs}
    epcs = [world.products.epc[tag] for tag in np.flatnonzero(world.products.rack < 0)]
    return _table(SENTINELS, epcs, [readers.get(epc) for epc in epcs])


def _table(schema: pa.Schema, *columns: object) -> pa.Table:
    arrays = []
    for field, column in zip(schema, columns, strict=True):
        array = column if isinstance(column, pa.Array) else pa.array(column, field.type)
        arrays.append(array.cast(field.type))
    return pa.Table.from_arrays(arrays, schema=schema)
