"""Many tables through one Spark job.

A group function takes all input tables of a store-day (or of one camera or reader of it) and
returns several tables. Spark functions take one table and return one, so tables travel as
*bundles*: rows that carry a slice of a table as Arrow IPC bytes, beside the store-day, the part and
the table's name.

What else a function has to tell travels the same way, under names that begin with an underscore:
`_failure` (what went wrong, as text), `_providers` (what inference ran on, as text), `_rows_in` and
`_cpu` (numbers, in `rows`).
"""

import datetime as dt
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sf

from storeday.contracts import (
    Contract,
    arrow_schema,
    check,
    check_key,
    conform,
    empty,
    load_contract,
    sort_rows,
)
from storeday.lake.ddl import spark_schema
from storeday.lake.store_day import StoreDay

SCHEMA = pa.schema(
    [
        ("store_id", pa.string()),
        ("business_date", pa.date32()),
        ("part", pa.string()),
        ("name", pa.string()),
        ("rows", pa.int64()),
        ("body", pa.binary()),
    ]
)
SPARK_SCHEMA = (
    "store_id string, business_date date, part string, name string, rows bigint, body binary"
)
KEYS = ("store_id", "business_date", "part")

FAILURE, PROVIDERS = "_failure", "_providers"
ROWS_IN, CPU, ANCHOR = "_rows_in", "_cpu", "_anchor"

# A slice of this size keeps Arrow's 2 GiB limit for binary columns far away.
SLICE_ROWS = 65_536
SLICE_BYTES = 4 << 20

Tables = Mapping[str, pa.Table]


@dataclass(frozen=True)
class Group:
    """All that a group function is given.

    Attributes:
        day: The store-day.
        part: Camera or reader, where the stage works on one at a time; empty otherwise.
        tables: Input tables by name, rows in key order; those without rows are not in it.
    """

    day: StoreDay
    part: str
    tables: Tables

    def table(self, name: str) -> pa.Table:
        """An input table, empty where the store-day has no rows of it."""
        found = self.tables.get(name)
        return empty(load_contract(name)) if found is None else found


def anchors(spark: SparkSession, parts: Iterable[tuple[StoreDay, str]]) -> DataFrame:
    """One empty bundle per store-day and part, so that those without input are worked on too."""
    rows = [(day.store_id, day.business_date, part, ANCHOR, 0, b"") for day, part in parts]
    return spark.createDataFrame(rows, SPARK_SCHEMA)


