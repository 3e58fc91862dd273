"""Truth of a store-day: from the simulator, or written down by hand, as little of it as there is.

Files in `<truth>/<store_id>/<business_date>/`, Parquet or, easier by hand, CSV with the same
columns; times in true store time (UTC):

- `customers (customer, entered, left, is_staff, group)`
- `positions (customer, time, x, y)`
- `interactions (time, ended, customer, epc, sku, zone, x, y, action)`
- `clock_offsets (device, offset_s, drift_ppm, valid_from)`: device time = true time + offset_s +
  drift since valid_from
- `queue (customer, …)`
- `boxes (camera, time, customer, x0, y0, x1, y1, visible_share)`
- `labelled (started, ended)`: stretches in which every handling was written down. Only there can be
  told whether something that the lake saw was false; a simulated day is known as a whole.

A file that is not there means: nothing is known, not: nothing happened. Columns that `COLUMNS` does
not name may be left out. A file `SIMULATED` marks a day that a simulator made: its figures are
never presented as those of a real store.
"""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

COLUMNS = {
    "customers": ("customer", "entered", "left", "is_staff"),
    "positions": ("customer", "time", "x", "y"),
    "interactions": ("time", "ended", "customer", "epc"),
    "clock_offsets": ("device", "offset_s", "drift_ppm"),
    "queue": ("customer",),
    "boxes": ("camera", "time", "customer", "x0", "y0", "x1", "y1"),
    "labelled": ("started", "ended"),
}
SIMULATED = "SIMULATED"
_MOMENTS = ("time", "started", "ended", "entered", "left", "valid_from")
# What text in a CSV file has to mean; everything else is guessed from the values.
_CSV_TYPES = {
    "customer": pa.string(),
    "epc": pa.string(),
    "sku": pa.string(),
    "zone": pa.string(),
    "action": pa.string(),
    "is_staff": pa.bool_(),
    **{name: pa.timestamp("us", tz="UTC") for name in _MOMENTS},
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
        labelled: When every handling was written down.
        is_simulated: A simulator made the day.
    """

    customers: pa.Table | None = None
    positions: pa.Table | None = None
    interactions: pa.Table | None = None
    clock_offsets: pa.Table | None = None
    queue: pa.Table | None = None
    boxes: pa.Table | None = None
    labelled: pa.Table | None = None
    is_simulated: bool = False


def read_truth(folder: Path) -> Truth:
    """Reads the truth of a store-day.

    Args:
        folder: `<truth>/<store_id>/<business_date>`.

    Raises:
        FileNotFoundError: There is no such folder, or none of the files is in it.
        ValueError: A file cannot be read or lacks a column; names file and column.
    """
    tables = {}
    for name, columns in COLUMNS.items():
        table = _read(folder, name)
        if table is not None:
            missing = [column for column in columns if column not in table.column_names]
            if missing:
                raise ValueError(
                    f"{folder}: {name} has no column {missing[0]!r}; has {table.column_names}"
                )
            tables[name] = table
    if not tables:
        names = ", ".join(f"{name}.parquet" for name in COLUMNS)
        raise FileNotFoundError(f"{folder}: no truth; expected one or more of {names}, or .csv")
    return Truth(**tables, is_simulated=(folder / SIMULATED).exists())


def _read(folder: Path, name: str) -> pa.Table | None:
    path = folder / f"{name}.parquet"
    try:
        if path.is_file():
            return pq.read_table(path)
        path = folder / f"{name}.csv"
        if path.is_file():
            return _read_csv(path)
    except pa.ArrowInvalid as error:
        raise ValueError(f"{path}: cannot be read as a table: {error}") from error
    return None


def _read_csv(path: Path) -> pa.Table:
    """A table from a CSV file; rows without a time are blanks of a form and are left out."""
    table = pa_csv.read_csv(
        path,
        convert_options=pa_csv.ConvertOptions(
            column_types=_CSV_TYPES, strings_can_be_null=True, null_values=[""]
        ),
    )
    return table.filter(table["time"].is_valid()) if "time" in table.column_names else table
