"""Stage `decode`: segments to sampled, scaled frames, and what was lost on the way.

A segment that was only looked over is not read again: what came of the look is its outcome.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as sf

from storeday.contracts import load_contract, table_from_columns
from storeday.footage import SampledFrame, Stretch, sample_segment
from storeday.lake import bundle
from storeday.lake.files import local_copy
from storeday.lake.store_day import StoreDay
from storeday.stages.outcome_rows import FIELDS, merged, outcome_of, outcome_table
from storeday.stages.plan import DayPlan
from storeday.stages.stage import Stage, StageContext, Tables, reading_segments

SEGMENTS, PLAN = "bronze.footage_segments", "silver.decode_plan"
FRAMES, OUTCOMES = "bronze.frames", "bronze.decode_outcomes"
SCOUTED = "bronze.scout_outcomes"
# Frames given out at a time: some 3 MB of JPEG.
FRAMES_AT_ONCE = 64


def run(context: StageContext) -> DataFrame:
    """Decodes what the plan says, one segment per call."""
    plans = context.by_day

    def decode(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for item in batch.to_pylist():
                plan = plans[StoreDay(item["store_id"], item["business_date"])]
                yield from reading_segments(plan, decode_segment(plan, item))

    segments = planned_segments(context)
    tasks = 4 * context.spark.sparkContext.defaultParallelism
    return segments.repartition(tasks, "camera_id", "segment").mapInArrow(
        decode, bundle.SPARK_SCHEMA
    )


def decode_segment(plan: DayPlan, item: dict[str, Any]) -> Iterator[Tables]:
    """Frames of one segment, some at a time, then its outcome.

    Args:
        plan: The store-day.
        item: `camera_id, segment, source_file, started_at_us, duration_s`, and `stretches` of the
            decode plan; `scouted`, its row of `bronze.scout_outcomes`, or None.
    """
    stretches = [Stretch(**stretch) for stretch in item["stretches"]]
    outcome = outcome_of(item["scouted"]) if item["scouted"] else None
    if stretches:
        with local_copy(f"{plan.inbox}/{item['source_file']}") as copy:
            sampling = sample_segment(copy, stretches, plan.settings.footage)
            for frames in _batches(sampling):
                yield {FRAMES: frames_table(item, frames)}
        outcome = merged(outcome, sampling.outcome) if outcome else sampling.outcome
    assert outcome is not None
    yield {OUTCOMES: outcome_table(OUTCOMES, item["camera_id"], item["segment"], outcome)}


def _batches(frames: Iterable[SampledFrame]) -> Iterator[list[SampledFrame]]:
    given = iter(frames)
    while some := list(islice(given, FRAMES_AT_ONCE)):
        yield some


def planned_segments(context: StageContext) -> DataFrame:
    """One row per segment of the plan, with the stretches to decode and what the look gave."""
    keys = ["store_id", "business_date", "camera_id", "segment"]
    stretch = sf.struct("from_us", "to_us", "frames_per_s", "reason")
    is_detail = sf.col("reason") == "detail"
    stretches = (
        context.read(PLAN)
        .groupBy(*keys)
        .agg(sf.sort_array(sf.collect_list(sf.when(is_detail, stretch))).alias("stretches"))
    )
    scouted = context.read(SCOUTED).select(*keys, sf.struct(*FIELDS).alias("scouted"))
    planned = context.read(SEGMENTS).join(stretches, keys, "inner").join(scouted, keys, "left")
    return planned.select(
        *keys,
        "source_file",
        sf.unix_micros("started_at").alias("started_at_us"),
        "stretches",
        "scouted",
    )


def frames_table(item: dict[str, Any], frames: list[SampledFrame]) -> pa.Table:
    """Frames of a segment as rows of `bronze.frames`."""
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


STAGE = Stage("decode", "see", (SEGMENTS, PLAN, SCOUTED), (FRAMES, OUTCOMES), run)
