"""Stage `parse`: reader logs, sales and products to rows; what cannot be read goes to quarantine.

A file that cannot be read at all stops that file, not the day. Where the store has a products file,
reads of tags that are not its goods that day are left out and only counted (`storeday.rfid.goods`).
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import PurePosixPath

import pyarrow as pa
from pyspark import Broadcast
from pyspark.sql import DataFrame

from storeday.contracts import load_contract, table_from_columns
from storeday.lake.files import local_copy
from storeday.manifest import Reader
from storeday.reader_logs import LogContents, ReaderLogError, parse_log, without_foreign_tags
from storeday.rfid import Goods, goods_of, sold_before, verdicts
from storeday.shop_files import parse_products, parse_sales
from storeday.stages.plan import DayPlan
from storeday.stages.shop_goods import listed_products, sold_tags
from storeday.stages.stage import Stage, StageContext, Tables, file_stage, quarantine_rows

READS, SALES, PRODUCTS = "bronze.rfid_reads", "bronze.sales", "bronze.products"
LOGS, QUARANTINE = "bronze.reader_logs", "ops.quarantine"
# Stands for the products file, which lies beside the manifest and not in the inbox.
PRODUCTS_ITEM = "products"
MARKERS = ("_COMPLETE",)

# Sold tags by store, `business_date, epc, quantity`.
Sold = Mapping[str, Broadcast[pa.Table]]


def run(context: StageContext) -> DataFrame:
    """Parses every file of the store-days that is not footage, and their products files."""
    items = [
        (plan.day, file.path)
        for plan in context.plans
        for file in plan.files
        if not file.path.startswith("footage/") and file.path not in MARKERS
    ]
    logs = [item for item in items if item[1].startswith("rfid/")]
    others = [item for item in items if not item[1].startswith("rfid/")]
    others += [(plan.day, PRODUCTS_ITEM) for plan in context.plans if plan.products]
    shop = file_stage(context, others, parse_shop_file)
    sold = sold_tags(context, shop, {day for day, _ in logs})
    return shop.unionByName(file_stage(context, logs, partial(parse_reader_log, sold=sold)))


def parse_shop_file(plan: DayPlan, path: str) -> Iterator[Tables]:
    """The rows of one file that is no reader log."""
    try:
        _refuse_copy(plan, path)
        if path == PRODUCTS_ITEM:
            yield from _products(plan)
        elif PurePosixPath(path).parts[0] == "sales":
            yield from _sales(plan, path)
        else:
            yield _rejected(path, _whole_file("expected footage/, rfid/ or sales/"))
    except (ValueError, OSError) as error:
        yield _rejected(path, _whole_file(str(error)))


def parse_reader_log(plan: DayPlan, path: str, sold: Sold) -> Iterator[Tables]:
    """The reads of one reader log, batch by batch, and the account of it."""
    parts = PurePosixPath(path).parts
    readers = {reader.id: reader for reader in plan.layout.readers}
    try:
        if len(parts) != 3 or parts[1] not in readers:
            known = ", ".join(sorted(readers)) or "none"
            raise ValueError(f"expected rfid/<reader_id>/<file>; readers are {known}")
        _refuse_copy(plan, path)
        goods = _goods(plan, sold)
        yield from _reads(plan, path, readers[parts[1]], goods)
    except (ValueError, OSError) as error:
        yield _rejected(path, _whole_file(str(error)))


def _refuse_copy(plan: DayPlan, path: str) -> None:
    """Refuses a file whose lines were read already: they would count twice."""
    original = plan.copy_of(path)
    if original is not None:
        raise ValueError(f"a copy of {original}")


def _reads(plan: DayPlan, path: str, reader: Reader, goods: Goods | None) -> Iterator[Tables]:
    contents = LogContents(reader.id, reader.log.format, path)
    with local_copy(f"{plan.inbox}/{path}", path) as copy:
        batches = parse_log(copy, reader, path)
        try:
            for batch in batches:
                reads = contents.add(batch, verdicts(batch.reads["epc"], goods))
                rejects = without_foreign_tags(batch.rejects, goods)
                yield {READS: reads, **_rejected(path, rejects)}
        except ReaderLogError as error:
            contents.is_complete = False
            yield _rejected(path, _whole_file(str(error)))
    yield {LOGS: contents.row()}


def _goods(plan: DayPlan, sold: Sold) -> Goods | None:
    """The shop's goods that day; None where no products file lists any.

    Raises:
        ReaderLogError: There is a products file, but it cannot be read.
    """
    if plan.products is None:
        return None
    products = listed_products(plan)
    if products is None:
        return None
    day = plan.day
    earlier = sold_before(sold[day.store_id].value, day.business_date) if sold else frozenset()
    sentinels = [epc for reader in plan.layout.readers for epc in reader.sentinel_epcs]
    return goods_of(products, sentinels, earlier)


def _sales(plan: DayPlan, path: str) -> Iterator[Tables]:
    registers = [till.register_id for till in plan.layout.checkouts]
    with local_copy(f"{plan.inbox}/{path}", path) as copy:
        parsed = parse_sales(copy, path, plan.layout.timezone, registers)
    yield {SALES: parsed.rows, **_rejected(path, parsed.rejects)}


def _products(plan: DayPlan) -> Iterator[Tables]:
    assert plan.products is not None
    name = plan.products.rsplit("/", 1)[-1]
    try:
        with local_copy(plan.products, name) as copy:
            parsed = parse_products(copy, plan.day.business_date)
    except ValueError as error:
        yield _rejected(name, _whole_file(str(error)))
        return
    yield {PRODUCTS: parsed.rows, **_rejected(name, parsed.rejects)}


def _whole_file(reason: str) -> pa.Table:
    return pa.table(
        {
            "source_line": pa.array([0], pa.int64()),
            "reason": [reason],
            "content": pa.nulls(1, pa.string()),
        }
    )


def _rejected(path: str, rejects: pa.Table) -> Tables:
    rows = quarantine_rows("parse", path, rejects)
    return {QUARANTINE: table_from_columns(load_contract(QUARANTINE), rows)}


STAGE = Stage("parse", "ingest", (), (READS, LOGS, SALES, PRODUCTS), run)
