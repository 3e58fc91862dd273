"""The unit of all work: one store on one business date."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
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

    Dates that are asked for of the same stores stand together: a condition that names 200
    store-days one by one is more than the code that Spark generates for it may hold.

    Args:
        days: Store-days, at least one.
        partition: The table's partition columns; `business_month` is named where it is one, so that
            only the month's files are touched.

    Raises:
        ValueError: There is no store-day.

    Example:
        >>> date = dt.date(2026, 11, 20)
        >>> predicate([StoreDay("s1", date)], ["business_date", "store_id"])
        "(store_id = 's1' AND business_date = DATE'2026-11-20')"
        >>> predicate([StoreDay("s1", date), StoreDay("s2", date)], ["business_date", "store_id"])
        "(store_id IN ('s1', 's2') AND business_date = DATE'2026-11-20')"
    """
    by_month = "business_month" in partition
    parts = []
    for stores, dates in _blocks(days):
        conditions = [_is_in("store_id", [f"'{store}'" for store in stores])]
        if by_month:
            months = sorted({f"'{date:%Y-%m}'" for date in dates})
            conditions.append(_is_in("business_month", months))
        conditions.append(_is_in("business_date", [f"DATE'{date}'" for date in dates]))
        parts.append(f"({' AND '.join(conditions)})")
    if not parts:
        raise ValueError("no store-days given; expected at least one")
    return " OR ".join(parts)


def _blocks(days: Iterable[StoreDay]) -> list[tuple[tuple[str, ...], list[dt.date]]]:
    """Stores and the dates that are asked for of just these stores; together all store-days."""
    stores: dict[dt.date, list[str]] = {}
    for day in sorted(set(days)):
        stores.setdefault(day.business_date, []).append(day.store_id)
    dates: dict[tuple[str, ...], list[dt.date]] = {}
    for date in sorted(stores):
        dates.setdefault(tuple(stores[date]), []).append(date)
    return sorted(dates.items())


def _is_in(column: str, literals: Sequence[str]) -> str:
    if len(literals) == 1:
        return f"{column} = {literals[0]}"
    return f"{column} IN ({', '.join(literals)})"


def is_one_of(days: Iterable[StoreDay]) -> Column:
    """Condition that a row belongs to some of the store-days."""
    return sf.expr(predicate(days, ()))
