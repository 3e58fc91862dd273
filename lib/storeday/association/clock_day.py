"""A day as clocks are measured on it: traces and rummages by their devices' own clocks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storeday.association.camera_links import Courses, Link, camera_links
from storeday.association.cells import Members, Rummages, Traces
from storeday.association.clock_grid import MOST_RUMMAGES, ClockPrior
from storeday.association.frame_phase import frame_phase_us
from storeday.association.settings import AssociationSettings
from storeday.association.shop import Shop, members_of, rummages_of
from storeday.association.sightings import (
    Sightings,
    allow_for_rivals,
    camera_traces,
    sightings,
)
from storeday.association.trace_matching import DayTables
from storeday.contracts.columns import (
    US_PER_S,
    Floats,
    Ints,
    order_of,
    position_in,
    texts,
    times_us,
)

# More rummages of a day make a clock no better known than its systematic error, and fill memory.
MOST_EVENTS = 12_000
# As far from the middle of the rummages as they lie apart: drift is a straight line.
MOST_PHASE = 1.0


@dataclass(frozen=True)
class ClockDay:
    """A day by the devices' own clocks; devices are numbered as they are named.

    Attributes:
        traces: Seconds of customers in cameras, in s since `origin_us`.
        rummages: Rummages by time, in s since `origin_us`.
        members: Seconds in reach of each area.
        reader: Device of each rummage, shape (r,).
        camera_device: Device of each camera of the traces, shape (cameras,).
        phase: When each rummage was, -1/2 at the first, 1/2 at the last, shape (r,).
        links: Links of cameras, by device.
        origin_us: Moment of zero.
        middle_us: Moment of phase 0.
        span_s: Time from the first to the last rummage.
    """

    traces: Traces
    rummages: Rummages
    members: Sequence[Members]
    reader: Ints
    camera_device: Ints
    phase: Floats
    links: tuple[Link, ...]
    origin_us: int
    middle_us: int
    span_s: float


def clock_day(
    tables: DayTables,
    shop: Shop,
    names: list[str],
    settings: AssociationSettings,
) -> ClockDay | None:
    """The day as arrays; None where there are no traces or no rummages of known devices."""
    known = pa.array(names)
    trace = tables.handling_trace
    trace = trace.filter(pc.is_in(trace["camera_id"], known))
    events = tables.rummage_events
    events = events.filter(pc.is_in(events["reader_id"], known))
    if not trace.num_rows or not events.num_rows:
        return None
    seen = sightings(trace, tables.action_events)
    event_us = times_us(events["peak_time"])
    order = order_of(event_us, texts(events["rummage_id"]))
    # Evenly chosen in time.
    order = order[:: max(1, -(-len(order) // MOST_EVENTS))]
    events, event_us = events.take(pa.array(order)), event_us[order]
    origin_us = int(min(seen.device_us.min(), event_us.min()))
    phase_us = frame_phase_us(seen, tables.tracklets)
    plain = camera_traces(seen, origin_us, phase_us)
    rummages, areas = rummages_of(events, (event_us - origin_us) / US_PER_S, shop, settings.reach_m)
    members = members_of(plain.place_m, areas, settings.reach_m)
    in_reach = np.unique(np.concatenate([area.rows for area in members]))
    traces = allow_for_rivals(plain, len(event_us), len(in_reach))
    low, high = rummages.time_s[0], rummages.time_s[-1]
    span = max(float(high - low), 1.0)
    cameras = position_in(seen.cameras, known)
    phase = (plain.time_s - low) / span - 0.5
    return ClockDay(
        traces,
        rummages,
        members,
        position_in(texts(events["reader_id"]), known),
        cameras,
        (rummages.time_s - low) / span - 0.5,
        _links(seen, plain.time_s, phase, cameras, settings),
        origin_us,
        origin_us + round((low + span / 2) * US_PER_S),
        span,
    )


def _links(
    seen: Sightings, time_s: Floats, phase: Floats, cameras: Ints, settings: AssociationSettings
) -> tuple[Link, ...]:
    """Links of the cameras, by device, from seconds not too far from the rummages."""
    near = np.abs(phase) <= MOST_PHASE
    courses = Courses(
        seen.customer[near], seen.camera[near], time_s[near], phase[near], seen.place_m[near]
    )
    found = camera_links(courses, settings.clock_reach_s)
    return tuple(
        replace(link, one=int(cameras[link.one]), other=int(cameras[link.other])) for link in found
    )


def best_seen(day: ClockDay | None, names: list[str], devices: Sequence[str]) -> str:
    """The camera that saw most goods in reach of rummages; the first device without any."""
    if day is None:
        return devices[0]
    rummages = np.bincount(day.rummages.area, minlength=len(day.members))
    seen = np.zeros(len(names))
    for count, area in zip(rummages, day.members, strict=True):
        camera = day.camera_device[day.traces.camera[area.rows]]
        seen += count * np.bincount(camera, minlength=len(names))
    return names[int(np.argmax(seen))]


def even_share(day: ClockDay) -> Ints:
    """At most so many rummages of each reader, evenly chosen in time."""
    chosen = []
    cameras = len(day.camera_device)
    for device in np.unique(day.reader):
        own = np.flatnonzero(day.reader == device)
        every = max(1, -(-len(own) // (MOST_RUMMAGES * min(cameras, 4))))
        chosen.append(own[::every])
    return np.sort(np.concatenate(chosen))


def split_at_jumps(
    day: ClockDay, jumps: list[tuple[int, float]], names: list[str], prior: ClockPrior
) -> tuple[ClockDay, Ints, ClockPrior]:
    """A clock that jumps becomes two: a further device holds from the jump on."""
    reader = day.reader.copy()
    owners = list(range(len(names)))
    for device, phase in jumps:
        reader[(day.reader == device) & (day.phase >= phase)] = len(owners)
        owners.append(device)
    index = np.array(owners)
    # After a jump nothing is known beforehand but how far clocks may be off.
    wide = np.concatenate([prior.sd_s, np.full(len(jumps), prior.wide_sd_s)])
    known = np.concatenate([prior.is_known, np.zeros(len(jumps), bool)])
    split = replace(prior, offset_s=prior.offset_s[index], sd_s=wide, is_known=known)
    split = replace(split, drift_s=prior.drift_s[index])
    return replace(day, reader=reader), index, split
