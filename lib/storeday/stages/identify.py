"""Stage `identify`: tracklets to customers, with their visits, places and actions."""

import datetime as dt

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as sf

from storeday.actions import action_events, handling_trace
from storeday.floor.calendar import Interval, opening_interval
from storeday.floor.walking import walkable_floor
from storeday.identity import (
    Appearance,
    Scene,
    Shop,
    TrackletEnds,
    camera_offsets,
    count_at_doors,
    customer_attributes,
    customer_looks,
    in_common_time,
    join_tracklets,
    located_points,
    people_of_visits,
    positions_by_second,
    tracklet_embeddings,
    tracklet_ends,
    visits,
    with_seconds_between,
)
from storeday.lake.bundle import pack
from storeday.lake.groups import Group
from storeday.stages.plan import DayPlan
from storeday.stages.stage import Stage, StageContext, Tables, group_stage

DETECTIONS, EMBEDDINGS = "silver.detections", "silver.embeddings"
TRACKLETS, POINTS = "silver.tracklets", "silver.track_points"
SEGMENTS, LOOKS = "bronze.footage_segments", "silver.scout_looks"
IDENTITIES, VISITS, POSITIONS = "silver.identities", "silver.visits", "silver.positions"
CROSSINGS, ATTRIBUTES = "silver.door_crossings", "silver.customer_attributes"
TRACE, ACTIONS = "silver.handling_trace", "silver.action_events"
# More do not better a tracklet's mean look, and a day's embeddings would fill the memory.
EMBEDDINGS_PER_TRACKLET = 20


def run(context: StageContext) -> DataFrame:
    """Ties the store-days' tracklets to customers."""
    inputs = [
        pack(context.read(table), table)
        for table in (DETECTIONS, TRACKLETS, POINTS, SEGMENTS, LOOKS)
    ]
    inputs.append(pack(_sampled_embeddings(context), EMBEDDINGS))
    return group_stage(context, inputs, lambda _: [""], identify)


def identify(group: Group, plan: DayPlan) -> Tables:
    """Customers of one store-day."""
    settings = plan.settings.identity
    detections, points = group.table(DETECTIONS), group.table(POINTS)
    ends = tracklet_ends(group.table(TRACKLETS), detections, points, settings)
    looks = tracklet_embeddings(points, group.table(EMBEDDINGS))
    if settings.appearance == "off":
        looks = Appearance.none()
    scene = _scene(plan, ends, group)
    offset_s = scene.offset_s or {}
    identities = join_tracklets(ends, looks, settings, plan.make_id, scene)
    whole, whole_points = with_seconds_between(
        detections, points, group.table(TRACKLETS), group.table(LOOKS), settings
    )
    seen = in_common_time(whole, offset_s)
    positions = positions_by_second(seen, whole_points, identities, _named_zones(plan), settings)
    trace = handling_trace(whole, whole_points, identities)
    footage = _footage(group.table(SEGMENTS))
    return {
        IDENTITIES: identities,
        VISITS: people_of_visits(
            visits(ends, identities, _zones(plan, "entrance"), footage, settings, scene.offset_s),
            positions,
            customer_looks(looks, identities),
            _shop(plan),
            plan.make_id,
        ),
        POSITIONS: positions,
        CROSSINGS: count_at_doors(
            seen,
            points,
            group.table(TRACKLETS),
            identities,
            _zones(plan, "entrance"),
            settings,
        ),
        ATTRIBUTES: _attributes(plan, detections, points, identities),
        TRACE: trace,
        ACTIONS: action_events(
            trace, _named_zones(plan, "display"), plan.settings.actions, plan.make_id
        ),
    }


def _attributes(
    plan: DayPlan, detections: pa.Table, points: pa.Table, identities: pa.Table
) -> pa.Table:
    """What bodies tell of customers; nothing unless the manifest allows it."""
    allowed = detections if plan.layout.privacy.demographics else detections.slice(0, 0)
    return customer_attributes(allowed, points, identities)


def _scene(plan: DayPlan, ends: TrackletEnds, group: Group) -> Scene:
    floor = plan.layout.floor_plan
    ids = pa.array(ends.tracklet_id, pa.string())
    points = located_points(
        group.table(DETECTIONS), group.table(POINTS), ids, plan.settings.identity.place_error_m
    )
    return Scene(
        points,
        _zones(plan, "entrance"),
        floor.width_m * floor.height_m,
        walkable_floor(floor.width_m, floor.height_m, floor.obstacles_m),
        camera_offsets(ends, points),
    )


def _shop(plan: DayPlan) -> Shop:
    layout, date = plan.layout, plan.day.business_date
    opening = opening_interval(date, layout.opening_hours.on(date), layout.timezone)
    return Shop({zone.id: zone.kind for zone in layout.zones}, opening)


def _sampled_embeddings(context: StageContext) -> DataFrame:
    """Some embeddings of each tracklet: the same ones whenever it is run."""
    keys = ["store_id", "business_date", "detection_id"]
    points = context.read(POINTS).select(*keys, "tracklet_id")
    ranked = Window.partitionBy("store_id", "business_date", "tracklet_id").orderBy(
        sf.xxhash64("detection_id"), "detection_id"
    )
    chosen = (
        points.withColumn("rank", sf.row_number().over(ranked))
        .where(sf.col("rank") <= EMBEDDINGS_PER_TRACKLET)
        .select(*keys)
    )
    return context.read(EMBEDDINGS).join(chosen, keys, "left_semi")


def _named_zones(plan: DayPlan, kind: str = "") -> list[tuple[str, NDArray[np.float64]]]:
    return [
        (zone.id, np.array(zone.polygon_m)) for zone in plan.layout.zones if kind in ("", zone.kind)
    ]


def _zones(plan: DayPlan, kind: str) -> list[NDArray[np.float64]]:
    return [polygon for _, polygon in _named_zones(plan, kind)]


def _footage(segments: pa.Table) -> dict[str, list[Interval]]:
    """Stretches of readable footage by camera."""
    footage: dict[str, list[Interval]] = {}
    for row in segments.select(["camera_id", "started_at", "duration_s", "status"]).to_pylist():
        if row["status"] == "ok":
            end = row["started_at"] + dt.timedelta(seconds=row["duration_s"] or 0.0)
            footage.setdefault(row["camera_id"], []).append(Interval(row["started_at"], end))
    return footage


STAGE = Stage(
    "identify",
    "understand",
    (DETECTIONS, EMBEDDINGS, TRACKLETS, POINTS, SEGMENTS, LOOKS),
    (IDENTITIES, VISITS, POSITIONS, CROSSINGS, ATTRIBUTES, TRACE, ACTIONS),
    run,
)
