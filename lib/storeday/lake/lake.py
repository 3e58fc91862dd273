"""The lake's tables: made from contracts, read by store-day, replaced by store-day.

A table is replaced with `replaceWhere` on exactly the store-days at hand, also where they have no
rows: dynamic partition overwrite would keep the stale rows of a day that became empty.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sf

from storeday.contracts import Contract, check, conform, load_contract
from storeday.lake.ddl import create_table, spark_schema
from storeday.lake.evolution import evolve
from storeday.lake.files import absolute_path
from storeday.lake.store_day import StoreDay, predicate

# Commits wait for the file system more than for a core.
COMMITS_AT_ONCE = 6


class Lake:
    """Delta tables under one root, one per contract.

    Attributes:
        spark: The session.
        root: Hadoop path of the lake; a relative one is made absolute.
    """

    def __init__(self, spark: SparkSession, root: str) -> None:
        self.spark = spark
        self.root = absolute_path(root).rstrip("/")
        self._known: set[str] = set()
        self._fresh: set[str] = set()

    def path(self, table: str) -> str:
        """Hadoop path of a table."""
        return f"{self.root}/{load_contract(table).path}"

    def holds(self, table: str) -> bool:
        """Whether a table is there."""
        return self._exists(table)

    def ensure(self, tables: Iterable[str]) -> None:
        """Makes those tables that are not there yet, and adds columns that the others lack.

        Raises:
            ContractError: A table was made under a contract that differs in another way.
        """
        unknown = [name for name in tables if name not in self._known]
        with ThreadPoolExecutor(COMMITS_AT_ONCE) as pool:
            made = list(pool.map(self._create_or_evolve, unknown))
        self._known.update(unknown)
        self._fresh.update(name for name, is_new in zip(unknown, made, strict=True) if is_new)

    def read(self, table: str, days: Iterable[StoreDay]) -> DataFrame:
        """Rows of a table for some store-days."""
        self.ensure([table])
        contract = load_contract(table)
        frame = self.spark.read.format("delta").load(self.path(table))
        return frame.where(predicate(days, contract.partition))

    def read_as_of(self, table: str, days: Iterable[StoreDay], moment: str) -> DataFrame:
        """Rows of a table for some store-days as they were at a moment.

        Args:
            table: Name of the table.
            days: Store-days.
            moment: Timestamp as Delta's time travel takes it, UTC.
        """
        contract = load_contract(table)
        past = self.spark.read.format("delta").option("timestampAsOf", moment)
        return past.load(self.path(table)).where(predicate(days, contract.partition))

    def read_all(self, table: str) -> DataFrame:
        """All rows of a table."""
        self.ensure([table])
        return self.spark.read.format("delta").load(self.path(table))

    def replace(
        self,
        table: str,
        rows: DataFrame,
        days: Sequence[StoreDay],
        *,
        row_count: int | None = None,
        and_where: str | None = None,
    ) -> None:
        """Replaces a table's rows of some store-days, in one commit.

        Args:
            table: Name of the table.
            rows: New rows, columns as the contract has them.
            days: Store-days that are replaced, whether they have new rows or not.
            row_count: Number of new rows, where it is known. Nothing replaced by nothing is no
                commit, in a table that was made by this lake object.
            and_where: Further condition on the rows that are replaced.

        Raises:
            Exception: Whatever Spark raises, with the table's name added; nothing was written then.
        """
        if row_count == 0 and table in self._fresh:
            return
        self.ensure([table])
        contract = load_contract(table)
        condition = predicate(days, contract.partition)
        if and_where is not None:
            condition = f"({condition}) AND ({and_where})"
        try:
            (
                _arranged(rows, contract, row_count)
                .write.format("delta")
                .mode("overwrite")
                .option("replaceWhere", condition)
                .save(self.path(table))
            )
        except Exception as error:
            error.add_note(f"while replacing {table}")
            raise
        self._fresh.discard(table)

    def replace_from_arrow(
        self, table: str, rows: pa.Table, day: StoreDay, *, and_where: str | None = None
    ) -> None:
        """Replaces a table's rows of a store-day by rows that the driver holds, without stamps.

        Args:
            table: Name of the table.
            rows: New rows.
            day: Store-day that is replaced.
            and_where: Further condition on the rows that are replaced.

        Raises:
            ContractError: The rows break the table's contract; nothing was written then.
        """
        contract = load_contract(table)
        stamps = {"store_id": day.store_id, "business_date": day.business_date}
        stamped = conform(rows, contract, stamps)
        check(stamped, contract)
        frame = self.spark.createDataFrame(stamped, spark_schema(contract))
        self.replace(table, frame, [day], row_count=rows.num_rows, and_where=and_where)

    def append(self, table: str, rows: Sequence[dict[str, Any]]) -> None:
        """Adds rows that the driver holds, such as the run ledger's."""
        self.ensure([table])
        contract = load_contract(table)
        frame = self.spark.createDataFrame(
            [tuple(row.get(column.name) for column in contract.columns) for row in rows],
            spark_schema(contract),
        )
        frame.coalesce(1).write.format("delta").mode("append").save(self.path(table))
        self._fresh.discard(table)

    def _exists(self, table: str) -> bool:
        jvm: Any = self.spark._jvm
        path = jvm.org.apache.hadoop.fs.Path(f"{self.path(table)}/_delta_log")
        conf = self.spark._jsc.hadoopConfiguration()
        return bool(path.getFileSystem(conf).exists(path))

    def _create_or_evolve(self, table: str) -> bool:
        """Whether the table had to be made."""
        contract = load_contract(table)
        if self._exists(table):
            evolve(self.spark, contract, self.path(table))
            return False
        self.spark.sql(create_table(contract, self.path(table)))
        return True


# Rows that fit one file without making it unwieldy; wide tables have their own number.
ROWS_PER_FILE = 2_000_000
ROWS_PER_FILE_BY_TABLE = {"bronze.frames": 500, "silver.embeddings": 50_000}


def _arranged(rows: DataFrame, contract: Contract, row_count: int | None) -> DataFrame:
    """Rows in as few files as is sensible, so that years of days stay quick to read."""
    ordered = rows.select(*[column.name for column in contract.columns])
    limit = ROWS_PER_FILE_BY_TABLE.get(contract.name, ROWS_PER_FILE)
    if row_count is None or row_count <= limit:
        return ordered.coalesce(1)
    files = -(-row_count // limit)
    keys = [sf.col(name) for name in contract.key]
    return ordered.repartition(files, *keys)
