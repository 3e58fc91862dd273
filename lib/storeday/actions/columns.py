"""Columns of Arrow tables as arrays, beyond what `contracts.columns` has."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from storeday.contracts.columns import STAMP, Bools, Ints


def timestamps(us: Ints) -> pa.Array:
    """Microseconds as timestamps."""
    return pa.array(us, pa.int64()).cast(STAMP)


def lookup(values: pa.ChunkedArray, among: pa.ChunkedArray) -> Ints:
    """Position of each value among others, -1 where it is not there."""
    found = pc.index_in(values, value_set=among.combine_chunks(), skip_nulls=True)
    return np.asarray(pc.fill_null(found, -1).to_numpy(), np.int64)


def run_starts(*keys: NDArray[np.generic]) -> Bools:
    """Whether each row differs from the one before it in one of the keys."""
    starts = np.ones(len(keys[0]), bool)
    starts[1:] = np.any([key[1:] != key[:-1] for key in keys], axis=0)
    return starts
