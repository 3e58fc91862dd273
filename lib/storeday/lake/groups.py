"""Group functions over bundles: all tables of a store-day in, several tables out, in one job.

A function that raises fails its store-day, not the job: the failure travels as a bundle
(`lake.bundle`).
"""

import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame

from storeday.contracts import check_key, empty, load_contract, sort_rows
from storeday.lake.bundle import (
    CPU,
    FAILURE,
    KEYS,
    PROVIDERS,
    ROWS_IN,
    SCHEMA,
    SPARK_SCHEMA,
    Tables,
    note,
    outgoing,
)
from storeday.lake.store_day import StoreDay


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


def apply_groups(
    bundles: DataFrame,
    work: Callable[[Group], Tables],
    stamps: Callable[[StoreDay], Mapping[str, Any]],
) -> DataFrame:
    """Runs a function over every group of bundles; the result is bundles again.

    A generator that raises fails its store-day, not the job: the failure travels as a bundle. Notes
    of an earlier pass over the same store-days travel on; what failed there is not worked on.

    Args:
        bundles: Input, anchors included; may be the result of an earlier pass.
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


def apply_rows(
    frame: DataFrame,
    table: str,
    work: Callable[[Group], Tables],
    stamps: Callable[[StoreDay], Mapping[str, Any]],
) -> DataFrame:
    """Runs a function over groups of one table's rows, which need not be packed; gives bundles.

    For tables that are too large to travel twice. Groups without rows are not worked on, and output
    tables go under the store-day as a whole.

    Args:
        frame: Columns of the table, rows in any order, and a column `part`.
        table: Name of the table.
        work: From a group's rows, not sorted, to output tables by name, without stamps.
        stamps: Values of the stamp columns, by store-day.
    """

    def run(key: tuple[pa.Scalar, ...], rows: pa.Table) -> pa.Table:
        day = StoreDay(key[0].as_py(), key[1].as_py())
        group = Group(day, key[2].as_py(), {table: rows.drop_columns(["part"])})
        started = time.process_time()
        out = list(_results(group, "", rows.num_rows, (work, stamps)))
        out.append(note(day, "", CPU, round((time.process_time() - started) * 1e6)))
        return pa.Table.from_batches(out, SCHEMA)

    return frame.groupBy(*KEYS).applyInArrow(run, SPARK_SCHEMA)


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
    # What an earlier pass gave is no input: the rows that it was given are counted already.
    is_counted = pc.any(pc.equal(rows["name"], ROWS_IN)).as_py()
    total = 0 if is_counted else sum(table.num_rows for table in tables.values())
    yield from _results(Group(day, part, tables), part, total, (work, stamps))


def _results(
    group: Group,
    part: str,
    rows_in: int,
    given: tuple[Callable[[Group], Tables], Callable[[StoreDay], Mapping[str, Any]]],
) -> Iterator[pa.RecordBatch]:
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
