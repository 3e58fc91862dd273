"""What customers did with each product: rows of `gold.product_engagement`."""

import numpy as np
import pyarrow as pa

from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import Floats, floats, position_in, texts
from storeday.measures.goods import CATEGORY, SKU, Goods, handled_sums
from storeday.measures.intervals import expected_interval


def product_engagement(goods: Goods) -> pa.Table:
    """Handled, tried on, bought, by product and by category.

    Counts of handling are expected numbers with intervals that say how unsure it is whether a
    customer did it; handlings that no reader heard are in neither. `conversion` is pieces sold by
    times handled: which customer bought is not looked at, since a receipt is nobody's.

    Args:
        goods: The day's goods.

    Returns:
        Rows of `gold.product_engagement` by level and product.

    Example:
        >>> from storeday.measures.handlings import Handlings
        >>> row = pa.table({"sku": ["shirt"], "expected": [0.9]})
        >>> shares = pa.table({"row": [0], "customer_id": ["x"], "probability": [0.9]})
        >>> found = product_engagement(Goods(
        ...     pa.table({"sku": ["shirt"], "name": ["Shirt"], "category": ["tops"],
        ...               "home_zone_id": ["rack"]}),
        ...     Handlings(row, shares), None, None, True, 1.0))
        >>> found["product_id"].to_pylist(), found["handled"].to_pylist()
        (['tops', 'shirt'], [0.9, 0.9])
    """
    return pa.concat_tables([_level(goods, level) for level in (CATEGORY, SKU)])


def _level(goods: Goods, level: str) -> pa.Table:
    names = _names(goods, level)
    count = len(names)
    unknown = np.full(count, np.nan)
    sums = handled_sums(goods, level, names)
    low, high = expected_interval(sums.expected, sums.variance, sums.seen)
    few, many = expected_interval(sums.customers, sums.customers_variance, sums.seen)
    tried, bought = unknown, unknown
    if goods.tryons is not None:
        tried = _counted(goods.labels(texts(goods.tryons["sku"]), level), names)
    if goods.sold is not None:
        pieces = np.maximum(floats(goods.sold["quantity"]), 0.0)
        bought = _counted(goods.labels(texts(goods.sold["sku"]), level), names, pieces)
    heard = {
        "handled_seen": sums.seen,
        "handled": sums.expected,
        "handled_low": low,
        "handled_high": high,
        "customers": sums.customers,
        "customers_low": few,
        "customers_high": many,
    }
    figures = {
        **{name: values if goods.is_heard else unknown for name, values in heard.items()},
        "tried_on": tried,
        "bought": bought,
    }
    figures |= _compared(figures)
    return table_from_columns(
        load_contract("gold.product_engagement"),
        {
            "level": [level] * count,
            "product_id": names,
            **_described(goods, level, names),
            **{name: pa.array(values, from_pandas=True) for name, values in figures.items()},
            "observed_share": np.full(count, goods.observed_share),
        },
    )


def _compared(figures: dict[str, Floats]) -> dict[str, Floats]:
    """Handled against bought."""
    handled, bought = figures["handled"], figures["bought"]
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = {
            name: np.where(by > 0, bought / by, np.nan)
            for name, by in (
                ("conversion", handled),
                ("conversion_low", figures["handled_high"]),
                ("conversion_high", figures["handled_low"]),
            )
        }
    without = np.maximum(handled - bought, 0.0)
    ranked = without > 0
    # The rank of a product is one more than the number of those ahead of it.
    ahead = np.searchsorted(np.sort(-without[ranked]), -without, "left")
    rates["handled_not_bought"] = without
    rates["handled_not_bought_rank"] = np.where(ranked, ahead + 1, np.nan)
    return rates


def _names(goods: Goods, level: str) -> pa.Array:
    parts = [goods.labels(texts(goods.products["sku"]), level), goods.handled_labels(level)]
    parts += [
        goods.labels(texts(table["sku"]), level)
        for table in (goods.tryons, goods.sold)
        if table is not None
    ]
    return pa.concat_arrays(parts).drop_null().unique().sort()


def _described(goods: Goods, level: str, names: pa.Array) -> dict[str, pa.Array]:
    if level == CATEGORY:
        nothing = pa.nulls(len(names), pa.string())
        return {"product_name": nothing, "category": names, "home_zone_id": nothing}
    rows = goods.products.sort_by([(name, "ascending") for name in ("sku", "name", "home_zone_id")])
    row = position_in(names, texts(rows["sku"]))
    columns = {"product_name": "name", "category": "category", "home_zone_id": "home_zone_id"}
    return {
        name: texts(rows[column]).take(pa.array(row, mask=row < 0))
        for name, column in columns.items()
    }


def _counted(labels: pa.Array, names: pa.Array, weight: Floats | None = None) -> Floats:
    item = position_in(labels, names)
    weight = np.ones(len(item)) if weight is None else weight
    return np.asarray(np.bincount(item[item >= 0], weight[item >= 0], minlength=len(names)), float)
