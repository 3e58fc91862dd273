"""Products that the same customers handled: rows of `gold.product_pairs`.

Only handlings whose customer is known count (`customer_id` of `gold.interactions`): half a customer
is in no pair. Whether a pair is more than chance is Fisher's exact test on the table of customers
who handled one, the other, both, or something else; over all pairs that are shown the false
discovery rate is held (Benjamini and Hochberg 1995).
"""

import numpy as np
import pyarrow as pa
from scipy.sparse import coo_array, triu
from scipy.stats import hypergeom

from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import Bools, Floats, position_in, texts
from storeday.measures.goods import CATEGORY, SKU, Goods
from storeday.measures.intervals import count_interval

FALSE_DISCOVERY_RATE = 0.05


def product_pairs(goods: Goods, least: int) -> pa.Table:
    """Pairs of products handled by the same customers, with lift.

    Args:
        goods: The day's goods.
        least: Smallest number of customers of which a pair is told (`privacy.k`).

    Returns:
        Rows of `gold.product_pairs` by level and products. Cost: the square of the products of a
        customer.

    Example:
        >>> from storeday.measures.handlings import Handlings
        >>> who = [str(number // 2) for number in range(12)] + ["9"] * 2
        >>> rows = pa.table({"sku": ["a", "b"] * 6 + ["c", "d"], "customer_id": who})
        >>> goods = Goods(pa.table({"sku": pa.array([], pa.string()), "category": pa.array([],
        ...               pa.string())}), Handlings(rows, rows), None, None, True, 1.0)
        >>> product_pairs(goods, 5).select(["product_a_id", "customers_both"]).to_pylist()
        [{'product_a_id': 'a', 'customers_both': 6}]
    """
    return pa.concat_tables([_level(goods, level, least) for level in (CATEGORY, SKU)])


def _level(goods: Goods, level: str, least: int) -> pa.Table:
    labels = goods.handled_labels(level)
    customers = texts(goods.handled.rows["customer_id"])
    names, people = labels.drop_null().unique().sort(), customers.drop_null().unique()
    item, person = position_in(labels, names), position_in(customers, people)
    known = (item >= 0) & (person >= 0)
    handled = coo_array(
        (np.ones(known.sum()), (person[known], item[known])), (len(people), len(names))
    ).tocsr()
    handled.data[:] = 1.0
    total = int((np.diff(handled.indptr) > 0).sum())
    both = triu(handled.T @ handled, 1).tocoo()
    order = np.lexsort((both.col, both.row))
    shown = order[both.data[order] >= least]
    one, other = both.row[shown], both.col[shown]
    count = np.rint(both.data[shown]).astype(np.int64)
    sizes = np.rint(np.asarray(handled.sum(axis=0))).astype(np.int64)
    chance = sizes[one] * sizes[other] / max(total, 1)
    low, high = count_interval(count)
    p_value = _p_values(count, total, sizes[one], sizes[other])
    return table_from_columns(
        load_contract("gold.product_pairs"),
        {
            "level": [level] * len(shown),
            "product_a_id": names.take(pa.array(one, pa.int64())),
            "product_b_id": names.take(pa.array(other, pa.int64())),
            "customers_both": count,
            "customers_a": sizes[one],
            "customers_b": sizes[other],
            "customers_any": np.full(len(shown), total),
            "lift": count / chance,
            "lift_low": low / chance,
            "lift_high": high / chance,
            "p_value": p_value,
            "is_significant": _discoveries(p_value),
            "observed_share": np.full(len(shown), goods.observed_share),
        },
    )


def _p_values(both: np.ndarray, total: int, one: np.ndarray, other: np.ndarray) -> Floats:
    """Two-sided p values of Fisher's exact test: twice the smaller tail, at most 1."""
    more = hypergeom.sf(both - 1, total, one, other)
    fewer = hypergeom.cdf(both, total, one, other)
    return np.asarray(np.minimum(2 * np.minimum(more, fewer), 1.0), float)


def _discoveries(p_values: Floats) -> Bools:
    """Which of several tests stand out at the false discovery rate."""
    count = len(p_values)
    order = np.argsort(p_values, kind="stable")
    passes = p_values[order] <= FALSE_DISCOVERY_RATE * np.arange(1, count + 1) / max(count, 1)
    last = np.flatnonzero(passes).max(initial=-1)
    found = np.zeros(count, bool)
    found[order[: last + 1]] = True
    return found
