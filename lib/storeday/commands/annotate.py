"""`storeday annotate`: what was found, drawn into the footage of a camera, people hidden."""

import datetime as dt
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storeday.association import store_times_us
from storeday.contracts.columns import times_us
from storeday.floor.camera_view import camera_view
from storeday.footage import FootageSettings, Stretch, picture_of, sample_segment
from storeday.lake.files import local_copy
from storeday.lake.reader import read_store_days
from storeday.lake.store_day import StoreDay
from storeday.manifest import StoreLayout
from storeday.report.annotated_frame import Person, Scene, annotated
from storeday.report.annotated_video import write_video
from storeday.report.person_boxes import Track, box_at, shown_names, tracks_of
from storeday.report.pixelation import Picture, background_of
from storeday.report.words import clock, share
from storeday.report.zone_outlines import outlines_in_view
from storeday.stages.plan import Places, layout_of

LOGGER = logging.getLogger("storeday")

TABLES = (
    "bronze.footage_segments",
    "bronze.products",
    "gold.interactions",
    "silver.action_events",
    "silver.clock_offsets",
    "silver.detections",
    "silver.identities",
    "silver.track_points",
    "silver.visits",
)
# More likely staff than not: not called by a name.
STAFF_ABOVE = 0.5
# An event stays on the picture for so long; so many at once are readable.
EVENT_SHOWN_US, MOST_EVENTS = 4_000_000, 3
# Pictures from which the background is taken: with these, somebody who passes is in less than half.
BACKGROUND_PICTURES = 25
US_PER_S = 1_000_000
# Boxes run on between detections: those just before and after the clip count.
AROUND = dt.timedelta(seconds=2)


@dataclass(frozen=True)
class AnnotateRequest:
    """What to show.

    Attributes:
        places: Where inputs and lake are.
        day: Store-day.
        camera_id: Camera.
        start: Start by the camera's clock.
        end: End, exclusive.
        out: MP4 file to write.
        frames_per_s: Pictures a second, at most.
        max_lines: Greatest height of the picture, px.
        are_people_hidden: Whether people are pixelated.
    """

    places: Places
    day: StoreDay
    camera_id: str
    start: dt.datetime
    end: dt.datetime
    out: Path
    frames_per_s: float = 10.0
    max_lines: int = 720
    are_people_hidden: bool = True


@dataclass(frozen=True)
class Known:
    """What the tables know of a camera's stretch of time.

    Attributes:
        tracks: People.
        names: What each tracklet is called.
        actions: Handling as cameras saw it.
        events: Moments of handling by store time (us), in words.
    """

    tracks: Sequence[Track]
    names: Mapping[str, str]
    actions: Sequence[Mapping[str, object]]
    events: Sequence[tuple[int, str]]


def annotate(request: AnnotateRequest) -> int:
    """Writes the video.

    Returns:
        Pictures written.

    Raises:
        ManifestError: The store has no manifest, or a wrong one.
        ValueError: The store has no such camera, or there is no footage of that time.
    """
    layout = layout_of(request.places, request.day)
    cameras = {camera.id: camera_view(camera) for camera in layout.cameras}
    if request.camera_id not in cameras:
        names = ", ".join(cameras) or "none"
        raise ValueError(f"store has no camera {request.camera_id!r}; there are {names}")
    date = request.day.business_date
    tables = read_store_days(
        request.places.lake,
        request.day.store_id,
        {name: [date] for name in TABLES},
        {"silver.detections": _of_clip(request)},
    )
    background = None
    if request.are_people_hidden:
        rate = BACKGROUND_PICTURES / max(1.0, (request.end - request.start).total_seconds())
        stills = [picture for _, picture, _ in _pictures(request, tables, min(rate, 2.0))]
        background = background_of(stills) if stills else None
    known = _known(request, layout, tables)
    drawn = _drawn(request, layout, tables, known, background)
    request.out.parent.mkdir(parents=True, exist_ok=True)
    count = write_video(request.out, drawn, request.frames_per_s)
    if not count:
        raise ValueError(
            f"{request.day} camera {request.camera_id}: no footage from {request.start} to "
            f"{request.end}; expected a segment that holds it"
        )
    return count


def _pictures(
    request: AnnotateRequest, tables: Mapping[str, pa.Table], frames_per_s: float
) -> Iterator[tuple[int, Picture, float]]:
    """Time (us), picture and its scale against the source, of the stretch asked for."""
    settings = replace(FootageSettings(), max_lines=request.max_lines)
    start_us, end_us = _us(request.start), _us(request.end)
    rows = tables["bronze.footage_segments"].to_pylist()
    mine = [row for row in rows if row["camera_id"] == request.camera_id]
    last_us = start_us - 1
    for row in sorted(mine, key=lambda row: row["started_at"]):
        began_us = _us(row["started_at"])
        from_us, to_us = max(0, start_us - began_us), end_us - began_us
        length_us = None if row["duration_s"] is None else row["duration_s"] * US_PER_S
        if to_us <= 0 or (length_us is not None and from_us > length_us):
            continue
        stretch = Stretch(from_us, to_us, frames_per_s, "detail")
        with local_copy(f"{request.places.inbox_of(request.day)}/{row['source_file']}") as path:
            for frame in sample_segment(path, [stretch], settings, is_raw=True):
                time_us = began_us + frame.pts_us
                if time_us > last_us:
                    last_us = time_us
                    yield time_us, picture_of(frame), frame.width / frame.source_width


