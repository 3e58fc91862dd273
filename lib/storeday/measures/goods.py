"""What the day knows of products: handled, tried on, sold; by product and by category."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from storeday.contracts.columns import Bools, Floats, Ints, floats, position_in, texts
from storeday.measures.handlings import Handlings

SKU, CATEGORY = "sku", "category"


@dataclass(frozen=True)
class Goods:
    """Products of a store-day and what became of them.

    Attributes:
        products: Columns `sku, name, category, home_zone_id` of `bronze.products`, in any order;
            rows may repeat a product.
        handled: Handlings without staff.
        tryons: Columns `sku, customer_id`, one row per try-on; None where no antenna covers a
            fitting room.
        sold: Columns `sku, receipt, quantity`, one row per line; None without a sales file.
        is_heard: Whether any reader was heard.
        observed_share: Share of the readers' expected seconds that were observed.
    """

    products: pa.Table
    handled: Handlings
    tryons: pa.Table | None
    sold: pa.Table | None
    is_heard: bool
    observed_share: float

    def category_of(self) -> dict[str, str]:
        """Category by product; products without one are not in it."""
        rows = self.products.select(["sku", "category"]).to_pylist()
        return {row["sku"]: row["category"] for row in sorted(rows, key=str) if row["category"]}

    def labels(self, skus: pa.Array, level: str) -> pa.Array:
        """Products as they are called at a level; null where that is not known."""
        if level == SKU:
            return skus
        category = self.category_of()
        return pa.array([category.get(sku) for sku in skus.to_pylist()], pa.string())

    def handled_labels(self, level: str) -> pa.Array:
        """The product of each handling."""
        return self.labels(texts(self.handled.rows["sku"]), level)


@dataclass(frozen=True)
class HandledSums:
    """Sums of handlings by product; all arrays have shape (products,).

    Attributes:
        seen: Handlings found.
        expected: Expected number by customers.
        variance: Its variance.
        customers: Expected number of different customers.
        customers_variance: Its variance.
    """

    seen: Floats
    expected: Floats
    variance: Floats
    customers: Floats
    customers_variance: Floats


def handled_sums(goods: Goods, level: str, names: pa.Array) -> HandledSums:
    """How often, and by how many, each product was handled.

    A customer handled a product with the probability that not every one of the candidate handlings
    was somebody else's: one less the product of their counter-probabilities.

    Args:
        goods: The day's goods.
        level: sku or category.
        names: Products.
    """
    item = position_in(goods.handled_labels(level), names)
    likely = floats(goods.handled.rows["expected"])
    seen, expected, variance = (
        _sums(item, weight, len(names))
        for weight in (np.ones(len(likely)), likely, likely * (1 - likely))
    )
    shares = goods.handled.shares
    item_of_share = item[np.asarray(shares["row"].to_numpy(), np.int64)]
    at_least_once = any_of(
        item_of_share, texts(shares["customer_id"]), floats(shares["probability"])
    )
    whose = at_least_once.item
    return HandledSums(
        seen,
        expected,
        variance,
        _sums(whose, at_least_once.probability, len(names)),
        _sums(whose, at_least_once.probability * (1 - at_least_once.probability), len(names)),
    )


@dataclass(frozen=True)
class AnyOf:
    """Probability that a customer handled an item at least once; arrays of shape (pairs,)."""

    item: Ints
    probability: Floats


def any_of(item: Ints, customers: pa.Array, probability: Floats) -> AnyOf:
    """Joins candidate handlings of one item by one customer.

    Args:
        item: Item of each candidate, -1 for none, shape (n,).
        customers: Customer of each.
        probability: Probability of each.

    Example:
        >>> found = any_of(np.zeros(2, int), pa.array(["x", "x"]), np.array([0.5, 0.5]))
        >>> found.probability.tolist()
        [0.75]
    """
    names = customers.unique()
    known: Bools = item >= 0
    pair = item[known] * max(len(names), 1) + position_in(customers, names)[known]
    pairs, which = np.unique(pair, return_inverse=True)
    # Logarithms of counter-probabilities; a certainty would be minus infinity.
    against = np.log1p(-np.minimum(probability[known], 1 - 1e-12))
    total = np.bincount(which.ravel(), against, minlength=len(pairs))
    return AnyOf(pairs // max(len(names), 1), -np.expm1(total))


def _sums(item: Ints, weight: Floats, count: int) -> Floats:
    known = item >= 0
    return np.asarray(np.bincount(item[known], weight[known], minlength=count), float)
