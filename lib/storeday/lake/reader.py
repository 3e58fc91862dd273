"""Rows of store-days as Arrow tables, read by delta-rs: no Spark session, which takes seconds.

Tables stay at Delta reader version 1, so that delta-rs reads all that Spark writes.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from storeday.contracts import Contract, arrow_schema, empty, load_contract

# Reading waits for the file system more than for a core.
READS_AT_ONCE = 8


def read_store_days(
    root: str,
    store_id: str,
    wanted: Mapping[str, Sequence[dt.date]],
    conditions: Mapping[str, pc.Expression] | None = None,
) -> dict[str, pa.Table]:
    """Rows of some tables for some dates of a store.

    Args:
        root: Root of the lake, as delta-rs knows it: a local path or a URL.
        store_id: The store.
        wanted: Business dates by table; names are those of tables under contract.
        conditions: What else rows of a table have to meet, where not all are wanted.

    Returns:
        Rows by table, columns as the contract has them; a table that is not there yet is empty, a
        column that it does not have yet is null.
    """
    with ThreadPoolExecutor(READS_AT_ONCE) as pool:
        read = pool.map(
            lambda name: _read(root, name, (store_id, wanted[name]), (conditions or {}).get(name)),
            wanted,
        )
        return dict(zip(wanted, read, strict=True))


def scan_store_day(
    root: str,
    name: str,
    of_store: tuple[str, dt.date],
    columns: Sequence[str],
    condition: pc.Expression | None = None,
) -> Iterator[pa.RecordBatch]:
    """Rows of a store-day in batches, for tables that do not fit into memory.

    Args:
        root: Root of the lake, as delta-rs knows it: a local path or a URL.
        name: A table under contract.
        of_store: Store and business date.
        columns: Columns to read.
        condition: What else rows have to meet.

    Yields:
        Batches in the order of the files; none for a table that is not there yet.
    """
    contract = load_contract(name)
    try:
        table = DeltaTable(f"{root.rstrip('/')}/{contract.path}")
    except TableNotFoundError:
        return
    wanted = _wanted(contract, of_store[0], [of_store[1]])
    if condition is not None:
        wanted &= condition
    yield from table.to_pyarrow_dataset().to_batches(columns=list(columns), filter=wanted)


def read_rows(
    root: str, name: str, columns: Sequence[str], condition: pc.Expression | None = None
) -> pa.Table:
    """Rows of a table of all stores, some columns of them.

    Args:
        root: Root of the lake, as delta-rs knows it: a local path or a URL.
        name: A table under contract.
        columns: Columns to read.
        condition: What rows have to meet; all where none is given.

    Returns:
        The rows; none for a table that is not there yet, null in columns that it does not have yet.
    """
    contract = load_contract(name)
    try:
        table = DeltaTable(f"{root.rstrip('/')}/{contract.path}")
    except TableNotFoundError:
        return empty(contract).select(list(columns))
    held = {field.name for field in table.schema().fields}
    there = [column for column in columns if column in held]
    rows = table.to_pyarrow_dataset().to_table(columns=there, filter=condition)
    for field in arrow_schema(contract):
        if field.name in columns and field.name not in held:
            rows = rows.append_column(field.name, pa.nulls(rows.num_rows, field.type))
    return rows.select(list(columns))


def of_date(rows: pa.Table, date: dt.date) -> pa.Table:
    """The rows of one business date."""
    return rows.filter(pc.equal(rows["business_date"], pa.scalar(date)))


def _read(
    root: str, name: str, asked: tuple[str, Sequence[dt.date]], condition: pc.Expression | None
) -> pa.Table:
    contract = load_contract(name)
    store_id, dates = asked
    if not dates:
        return empty(contract)
    try:
        table = DeltaTable(f"{root.rstrip('/')}/{contract.path}")
    except TableNotFoundError:
        return empty(contract)
    wanted = _wanted(contract, store_id, dates)
    rows = table.to_pyarrow_table(filters=wanted if condition is None else wanted & condition)
    return _under_contract(rows, contract)


def _wanted(contract: Contract, store_id: str, dates: Sequence[dt.date]) -> pc.Expression:
    """The store's rows of some dates; partitions are named, so that no other file is read."""
    days = pa.array(sorted(set(dates)), pa.date32())
    wanted = (pc.field("store_id") == store_id) & pc.field("business_date").isin(days)
    if "business_month" in contract.partition:
        months = sorted({f"{date:%Y-%m}" for date in dates})
        wanted &= pc.field("business_month").isin(pa.array(months))
    return wanted


def _under_contract(rows: pa.Table, contract: Contract) -> pa.Table:
    schema = arrow_schema(contract)
    columns = [
        rows[field.name].cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(rows.num_rows, field.type)
        for field in schema
    ]
    loose = pa.schema([field.with_nullable(True) for field in schema])
    return pa.Table.from_arrays(columns, schema=loose)
