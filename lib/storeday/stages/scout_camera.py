"""A camera's day looked over: key frames, the people in them, and where more frames would pay."""

import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from storeday.contracts import load_contract, table_from_columns
from storeday.floor.camera_view import camera_view
from storeday.footage import TO_THE_END_US, DecodeOutcome, SampledFrame, scout_segment
from storeday.footage.pictures import THUMBNAIL
from storeday.inference import FramePeople, ModelManifest, OpenModels, infer_frames, open_models
from storeday.lake.files import local_copy
from storeday.manifest import StoreLayout
from storeday.measures import zones_in_view
from storeday.scouting import (
    CameraDay,
    Detail,
    Events,
    Looks,
    ScoutZones,
    differs_from_day,
    plan_details,
    quietest,
)
from storeday.stages.devices import task_gpu
from storeday.stages.outcome_rows import outcome_table
from storeday.stages.people_tables import FrameKey, models_for, people_tables
from storeday.stages.plan import DayPlan
from storeday.stages.stage import Tables

PLAN, OUTCOMES, LOOKS = "silver.decode_plan", "bronze.scout_outcomes", "silver.scout_looks"
DETECTIONS, EMBEDDINGS = "silver.scout_detections", "silver.scout_embeddings"
# Looks most like the background that the detector sees in any case, to learn whether somebody has
# become part of it.
PROBES = 3

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class _Look:
    """A frame looked at: which, when, and where its JPEG lies in the spool."""

    segment: int
    pts_us: int
    key: FrameKey
    at: int
    size: int


@dataclass(frozen=True)
class _LookedOver:
    """What a camera's segments gave.

    Attributes:
        looks: All looks, by time.
        thumbnails: One each, shape (n, rows, columns).
        spans_us: Start and end of each segment by the camera's clock, shape (segments, 2).
        outcomes: What came of each segment.
    """

    looks: list[_Look]
    thumbnails: NDArray[np.uint8]
    spans_us: NDArray[np.int64]
    outcomes: list[DecodeOutcome]


def scout_camera(plan: DayPlan, item: dict[str, Any], models: ModelManifest) -> Iterator[Tables]:
    """Looks over one camera's day and plans its decoding.

    Args:
        plan: The store-day.
        item: As `scout.plan_camera` takes it.
        models: Models.
    """
    allowed = models_for(models, [plan.layout])
    opened = open_models(allowed, plan.settings.inference, task_gpu())
    with tempfile.TemporaryFile(prefix="storeday-scout-") as spool:
        seen = _look_over(plan, item, spool)
        people, examined = _examine(plan, seen, spool, opened)
    details = _details(plan, item, seen, people)
    for segment, outcome in zip(item["segments"], seen.outcomes, strict=True):
        yield {OUTCOMES: outcome_table(OUTCOMES, item["camera_id"], segment["segment"], outcome)}
    yield {
        PLAN: _plan_table(plan, item, seen, details),
        LOOKS: _looks_table(item, seen, examined, details),
    }
    if people:
        yield people


def _look_over(plan: DayPlan, item: dict[str, Any], spool: IO[bytes]) -> _LookedOver:
    """Reads all segments; JPEGs go to the spool."""
    settings = plan.settings.scouting
    looks: list[_Look] = []
    thumbnails: list[bytes] = []
    spans, outcomes = [], []
    for number, segment in enumerate(item["segments"]):
        with local_copy(f"{plan.inbox}/{segment['source_file']}") as copy:
            sampling = scout_segment(
                copy, settings.looks_per_s, settings.longest_gop_s, plan.settings.footage
            )
            for frame in sampling:
                key = _key(plan, item["camera_id"], segment["started_at_us"], frame)
                looks.append(_Look(number, frame.pts_us, key, spool.tell(), len(frame.jpeg)))
                spool.write(frame.jpeg)
                thumbnails.append(frame.thumbnail)
        outcomes.append(sampling.outcome)
        spans.append(_span_us(segment, sampling.outcome))
    pixels = np.frombuffer(b"".join(thumbnails), np.uint8)
    return _LookedOver(
        looks,
        pixels.reshape(-1, THUMBNAIL[1], THUMBNAIL[0]),
        np.array(spans, np.int64).reshape(-1, 2),
        outcomes,
    )


def _key(plan: DayPlan, camera_id: str, started_at_us: int, frame: SampledFrame) -> FrameKey:
    return FrameKey(
        plan.day,
        camera_id,
        started_at_us + frame.pts_us,
        frame.source_width / frame.width,
        frame.source_height / frame.height,
    )


def _span_us(segment: Mapping[str, Any], outcome: DecodeOutcome) -> tuple[int, int]:
    last_us = outcome.last_pts_us or 0
    stated_us = round(((segment["duration_s"] or 0) - outcome.lost_s) * 1e6)
    start_us = segment["started_at_us"]
    return start_us, start_us + max(last_us, stated_us)


