"""Columns of Arrow tables as arrays.

Conventions: times in us since 1970 UTC (int64), null numbers as NaN, texts as one Arrow array.
"""

import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

US_PER_S = 1_000_000
STAMP = pa.timestamp("us", tz="UTC")
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def times_us(values: pa.ChunkedArray) -> Ints:
    """Timestamps as microseconds since 1970 UTC, shape (n,)."""
    return np.asarray(values.cast(STAMP).cast(pa.int64()).to_numpy(), np.int64)


def moment_us(moment: dt.datetime) -> int:
    """A moment as microseconds since 1970 UTC."""
    return (moment - EPOCH) // dt.timedelta(microseconds=1)


def floats(values: pa.ChunkedArray) -> Floats:
    """Numbers, NaN for null, shape (n,)."""
    return np.asarray(values.cast(pa.float64()).to_numpy(), np.float64)


def texts(values: pa.ChunkedArray) -> pa.Array:
    """Texts as one Arrow array."""
    return values.cast(pa.string()).combine_chunks()


def position_in(values: pa.Array, among: pa.Array) -> Ints:
    """Position of each value among others, -1 where it is not there or null; shape (n,).

    Example:
        >>> position_in(pa.array(["b", None, "c"]), pa.array(["a", "b"])).tolist()
        [1, -1, -1]
    """
    found = pc.fill_null(pc.index_in(values, value_set=among, skip_nulls=True), -1)
    return np.asarray(found.to_numpy(zero_copy_only=False), np.int64)


def order_of(*keys: pa.Array | NDArray[np.generic]) -> Ints:
    """Positions that sort rows by several columns, the first one first; ties keep their order."""
    table = pa.table({str(number): key for number, key in enumerate(keys)})
    order = pc.sort_indices(table, [(name, "ascending") for name in table.column_names])
    return np.asarray(order.to_numpy(), np.int64)
