"""What `parse` has to know of a shop's goods before it reads a log: products and sold tags."""

import datetime as dt
from collections.abc import Collection
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc
from pyspark import Broadcast
from pyspark.sql import DataFrame
from pyspark.sql import functions as sf

from storeday.lake import bundle
from storeday.lake.files import local_copy
from storeday.lake.store_day import StoreDay, is_one_of
from storeday.reader_logs import ReaderLogError
from storeday.shop_files import parse_products
from storeday.stages.plan import PRODUCTS_FILE, DayPlan
from storeday.stages.stage import StageContext

SALES = "bronze.sales"
# How far back sales are looked at. It bounds what travels to the tasks (1,000 tags sold a day are
# some 2 MB a store), and a products file that still lists what was sold five weeks ago is not kept.
SOLD_DAYS = 35
SOLD_SCHEMA = pa.schema(
    [("business_date", pa.date32()), ("epc", pa.string()), ("quantity", pa.int64())]
)


def listed_products(plan: DayPlan) -> pa.Table | None:
    """The products file's rows that are valid on the day; None where it lists nothing at all.

    Raises:
        ReaderLogError: The file cannot be read. Reads are refused then: without it, tags that
            people wear cannot be told from goods.
    """
    assert plan.products is not None
    # In a worker, one file after the other asks for the same products.
    products, records, fault = _parsed_products(plan.products, plan.day, plan.prints[PRODUCTS_FILE])
    if fault is not None:
        raise ReaderLogError(
            f"not read: the products file, which tells the shop's goods from tags that people "
            f"wear, cannot be used: {fault}"
        )
    return products if records else None


@lru_cache(maxsize=4)
def _parsed_products(
    path: str, day: StoreDay, fingerprint: str
) -> tuple[pa.Table | None, int, str | None]:
    """Rows, records and fault of a products file with this fingerprint."""
    try:
        with local_copy(path, path.rsplit("/", 1)[-1]) as copy:
            parsed = parse_products(copy, day.business_date)
    except (ValueError, OSError) as error:
        return None, 0, str(error)
    return parsed.rows, parsed.records, None


def sold_tags(
    context: StageContext, shop: DataFrame, days: Collection[StoreDay]
) -> dict[str, Broadcast[pa.Table]]:
    """Tags that were sold in the weeks before, by store, for the tasks that read logs.

    Of store-days that are parsed in the same run their new sales count, of others those that stand
    in the lake; so a second run of the same store-days finds the same.

    Args:
        context: The stage's context.
        shop: Bundles with the run's own sales.
        days: Store-days that have reader logs.

    Returns:
        `business_date, epc, quantity` by store. Empty where no store of the run has both reader
        logs and a products file.
    """
    stores = sorted({p.day.store_id for p in context.plans if p.products and p.day in days})
    if not stores:
        return {}
    dates = sorted(day.business_date for day in days if day.store_id in stores)
    since = dates[0] - dt.timedelta(days=SOLD_DAYS)
    sales = context.lake.read_all(SALES).where(~is_one_of(context.days))
    if sum(day.store_id in stores for day in context.days) > len(stores):
        sales = sales.unionByName(bundle.unpack(shop, SALES))
    sold = (
        sales.where(sf.col("store_id").isin(stores) & sf.col("epc").isNotNull())
        .where(sf.col("business_month") >= f"{since:%Y-%m}")
        .where(sf.col("business_date").between(since, dates[-1] - dt.timedelta(days=1)))
        .groupBy("store_id", "business_date", "epc")
        .agg(sf.sum("quantity").cast("bigint").alias("quantity"))
        .toArrow()
    )
    spark = context.spark.sparkContext
    return {
        store: spark.broadcast(
            sold.filter(pc.equal(sold["store_id"], store))
            .select(SOLD_SCHEMA.names)
            .cast(SOLD_SCHEMA)
        )
        for store in stores
    }
