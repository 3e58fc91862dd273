"""Reads that a log reports again.

Webhooks are sent again when an answer is late, and files are written together from parts that
overlap. A repeat is equal in antenna, tag and time, and in strength, phase and frequency too:
clocks that count in whole seconds give different reads of a tag the same time, and these are no
repeats.

Only the last reads are remembered, so that memory does not grow with a file. What is repeated later
than that, or in another file, is told apart when reads are scored.
"""

import hashlib

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

# Four minutes of a reader with 4 million reads an hour.
WINDOW_READS = 262_144
# Codes are kept sorted in parts of at least this size.
PART_READS = 65_536

Bools = NDArray[np.bool_]
Codes = NDArray[np.uint64]


class RecentReads:
    """The last reads of a file, as codes of 64 bits each.

    Among 262,144 codes two different reads are the same with a chance of 1 in 70 trillion each.
    """

    def __init__(self) -> None:
        self._parts: list[Codes] = []

    def repeated(self, reads: pa.Table, is_read: Bools) -> Bools:
        """Finds the rows that stood before, among themselves or in earlier calls.

        Args:
            reads: Rows of `bronze.rfid_reads`, in the order of the file.
            is_read: Rows that count; others are neither repeats nor remembered.

        Returns:
            Shape (rows,).
        """
        rows = np.flatnonzero(is_read)
        code = read_codes(reads.filter(pa.array(is_read)))
        distinct, first = np.unique(code, return_index=True)
        is_new = np.ones(len(distinct), bool)
        for part in self._parts:
            place = np.minimum(np.searchsorted(part, distinct), len(part) - 1)
            is_new &= part[place] != distinct
        repeated = is_read.copy()
        repeated[rows[first[is_new]]] = False
        self._remember(distinct[is_new])
        return repeated

    def _remember(self, codes: Codes) -> None:
        if not len(codes):
            return
        if self._parts and len(self._parts[-1]) < PART_READS:
            codes = np.sort(np.concatenate([self._parts.pop(), codes]))
        self._parts.append(codes)
        while sum(map(len, self._parts[1:])) >= WINDOW_READS:
            del self._parts[0]


def read_codes(reads: pa.Table) -> Codes:
    """A code of each read's antenna, tag, time, strength, phase and frequency, shape (rows,)."""
    epc = reads["epc"].combine_chunks().dictionary_encode()
    names = [hashlib.blake2b(name.encode(), digest_size=8) for name in epc.dictionary.to_pylist()]
    tags = np.array([int.from_bytes(name.digest(), "little") for name in names], np.uint64)
    code: Codes = tags[epc.indices.to_numpy()] if len(tags) else np.zeros(0, np.uint64)
    for name in ("antenna", "device_time", "rssi_dbm", "phase_rad", "frequency_mhz"):
        code = _mixed(code ^ _bits(reads[name].combine_chunks()))
    return code


def _bits(values: pa.Array) -> Codes:
    if pa.types.is_floating(values.type):
        numbers = values.cast(pa.float64()).to_numpy(zero_copy_only=False)
        return np.ascontiguousarray(numbers).view(np.uint64)
    return np.asarray(values.cast(pa.int64()).to_numpy(zero_copy_only=False).astype(np.uint64))


def _mixed(code: Codes) -> Codes:
    """Spreads every bit over all others: the finaliser of SplitMix64 (Steele et al. 2014)."""
    with np.errstate(over="ignore"):
        code = (code ^ (code >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        code = (code ^ (code >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(code ^ (code >> np.uint64(31)))
