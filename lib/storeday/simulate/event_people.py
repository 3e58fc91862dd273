"""Tracklets, identities, visits and positions of people as seen, at level `events`."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.stats import norm

from storeday.contracts import load_contract, table_from_columns
from storeday.floor.zones import distance_m
from storeday.simulate.event_sightings import Seconds, Sightings
from storeday.simulate.event_zones import rectangle_index
from storeday.simulate.scenario import Scenario
from storeday.simulate.world import World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TIME = pa.timestamp("us", tz="UTC")
EVIDENCE = '{"simulated": true}'
# Seen first or last farther than this from every entrance, a visit is cut off.
NEAR_ENTRANCE_M = 2.0
JOINED_CONFIDENCE = 0.9


@dataclass(frozen=True)
class PeopleSeen:
    """Sightings and whom they are taken for.

    Attributes:
        world: The truth.
        seconds: Everybody at whole seconds.
        sightings: Who is seen.
        customer: Customer of each tracklet, shape (tracklets,).
        person: True person of each tracklet, shape (tracklets,).
    """

    world: World
    seconds: Seconds
    sightings: Sightings
    customer: Ints
    person: Ints

    def tracklet_ids(self, numbers: Ints) -> pa.Array:
        """Names of tracklets."""
        return self._tracklet_names.take(pa.array(numbers))

    def customer_ids(self, numbers: Ints) -> pa.Array:
        """Names of customers."""
        return self._customer_names.take(pa.array(numbers))

    def camera_ids(self, numbers: Ints) -> pa.Array:
        """Names of cameras."""
        names = [camera.id for camera in self.world.layout.cameras]
        return pa.array(names, pa.string()).take(pa.array(numbers))

    def zones(self, floor_m: Floats) -> pa.Array:
        """Zone of places, null between zones."""
        return self._zones(floor_m, "")

    def display_zones(self, floor_m: Floats) -> pa.Array:
        """Display zone of places, null elsewhere."""
        return self._zones(floor_m, "display")

    def _zones(self, floor_m: Floats, kind: str) -> pa.Array:
        zones = [zone for zone in self.world.layout.zones if kind in ("", zone.kind)]
        index = rectangle_index(floor_m, zones)
        names = pa.array([zone.id for zone in zones], pa.string())
        return names.take(pa.array(index, mask=index < 0))

    @cached_property
    def _tracklet_names(self) -> pa.Array:
        return pa.array([f"tracklet-{number:06d}" for number in range(len(self.customer))])

    @cached_property
    def _customer_names(self) -> pa.Array:
        count = int(self.customer.max()) + 1 if len(self.customer) else 0
        return pa.array([f"customer-{number:05d}" for number in range(count)], pa.string())


def people_tables(
    seen: PeopleSeen, scenario: Scenario, rng: np.random.Generator
) -> dict[str, pa.Table]:
    """`silver.tracklets`, `identities`, `positions` and `visits`."""
    positions = _best_sightings(seen)
    return {
        "silver.tracklets": _tracklets(seen, scenario),
        "silver.identities": _identities(seen, rng),
        "silver.positions": _positions(seen, positions),
        "silver.visits": _visits(seen, positions, scenario, rng),
    }


def _tracklets(seen: PeopleSeen, scenario: Scenario) -> pa.Table:
    sightings = seen.sightings
    first = np.flatnonzero(np.diff(sightings.tracklet, prepend=-1))
    last = np.append(first[1:], len(sightings.tracklet)) - 1 if len(first) else first
    found = (last - first + 1) * scenario.cameras.frames_per_s
    return table_from_columns(
        load_contract("silver.tracklets"),
        {
            "tracklet_id": seen.tracklet_ids(np.arange(len(first))),
            "camera_id": seen.camera_ids(sightings.camera[first]),
            "started_at": pa.array(sightings.device_us[first]).cast(TIME),
            "ended_at": pa.array(sightings.device_us[last]).cast(TIME),
            "detections": np.maximum(np.rint(found), 1).astype(np.int64),
        },
    )


def _identities(seen: PeopleSeen, rng: np.random.Generator) -> pa.Table:
    count = len(seen.customer)
    size = np.bincount(seen.customer, minlength=1)[seen.customer] if count else seen.customer
    joined = np.clip(JOINED_CONFIDENCE + rng.uniform(-0.1, 0.1, count), 0, 1)
    return table_from_columns(
        load_contract("silver.identities"),
        {
            "tracklet_id": seen.tracklet_ids(np.arange(count)),
            "customer_id": seen.customer_ids(seen.customer),
            "confidence": np.where(size > 1, joined, 1.0),
            "evidence": [EVIDENCE] * count,
        },
    )


def _best_sightings(seen: PeopleSeen) -> Ints:
    """Rows of sightings: per customer and second the one of the largest picture."""
    sightings = seen.sightings
    customer = seen.customer[sightings.tracklet]
    second = sightings.device_us // 10**6
    order = np.lexsort((-sightings.height_px, second, customer))
    is_first = (np.diff(customer[order], prepend=-1) != 0) | (
        np.diff(second[order], prepend=-1) != 0
    )
    return np.asarray(order[is_first])


def _positions(seen: PeopleSeen, rows: Ints) -> pa.Table:
    sightings = seen.sightings
    places = sightings.floor_m[rows]
    return table_from_columns(
        load_contract("silver.positions"),
        {
            "customer_id": seen.customer_ids(seen.customer[sightings.tracklet[rows]]),
            "time": pa.array(sightings.device_us[rows] // 10**6 * 10**6).cast(TIME),
            "floor_x_m": places[:, 0],
            "floor_y_m": places[:, 1],
            "zone_id": seen.zones(places),
        },
    )


def _visits(seen: PeopleSeen, rows: Ints, scenario: Scenario, rng: np.random.Generator) -> pa.Table:
    """One visit per customer: nobody comes back within a simulated day."""
    sightings = seen.sightings
    tracklet = sightings.tracklet[rows]
    customer = seen.customer[tracklet]
    first = np.flatnonzero(np.diff(customer, prepend=-1))
    last = np.append(first[1:], len(customer)) - 1 if len(first) else first
    from_far = _away_from_entrance(seen.world, sightings.floor_m[rows[first]])
    to_far = _away_from_entrance(seen.world, sightings.floor_m[rows[last]])
    is_staff = seen.world.people.is_staff[seen.person[tracklet[first]]]
    # A score with Gaussian errors that tells staff at the known accuracy, as its probability.
    half = float(norm.ppf(scenario.detectors.staff_accuracy))
    score = np.where(is_staff, half, -half) + rng.normal(size=len(first))
    return table_from_columns(
        load_contract("silver.visits"),
        {
            "customer_id": seen.customer_ids(customer[first]),
            "entered_at": pa.array(sightings.device_us[rows][first]).cast(TIME),
            "left_at": pa.array(sightings.device_us[rows][last]).cast(TIME),
            "staff_probability": 1 / (1 + np.exp(-2 * half * score)),
            "is_censored_start": from_far,
            "is_censored_end": to_far,
        },
    )


def _away_from_entrance(world: World, floor_m: Floats) -> NDArray[np.bool_]:
    near = np.zeros(len(floor_m), bool)
    for zone in world.layout.zones:
        if zone.kind == "entrance":
            near |= distance_m(floor_m, np.array(zone.polygon_m)) <= NEAR_ENTRANCE_M
    return ~near
