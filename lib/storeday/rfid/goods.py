"""Which tags are the shop's goods on a day, and which are other people's.

A tag in what somebody wears is read like any other, day after day: kept, it would know its owner
again. Where a products file says what the shop's goods are, all other tags are therefore left out,
goods that were sold on an earlier day among them. What is sold on the day itself was goods that
day.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from storeday.rfid.epc import decode_epc

# What is to become of a read.
KEPT, FOREIGN, SOLD = 0, 1, 2


@dataclass(frozen=True)
class Goods:
    """Tags that belong to the shop on a day.

    Attributes:
        epcs: Tags that the products file lists.
        gtins: Products that it lists without naming their tags, as GTIN-14.
        sentinels: Tags that are kept whatever the products file says.
        sold: Tags that were sold on an earlier day and not returned.
    """

    epcs: frozenset[str]
    gtins: frozenset[str]
    sentinels: frozenset[str] = frozenset()
    sold: frozenset[str] = frozenset()

    def verdict(self, epc: str) -> int:
        """KEPT, FOREIGN or SOLD, for a tag in upper-case hex."""
        if epc in self.sentinels:
            return KEPT
        if epc in self.sold:
            return SOLD
        if epc in self.epcs or (self.gtins and decode_epc(epc).gtin in self.gtins):
            return KEPT
        return FOREIGN


def goods_of(products: pa.Table, sentinels: Iterable[str] = (), sold: Iterable[str] = ()) -> Goods:
    """The shop's goods on a day, as `skus_by_epc` would find a product for them.

    Args:
        products: Rows of `bronze.products` that are valid that day. GTINs have 14 digits.
        sentinels: Tags that are kept in any case.
        sold: Tags sold on an earlier day, from `sold_before`.

    Example:
        >>> products = pa.table({"epc": [None, "30AA"], "gtin": ["80614141123458", None]})
        >>> goods = goods_of(products, sold=["30AA"])
        >>> [goods.verdict(epc) for epc in ("3074257BF7194E4000001A85", "30AA", "E280")]
        [0, 2, 1]
    """
    listed = products["epc"].is_valid()
    epcs = products["epc"].filter(listed).to_pylist()
    gtins = products["gtin"].filter(pc.invert(listed)).drop_null().to_pylist()
    return Goods(frozenset(epcs), frozenset(gtins), frozenset(sentinels), frozenset(sold))


def verdicts(epcs: pa.ChunkedArray, goods: Goods | None) -> NDArray[np.int8]:
    """What is to become of each read.

    Args:
        epcs: Tag of each read.
        goods: The shop's goods; None where they are not known, and all reads are kept.

    Returns:
        KEPT, FOREIGN or SOLD, shape (reads,). Cost: a look at each distinct tag.
    """
    if goods is None:
        return np.full(len(epcs), KEPT, np.int8)
    coded = epcs.combine_chunks().dictionary_encode()
    distinct = np.array([goods.verdict(epc) for epc in coded.dictionary.to_pylist()], np.int8)
    return distinct[coded.indices.to_numpy()] if len(distinct) else np.zeros(0, np.int8)


def sold_before(sales: pa.Table, business_date: dt.date) -> frozenset[str]:
    """Tags that were sold before a day, and not returned before it.

    Args:
        sales: `business_date, epc, quantity`, at most a row per date and tag, of any dates;
            returns have negative quantities.
        business_date: The day. Sales of the day itself are not earlier ones.

    Example:
        >>> days = [dt.date(2026, 1, day) for day in (5, 5, 6, 7)]
        >>> sales = pa.table({"business_date": days, "epc": ["A", "B", "B", "C"],
        ...                   "quantity": [1, 1, -1, 1]})
        >>> sorted(sold_before(sales, dt.date(2026, 1, 6))), sold_before(sales, days[3])
        (['A', 'B'], frozenset({'A'}))
    """
    earlier = sales.filter(pc.less(sales["business_date"], pa.scalar(business_date)))
    net = earlier.group_by("epc").aggregate([("quantity", "sum")])
    return frozenset(net.filter(pc.greater(net["quantity_sum"], 0))["epc"].to_pylist())
