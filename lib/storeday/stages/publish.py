"""Stage `publish`: the gold tables, and last of all the word that the store-day is complete."""

import datetime as dt
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as sf

from storeday.association import InteractionRules, interactions
from storeday.contracts import load_contract, table_from_columns
from storeday.floor.calendar import (
    Interval,
    business_day,
    local_hours,
    opening_interval,
)
from storeday.floor.camera_view import camera_view
from storeday.lake.bundle import pack
from storeday.lake.groups import Group
from storeday.manifest import StoreLayout
from storeday.measures import (
    MeasureSettings,
    Records,
    coverage,
    heatmap_hourly,
    read_stretches,
    traffic_hourly,
    zone_flows,
    zone_hourly,
    zones_in_view,
)
from storeday.reader_logs import what_readers_lack
from storeday.rfid.skus import skus_by_epc
from storeday.stages.footage_seen import footage_faults, footage_seen
from storeday.stages.plan import DayPlan
from storeday.stages.stage import Stage, StageContext, Tables, group_stage

SEGMENTS, OUTCOMES = "bronze.footage_segments", "bronze.decode_outcomes"
READS, PRODUCTS, LOGS = "bronze.rfid_reads", "bronze.products", "bronze.reader_logs"
POSITIONS, VISITS = "silver.positions", "silver.visits"
RUMMAGES, ACTIONS = "silver.rummage_events", "silver.action_events"
CANDIDATES, OFFSETS = "silver.match_candidates", "silver.clock_offsets"
TRACE = "silver.handling_trace"
WHOLE = (
    SEGMENTS,
    OUTCOMES,
    LOGS,
    PRODUCTS,
    POSITIONS,
    VISITS,
    RUMMAGES,
    ACTIONS,
    CANDIDATES,
    OFFSETS,
)
INTERACTIONS, COVERAGE = "gold.interactions", "gold.coverage"
PUBLISHED = "ops.published_days"
# More likely staff than not: no customer.
STAFF_ABOVE = 0.5


def run(context: StageContext) -> DataFrame:
    """Makes the gold tables of the store-days."""
    inputs = [pack(context.read(table), table) for table in WHOLE]
    inputs.append(pack(_seconds_heard(context), READS))
    inputs.append(pack(_days_with_scores(context), TRACE))
    published_at = context.started_at

    def work(group: Group, plan: DayPlan) -> Tables:
        return publish(group, plan, published_at)

    return group_stage(context, inputs, lambda _: [""], work)


def publish(group: Group, plan: DayPlan, published_at: dt.datetime) -> Tables:
    """Gold tables of one store-day."""
    layout, settings = plan.layout, plan.settings.measures
    day = business_day(plan.day.business_date, layout.timezone, layout.day_starts_at)
    hours = list(local_hours(day, layout.timezone))
    observed = coverage(_records(group, plan, settings), hours, _opening(plan), settings)
    customers = _customers(group.table(VISITS))
    positions = group.table(POSITIONS)
    positions = positions.filter(pc.is_in(positions["customer_id"], customers["customer_id"]))
    handled = _interactions(group, plan)
    zones = {zone.id: _readers_of(layout, zone.id) for zone in layout.zones}
    stations = [zone.id for zone in layout.zones if zone.kind != "entrance"]
    return {
        COVERAGE: _with_lacks(observed, group.table(LOGS)),
        INTERACTIONS: handled,
        "gold.heatmap_hourly": heatmap_hourly(
            positions, handled, hours, observed, layout.floor_plan, settings
        ),
        "gold.zone_hourly": zone_hourly(positions, handled, zones, hours, observed, settings),
        "gold.zone_flows": zone_flows(positions, customers, stations, hours, observed, settings),
        "gold.traffic_hourly": traffic_hourly(customers, hours, observed),
        PUBLISHED: _published(observed, published_at, plan.is_inbox_complete),
    }


def _seconds_heard(context: StageContext) -> DataFrame:
    """One read per reader and second: all that coverage has to know of millions of reads."""
    keys = ["store_id", "business_date", "reader_id"]
    second = sf.date_trunc("second", "device_time").alias("device_time")
    seconds = context.read(READS).select(*keys, second).distinct()
    # The other columns of the contract's key, so that rows can be put in order.
    return seconds.select(
        *keys,
        sf.lit(0).alias("antenna"),
        sf.lit("0").alias("epc"),
        "device_time",
        sf.lit("").alias("source_file"),
        sf.lit(0).cast("bigint").alias("source_line"),
        sf.lit(1).alias("source_item"),
    )


def _days_with_scores(context: StageContext) -> DataFrame:
    """One row per store-day whose trace has handling scores: all that has to be known of it."""
    keys = ["store_id", "business_date"]
    scored = context.read(TRACE).where(sf.col("handling_logit").isNotNull())
    days = scored.groupBy(*keys).agg(sf.min("device_time").alias("device_time"))
    # The other columns of the contract's key, so that rows can be put in order.
    return days.select(*keys, sf.lit("").alias("tracklet_id"), "device_time")


def _records(group: Group, plan: DayPlan, settings: MeasureSettings) -> Records:
    layout = plan.layout
    views = {camera.id: camera_view(camera) for camera in layout.cameras}
    heard = read_stretches(group.table(READS), settings)
    segments, outcomes = group.table(SEGMENTS), group.table(OUTCOMES)
    footage = footage_seen(segments, outcomes)
    sold = bool(plan.files_in("sales"))
    polygons = {zone.id: np.array(zone.polygon_m) for zone in layout.zones}
    return Records(
        footage={camera.id: footage.get(camera.id, []) for camera in layout.cameras},
        reads={reader.id: heard.get(reader.id, []) for reader in layout.readers},
        tills={till.register_id: sold for till in layout.checkouts},
        zones=list(polygons),
        zones_seen=zones_in_view(views, polygons),
        faults=footage_faults(segments, outcomes),
    )


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


def _customers(visits: pa.Table) -> pa.Table:
    return visits.filter(pc.invert(_is_staff(visits)))


def _is_staff(visits: pa.Table) -> pa.ChunkedArray:
    return pc.fill_null(pc.greater(visits["staff_probability"], STAFF_ABOVE), False)


def _interactions(group: Group, plan: DayPlan) -> pa.Table:
    rummages, visits = group.table(RUMMAGES), group.table(VISITS)
    skus = skus_by_epc(rummages["epc"].to_pylist(), group.table(PRODUCTS))
    staff = visits.filter(_is_staff(visits))["customer_id"].to_pylist()
    settings = plan.settings.association
    # Without scores standing still is all that tells of handling: that was never checked.
    by_trace = settings.method == "trace" and group.table(TRACE).num_rows > 0
    rules = InteractionRules(
        frozenset(staff),
        settings.episode_gap_s,
        settings.calibrated_on if by_trace else "none",
    )
    return interactions(
        rummages, group.table(ACTIONS), group.table(CANDIDATES), group.table(OFFSETS), skus, rules
    )


def _opening(plan: DayPlan) -> Interval | None:
    layout, date = plan.layout, plan.day.business_date
    return opening_interval(date, layout.opening_hours.on(date), layout.timezone)


def _readers_of(layout: StoreLayout, zone_id: str) -> set[str]:
    return {
        reader.id
        for reader in layout.readers
        for antenna in reader.antennas
        if zone_id in antenna.zones
    }


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
    (*WHOLE, READS, TRACE),
    (
        COVERAGE,
        INTERACTIONS,
        "gold.heatmap_hourly",
        "gold.zone_hourly",
        "gold.zone_flows",
        "gold.traffic_hourly",
        PUBLISHED,
    ),
    run,
)
