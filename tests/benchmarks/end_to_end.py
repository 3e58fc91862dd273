"""A small store-day from boxes and reads to customers, and what each stage loses on the way.

The day is that of the rummage figures (`scenarios/rfid_small_store.yaml`): one reader with four
antennas, two cameras, three hours. People are seen by the stand-in detector and a noise model of
looks (`people_figures`), reads are the simulator's radio; from there on everything is the product:
tracking, identity, traces, rummage score, clocks, matching. Then one stage after another is
replaced by truth. All of it is simulated, no footage is rendered, and no model judges handling.
"""

import dataclasses
import functools
import json

import numpy as np
import pyarrow as pa
import yaml
from match_days import US_PER_S, MatchDay, _own_day, matched
from people_figures import NOISE, SETTINGS, by_tracklets, simulated_looks, tracked
from people_scenes import STAMP, seen_day
from radio_logs import SCENARIO
from rfid_figures import shop_day

from storeday.actions import ActionSettings, action_events, handling_trace
from storeday.commands.simulated_detections import DetectorErrors
from storeday.identity import Appearance, Scene, join_tracklets, positions_by_second

FAULTLESS = DetectorErrors(0.0, 1.0, 0.0, 0.05, 0.0)
# A person who is out of a camera's sight for longer starts a new true tracklet.
SIGHT_GAP_US = 2_000_000
REPLACED = ("detector", "tracker", "identity", "clocks", "rfid", "people", "people and rfid")


@dataclasses.dataclass(frozen=True)
class Chain:
    """How a day went through the chain.

    Attributes:
        right: Share of all handlings whose likeliest customer is right.
        published: Share of all handlings that are published with the right customer.
        precision: Share of published pairs that are right.
        accuracy: Share of detected handlings whose likeliest customer is right.
        detected: Share of all handlings that a rummage event stands for.
    """

    right: float
    published: float
    precision: float
    accuracy: float
    detected: float


@functools.cache
def scenario():
    from storeday.simulate import load_scenario
    from storeday.simulate.scenario import with_knobs

    document = yaml.safe_load(SCENARIO.read_text())
    return with_knobs(load_scenario(document["scenario"]), **document["knobs"])


@functools.lru_cache(1)
def _tracked(seed, is_faultless):
    return tracked(seen_day(scenario(), seed, errors=FAULTLESS if is_faultless else None))


def chain(seed: int, replaced: str = "") -> Chain:
    """One day through the chain, with one stage replaced by truth."""
    people = _tracked(seed, replaced == "detector")
    is_true_people = replaced.startswith("people")
    if replaced == "tracker" or is_true_people:
        people = _by_truth(people)
    day = _match_day(people, _identities(people, seed, replaced), _rummages(people, seed, replaced))
    found = matched(day, _true_clocks(day) if replaced == "clocks" else None)
    true = sum(who is not None for who in day.true_customer.values())
    right = found.accuracy * true / day.handlings
    return Chain(right, found.recall, found.precision, found.accuracy, true / day.handlings)


def _by_truth(people):
    """Tracklets as they truly are: one person in one camera, as long as it is in sight."""
    day = people.day
    known = np.flatnonzero(day.person >= 0)
    camera = np.array(day.detections["camera_id"].to_pylist())[known]
    time_us = day.detections["device_time"].cast(pa.int64()).to_numpy()[known]
    order = np.lexsort((time_us, day.person[known], camera))
    known, camera, time_us = known[order], camera[order], time_us[order]
    is_new = np.ones(len(known), bool)
    is_new[1:] = (camera[1:] != camera[:-1]) | (np.diff(day.person[known]) != 0)
    is_new[1:] |= np.diff(time_us) > SIGHT_GAP_US
    first = np.flatnonzero(is_new)
    last = np.append(first[1:], len(known)) - 1
    names = pa.array([f"true-{number}" for number in range(len(first))], pa.string())
    tracklets = pa.table(
        {
            "tracklet_id": names,
            "camera_id": pa.array(camera[first]),
            "started_at": pa.array(time_us[first]).cast(STAMP),
            "ended_at": pa.array(time_us[last]).cast(STAMP),
            "detections": last - first + 1,
        }
    )
    points = pa.table(
        {
            "tracklet_id": names.take(pa.array(np.cumsum(is_new) - 1)),
            "detection_id": day.detections["detection_id"].take(pa.array(known)),
        }
    )
    return by_tracklets(day, tracklets, points)