def pack(frame: DataFrame, table: str, part_column: str | None = None) -> DataFrame:
    """A table's rows as bundles.

    Args:
        frame: Rows under the table's contract, or some columns of them.
        table: Name of the table.
        part_column: Column whose value is the part; none for whole store-days.
    """

    def to_bundles(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for keys, rows in _by_keys(pa.Table.from_batches([batch]), part_column):
                yield from _slices(keys, table, rows)

    return frame.mapInArrow(to_bundles, SPARK_SCHEMA)


def apply_groups(
    bundles: DataFrame,
    work: Callable[[Group], Tables],
    stamps: Callable[[StoreDay], Mapping[str, Any]],
) -> DataFrame:
    """Runs a function over every group of bundles; the result is bundles again.

    A generator that raises fails its store-day, not the job: the failure travels as a bundle. Notes
    of an earlier pass over the same store-days travel on; what failed there is not worked on.

    Args:
        bundles: Input, anchors included.
        work: From a group's tables to output tables by name, without stamps.
        stamps: Values of the stamp columns, by store-day.
    """

    def run(key: tuple[pa.Scalar, ...], rows: pa.Table) -> pa.Table:
        day = StoreDay(key[0].as_py(), key[1].as_py())
        part = key[2].as_py()
        earlier = _notes(rows)
        if pc.any(pc.equal(earlier["name"], FAILURE)).as_py():
            return earlier
        started = time.process_time()
        out = list(_run_group(day, part, rows, work, stamps))
        out.append(note(day, part, CPU, round((time.process_time() - started) * 1e6)))
        return pa.concat_tables([earlier, pa.Table.from_batches(out, SCHEMA)])

    return bundles.groupBy(*KEYS).applyInArrow(run, SPARK_SCHEMA)


def unpack(bundles: DataFrame, table: str) -> DataFrame:
    """The rows of one table out of bundles, under its contract."""
    contract = load_contract(table)
    schema = arrow_schema(contract)

    def to_rows(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for body in batch.column("body"):
                # The declared schema again: nullability differs between the slices' and Spark's.
                slices = pa.ipc.open_stream(body.as_buffer()).read_all()
                yield from pa.Table.from_arrays(slices.columns, schema=schema).to_batches()

    chosen = bundles.where(sf.col("name") == table).select("body")
    return chosen.mapInArrow(to_rows, spark_schema(contract))


def outgoing(
    day: StoreDay, part: str, tables: Tables, stamps: Mapping[str, Any]
) -> Iterator[pa.RecordBatch]:
    """Output tables as bundles, stamped and checked against their contracts.

    Raises:
        ContractError: A table breaks its contract; nothing of it was given out then.
    """
    ready = []
    for name, rows in tables.items():
        contract = load_contract(name)
        stamped = conform(rows, contract, _fitting(stamps, contract))
        check(stamped, contract)
        ready.append((name, stamped))
    for name, rows in ready:
        yield from _slices((day.store_id, day.business_date, part), name, rows)


def streamed(
    day: StoreDay,
    part: str,
    given: Iterable[Tables],
    stamps: Mapping[str, Any],
) -> Iterator[pa.RecordBatch]:
    """Output tables of a generator that gives them batch by batch, as bundles.

    A function that raises fails its store-day: what it gave before is told apart by the failure
    that follows, and is not written.
    """
    started = time.process_time()
    try:
        for tables in given:
            yield from outgoing(day, part, tables, stamps)
    except Exception:
        yield note(day, part, FAILURE, 0, traceback.format_exc(limit=-4))
    yield note(day, part, CPU, round((time.process_time() - started) * 1e6))


def group_results(
    group: Group,
    part: str,
    rows_in: int,
    given: tuple[Callable[[Group], Tables], Callable[[StoreDay], Mapping[str, Any]]],
) -> Iterator[pa.RecordBatch]:
    """What a function makes of a group, as bundles under a part: rows, or the failure.

    `given` is the function, and the values of the stamp columns by store-day.
    """
    day, (work, stamps) = group.day, given
    try:
        results = work(group)
        for name, result in results.items():
            check_key(result, load_contract(name))
        batches = list(outgoing(day, part, results, stamps(day)))
    except Exception:
        yield note(day, part, FAILURE, 0, traceback.format_exc(limit=-4))
        return
    yield note(day, part, ROWS_IN, rows_in)
    yield from batches


def note(day: StoreDay, part: str, name: str, number: int, text: str = "") -> pa.RecordBatch:
    """A bundle that carries a number or a text instead of rows."""
    return _bundle((day.store_id, day.business_date, part), name, number, text.encode())


def _run_group(
    day: StoreDay,
    part: str,
    rows: pa.Table,
    work: Callable[[Group], Tables],
    stamps: Callable[[StoreDay], Mapping[str, Any]],
) -> Iterator[pa.RecordBatch]:
    try:
        tables = {name: _assemble(name, rows) for name in _table_names(rows)}
    except Exception:
        yield note(day, part, FAILURE, 0, traceback.format_exc(limit=-4))
        return
    total = sum(table.num_rows for table in tables.values())
    yield from group_results(Group(day, part, tables), part, total, (work, stamps))


def _notes(rows: pa.Table) -> pa.Table:
    """What an earlier pass had to tell."""
    told = pc.is_in(rows["name"], value_set=pa.array([FAILURE, PROVIDERS, ROWS_IN, CPU]))
    return rows.filter(told).cast(SCHEMA)


def _table_names(rows: pa.Table) -> list[str]:
    names = pc.unique(rows["name"]).to_pylist()
    return sorted(name for name in names if not name.startswith("_"))


def _assemble(name: str, rows: pa.Table) -> pa.Table:
    bodies = rows.filter(pc.equal(rows["name"], name))["body"]
    slices = [pa.ipc.open_stream(body.as_buffer()).read_all() for body in bodies]
    return sort_rows(pa.concat_tables(slices), load_contract(name)).combine_chunks()


def _fitting(stamps: Mapping[str, Any], contract: Contract) -> dict[str, Any]:
    names = {column.name for column in contract.columns}
    return {key: value for key, value in stamps.items() if key in names}


def _by_keys(
    rows: pa.Table, part_column: str | None
) -> Iterator[tuple[tuple[str, dt.date, str], pa.Table]]:
    columns = ["store_id", "business_date"] + ([part_column] if part_column else [])
    groups = rows.group_by(columns).aggregate([]).to_pylist()
    for values in groups:
        part = values[part_column] if part_column else ""
        keys = values["store_id"], values["business_date"], part
        if len(groups) == 1:
            yield keys, rows
            return
        chosen = pa.scalar(True)
        for column in columns:
            chosen = pc.and_(chosen, pc.equal(rows[column], pa.scalar(values[column])))
        yield keys, rows.filter(chosen)


def _slices(keys: tuple[str, dt.date, str], name: str, rows: pa.Table) -> Iterator[pa.RecordBatch]:
    if not rows.num_rows:
        return
    per_row = max(1, rows.nbytes // rows.num_rows)
    step = max(1, min(SLICE_ROWS, SLICE_BYTES // per_row))
    for start in range(0, rows.num_rows, step):
        part = rows.slice(start, step).combine_chunks()
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, part.schema) as writer:
            writer.write_table(part)
        yield _bundle(keys, name, part.num_rows, sink.getvalue().to_pybytes())


def _bundle(keys: tuple[str, dt.date, str], name: str, rows: int, body: bytes) -> pa.RecordBatch:
    store_id, business_date, part = keys
    return pa.RecordBatch.from_pydict(
        {
            "store_id": [store_id],
            "business_date": [business_date],
            "part": [part],
            "name": [name],
            "rows": [rows],
            "body": [body],
        },
        SCHEMA,
    )
