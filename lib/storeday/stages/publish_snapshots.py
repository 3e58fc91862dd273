"""Pictures of interactions: rows of `silver.snapshots`, only for stores whose manifest allows them.

They are made of frames that the store-day still has (`bronze.frames`), so none come of a day that
was decoded and looked at in one pass. The moment is the peak of the customer's action by the
camera's own clock. What travels to a store-day's group is bounded: one frame for each of the day's
surest actions, and a few of the same hour of that camera, which tell what stands still.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as sf

from storeday.contracts import empty, load_contract, table_from_columns
from storeday.contracts.columns import US_PER_S, Ints, floats, position_in, texts, times_us
from storeday.footage.pictures import Picture
from storeday.lake.bundle import pack
from storeday.lake.groups import Group
from storeday.manifest import Privacy, StoreLayout
from storeday.report.snapshot import background, decoded, snapshot
from storeday.stages.plan import DayPlan
from storeday.stages.stage import StageContext

SNAPSHOTS = "silver.snapshots"
FRAMES, DETECTIONS = "bronze.frames", "silver.detections"
ACTIONS, CANDIDATES, VISITS = "silver.action_events", "silver.match_candidates", "silver.visits"
# A frame further from the action's peak than this does not show it.
NEAR_S = 1
# Frames of an hour that tell its background.
BACKGROUND_FRAMES = 9
# As in `gold.interactions`: a customer is named above one half; so is staff.
NAMED_ABOVE = 0.5
DAY = ["store_id", "business_date"]
FRAME = [*DAY, "camera_id", "segment", "pts_us"]


def packed_pictures(context: StageContext) -> list[DataFrame]:
    """Frames and the people in them, as bundles; none where no manifest allows pictures."""
    asked = [
        (plan.day.store_id, plan.day.business_date, plan.layout.privacy.snapshots_per_day)
        for plan in context.plans
        if plan.layout.privacy.snapshots
    ]
    if not asked:
        return []
    schema = "store_id string, business_date date, most int"
    moments = _moments(context, context.spark.createDataFrame(asked, schema))
    frames = context.read(FRAMES)
    times = frames.select(*FRAME, "device_time")
    wanted = _nearest(times, moments)
    kept = wanted.select(FRAME).union(_same_hour(times, wanted)).distinct()
    people = context.read(DETECTIONS).join(
        sf.broadcast(wanted.select(*DAY, "camera_id", "device_time").distinct()),
        [*DAY, "camera_id", "device_time"],
        "left_semi",
    )
    pictures = frames.join(sf.broadcast(kept), FRAME, "left_semi")
    return [pack(pictures, FRAMES), pack(people, DETECTIONS)]


def _moments(context: StageContext, asked: DataFrame) -> DataFrame:
    """Camera and peak of each store-day's surest actions by customers."""
    staff = context.read(VISITS).where(sf.col("staff_probability") > NAMED_ABOVE)
    chosen = (
        context.read(CANDIDATES)
        .where(sf.col("is_chosen") & (sf.col("probability") > NAMED_ABOVE))
        .where(sf.col("action_id").isNotNull() & sf.col("customer_id").isNotNull())
        .join(staff.select(*DAY, "customer_id"), [*DAY, "customer_id"], "left_anti")
        .groupBy(*DAY, "action_id")
        .agg(sf.max("probability").alias("probability"))
        .join(sf.broadcast(asked), DAY, "inner")
    )
    surest = Window.partitionBy(*DAY).orderBy(sf.desc("probability"), "action_id")
    few = chosen.withColumn("rank", sf.row_number().over(surest)).where("rank <= most")
    actions = context.read(ACTIONS).select(*DAY, "action_id", "camera_id", "peak_time")
    return few.join(actions, [*DAY, "action_id"], "inner").select(*DAY, "camera_id", "peak_time")


def _nearest(times: DataFrame, moments: DataFrame) -> DataFrame:
    """Key and time of the frame nearest to each moment, where one is near."""
    camera = [*DAY, "camera_id"]
    away = sf.abs(sf.unix_micros("device_time") - sf.unix_micros("peak_time"))
    near = (
        times.join(sf.broadcast(moments.distinct()), camera, "inner")
        .withColumn("away_us", away)
        .where(sf.col("away_us") <= NEAR_S * US_PER_S)
    )
    frame = sf.struct("segment", "pts_us", "device_time")
    best = sf.min_by(frame, sf.struct("away_us", "device_time", "segment")).alias("frame")
    return near.groupBy(*camera, "peak_time").agg(best).select(*camera, "frame.*")


def _same_hour(times: DataFrame, wanted: DataFrame) -> DataFrame:
    """Keys of the frames that tell what stands still, for each hour and camera with a wanted one.

    The stretch from an hour's first frame to its last is cut into tiles of equal length; the first
    frame of each is taken, and the hour's last. Frames are dense where somebody is, so that every
    so many frames would be the same minute.
    """
    hour = sf.date_trunc("hour", "device_time").alias("hour")
    hours = [*DAY, "camera_id", "hour"]
    asked = wanted.select(*DAY, "camera_id", hour).distinct()
    found = times.select("*", hour).join(sf.broadcast(asked), hours, "left_semi")
    within = Window.partitionBy(*hours)
    at_us = sf.unix_micros("device_time")
    first_us, last_us = sf.min(at_us).over(within), sf.max(at_us).over(within)
    tile = sf.floor((at_us - first_us) * BACKGROUND_FRAMES / (last_us - first_us + 1))
    tiled = found.withColumns({"tile": tile, "is_last": at_us == last_us})
    in_tile = Window.partitionBy(*hours, "tile").orderBy("device_time", "segment", "pts_us")
    placed = tiled.withColumn("place", sf.row_number().over(in_tile))
    return placed.where((sf.col("place") == 1) | sf.col("is_last")).select(FRAME)


