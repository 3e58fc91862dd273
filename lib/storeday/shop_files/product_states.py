"""What a products file says of a date, as a digest: a night's table of products in one word.

Products come and go with `valid_from` and `valid_to`, so the file changes daily, and what it says
of last month does not. Records that cannot be read count on every date, since nobody knows theirs.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from storeday.shop_files.products import COLUMNS, VALID_FROM, VALID_TO, product_row
from storeday.shop_files.sheet import ShopFileError, parse_sheet

# First date, last date, content.
Record = tuple[dt.date | None, dt.date | None, bytes]


@dataclass(frozen=True)
class ProductStates:
    """The records of a products file.

    Attributes:
        first: First ordinal day on which a record is valid.
        last: Last one.
        prints: Digest of each record, 64 bits, its line left aside.
    """

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    prints: NDArray[np.uint64]

    def on(self, date: dt.date) -> str:
        """Digest of the records that are valid on a date, whatever their order.

        Args:
            date: The date.
        """
        day = date.toordinal()
        valid = self.prints[(self.first <= day) & (day <= self.last)]
        # Wraps around: a sum, not XOR, so that a record twice is not a record never.
        return f"{len(valid):x}-{int(np.sum(valid, dtype=np.uint64)):016x}"


def product_states(path: str | Path) -> ProductStates:
    r"""Reads a products file once, for all dates.

    Args:
        path: The file; may be empty, or no products file at all, which then is one record.

    Example:
        >>> import tempfile
        >>> with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        ...     _ = file.write("epc,sku,valid_from\n3034abcd,S1,\n3034abce,S2,2026-01-05\n")
        ...     file.flush()
        ...     states = product_states(file.name)
        >>> states.on(dt.date(2026, 1, 4))[0], states.on(dt.date(2026, 1, 5))[0]
        ('1', '2')
    """
    try:
        rows, rejects, _ = parse_sheet(path, COLUMNS, product_row)
    except ShopFileError:
        return _states([(None, None, Path(path).read_bytes())])
    records: list[Record] = [
        (row[VALID_FROM], row[VALID_TO], repr(row[:-1]).encode()) for row in rows
    ]
    for item in rejects.to_pylist():
        records.append((None, None, f"{item['reason']}: {item['content']}".encode()))
    return _states(records)


def _states(records: list[Record]) -> ProductStates:
    first = [(first or dt.date.min).toordinal() for first, _, _ in records]
    last = [(last or dt.date.max).toordinal() for _, last, _ in records]
    digests = b"".join(hashlib.blake2b(text, digest_size=8).digest() for *_, text in records)
    return ProductStates(
        np.array(first, np.int64), np.array(last, np.int64), np.frombuffer(digests, np.uint64)
    )