def _drawn(
    request: AnnotateRequest,
    layout: StoreLayout,
    tables: Mapping[str, pa.Table],
    known: Known,
    background: Picture | None,
) -> Iterator[tuple[int, Picture]]:
    outlines = outlines_in_view(layout, request.camera_id)
    shape = None
    for time_us, picture, scale in _pictures(request, tables, request.frames_per_s):
        # Segments of another size would not fit one video.
        shape = shape or picture.shape
        if picture.shape != shape:
            continue
        moment = dt.datetime.fromtimestamp(time_us / US_PER_S, dt.UTC)
        scene = Scene(
            people=[
                Person(box * scale, known.names.get(track.tracklet_id, ""), note)
                for track in known.tracks
                for box in [box_at(track, time_us)]
                if box is not None
                for note in [_note(known, track.tracklet_id, moment)]
            ],
            zones=[(name, outline * scale) for name, outline in outlines],
            heading=f"{request.day.store_id} {request.camera_id} | "
            f"{clock(moment, layout.timezone)} by the camera's clock",
            events=_events_at(request, known, tables, time_us),
        )
        yield time_us, annotated(picture, scene, background)


def _known(request: AnnotateRequest, layout: StoreLayout, tables: Mapping[str, pa.Table]) -> Known:
    visits = tables["silver.visits"].to_pylist()
    staff = [row["customer_id"] for row in visits if (row["staff_probability"] or 0) > STAFF_ABOVE]
    actions = [
        row
        for row in tables["silver.action_events"].to_pylist()
        if row["camera_id"] == request.camera_id
    ]
    return Known(
        tracks_of(tables["silver.detections"], tables["silver.track_points"]),
        shown_names(tables["silver.identities"], staff),
        actions,
        _handled(actions, layout, tables),
    )


def _of_clip(request: AnnotateRequest) -> pc.Expression:
    """Detections of the camera within the clip and a little around it."""
    time = pc.field("device_time")
    return (
        (pc.field("camera_id") == request.camera_id)
        & (time >= pa.scalar(request.start - AROUND, pa.timestamp("us", tz="UTC")))
        & (time < pa.scalar(request.end + AROUND, pa.timestamp("us", tz="UTC")))
    )


def _handled(
    actions: Sequence[Mapping[str, object]], layout: StoreLayout, tables: Mapping[str, pa.Table]
) -> list[tuple[int, str]]:
    """Moments of handling that this camera saw, by store time."""
    own = {row["action_id"] for row in actions}
    names = {row["sku"]: row["name"] or row["sku"] for row in tables["bronze.products"].to_pylist()}
    zones = {zone.id: zone.name or zone.id for zone in layout.zones}
    told = []
    for row in tables["gold.interactions"].to_pylist():
        if row["action_id"] in own:
            product = names.get(row["sku"], row["sku"] or "unknown product")
            place = f" at {zones.get(row['zone_id'], row['zone_id'])}" if row["zone_id"] else ""
            sure = share(row["probability"])
            told.append((_us(row["time"]), f"{product} handled{place} ({sure} sure of whom)"))
    return sorted(told)


def _note(known: Known, tracklet_id: str, moment: dt.datetime) -> str:
    """What somebody is doing at a moment."""
    for row in known.actions:
        if row["tracklet_id"] == tracklet_id and row["started_at"] <= moment <= row["ended_at"]:  # type: ignore[operator]
            return f"handles ({share(row['probability'])})"  # type: ignore[arg-type]
    return ""


def _events_at(
    request: AnnotateRequest, known: Known, tables: Mapping[str, pa.Table], time_us: int
) -> list[str]:
    """What happened within the last seconds, latest last."""
    if not known.events:
        return []
    now = time_us
    offsets = tables["silver.clock_offsets"]
    if request.camera_id in offsets["device_id"].to_pylist():
        device = pa.array([request.camera_id])
        now = int(store_times_us(np.array([time_us]), device, offsets)[0])
    lately = [words for at, words in known.events if 0 <= now - at < EVENT_SHOWN_US]
    return lately[-MOST_EVENTS:]


def _us(moment: dt.datetime) -> int:
    return int(times_us(pa.array([moment], pa.timestamp("us", tz="UTC")))[0])
