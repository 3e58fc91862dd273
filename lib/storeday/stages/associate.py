"""Stage `associate`: which customer handled the tag of each rummage event."""

from pyspark.sql import DataFrame

from storeday.association import TraceEvidence
from storeday.association import associate as match
from storeday.lake.bundle import pack
from storeday.lake.groups import Group
from storeday.stages.plan import DayPlan
from storeday.stages.shop import shop_of
from storeday.stages.stage import Stage, StageContext, Tables, group_stage

RUMMAGES, ACTIONS = "silver.rummage_events", "silver.action_events"
TRACE, OFFSETS = "silver.handling_trace", "silver.clock_offsets"
TRACKLETS, PRODUCTS = "silver.tracklets", "bronze.products"
READS = (RUMMAGES, ACTIONS, TRACE, TRACKLETS, OFFSETS, PRODUCTS)
CANDIDATES, UNMATCHED = "silver.match_candidates", "silver.unmatched_actions"


def run(context: StageContext) -> DataFrame:
    """Matches the store-days' rummage events and customers."""
    inputs = [pack(context.read(table), table) for table in READS]
    return group_stage(context, inputs, lambda _: [""], associate)


def associate(group: Group, plan: DayPlan) -> Tables:
    """Candidates of one store-day."""
    rummages = group.table(RUMMAGES)
    matches = match(
        rummages,
        group.table(ACTIONS),
        plan.settings.association,
        group.table(OFFSETS),
        TraceEvidence(
            group.table(TRACE),
            shop_of(plan.layout, rummages, group.table(PRODUCTS)),
            group.table(TRACKLETS),
        ),
    )
    return {CANDIDATES: matches.match_candidates, UNMATCHED: matches.unmatched_actions}


STAGE = Stage("associate", "understand", READS, (CANDIDATES, UNMATCHED), run)
