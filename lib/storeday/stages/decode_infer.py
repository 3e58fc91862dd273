"""Stages `decode` and `infer` in one: segments to people, no frame kept.

Each task reads its segments one after the other and looks at their frames as they come, as pixels:
no JPEG is made, and nothing crosses to another task. Frames of an earlier run are taken away. Boxes
differ a little from those of the two stages, which see frames through JPEG.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame

from storeday.footage import Stretch, picture_of, reader_cpu_s, sample_segment
from storeday.footage.pictures import Picture
from storeday.inference import infer_pictures
from storeday.lake import bundle
from storeday.lake.files import local_copy
from storeday.lake.store_day import StoreDay
from storeday.stages.decode import FRAMES, OUTCOMES, PLAN, SCOUTED, SEGMENTS, planned_segments
from storeday.stages.infer import (
    LOOKS,
    SCOUT_DETECTIONS,
    SCOUT_EMBEDDINGS,
    infer_stream,
    scouted_people,
)
from storeday.stages.outcome_rows import merged, outcome_of, outcome_table
from storeday.stages.people_tables import DETECTIONS, EMBEDDINGS, FrameKey
from storeday.stages.plan import DayPlan
from storeday.stages.stage import Stage, StageContext


def run(context: StageContext) -> DataFrame:
    """Decodes what the plan says and looks for people in it."""
    models, plans = context.models, context.by_day
    if models is None:
        raise ValueError("decoding and inference in one need models; give --models FILE")

    def see(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        aside: list[pa.RecordBatch] = []
        items = (item for batch in batches for item in batch.to_pylist())
        pictures = _pictures(items, plans, aside)
        yield from infer_stream(lambda opened: infer_pictures(pictures, opened), plans, models)
        yield from aside

    segments = planned_segments(context)
    tasks = 4 * context.spark.sparkContext.defaultParallelism
    found = segments.repartition(tasks, "camera_id", "segment").mapInArrow(see, bundle.SPARK_SCHEMA)
    for scouted in scouted_people(context):
        found = found.unionByName(scouted)
    return found


def _pictures(
    items: Iterator[dict[str, Any]], plans: dict[StoreDay, DayPlan], aside: list[pa.RecordBatch]
) -> Iterator[tuple[FrameKey, Picture]]:
    """Frames of all segments of a task; what came of each segment is put aside, as bundles."""
    for item in items:
        plan = plans[StoreDay(item["store_id"], item["business_date"])]
        before_s = reader_cpu_s()
        try:
            yield from _segment_pictures(plan, item, aside)
        except OSError as error:
            aside.append(bundle.note(plan.day, "", bundle.FAILURE, 0, str(error)))
        spent_us = round((reader_cpu_s() - before_s) * 1e6)
        aside.append(bundle.note(plan.day, "", bundle.CPU, spent_us))


def _segment_pictures(
    plan: DayPlan, item: dict[str, Any], aside: list[pa.RecordBatch]
) -> Iterator[tuple[FrameKey, Picture]]:
    stretches = [Stretch(**stretch) for stretch in item["stretches"]]
    outcome = outcome_of(item["scouted"]) if item["scouted"] else None
    if stretches:
        with local_copy(f"{plan.inbox}/{item['source_file']}") as copy:
            sampling = sample_segment(copy, stretches, plan.settings.footage, is_raw=True)
            for frame in sampling:
                key = FrameKey(
                    plan.day,
                    item["camera_id"],
                    item["started_at_us"] + frame.pts_us,
                    frame.source_width / frame.width,
                    frame.source_height / frame.height,
                )
                yield key, picture_of(frame)
        outcome = merged(outcome, sampling.outcome) if outcome else sampling.outcome
    assert outcome is not None
    rows = {OUTCOMES: outcome_table(OUTCOMES, item["camera_id"], item["segment"], outcome)}
    aside.extend(bundle.outgoing(plan.day, "", rows, plan.stamps()))


STAGE = Stage(
    "decode_infer",
    "see",
    (SEGMENTS, PLAN, SCOUTED, LOOKS, SCOUT_DETECTIONS, SCOUT_EMBEDDINGS),
    (FRAMES, OUTCOMES, DETECTIONS, EMBEDDINGS),
    run,
)
