"""Columns of Arrow tables as arrays. Times are whole seconds or microseconds since 1970 UTC."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

US_PER_S = 1_000_000


def floats(values: pa.ChunkedArray) -> Floats:
    """Numbers as float64, NaN for null."""
    return np.asarray(values.cast(pa.float64()).to_numpy(), np.float64)


def times_us(values: pa.ChunkedArray) -> Ints:
    """Timestamps as microseconds."""
    stamps = values.cast(pa.timestamp("us", tz="UTC"))
    return np.asarray(stamps.cast(pa.int64()).to_numpy(), np.int64)


def timestamps(us: Ints) -> pa.Array:
    """Microseconds as timestamps."""
    return pa.array(us, pa.int64()).cast(pa.timestamp("us", tz="UTC"))


def lookup(values: pa.ChunkedArray, among: pa.ChunkedArray) -> Ints:
    """Position of each value among others, -1 where it is not there."""
    found = pc.index_in(values, value_set=among.combine_chunks(), skip_nulls=True)
    return np.asarray(pc.fill_null(found, -1).to_numpy(), np.int64)


def run_starts(*keys: NDArray[np.generic]) -> Bools:
    """Whether each row differs from the one before it in one of the keys."""
    starts = np.ones(len(keys[0]), bool)
    starts[1:] = np.any([key[1:] != key[:-1] for key in keys], axis=0)
    return starts
