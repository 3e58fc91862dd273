"""Stage `calibrate`: how far each device's clock is from the store's reference clock.

No clock is measured yet: every offset is assumed to be zero, with the standard error that this
assumption deserves. The first camera is the reference; without cameras the first reader, then the
first till.
"""

from pyspark.sql import DataFrame

from storeday.association import assumed_offsets
from storeday.contracts import empty, load_contract
from storeday.floor.calendar import business_day
from storeday.lake.bundle import Group
from storeday.stages.plan import DayPlan
from storeday.stages.stage import Stage, StageContext, Tables, group_stage

OFFSETS = "silver.clock_offsets"


def run(context: StageContext) -> DataFrame:
    """States the clock offsets of the store-days' devices."""
    return group_stage(context, [], lambda _: [""], calibrate)


def calibrate(group: Group, plan: DayPlan) -> Tables:
    """Clock offsets of one store-day."""
    del group
    layout = plan.layout
    devices = [
        *[camera.id for camera in layout.cameras],
        *[reader.id for reader in layout.readers],
        *[till.register_id for till in layout.checkouts],
    ]
    if not devices:
        return {OFFSETS: empty(load_contract(OFFSETS))}
    day = business_day(plan.day.business_date, layout.timezone, layout.day_starts_at)
    offsets = assumed_offsets(devices, devices[0], day.start, plan.settings.association)
    return {OFFSETS: offsets}


STAGE = Stage("calibrate", "understand", (), (OFFSETS,), run)
