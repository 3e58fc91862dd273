"""Silver tables as imperfect detectors would give them, straight from the truth.

Start here to try or to measure what comes after detection, without footage or reads. How wrong
the detectors are is a matter of the scenario's knobs; by default they have the error rates of the
source article and of the association study. All figures from such tables are simulated.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from storeday.contracts import load_contract, table_from_columns
from storeday.simulate.event_actions import handling_logits, moments_of_handling
from storeday.simulate.event_people import PeopleSeen, people_tables
from storeday.simulate.event_rummages import antenna_of_rack, rummage
from storeday.simulate.event_sightings import (
    Sightings,
    device_us,
    identify,
    sight,
    whole_seconds,
)
from storeday.simulate.event_sources import source_tables
from storeday.simulate.scenario import Scenario
from storeday.simulate.world import World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WINDOW_S = 8.0
# Reads that a window of a busy store holds: knowledge of 0.2-0.6 reads/s per tag and 170 tags.
READS_MEAN = 4.0
TIME = pa.timestamp("us", tz="UTC")


def event_tables(world: World, scenario: Scenario, rng: np.random.Generator) -> dict[str, pa.Table]:
    """Tables that the stages from `calibrate` on can start from.

    Args:
        world: The truth; paths at steps of 1 s are enough.
        scenario: The scenario the world was made from.
        rng: Chance.

    Returns:
        Tables by the name of their contract, without stamps: silver `tracklets, identities,
        visits, positions, handling_trace, action_events, rummage_events, rummage_windows`; bronze
        `footage_segments` and `rfid_reads` (a read a half minute and antenna, for coverage only).
        Cost: seconds of people x cameras; some 10 s for 100,000 handlings.
    """
    knobs = scenario.detectors
    seconds = whole_seconds(world)
    sightings = sight(world, scenario, seconds, rng)
    customer, person = identify(seconds, sightings, knobs, rng)
    seen = PeopleSeen(world, seconds, sightings, customer, person)
    logit = handling_logits(world, seconds, sightings, knobs, rng)
    return {
        **people_tables(seen, scenario, rng),
        "silver.handling_trace": _trace(seen, logit),
        "silver.action_events": _actions(seen, logit),
        **_rummage_tables(world, scenario, seen, rng),
        **source_tables(world),
    }


def _trace(seen: PeopleSeen, logit: Floats) -> pa.Table:
    sightings = seen.sightings
    rows = first_of_second(sightings.tracklet, sightings.device_us)
    return table_from_columns(
        load_contract("silver.handling_trace"),
        {
            "tracklet_id": seen.tracklet_ids(sightings.tracklet[rows]),
            "camera_id": seen.camera_ids(sightings.camera[rows]),
            "customer_id": seen.customer_ids(seen.customer[sightings.tracklet[rows]]),
            "device_time": pa.array(sightings.device_us[rows] // 10**6 * 10**6).cast(TIME),
            "handling_logit": logit[rows],
            "floor_x_m": sightings.floor_m[rows, 0],
            "floor_y_m": sightings.floor_m[rows, 1],
        },
    )


def first_of_second(group: Ints, time_us: Ints) -> Ints:
    """Rows that are the first of their whole second in a group; rows sorted by group and time."""
    second = time_us // 10**6
    is_new = (np.diff(group, prepend=-1) != 0) | (np.diff(second, prepend=-1) != 0)
    return np.flatnonzero(is_new)


def _actions(seen: PeopleSeen, logit: Floats) -> pa.Table:
    sightings: Sightings = seen.sightings
    runs = moments_of_handling(seen.seconds, sightings, logit)
    tracklet = sightings.tracklet[runs.first]
    return table_from_columns(
        load_contract("silver.action_events"),
        {
            "action_id": _names("action", np.arange(len(runs.first))),
            "camera_id": seen.camera_ids(sightings.camera[runs.first]),
            "tracklet_id": seen.tracklet_ids(tracklet),
            "customer_id": seen.customer_ids(seen.customer[tracklet]),
            "peak_time": pa.array(runs.peak_us).cast(TIME),
            "started_at": pa.array(sightings.device_us[runs.first]).cast(TIME),
            "ended_at": pa.array(sightings.device_us[runs.last] + 10**6).cast(TIME),
            "probability": 1 / (1 + np.exp(-runs.logit)),
            "floor_x_m": runs.floor_m[:, 0],
            "floor_y_m": runs.floor_m[:, 1],
            "zone_id": seen.display_zones(runs.floor_m),
        },
    )


def _rummage_tables(
    world: World, scenario: Scenario, seen: PeopleSeen, rng: np.random.Generator
) -> dict[str, pa.Table]:
    found = rummage(world, seen.seconds, scenario.detectors, rng)
    antenna = antenna_of_rack(world)[world.products.rack[found.product]]
    is_read = antenna[:, 0] >= 0
    product, antenna = found.product[is_read], antenna[is_read]
    time_s, score = found.time_s[is_read], found.score[is_read]
    peak_us = np.zeros(len(product), np.int64)
    for number, reader in enumerate(world.layout.readers):
        own = antenna[:, 0] == number
        peak_us[own] = device_us(world, reader.id, time_s[own])
    half_us = int(WINDOW_S / 2 * 1e6)
    base = {
        "epc": [world.products.epc[index] for index in product],
        "reader_id": [world.layout.readers[number].id for number in antenna[:, 0]],
        "antenna": antenna[:, 1],
    }
    reads = 2 + rng.poisson(READS_MEAN - 2, len(product))
    events = {
        **base,
        "rummage_id": _names("rummage", np.arange(len(product))),
        "peak_time": pa.array(peak_us).cast(TIME),
        "started_at": pa.array(peak_us - half_us).cast(TIME),
        "ended_at": pa.array(peak_us + half_us).cast(TIME),
        "score": score,
        "js_flag": score > 0,
        "zone_id": _only_zones(world, antenna),
        "reads": reads,
    }
    windows = {
        **base,
        "window_start": pa.array(peak_us // (2 * half_us) * (2 * half_us)).cast(TIME),
        "window_s": np.full(len(product), WINDOW_S),
        "reads": reads,
        "score": score,
        "js_flag": score > 0,
        "verdict": ["handled"] * len(product),
    }
    return {
        "silver.rummage_events": table_from_columns(load_contract("silver.rummage_events"), events),
        "silver.rummage_windows": _one_per_window(windows),
    }


def _one_per_window(columns: dict[str, object]) -> pa.Table:
    """Windows without repeats of their key."""
    table = table_from_columns(load_contract("silver.rummage_windows"), columns)
    keys = list(
        zip(
            table["reader_id"].to_pylist(),
            table["antenna"].to_pylist(),
            table["epc"].to_pylist(),
            table["window_start"].cast(pa.int64()).to_pylist(),
            strict=True,
        )
    )
    first = {key: row for row, key in reversed(list(enumerate(keys)))}
    return table.take(pa.array(sorted(first.values()), pa.int64()))


def _only_zones(world: World, antenna: Ints) -> list[str | None]:
    """The zone of antennas that cover just one."""
    only = {
        (number, part.port): part.zones[0] if len(part.zones) == 1 else None
        for number, reader in enumerate(world.layout.readers)
        for part in reader.antennas
    }
    return [only[int(number), int(port)] for number, port in antenna]


def _names(what: str, numbers: Ints) -> list[str]:
    return [f"{what}-{number:06d}" for number in numbers]