def _identities(people, seed, replaced):
    """Customers of tracklets: found, or those who are truly seen for most of each."""
    if replaced == "identity" or replaced.startswith("people"):
        count = len(people.day.world.people.is_staff)
        seen = np.zeros((len(people.ends), count + 1))
        np.add.at(seen, (people.owner, people.person), 1)
        mainly = [f"p{who}" for who in seen[:, :count].argmax(axis=1)]
        ids = pa.array(people.ends.tracklet_id, pa.string())
        return pa.table({"tracklet_id": ids, "customer_id": mainly})
    layout = people.day.world.layout
    looks = simulated_looks(people, NOISE, seed)[0] if NOISE is not None else Appearance.none()
    doors = [np.array(zone.polygon_m) for zone in layout.zones if zone.kind == "entrance"]
    scene = Scene(people.located, doors, layout.floor_plan.width_m * layout.floor_plan.height_m)
    return join_tracklets(people.ends, looks, SETTINGS, str, scene)


def _rummages(people, seed, replaced):
    """Rummage events by the readers' clocks: found, or one per true handling."""
    world = people.day.world
    if not replaced.endswith("rfid"):
        events = shop_day(seed).events
        (reader,) = world.layout.readers
        named = pa.repeat(reader.id, len(events))
        events = events.set_column(events.schema.get_field_index("reader_id"), "reader_id", named)
        columns = {
            name: _by_clock(world, events["reader_id"], events[name])
            for name in ("peak_time", "started_at", "ended_at")
        }
        for name, values in columns.items():
            place = events.schema.get_field_index(name)
            events = events.set_column(place, name, values)
        return events
    held, start_us = world.handlings, people.day.start_us
    spots = {
        zone: (reader.id, antenna.port)
        for reader in world.layout.readers
        for antenna in reader.antennas
        for zone in antenna.zones
    }
    rows = [row for row in range(len(held.person)) if held.zone_id[row] in spots]
    readers = pa.array([spots[held.zone_id[row]][0] for row in rows])
    middle = (held.started_s + np.minimum(held.ended_s, held.started_s + 12.0))[rows] / 2
    stamps = pa.array(start_us + np.rint(middle * 1e6).astype(np.int64)).cast(STAMP)
    return pa.table(
        {
            "rummage_id": [f"r{row}" for row in rows],
            "epc": [world.products.epc[held.product[row]] for row in rows],
            "reader_id": readers,
            "antenna": pa.array([spots[held.zone_id[row]][1] for row in rows], pa.int32()),
            "peak_time": _by_clock(world, readers, stamps),
            "score": np.full(len(rows), 10.0),
        }
    )


def _by_clock(world, readers, stamps):
    """True moments as the readers' clocks show them."""
    start_us = round(world.starts_at.timestamp() * 1e6)
    true_s = (stamps.cast(pa.int64()).to_numpy() - start_us) / US_PER_S
    shown = np.array(
        [
            float(world.clocks[reader].reads(np.array([moment]))[0])
            for reader, moment in zip(readers.to_pylist(), true_s, strict=True)
        ]
    )
    return pa.array(start_us + np.rint(shown * 1e6).astype(np.int64)).cast(STAMP)


def _match_day(people, identities, rummages) -> MatchDay:
    from storeday.simulate.truth import truth_tables

    world, detections = people.day.world, people.day.detections
    displays = [
        (zone.id, np.array(zone.polygon_m)) for zone in world.layout.zones if zone.kind == "display"
    ]
    if "handling_logit" not in detections.column_names:
        nothing = pa.nulls(len(detections), pa.float64())
        detections = detections.append_column("handling_logit", nothing)
    trace = handling_trace(detections, people.points, identities)
    tables = {
        "silver.rummage_events": rummages,
        "silver.handling_trace": trace,
        "silver.action_events": action_events(trace, displays, ActionSettings(), str),
        "silver.tracklets": people.tracklets,
        "silver.positions": positions_by_second(
            detections, people.points, identities, displays, SETTINGS
        ),
    }
    products = world.products
    homes = [
        {"epc": epc, "home_x_m": str(x), "home_y_m": str(y), "home_zone": f"display-{rack + 1}"}
        for epc, x, y, rack in zip(
            products.epc, products.x_m.tolist(), products.y_m.tolist(), products.rack, strict=True
        )
        if rack >= 0
    ]
    truth = {
        name: table
        for name, table in truth_tables(world).items()
        if name in ("interactions", "positions", "clock_offsets")
    }
    simulated = dataclasses.make_dataclass("Simulated", ["world", "tables"])(world, tables)
    return _own_day(simulated, homes, truth, [])


def _true_clocks(day: MatchDay) -> pa.Table:
    """Rows of `silver.clock_offsets` as they truly are."""
    names = sorted(day.devices)
    reference = names[0]
    middle = pa.array([day.middle_us] * len(names)).cast(STAMP)
    return pa.table(
        {
            "device_id": names,
            "reference_id": [reference] * len(names),
            "valid_from": middle,
            "offset_s": [day.true_offset_s[n] - day.true_offset_s[reference] for n in names],
            "drift_ppm": [day.true_drift_ppm[n] - day.true_drift_ppm[reference] for n in names],
            "std_error_s": [0.05] * len(names),
            "evidence": [json.dumps({"method": "truth"})] * len(names),
        }
    )
