"""Stage `track`: detections of one camera to tracklets."""

from pyspark.sql import DataFrame

from storeday.lake.bundle import pack
from storeday.lake.groups import Group
from storeday.stages.plan import DayPlan
from storeday.stages.stage import Stage, StageContext, Tables, group_stage
from storeday.tracking import track_camera

DETECTIONS = "silver.detections"
TRACKLETS, POINTS = "silver.tracklets", "silver.track_points"


def run(context: StageContext) -> DataFrame:
    """Tracks the people of the store-days' cameras."""
    detections = pack(context.read(DETECTIONS), DETECTIONS, part_column="camera_id")
    return group_stage(context, [detections], _cameras, track)


def track(group: Group, plan: DayPlan) -> Tables:
    """Tracklets of one camera."""
    settings = plan.settings.tracking
    if plan.settings.identity.appearance == "off":
        settings = settings.without_looks()
    tracks = track_camera(group.table(DETECTIONS), settings, plan.make_id)
    return {TRACKLETS: tracks.tracklets, POINTS: tracks.track_points}


def _cameras(plan: DayPlan) -> list[str]:
    return [camera.id for camera in plan.layout.cameras]


STAGE = Stage("track", "understand", (DETECTIONS,), (TRACKLETS, POINTS), run)
