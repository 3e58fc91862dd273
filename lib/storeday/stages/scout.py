"""Stage `scout`: which stretch of which segment is decoded, and at what rate.

The plan is a fixed rate for every readable segment.
"""

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame

from storeday.contracts import load_contract, table_from_columns
from storeday.lake.bundle import Group, pack
from storeday.stages.plan import DayPlan
from storeday.stages.stage import Stage, StageContext, Tables, group_stage

SEGMENTS, PLAN = "bronze.footage_segments", "silver.decode_plan"
# To the end of the file, however long it turns out to be.
TO_THE_END_US = 2**63 - 1


def run(context: StageContext) -> DataFrame:
    """Plans the decoding of the store-days' segments."""
    segments = pack(context.read(SEGMENTS), SEGMENTS)
    return group_stage(context, [segments], lambda _: [""], plan_decoding)


def plan_decoding(group: Group, plan: DayPlan) -> Tables:
    """The plan of one store-day."""
    segments = group.table(SEGMENTS)
    readable = segments.filter(pc.equal(segments["status"], "ok"))
    rows = readable.num_rows
    columns = {
        "camera_id": readable["camera_id"],
        "segment": readable["segment"],
        "from_us": pa.repeat(0, rows),
        "to_us": pa.repeat(TO_THE_END_US, rows),
        "frames_per_s": pa.repeat(plan.settings.footage.frames_per_s, rows),
        "reason": pa.repeat("detail", rows),
    }
    return {PLAN: table_from_columns(load_contract(PLAN), columns)}


STAGE = Stage("scout", "see", (SEGMENTS,), (PLAN,), run)