def _examine(
    plan: DayPlan, seen: _LookedOver, spool: IO[bytes], models: OpenModels
) -> tuple[dict[str, pa.Table], Flags]:
    """Detections and embeddings of the looks that may show somebody, and which these are."""
    settings = plan.settings
    is_open = differs_from_day(seen.thumbnails, settings.scouting)
    probes = [] if is_open.all() else quietest(seen.thumbnails, PROBES).tolist()

    def jpegs(chosen: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        for look in chosen:
            spool.seek(seen.looks[look].at)
            yield look, spool.read(seen.looks[look].size)

    found = dict(infer_frames(jpegs(probes), models, settings.inference))
    if any(len(people.scores) for people in found.values()):
        # Somebody has become part of the background.
        is_open[:] = True
    is_open[probes] = False
    found |= infer_frames(jpegs(np.flatnonzero(is_open).tolist()), models, settings.inference)
    is_open[probes] = True
    pairs = [(seen.looks[look].key, found[look]) for look in sorted(found)]
    return _people(plan, pairs), is_open


def _people(plan: DayPlan, pairs: Sequence[tuple[FrameKey, FramePeople]]) -> dict[str, pa.Table]:
    if not pairs:
        return {}
    views = {(plan.day, camera.id): camera_view(camera) for camera in plan.layout.cameras}
    tables = people_tables(pairs, views, plan.layout.privacy.demographics)
    return {
        DETECTIONS: tables["silver.detections"],
        EMBEDDINGS: tables["silver.embeddings"],
    }


def _details(
    plan: DayPlan, item: dict[str, Any], seen: _LookedOver, people: Mapping[str, pa.Table]
) -> list[Detail]:
    layout = plan.layout
    camera = next(camera for camera in layout.cameras if camera.id == item["camera_id"])
    polygons = {zone.id: np.array(zone.polygon_m) for zone in layout.zones}
    in_view = zones_in_view({camera.id: camera_view(camera)}, polygons)[camera.id]
    by_kind = {
        kind: [polygons[zone.id] for zone in layout.zones if zone.kind == kind]
        for kind in ("entrance", "queue")
    }
    heard = _heard(layout, item["events"] or [], in_view)
    events = Events(
        [zone for zone, _ in heard],
        np.array([peak_us for _, peak_us in heard], np.int64),
        plan.settings.association.clock_spread_s,
    )
    zones = ScoutZones(
        by_kind["entrance"], by_kind["queue"], {name: polygons[name] for name in sorted(in_view)}
    )
    day = CameraDay(_looks(seen, people), seen.spans_us, zones, events)
    return plan_details(day, plan.settings.scouting)


def _heard(
    layout: StoreLayout, events: Sequence[Mapping[str, Any]], in_view: Collection[str]
) -> list[tuple[str, int]]:
    """Zone and peak of each event, once for every zone of its antenna that the camera sees.

    An event names a zone itself only where its antenna has no other.
    """
    zones = {
        (reader.id, antenna.port): antenna.zones
        for reader in layout.readers
        for antenna in reader.antennas
    }
    return [
        (zone, event["peak_us"])
        for event in events
        for zone in zones.get((event["reader_id"], event["antenna"]), ())
        if zone in in_view
    ]


def _looks(seen: _LookedOver, people: Mapping[str, pa.Table]) -> Looks:
    time_us = np.array([look.key.device_time_us for look in seen.looks], np.int64)
    segment = np.array([look.segment for look in seen.looks], np.int64)
    if not people:
        return Looks(time_us, segment, np.zeros(0, np.int64), np.zeros((0, 2)))
    found = people[DETECTIONS]
    found_us = found["device_time"].cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy()
    places = np.stack([found[name].to_numpy().astype(float) for name in ("floor_x_m", "floor_y_m")])
    by_time = np.argsort(time_us, kind="stable")
    look = by_time[np.searchsorted(time_us, found_us, sorter=by_time)]
    order = np.argsort(look, kind="stable")
    return Looks(time_us, segment, look[order], places.T[order])


def _plan_table(
    plan: DayPlan, item: dict[str, Any], seen: _LookedOver, details: Sequence[Detail]
) -> pa.Table:
    names = [segment["segment"] for segment in item["segments"]]
    starts_us = seen.spans_us[:, 0].tolist()
    settings = plan.settings.scouting
    count, more = len(names), len(details)
    columns = {
        "camera_id": pa.repeat(item["camera_id"], count + more),
        "segment": names + [names[detail.segment] for detail in details],
        "from_us": [0] * count + [d.from_us - starts_us[d.segment] for d in details],
        "to_us": [TO_THE_END_US] * count + [d.to_us - starts_us[d.segment] for d in details],
        "frames_per_s": [settings.looks_per_s] * count + [settings.detail_frames_per_s] * more,
        "reason": ["scout"] * count + ["detail"] * more,
        "why": pa.array([None] * count + [detail.why for detail in details], pa.string()),
    }
    return table_from_columns(load_contract(PLAN), columns)


def _looks_table(
    item: dict[str, Any], seen: _LookedOver, examined: Flags, details: Sequence[Detail]
) -> pa.Table:
    names = [segment["segment"] for segment in item["segments"]]
    time_us = np.array([look.key.device_time_us for look in seen.looks], np.int64)
    segment = np.array([look.segment for look in seen.looks], np.int64)
    is_kept = np.ones(len(time_us), bool)
    for detail in details:
        within = (time_us >= detail.from_us) & (time_us < detail.to_us)
        is_kept &= ~(within & (segment == detail.segment))
    return table_from_columns(
        load_contract(LOOKS),
        {
            "camera_id": pa.repeat(item["camera_id"], len(time_us)),
            "segment": [names[number] for number in segment.tolist()],
            "pts_us": [look.pts_us for look in seen.looks],
            "device_time": pa.array(time_us, pa.int64()),
            "is_examined": examined,
            "is_kept": is_kept,
        },
    )