@dataclass(frozen=True)
class _Frames:
    """A store-day's frames and the people in them."""

    rows: pa.Table
    people: pa.Table
    times_us: Ints

    def nearest(self, camera_id: str, moment_us: int) -> int:
        """Row of the camera's frame nearest to a moment; -1 where none is near."""
        mine = pc.equal(self.rows["camera_id"], camera_id).to_numpy()
        away_us = np.where(mine, np.abs(self.times_us - moment_us), np.iinfo(np.int64).max)
        row = int(np.argmin(away_us)) if len(away_us) else -1
        return row if row >= 0 and away_us[row] <= NEAR_S * US_PER_S else -1

    def background(self, row: int, shape: tuple[int, ...]) -> Picture | None:
        """What stands still around a frame: the first frames of the tiles of its hour."""
        hour_us = 3600 * US_PER_S
        mine = pc.equal(self.rows["camera_id"], self.rows["camera_id"][row]).to_numpy()
        same = np.flatnonzero(mine & (self.times_us // hour_us == self.times_us[row] // hour_us))
        same = same[np.argsort(self.times_us[same], kind="stable")]
        at_us = self.times_us[same]
        tile = (at_us - at_us[0]) * BACKGROUND_FRAMES // (at_us[-1] - at_us[0] + 1)
        firsts = same[np.flatnonzero(np.diff(tile, prepend=-1))]
        jpegs = self.rows["jpeg"].take(pa.array(firsts)).to_pylist()
        return background(jpegs, shape)

    def boxes_px(self, row: int) -> NDArray[np.float64]:
        """Boxes of the people in a frame, in pixels of the stored picture, shape (n, 4)."""
        frame = self.rows.slice(row, 1).to_pylist()[0]
        there = pc.and_(
            pc.equal(self.people["camera_id"], frame["camera_id"]),
            pc.equal(self.people["device_time"], self.rows["device_time"][row]),
        )
        found = self.people.filter(there)
        boxes = np.column_stack([floats(found[name]) for name in ("x0", "y0", "x1", "y1")])
        return boxes * np.tile(_scale(frame), 2)


def snapshots(group: Group, plan: DayPlan, interactions: pa.Table) -> pa.Table:
    """Pictures of a store-day's surest interactions.

    Args:
        group: The store-day's tables: actions, frames and the people in them.
        plan: The store-day's plan.
        interactions: Rows of `gold.interactions`.

    Returns:
        Rows of `silver.snapshots`; none unless the manifest allows them.
    """
    privacy = plan.layout.privacy
    contract = load_contract(SNAPSHOTS)
    if not privacy.snapshots:
        return empty(contract)
    wanted = _wanted(interactions, group.table(ACTIONS), privacy)
    rows = group.table(FRAMES)
    frames = _Frames(rows, group.table(DETECTIONS), times_us(rows["device_time"]))
    made = [_row(frames, plan.layout, moment) for moment in wanted]
    return table_from_columns(contract, {name: [row[name] for row in made] for name in _COLUMNS})


_COLUMNS = ("interaction_id", "camera_id", "device_time", "people", "jpeg", "missing_reason")


@dataclass(frozen=True)
class _Moment:
    """An interaction of which a picture is wanted, by its camera's clock."""

    interaction_id: str
    camera_id: str
    peak_us: int


def _wanted(interactions: pa.Table, actions: pa.Table, privacy: Privacy) -> Sequence[_Moment]:
    """The surest interactions of customers who were seen to act."""
    named = interactions.filter(
        pc.and_(pc.is_valid(interactions["customer_id"]), pc.is_valid(interactions["action_id"]))
    )
    surest = sorted(
        named.select(["probability", "interaction_id", "action_id"]).to_pylist(),
        key=lambda row: (-row["probability"], row["interaction_id"]),
    )[: privacy.snapshots_per_day]
    place = position_in(
        pa.array([row["action_id"] for row in surest], pa.string()), texts(actions["action_id"])
    )
    cameras, peaks_us = actions["camera_id"], times_us(actions["peak_time"])
    return [
        _Moment(row["interaction_id"], cameras[at].as_py(), int(peaks_us[at]))
        for row, at in zip(surest, place.tolist(), strict=True)
        if at >= 0
    ]


def _row(frames: _Frames, layout: StoreLayout, moment: _Moment) -> dict[str, object]:
    row: dict[str, object] = dict.fromkeys(_COLUMNS)
    row |= {"interaction_id": moment.interaction_id, "camera_id": moment.camera_id}
    at = frames.nearest(moment.camera_id, moment.peak_us)
    if at < 0:
        return row | {"missing_reason": "no_frame"}
    frame = frames.rows.slice(at, 1).to_pylist()[0]
    boxes = frames.boxes_px(at)
    row |= {"device_time": frame["device_time"], "people": len(boxes)}
    picture = decoded(frame["jpeg"])
    behind = frames.background(at, picture.shape)
    if behind is None:
        return row | {"missing_reason": "no_background"}
    masks = [
        np.array(mask, float) * _scale(frame)
        for camera in layout.cameras
        if camera.id == moment.camera_id
        for mask in camera.masks
    ]
    jpeg = snapshot(picture, boxes, masks, behind)
    return row | ({"jpeg": jpeg} if jpeg else {"missing_reason": "too_large"})


def _scale(frame: dict[str, int]) -> NDArray[np.float64]:
    """Pixels of the stored picture per pixel of the source, along x and y."""
    return np.array(
        [frame["width"] / frame["source_width"], frame["height"] / frame["source_height"]]
    )
