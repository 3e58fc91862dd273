"""What a stage is.

A stage reads tables, calls pure functions, and says which tables its rows are for. It gives
*bundles* (`lake.bundle`); the runner checks them, splits off failed store-days and replaces the
tables.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from storeday.footage import reader_cpu_s
from storeday.inference import ModelManifest
from storeday.lake import bundle, groups
from storeday.lake.lake import Lake
from storeday.lake.store_day import StoreDay
from storeday.stages.plan import DayPlan

GROUPS = ("ingest", "see", "understand")

Tables = Mapping[str, pa.Table]


@dataclass(frozen=True)
class StageContext:
    """What a stage may use.

    Attributes:
        lake: The tables.
        plans: The store-days to work on.
        models: Models; None where none were given.
        started_at: Start of the stage, UTC.
    """

    lake: Lake
    plans: tuple[DayPlan, ...]
    models: ModelManifest | None
    started_at: dt.datetime

    @property
    def spark(self) -> SparkSession:
        """The session."""
        return self.lake.spark

    @property
    def days(self) -> list[StoreDay]:
        """The store-days to work on."""
        return [plan.day for plan in self.plans]

    @property
    def by_day(self) -> dict[StoreDay, DayPlan]:
        """The plans by store-day; small enough to travel to tasks."""
        return {plan.day: plan for plan in self.plans}

    def read(self, table: str) -> DataFrame:
        """A table's rows for the store-days to work on."""
        return self.lake.read(table, self.days)


@dataclass(frozen=True)
class Stage:
    """One stage.

    Attributes:
        name: Its name, a verb.
        group: ingest, see or understand.
        reads: Tables it reads.
        writes: Tables it replaces; quarantine rows are collected beside them.
        run: Gives the bundles of all store-days of a context.
    """

    name: str
    group: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    run: Callable[[StageContext], DataFrame]


def group_stage(
    context: StageContext,
    inputs: Iterable[DataFrame],
    parts: Callable[[DayPlan], Iterable[str]],
    work: Callable[[groups.Group, DayPlan], Tables],
) -> DataFrame:
    """Runs a function over every store-day, or over every camera or reader of it.

    Args:
        context: The stage's context.
        inputs: Packed input tables, with parts as `parts` names them.
        parts: The parts of a store-day, each of which is worked on even without input; `("",)` for
            the store-day as a whole.
        work: From a group's tables and the plan to output tables.
    """
    plans = context.by_day
    keys = [(plan.day, part) for plan in context.plans for part in parts(plan)]
    packed = bundle.anchors(context.spark, keys)
    for frame in inputs:
        packed = packed.unionByName(frame)
    return groups.apply_groups(
        packed,
        lambda group: work(group, plans[group.day]),
        lambda day: plans[day].stamps(),
    )


def file_stage(
    context: StageContext,
    items: Iterable[tuple[StoreDay, str]],
    work: Callable[[DayPlan, str], Iterator[Tables]],
) -> DataFrame:
    """Runs a function over every file, giving out tables as it goes.

    Args:
        context: The stage's context.
        items: Store-day and path below its inbox folder, file by file.
        work: From the plan and the path to tables, batch by batch.
    """
    plans = context.by_day
    listed = sorted(items)

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for item in batch.to_pylist():
                day = StoreDay(item["store_id"], item["business_date"])
                yield from bundle.streamed(
                    day,
                    "",
                    work(plans[day], item["part"]),
                    plans[day].stamps(),
                )

    frame = bundle.anchors(context.spark, listed)
    tasks = min(max(1, len(listed)), 4 * context.spark.sparkContext.defaultParallelism)
    return frame.repartition(tasks).mapInArrow(run, bundle.SPARK_SCHEMA)


def reading_segments(plan: DayPlan, given: Iterable[Tables]) -> Iterator[pa.RecordBatch]:
    """Tables of a generator that reads segments, as bundles, with what the reading process took.

    Args:
        plan: The store-day.
        given: Tables, batch by batch.
    """
    before_s = reader_cpu_s()
    yield from bundle.streamed(plan.day, "", given, plan.stamps())
    yield bundle.note(plan.day, "", bundle.CPU, round((reader_cpu_s() - before_s) * 1e6))


def quarantine_rows(stage: str, source_file: str, rejects: pa.Table) -> dict[str, Any]:
    """Columns of `ops.quarantine` for a file's rejected lines.

    Args:
        stage: Stage that rejects them.
        source_file: Path of the file below the store-day's inbox folder.
        rejects: Columns `source_line`, `reason`, `content`.
    """
    rows = rejects.num_rows
    return {
        "stage": pa.repeat(stage, rows),
        "source_file": pa.repeat(source_file, rows),
        "source_line": rejects["source_line"],
        "reason": rejects["reason"],
        "content": rejects["content"],
    }
