"""Stage `publish`: the gold tables, and last of all the word that the store-day is complete."""

import datetime as dt
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame

from storeday.contracts import load_contract, table_from_columns
from storeday.lake.groups import Group
from storeday.reader_logs import what_readers_lack
from storeday.stages.plan import DayPlan
from storeday.stages.publish_day import Day
from storeday.stages.publish_goods import GoodsDay, goods_tables
from storeday.stages.publish_inputs import LOGS, READS, TRACE, WHOLE, packed_inputs
from storeday.stages.publish_people import PeopleDay, people_tables
from storeday.stages.publish_snapshots import (
    DETECTIONS,
    FRAMES,
    SNAPSHOTS,
    packed_pictures,
    snapshots,
)
from storeday.stages.stage import Stage, StageContext, Tables, group_stage

COVERAGE, PUBLISHED = "gold.coverage", "ops.published_days"


def run(context: StageContext) -> DataFrame:
    """Makes the gold tables of the store-days."""
    published_at = context.started_at

    def work(group: Group, plan: DayPlan) -> Tables:
        return publish(group, plan, published_at)

    inputs = [*packed_inputs(context), *packed_pictures(context)]
    return group_stage(context, inputs, lambda _: [""], work)


def publish(group: Group, plan: DayPlan, published_at: dt.datetime) -> Tables:
    """Gold tables of one store-day."""
    day = Day(group, plan)
    goods = GoodsDay(day)
    return {
        COVERAGE: _with_lacks(day.observed, group.table(LOGS)),
        **goods_tables(goods),
        SNAPSHOTS: snapshots(group, plan, goods.interactions),
        **people_tables(PeopleDay(day, goods)),
        PUBLISHED: _published(day.observed, published_at, plan.is_inbox_complete),
    }


def _with_lacks(observed: pa.Table, logs: pa.Table) -> pa.Table:
    """Coverage with what each reader's logs lack, in all its hours."""
    lacking = what_readers_lack(logs)
    kinds, names = observed["subject_kind"].to_pylist(), observed["subject_id"].to_pylist()
    words = [
        lacking.get(name) if kind == "reader" else None
        for kind, name in zip(kinds, names, strict=True)
    ]
    place = observed.schema.get_field_index("lacks")
    return observed.set_column(place, "lacks", pa.array(words, pa.string()))


def _published(observed: pa.Table, published_at: dt.datetime, is_inbox_complete: bool) -> pa.Table:
    notes = [f"{name}: {reason}" for name, reason in _missing(observed).items()]
    if not is_inbox_complete:
        notes.insert(0, "published before the inbox was complete")
    columns = {
        "published_at": [published_at],
        "is_partial": [bool(notes)],
        "notes": ["; ".join(notes) or None],
    }
    return table_from_columns(load_contract(PUBLISHED), columns)


def _missing(observed: pa.Table) -> Mapping[str, str]:
    """Cameras, readers and tills that gave nothing all day, and why."""
    devices = observed.filter(pc.not_equal(observed["subject_kind"], "zone"))
    total: dict[str, float] = {}
    reasons: dict[str, str] = {}
    for row in devices.to_pylist():
        name = f"{row['subject_kind']} {row['subject_id']}"
        total[name] = total.get(name, 0.0) + row["observed_s"]
        reasons[name] = row["reason"] or ""
    return {name: reasons[name] for name in sorted(total) if not total[name]}


STAGE = Stage(
    "publish",
    "understand",
    (*WHOLE, READS, TRACE, FRAMES, DETECTIONS),
    (
        COVERAGE,
        "gold.interactions",
        "silver.tryons",
        SNAPSHOTS,
        "gold.product_engagement",
        "gold.product_pairs",
        "gold.unpaid_items",
        "gold.heatmap_hourly",
        "gold.zone_hourly",
        "gold.zone_flows",
        "gold.zone_flows_hourly",
        "gold.zone_paths",
        "gold.traffic_hourly",
        "gold.queue_hourly",
        "gold.funnel_daily",
        "gold.demographics_hourly",
        "gold.alerts",
        PUBLISHED,
    ),
    run,
)
