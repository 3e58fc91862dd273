"""People whose handling of goods might be labelled: boxes at displays, and how they move."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from storeday.association import store_times_us
from storeday.contracts.columns import times_us
from storeday.floor.zones import near_zones
from storeday.labelling import limb_motion
from storeday.lake.reader import read_store_days, scan_store_day
from storeday.lake.store_day import StoreDay
from storeday.manifest import StoreLayout

FRAMES, DETECTIONS, EVENTS = "bronze.frames", "silver.detections", "silver.rummage_events"
OFFSETS = "silver.clock_offsets"
# Boxes below are nobody too often.
LEAST_SCORE = 0.5
# An arm's length: who stands further from a display does not handle its goods.
REACH_M = 1.0
# A tag moves a little before and after its reads tell.
AROUND_EVENT_US = 2_000_000
# Of frames further apart flow says nothing.
LONGEST_STEP_US = 1_500_000
# Height at which motion is measured, px.
FLOW_LINES = 360
US_PER_S = 1_000_000

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Candidates:
    """Boxes at displays; n of them.

    Attributes:
        cameras: Camera of each.
        times_us: Time by the camera's clock.
        boxes_px: n x 4, pixels of the source frame.
        is_near_event: Whether a tag of that display was moved then.
    """

    cameras: NDArray[np.str_]
    times_us: Ints
    boxes_px: Floats
    is_near_event: NDArray[np.bool_]

    def take(self, rows: Ints) -> "Candidates":
        """Some of them."""
        return Candidates(
            self.cameras[rows], self.times_us[rows], self.boxes_px[rows], self.is_near_event[rows]
        )


@dataclass(frozen=True)
class Kept:
    """JPEG of a frame, and the size of its source.

    Attributes:
        jpeg: The frame.
        source_height: Height of the source frame, px.
    """

    jpeg: bytes
    source_height: int


def find_candidates(root: str, day: StoreDay, layout: StoreLayout) -> Candidates:
    """Boxes of people within reach of a display, in order of camera and time."""
    date = day.business_date
    tables = read_store_days(
        root,
        day.store_id,
        {name: [date] for name in (DETECTIONS, EVENTS, OFFSETS)},
        {DETECTIONS: pc.field("score") >= LEAST_SCORE},
    )
    found = tables[DETECTIONS].sort_by([("camera_id", "ascending"), ("device_time", "ascending")])
    places = np.column_stack([found[name].to_numpy() for name in ("floor_x_m", "floor_y_m")])
    displays = {
        zone.id: near_zones(places, [np.array(zone.polygon_m, float)], REACH_M)
        for zone in layout.zones
        if zone.kind == "display"
    }
    store_us = _store_times(times_us(found["device_time"]), found["camera_id"], tables[OFFSETS])
    near = np.zeros(len(store_us), bool)
    at_display = np.asarray(np.logical_or.reduce([near, *displays.values()]))
    for start_us, end_us, zone in _events(tables):
        is_then = store_us >= start_us - AROUND_EVENT_US
        is_then &= store_us <= end_us + AROUND_EVENT_US
        near |= is_then & displays.get(zone, at_display)
    everybody = Candidates(
        np.array(found["camera_id"].to_pylist(), str),
        times_us(found["device_time"]),
        np.column_stack([found[name].to_numpy() for name in ("x0", "y0", "x1", "y1")]),
        near,
    )
    return everybody.take(np.flatnonzero(at_display))


def with_earlier_frame(root: str, day: StoreDay, found: Candidates) -> tuple[Candidates, Ints]:
    """Those whose frame is kept, with one shortly before it; and the times of those before (us)."""
    kept: dict[str, list[Ints]] = {}
    columns = ("camera_id", "device_time")
    for batch in scan_store_day(root, FRAMES, (day.store_id, day.business_date), columns):
        cameras = batch.column(0).to_pylist()
        moments = batch.column(1).cast(pa.int64()).to_numpy()
        for camera in set(cameras):
            kept.setdefault(camera, []).append(moments[np.array(cameras) == camera])
    earlier = np.full(len(found.times_us), -1, np.int64)
    for camera, parts in kept.items():
        known = np.unique(np.concatenate(parts))
        rows = np.flatnonzero(found.cameras == camera)
        position = np.searchsorted(known, found.times_us[rows])
        is_kept = position < len(known)
        is_kept[is_kept] = known[position[is_kept]] == found.times_us[rows][is_kept]
        before = known[np.maximum(position - 1, 0)]
        step_us = found.times_us[rows] - before
        fits = is_kept & (position > 0) & (step_us <= LONGEST_STEP_US)
        earlier[rows[fits]] = before[fits]
    usable = np.flatnonzero(earlier >= 0)
    return found.take(usable), earlier[usable]


def measure_motion(root: str, day: StoreDay, found: Candidates, earlier_us: Ints) -> Floats:
    """Limb motion of each candidate; the JPEGs of one camera are held at once."""
    motion = np.full(len(found.times_us), np.nan)
    for camera in np.unique(found.cameras):
        rows = np.flatnonzero(found.cameras == camera)
        moments = np.concatenate([found.times_us[rows], earlier_us[rows]])
        frames = read_frames(root, day, str(camera), moments)
        for moment in np.unique(found.times_us[rows]):
            here = rows[found.times_us[rows] == moment]
            now, before = frames[moment], frames[earlier_us[here[0]]]
            lines, scale = _grey(now)
            earlier, _ = _grey(before)
            if earlier.shape == lines.shape:
                motion[here] = limb_motion(earlier, lines, found.boxes_px[here] * scale)
    return motion


def read_frames(root: str, day: StoreDay, camera: str, moments_us: Ints) -> Mapping[int, Kept]:
    """Kept frames of a camera by their times."""
    stamps = pa.array(np.unique(moments_us), pa.int64()).cast(pa.timestamp("us", tz="UTC"))
    condition = (pc.field("camera_id") == camera) & pc.field("device_time").isin(stamps)
    columns = ("device_time", "jpeg", "source_height")
    of_store = (day.store_id, day.business_date)
    return {
        row["moment"]: Kept(row["jpeg"], row["source_height"])
        for batch in scan_store_day(root, FRAMES, of_store, columns, condition)
        for row in _rows(batch)
    }


def _rows(batch: pa.RecordBatch) -> Iterator[dict]:  # type: ignore[type-arg]
    moments = batch.column("device_time").cast(pa.int64()).to_pylist()
    for moment, row in zip(moments, batch.to_pylist(), strict=True):
        yield {**row, "moment": moment}


def opened(kept: Kept, how: int = cv2.IMREAD_COLOR) -> NDArray[np.uint8]:
    """A kept frame's picture, as OpenCV reads it.

    Raises:
        ValueError: It is no JPEG.
    """
    picture = cv2.imdecode(np.frombuffer(kept.jpeg, np.uint8), how)
    if picture is None:
        raise ValueError("a kept frame is no JPEG that can be decoded")
    return np.asarray(picture, np.uint8)


def _grey(kept: Kept) -> tuple[NDArray[np.uint8], float]:
    """A frame in grey, scaled down, and its scale against the source."""
    picture = opened(kept, cv2.IMREAD_GRAYSCALE)
    ratio = min(1.0, FLOW_LINES / picture.shape[0])
    if ratio < 1:
        smaller = cv2.resize(picture, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
        picture = np.asarray(smaller, np.uint8)
    return picture, picture.shape[0] / kept.source_height


def _events(tables: Mapping[str, pa.Table]) -> list[tuple[int, int, str]]:
    """Start and end by the store's clock (us), and zone, of each time that a tag was moved."""
    events = tables[EVENTS]
    start, end = (
        _store_times(times_us(events[name]), events["reader_id"], tables[OFFSETS])
        for name in ("started_at", "ended_at")
    )
    zones = [zone or "" for zone in events["zone_id"].to_pylist()]
    return list(zip(start.tolist(), end.tolist(), zones, strict=True))


def _store_times(times: Ints, devices: pa.ChunkedArray, offsets: pa.Table) -> Ints:
    """Device times by the store's clock; as they are where the day has no clocks."""
    if not offsets.num_rows:
        return times
    return store_times_us(times, devices.combine_chunks(), offsets)
