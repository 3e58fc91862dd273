"""Groups of one table's rows, which need not be packed: for tables too large to travel twice."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame

from storeday.lake.bundle import CPU, KEYS, SCHEMA, SPARK_SCHEMA, Group, Tables, group_results, note
from storeday.lake.store_day import StoreDay


def apply_rows(
    frame: DataFrame,
    table: str,
    work: Callable[[Group], Tables],
    stamps: Callable[[StoreDay], Mapping[str, Any]],
) -> DataFrame:
    """Runs a function over groups of one table's rows; gives bundles.

    Groups without rows are not worked on, and output
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
        out = list(group_results(group, "", rows.num_rows, (work, stamps)))
        out.append(note(day, "", CPU, round((time.process_time() - started) * 1e6)))
        return pa.Table.from_batches(out, SCHEMA)

    return frame.groupBy(*KEYS).applyInArrow(run, SPARK_SCHEMA)
