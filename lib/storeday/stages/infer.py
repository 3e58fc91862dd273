"""Stage `infer`: frames to people: boxes, their place on the floor, appearance embeddings.

One session per Python worker, whatever the number of store-days and cameras; batches of a fixed
size run across the borders of Arrow batches. What scouting saw, where nothing more was decoded, is
added.
"""

import json
import time
from collections.abc import Callable, Iterator

import pyarrow as pa
from pyspark.sql import DataFrame

from storeday.floor.camera_view import CameraView, camera_view
from storeday.inference import (
    FramePeople,
    ModelManifest,
    OpenModels,
    infer_frames,
    open_models,
)
from storeday.lake import bundle
from storeday.lake.store_day import StoreDay
from storeday.stages.devices import task_gpu
from storeday.stages.people_tables import (
    DETECTIONS,
    EMBEDDINGS,
    FrameKey,
    models_for,
    people_tables,
)
from storeday.stages.plan import DayPlan
from storeday.stages.stage import Stage, StageContext

FRAMES, LOOKS = "bronze.frames", "silver.scout_looks"
SCOUT_DETECTIONS, SCOUT_EMBEDDINGS = "silver.scout_detections", "silver.scout_embeddings"
# Frames whose results are given out together.
FRAMES_AT_ONCE = 512
READ = (
    "store_id",
    "business_date",
    "camera_id",
    "device_time",
    "width",
    "height",
    "source_width",
    "source_height",
    "jpeg",
)


def run(context: StageContext) -> DataFrame:
    """Looks for people in the store-days' frames."""
    models = context.models
    if models is None:
        return _without_models(context)
    plans = context.by_day
    settings = context.plans[0].settings.inference

    def infer(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        frames = _frames(batches)
        yield from infer_stream(
            lambda opened: infer_frames(frames, opened, settings), plans, models
        )

    frames = context.read(FRAMES).select(*READ)
    found = frames.mapInArrow(infer, bundle.SPARK_SCHEMA)
    for scouted in scouted_people(context):
        found = found.unionByName(scouted)
    return found


def scouted_people(context: StageContext) -> list[DataFrame]:
    """What the look over the day saw outside the stretches that were decoded since, as bundles."""
    frame = ["store_id", "business_date", "camera_id", "device_time"]
    kept = context.read(LOOKS).where("is_kept").select(*frame)
    return [
        bundle.pack(context.read(scouted).join(kept, frame, "left_semi"), table)
        for scouted, table in ((SCOUT_DETECTIONS, DETECTIONS), (SCOUT_EMBEDDINGS, EMBEDDINGS))
    ]


def _without_models(context: StageContext) -> DataFrame:
    """No rows, where there is nothing to look at; otherwise a fault."""
    if not context.read(FRAMES).isEmpty():
        raise ValueError("there are frames, and no models to look at them; give --models FILE")
    return bundle.anchors(context.spark, [(day, "") for day in context.days])


def infer_stream(
    look: Callable[[OpenModels], Iterator[tuple[FrameKey, FramePeople]]],
    plans: dict[StoreDay, DayPlan],
    models: ModelManifest,
) -> Iterator[pa.RecordBatch]:
    """People of a task's frames as bundles, with what inference ran on and took.

    Args:
        look: Looks at the frames with opened models.
        plans: Plans by store-day.
        models: Models.
    """
    views = {
        (day, camera.id): camera_view(camera)
        for day, plan in plans.items()
        for camera in plan.layout.cameras
    }
    settings = next(iter(plans.values())).settings.inference
    allowed = models_for(models, (plan.layout for plan in plans.values()))
    opened = open_models(allowed, settings, task_gpu())
    started = time.process_time()
    waiting: dict[StoreDay, list[tuple[FrameKey, FramePeople]]] = {}
    day = None
    for key, people in look(opened):
        day = key.day
        found = waiting.setdefault(day, [])
        found.append((key, people))
        if len(found) == FRAMES_AT_ONCE:
            yield from _give_out(plans[day], waiting.pop(day), views)
    for day, found in waiting.items():
        yield from _give_out(plans[day], found, views)
    if day is not None:
        used = json.dumps({role: list(names) for role, names in opened.providers.items()})
        yield bundle.note(day, "", bundle.PROVIDERS, 0, used)
        yield bundle.note(day, "", bundle.CPU, round((time.process_time() - started) * 1e6))


def _frames(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[FrameKey, bytes]]:
    for batch in batches:
        columns = {name: batch.column(name) for name in READ}
        times = columns["device_time"].cast(pa.int64()).to_pylist()
        store = columns["store_id"].to_pylist()
        date = columns["business_date"].to_pylist()
        camera = columns["camera_id"].to_pylist()
        width, height = columns["width"].to_pylist(), columns["height"].to_pylist()
        source = columns["source_width"].to_pylist(), columns["source_height"].to_pylist()
        for row, jpeg in enumerate(columns["jpeg"]):
            key = FrameKey(
                StoreDay(store[row], date[row]),
                camera[row],
                times[row],
                source[0][row] / width[row],
                source[1][row] / height[row],
            )
            yield key, jpeg.as_buffer()


def _give_out(
    plan: DayPlan,
    found: list[tuple[FrameKey, FramePeople]],
    views: dict[tuple[StoreDay, str], CameraView],
) -> Iterator[pa.RecordBatch]:
    yield bundle.note(plan.day, "", bundle.ROWS_IN, len(found))
    tables = people_tables(found, views, plan.layout.privacy.demographics)
    yield from bundle.outgoing(plan.day, "", tables, plan.stamps())


STAGE = Stage(
    "infer",
    "see",
    (FRAMES, LOOKS, SCOUT_DETECTIONS, SCOUT_EMBEDDINGS),
    (DETECTIONS, EMBEDDINGS),
    run,
)
