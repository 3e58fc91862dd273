"""The unit of all work: one store on one business date."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as sf

STORE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, order=True)
class StoreDay:
    """One store on one business date.

    Raises:
        ValueError: The store's name holds characters that names may not have.
    """

    store_id: str
    business_date: dt.date

    def __post_init__(self) -> None:
        if not STORE_ID.fullmatch(self.store_id):
            raise ValueError(
                f"store {self.store_id!r}: expected letters, digits, '_', '-', '.', at most 64"
            )

    def __str__(self) -> str:
        return f"{self.store_id}/{self.business_date}"

    @property
    def month(self) -> str:
        """Month of the business date, YYYY-MM."""
        return f"{self.business_date:%Y-%m}"


def predicate(days: Iterable[StoreDay], partition: Iterable[str]) -> str:
    """SQL condition that holds for the rows of some store-days, and for no others.

    Args:
        days: Store-days, at least one.
        partition: The table's partition columns; `business_month` is named where it is one, so that
            only the month's files are touched.

    Example:
        >>> day = StoreDay("s1", dt.date(2026, 11, 20))
        >>> predicate([day], ["business_date", "store_id"])
        "(store_id = 's1' AND business_date = DATE'2026-11-20')"
    """
    by_month = "business_month" in partition
    parts = []
    for day in sorted(set(days)):
        month = f" AND business_month = '{day.month}'" if by_month else ""
        date = day.business_date.isoformat()
        parts.append(f"(store_id = '{day.store_id}'{month} AND business_date = DATE'{date}')")
    if not parts:
        raise ValueError("no store-days given; expected at least one")
    return " OR ".join(parts)


def is_one_of(days: Iterable[StoreDay]) -> Column:
    """Condition that a row belongs to some of the store-days."""
    return sf.expr(predicate(days, ()))
