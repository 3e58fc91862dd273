"""Stage `calibrate`: how far each device's clock is from the store's reference clock.

Readers and cameras are measured by handling that both saw, tills by customers who pay. What the day
does not tell keeps the standard error of what was assumed.
"""

from pyspark.sql import DataFrame

from storeday.association import (
    ClockQuestion,
    DayTables,
    measure_clocks,
    till_clocks,
    with_tills,
)
from storeday.contracts import empty, load_contract
from storeday.floor.calendar import business_day
from storeday.lake.bundle import pack
from storeday.lake.groups import Group
from storeday.stages.clock_records import known_clocks
from storeday.stages.plan import DayPlan
from storeday.stages.shop import shop_of
from storeday.stages.stage import Stage, StageContext, Tables, group_stage

OFFSETS = "silver.clock_offsets"
TRACE, ACTIONS = "silver.handling_trace", "silver.action_events"
RUMMAGES, TRACKLETS = "silver.rummage_events", "silver.tracklets"
PRODUCTS, SALES, POSITIONS = "bronze.products", "bronze.sales", "silver.positions"
READS = (TRACE, ACTIONS, RUMMAGES, TRACKLETS, POSITIONS, PRODUCTS, SALES)


def run(context: StageContext) -> DataFrame:
    """Measures the clocks of the store-days' devices."""
    inputs = [pack(context.read(table), table) for table in READS]
    return group_stage(context, inputs, lambda _: [""], calibrate)


def calibrate(group: Group, plan: DayPlan) -> Tables:
    """Clock offsets of one store-day."""
    layout = plan.layout
    devices = [
        *[camera.id for camera in layout.cameras],
        *[reader.id for reader in layout.readers],
        *[till.register_id for till in layout.checkouts],
    ]
    if not devices:
        return {OFFSETS: empty(load_contract(OFFSETS))}
    day = business_day(plan.day.business_date, layout.timezone, layout.day_starts_at)
    tables = DayTables(
        group.table(RUMMAGES),
        group.table(ACTIONS),
        group.table(TRACE),
        tracklets=group.table(TRACKLETS),
    )
    offsets = measure_clocks(
        tables,
        shop_of(layout, tables.rummage_events, group.table(PRODUCTS)),
        ClockQuestion(devices, None, day.start, known_clocks(plan.priors)),
        plan.settings.association,
    )
    zones = {till.register_id: till.zone for till in layout.checkouts if till.zone}
    tills = till_clocks(group.table(SALES), group.table(POSITIONS), zones)
    return {OFFSETS: with_tills(offsets, tills)}


STAGE = Stage("calibrate", "understand", READS, (OFFSETS,), run)
