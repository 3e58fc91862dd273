"""Stage `decode`: segments to sampled, scaled frames, and what was lost on the way."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as sf

from storeday.contracts import load_contract, table_from_columns
from storeday.footage import SampledFrame, Stretch, sample_segment
from storeday.lake import bundle
from storeday.lake.files import local_copy
from storeday.lake.store_day import StoreDay
from storeday.stages.plan import DayPlan
from storeday.stages.stage import Stage, StageContext, Tables

SEGMENTS, PLAN = "bronze.footage_segments", "silver.decode_plan"
FRAMES, OUTCOMES = "bronze.frames", "bronze.decode_outcomes"
# Frames given out at a time: some 3 MB of JPEG.
FRAMES_AT_ONCE = 64


def run(context: StageContext) -> DataFrame:
    """Decodes what the plan says, one segment per call."""
    plans = context.by_day

    def decode(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for item in batch.to_pylist():
                plan = plans[StoreDay(item["store_id"], item["business_date"])]
                yield from bundle.streamed(
                    plan.day,
                    "",
                    decode_segment(plan, item),
                    plan.stamps(),
                )

    segments = _planned_segments(context)
    tasks = 4 * context.spark.sparkContext.defaultParallelism
    return segments.repartition(tasks, "camera_id", "segment").mapInArrow(
        decode, bundle.SPARK_SCHEMA
    )


def decode_segment(plan: DayPlan, item: dict[str, Any]) -> Iterator[Tables]:
    """Frames of one segment, some at a time, then its outcome.

    Args:
        plan: The store-day.
        item: `camera_id, segment, source_file, started_at_us, duration_s`, and `stretches` of the
            decode plan.
    """
    stretches = [Stretch(**stretch) for stretch in item["stretches"]]
    with local_copy(f"{plan.inbox}/{item['source_file']}") as copy:
        sampling = sample_segment(copy, stretches, plan.settings.footage)
        kept: list[SampledFrame] = []
        for frame in sampling:
            kept.append(frame)
            if len(kept) == FRAMES_AT_ONCE:
                yield {FRAMES: _frames(item, kept)}
                kept = []
        if kept:
            yield {FRAMES: _frames(item, kept)}
        outcome = sampling.outcome
    columns = {
        "camera_id": [item["camera_id"]],
        "segment": [item["segment"]],
        "decoder": [outcome.decoder],
        "frames": [outcome.frames],
        "first_pts_us": [outcome.first_pts_us],
        "last_pts_us": [outcome.last_pts_us],
        "lost_s": [outcome.lost_s],
        "reason": [outcome.reason],
        "gaps": [json.dumps([asdict(gap) for gap in outcome.gaps]) if outcome.gaps else None],
    }
    yield {OUTCOMES: table_from_columns(load_contract(OUTCOMES), columns)}


def _planned_segments(context: StageContext) -> DataFrame:
    """One row per segment that has stretches to decode."""
    keys = ["store_id", "business_date", "camera_id", "segment"]
    stretch = sf.struct("from_us", "to_us", "frames_per_s", "reason")
    stretches = (
        context.read(PLAN)
        .groupBy(*keys)
        .agg(sf.sort_array(sf.collect_list(stretch)).alias("stretches"))
    )
    segments = context.read(SEGMENTS)
    return segments.join(stretches, keys, "inner").select(
        *keys,
        "source_file",
        sf.unix_micros("started_at").alias("started_at_us"),
        "stretches",
    )


def _frames(item: dict[str, Any], frames: list[SampledFrame]) -> pa.Table:
    started_at_us = item["started_at_us"]
    columns = {
        "camera_id": pa.repeat(item["camera_id"], len(frames)),
        "segment": pa.repeat(item["segment"], len(frames)),
        "pts_us": [frame.pts_us for frame in frames],
        "device_time": pa.array([started_at_us + frame.pts_us for frame in frames], pa.int64()),
        "width": [frame.width for frame in frames],
        "height": [frame.height for frame in frames],
        "source_width": [frame.source_width for frame in frames],
        "source_height": [frame.source_height for frame in frames],
        "jpeg": [frame.jpeg for frame in frames],
        "motion": [frame.motion for frame in frames],
        "reason": [frame.reason for frame in frames],
    }
    return table_from_columns(load_contract(FRAMES), columns)


STAGE = Stage("decode", "see", (SEGMENTS, PLAN), (FRAMES, OUTCOMES), run)
