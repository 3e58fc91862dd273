"""Stage `scout`: which stretch of which segment is decoded, and at what rate.

By the setting `footage.scout`, the plan is a fixed rate for every readable segment, or it comes
from looking at the key frames of each camera's day first. The latter takes models; without them the
rate is fixed, and the log says so.
"""

import logging
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as sf

from storeday.contracts import load_contract, table_from_columns
from storeday.footage import TO_THE_END_US
from storeday.inference import ModelManifest
from storeday.lake import bundle
from storeday.lake.store_day import StoreDay
from storeday.stages.plan import DayPlan
from storeday.stages.scout_camera import (
    DETECTIONS,
    EMBEDDINGS,
    LOOKS,
    OUTCOMES,
    PLAN,
    scout_camera,
)
from storeday.stages.stage import Stage, StageContext, Tables, reading_segments

LOGGER = logging.getLogger("storeday")

SEGMENTS, RUMMAGES = "bronze.footage_segments", "silver.rummage_events"


def run(context: StageContext) -> DataFrame:
    """Plans the decoding of the store-days' segments, one camera-day per call."""
    plans, models = context.by_day, context.models
    _say_what_is_fixed(context)

    def scout(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for item in batch.to_pylist():
                plan = plans[StoreDay(item["store_id"], item["business_date"])]
                yield from reading_segments(plan, plan_camera(plan, item, models))

    days = _camera_days(context)
    tasks = 4 * context.spark.sparkContext.defaultParallelism
    return days.repartition(tasks, "store_id", "business_date", "camera_id").mapInArrow(
        scout, bundle.SPARK_SCHEMA
    )


def plan_camera(
    plan: DayPlan, item: dict[str, Any], models: ModelManifest | None
) -> Iterator[Tables]:
    """The plan of one camera-day, with what was seen while it was made.

    Args:
        plan: The store-day.
        item: `camera_id`; `segments` with `segment, source_file, started_at_us, duration_s`; and
            `events` with `reader_id, antenna, peak_us`.
        models: Models; None where none were given.
    """
    if plan.settings.footage.scout == "keyframes" and models is not None:
        yield from scout_camera(plan, item, models)
        return
    names = [segment["segment"] for segment in item["segments"]]
    columns = {
        "camera_id": pa.repeat(item["camera_id"], len(names)),
        "segment": names,
        "from_us": pa.repeat(0, len(names)),
        "to_us": pa.repeat(TO_THE_END_US, len(names)),
        "frames_per_s": pa.repeat(plan.settings.footage.frames_per_s, len(names)),
        "reason": pa.repeat("detail", len(names)),
    }
    yield {PLAN: table_from_columns(load_contract(PLAN), columns)}


def _say_what_is_fixed(context: StageContext) -> None:
    if context.models is not None:
        return
    for plan in context.plans:
        footage = plan.settings.footage
        if footage.scout == "keyframes":
            rate = footage.frames_per_s
            LOGGER.info("scout %s: no models, so a fixed rate of %g frames/s", plan.day, rate)


def _camera_days(context: StageContext) -> DataFrame:
    """One row per camera that has readable segments, with its store-day's rummage events."""
    keys = ["store_id", "business_date"]
    segment = sf.struct(
        sf.unix_micros("started_at").alias("started_at_us"), "segment", "source_file", "duration_s"
    )
    cameras = (
        context.read(SEGMENTS)
        .where(sf.col("status") == "ok")
        .groupBy(*keys, "camera_id")
        .agg(sf.sort_array(sf.collect_list(segment)).alias("segments"))
    )
    event = sf.struct(sf.unix_micros("peak_time").alias("peak_us"), "reader_id", "antenna")
    events = (
        context.read(RUMMAGES)
        .groupBy(*keys)
        .agg(sf.sort_array(sf.collect_list(event)).alias("events"))
    )
    return cameras.join(events, keys, "left").select(*keys, "camera_id", "segments", "events")


STAGE = Stage(
    "scout",
    "see",
    (SEGMENTS, RUMMAGES),
    (PLAN, LOOKS, DETECTIONS, EMBEDDINGS, OUTCOMES),
    run,
)
