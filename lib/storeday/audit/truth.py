"""Truth of a store-day: from the simulator, or written down by hand, as little of it as there is.

Files in `<truth>/<store_id>/<business_date>/`, Parquet, times in true store time (UTC):

- `customers (customer, entered, left, is_staff, group)`
- `positions (customer, time, x, y)`
- `interactions (time, ended, customer, epc, sku, zone, x, y, action)`
- `clock_offsets (device, offset_s, drift_ppm)`
- `queue (customer, …)`
- `boxes (camera, time, customer, x0, y0, x1, y1, visible_share)`

A file that is not there means: nothing is known, not: nothing happened.
"""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

COLUMNS = {
    "customers": ("customer", "entered", "left", "is_staff"),
    "positions": ("customer", "time", "x", "y"),
    "interactions": ("time", "ended", "customer", "epc"),
    "clock_offsets": ("device", "offset_s", "drift_ppm"),
    "queue": ("customer",),
    "boxes": ("camera", "time", "customer", "x0", "y0", "x1", "y1"),
}


@dataclass(frozen=True)
class Truth:
    """What is known to be true; None where nothing is known.

    Attributes:
        customers: Everybody who was there, staff included.
        positions: Where they were.
        interactions: Who handled what.
        clock_offsets: True clocks.
        queue: Who waited at which till.
        boxes: Where they are in the pictures.
    """

    customers: pa.Table | None = None
    positions: pa.Table | None = None
    interactions: pa.Table | None = None
    clock_offsets: pa.Table | None = None
    queue: pa.Table | None = None
    boxes: pa.Table | None = None


def read_truth(folder: Path) -> Truth:
    """Reads the truth of a store-day.

    Args:
        folder: `<truth>/<store_id>/<business_date>`.

    Raises:
        FileNotFoundError: There is no such folder, or none of the files is in it.
        ValueError: A file lacks a column; names file and column.
    """
    tables = {}
    for name, columns in COLUMNS.items():
        path = folder / f"{name}.parquet"
        if path.is_file():
            table = pq.read_table(path)
            missing = [column for column in columns if column not in table.column_names]
            if missing:
                raise ValueError(f"{path}: no column {missing[0]!r}; has {table.column_names}")
            tables[name] = table
    if not tables:
        names = ", ".join(f"{name}.parquet" for name in COLUMNS)
        raise FileNotFoundError(f"{folder}: no truth; expected one or more of {names}")
    return Truth(**tables)
