"""Stage `associate`: which customer's action explains which rummage event."""

from pyspark.sql import DataFrame

from storeday.association import associate as match
from storeday.lake.bundle import Group, pack
from storeday.stages.plan import DayPlan
from storeday.stages.stage import Stage, StageContext, Tables, group_stage

RUMMAGES, ACTIONS = "silver.rummage_events", "silver.action_events"
OFFSETS = "silver.clock_offsets"
CANDIDATES, UNMATCHED = "silver.match_candidates", "silver.unmatched_actions"


def run(context: StageContext) -> DataFrame:
    """Matches the store-days' rummage events and actions."""
    inputs = [pack(context.read(table), table) for table in (RUMMAGES, ACTIONS, OFFSETS)]
    return group_stage(context, inputs, lambda _: [""], associate)


def associate(group: Group, plan: DayPlan) -> Tables:
    """Candidates of one store-day."""
    matches = match(
        group.table(RUMMAGES),
        group.table(ACTIONS),
        plan.settings.association,
        group.table(OFFSETS),
    )
    return {CANDIDATES: matches.match_candidates, UNMATCHED: matches.unmatched_actions}


STAGE = Stage("associate", "understand", (RUMMAGES, ACTIONS, OFFSETS), (CANDIDATES, UNMATCHED), run)
