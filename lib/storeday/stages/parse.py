"""Stage `parse`: reader logs, sales and products to rows; what cannot be read goes to quarantine.

A file that cannot be read at all stops that file, not the day.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

import pyarrow as pa
from pyspark.sql import DataFrame

from storeday.contracts import load_contract, table_from_columns
from storeday.lake.files import local_copy
from storeday.reader_logs import parse_log
from storeday.shop_files import parse_products, parse_sales
from storeday.stages.plan import DayPlan
from storeday.stages.stage import Stage, StageContext, Tables, file_stage, quarantine_rows

READS, SALES, PRODUCTS = "bronze.rfid_reads", "bronze.sales", "bronze.products"
QUARANTINE = "ops.quarantine"
# Stands for the products file, which lies beside the manifest and not in the inbox.
PRODUCTS_ITEM = "products"
MARKERS = ("_COMPLETE",)


def run(context: StageContext) -> DataFrame:
    """Parses every file of the store-days that is not footage, and their products files."""
    items = [
        (plan.day, file.path)
        for plan in context.plans
        for file in plan.files
        if not file.path.startswith("footage/") and file.path not in MARKERS
    ]
    items += [(plan.day, PRODUCTS_ITEM) for plan in context.plans if plan.products]
    return file_stage(context, items, parse_file)


def parse_file(plan: DayPlan, path: str) -> Iterator[Tables]:
    """The rows of one file, batch by batch."""
    kind = PurePosixPath(path).parts[0]
    try:
        if path == PRODUCTS_ITEM:
            yield from _products(plan)
        elif kind == "rfid":
            yield from _reads(plan, path)
        elif kind == "sales":
            yield from _sales(plan, path)
        else:
            yield _rejected(path, _whole_file("expected footage/, rfid/ or sales/"))
    except (ValueError, OSError) as error:
        yield _rejected(path, _whole_file(str(error)))


def _reads(plan: DayPlan, path: str) -> Iterator[Tables]:
    parts = PurePosixPath(path).parts
    readers = {reader.id: reader for reader in plan.layout.readers}
    if len(parts) != 3 or parts[1] not in readers:
        known = ", ".join(sorted(readers)) or "none"
        reason = f"expected rfid/<reader_id>/<file>; readers are {known}"
        yield _rejected(path, _whole_file(reason))
        return
    with local_copy(f"{plan.inbox}/{path}") as copy:
        for batch in parse_log(copy, readers[parts[1]], path):
            yield {READS: batch.reads, **_rejected(path, batch.rejects)}


def _sales(plan: DayPlan, path: str) -> Iterator[Tables]:
    registers = [till.register_id for till in plan.layout.checkouts]
    with local_copy(f"{plan.inbox}/{path}") as copy:
        parsed = parse_sales(copy, path, plan.layout.timezone, registers)
    yield {SALES: parsed.rows, **_rejected(path, parsed.rejects)}


def _products(plan: DayPlan) -> Iterator[Tables]:
    assert plan.products is not None
    name = plan.products.rsplit("/", 1)[-1]
    try:
        with local_copy(plan.products) as copy:
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


STAGE = Stage("parse", "ingest", (), (READS, SALES, PRODUCTS), run)
