"""A store-day in outline: thousands of customers in seconds, for level `events` only.

After the association study's generator: customers stop at racks for log-normal times and handle
goods at random moments of them. Left out, against the day that is played: taking along, trying on,
queues and sales, companions, ways around furniture, and who stands in whose place.
"""

import datetime as dt
import math
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from storeday.simulate.clocks import make_clocks
from storeday.simulate.products import Catalogue, make_products, with_sentinels
from storeday.simulate.scenario import Scenario
from storeday.simulate.seeds import seed_for
from storeday.simulate.stock import ARM_M
from storeday.simulate.store import Store, make_store
from storeday.simulate.world import Carried, Handlings, Paths, People, Queueing, World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SHORTEST_STAY_S, LONGEST_STAY_S = 8.0, 400.0
STAFF_STAY_S = 60.0
# Nobody stands twice in just the same spot.
SPOT_M = 0.1
LAST_HANDLING_S = 4.0
# Larger than any day in seconds: sets people apart on one time axis.
SPAN_S = 10.0**6


@dataclass(frozen=True)
class _Stays:
    """Stops at racks, sorted by person and time."""

    person: Ints
    rack: Ints
    place: Ints
    x_m: Floats
    y_m: Floats
    start_s: Floats
    end_s: Floats


def sketch_world(scenario: Scenario, seed: int) -> tuple[World, Store, Catalogue]:
    """Draws a store-day in outline; paths in steps of one second.

    Returns:
        As `people.make_world`. Cost: linear in customers and their seconds.
    """
    store = make_store(scenario)
    catalogue = make_products(scenario, store, np.random.default_rng(seed_for(seed, "products")))
    rng = np.random.default_rng(seed_for(seed, "people"))
    staff = scenario.staff.count
    customers = int(rng.poisson(scenario.customers.per_hour * scenario.open_s / 3600))
    is_staff = np.arange(staff + customers) < staff
    opens_s = scenario.store.closed_before_s
    entered = np.where(is_staff, opens_s, _arrivals(scenario, len(is_staff), rng))
    stays = _stays(scenario, store, is_staff, entered, rng)
    handlings = _handlings(scenario, store, catalogue, stays, is_staff, rng)
    paths, left = _paths(scenario, store, stays, entered)
    moment = dt.datetime.combine(
        scenario.store.business_date, scenario.store.opens, ZoneInfo(scenario.store.timezone)
    )
    none, nothing = np.empty(0, np.int64), np.empty(0)
    count = len(is_staff)
    world = World(
        layout=with_sentinels(store.layout, catalogue.products),
        business_date=scenario.store.business_date,
        starts_at=moment.astimezone(dt.UTC) - dt.timedelta(seconds=opens_s),
        duration_s=float(math.ceil(left.max()) + 10),
        racks=store.racks,
        products=catalogue.products,
        people=People(
            is_staff=is_staff,
            group=np.full(count, -1, np.int64),
            entered_s=entered,
            left_s=left,
            height_m=np.clip(rng.normal(1.70, 0.09, count), 1.45, 2.0),
            look=np.where(is_staff, 0, 1 + np.arange(count)).astype(np.int64),
        ),
        paths=paths,
        handlings=handlings,
        carried=Carried(none, none, nothing, nothing, nothing, nothing),
        queueing=Queueing(none, (), nothing, nothing, nothing, ()),
        clocks=make_clocks(scenario, store.layout, np.random.default_rng(seed_for(seed, "clocks"))),
    )
    return world, store, catalogue


def _arrivals(scenario: Scenario, count: int, rng: np.random.Generator) -> Floats:
    weights = np.array(scenario.customers.hour_weights)
    part = rng.choice(len(weights), count, p=weights / weights.sum())
    share = np.sort((part + rng.random(count)) / len(weights))
    return np.asarray(scenario.store.closed_before_s + 0.97 * share * scenario.open_s)


def _stays(
    scenario: Scenario,
    store: Store,
    is_staff: NDArray[np.bool_],
    entered: Floats,
    rng: np.random.Generator,
) -> _Stays:
    knobs, places = scenario.customers, store.places
    stops = 1 + rng.poisson(knobs.stops_mean - 1, len(is_staff))
    stops[is_staff] = max(1, math.floor(0.9 * scenario.open_s / STAFF_STAY_S))
    person = np.repeat(np.arange(len(is_staff)), stops)
    weight = (1.0 + np.arange(store.display_racks)) ** -knobs.popularity_exponent
    weight = rng.permutation(weight / weight.sum())
    rack = rng.choice(store.display_racks, len(person), p=weight)
    around = np.array(places.racks)
    place = around[rack, rng.integers(around.shape[1], size=len(person))]
    spot = places.points_m[place] + rng.uniform(-SPOT_M, SPOT_M, (len(person), 2))
    stay = np.exp(np.log(knobs.dwell_median_s) + knobs.dwell_sigma * rng.normal(size=len(person)))
    stay = np.clip(stay, SHORTEST_STAY_S, LONGEST_STAY_S)
    stay = np.where(is_staff[person], STAFF_STAY_S * rng.uniform(0.5, 1.5, len(person)), stay)
    door = places.points_m[places.doorway[1]]
    is_first = np.diff(person, prepend=-1) != 0
    before = np.where(is_first[:, None], door, np.roll(spot, 1, axis=0))
    walk = np.hypot(*(spot - before).T) / knobs.walking_speed_m_s + 1.0
    # Times run on within a person, and start anew with the next.
    total = np.cumsum(walk + stay)
    base = np.where(is_first, total - walk - stay, 0.0)
    start = total - stay - np.maximum.accumulate(base) + entered[person]
    return _Stays(
        person=person.astype(np.int64),
        rack=rack.astype(np.int64),
        place=place.astype(np.int64),
        x_m=spot[:, 0],
        y_m=spot[:, 1],
        start_s=start,
        end_s=start + stay,
    )


def _handlings(
    scenario: Scenario,
    store: Store,
    catalogue: Catalogue,
    stays: _Stays,
    is_staff: NDArray[np.bool_],
    rng: np.random.Generator,
) -> Handlings:
    knobs = scenario.handling
    by_staff = is_staff[stays.person]
    length = stays.end_s - stays.start_s
    expected = knobs.per_minute * length / 60
    share = scenario.staff.handling_share
    staff_length = max(float(length[by_staff].sum()), 1.0)
    wanted = float(expected[~by_staff].sum()) * share / (1 - share)
    stay = np.repeat(
        np.arange(len(length)),
        rng.poisson(np.where(by_staff, wanted * length / staff_length, expected)),
    )
    room = np.maximum(length[stay] - LAST_HANDLING_S, 1.0)
    start = stays.start_s[stay] + rng.random(len(stay)) * room
    hold = knobs.hold_min_s + rng.exponential(knobs.hold_mean_extra_s, len(stay))
    end = start + np.minimum(hold, knobs.hold_max_s)
    product = _reachable_products(store, catalogue, stays.place[stay], rng)
    keep = np.flatnonzero(product >= 0)
    keep = keep[_apart(product[keep], start[keep], end[keep])]
    keep = keep[np.lexsort((product[keep], stays.person[stay[keep]], start[keep]))]
    stay, product = stay[keep], product[keep]
    zones = np.array(store.racks.zone_id, object)[stays.rack[stay]]
    actions = np.where(by_staff[stay], "tidy", "handle")
    return Handlings(
        person=stays.person[stay],
        product=product,
        started_s=start[keep],
        ended_s=end[keep],
        x_m=catalogue.products.x_m[product],
        y_m=catalogue.products.y_m[product],
        zone_id=tuple(zones.tolist()),
        action=tuple(actions.tolist()),
    )


def _reachable_products(
    store: Store, catalogue: Catalogue, place: Ints, rng: np.random.Generator
) -> Ints:
    """A product within reach of each place, -1 where there is none."""
    products, places = catalogue.products, store.places
    lists: dict[int, Ints] = {}
    for rack, around in enumerate(places.racks):
        own = np.flatnonzero(products.rack == rack)
        for index in around:
            x, y = places.points_m[index]
            away = np.hypot(products.x_m[own] - x, products.y_m[own] - y)
            lists[index] = own[away <= ARM_M - math.sqrt(2) * SPOT_M]
    order = sorted(lists)
    sizes = np.array([len(lists[index]) for index in order])
    begin = np.cumsum(sizes) - sizes
    flat = np.concatenate([lists[index] for index in order] or [np.empty(0, np.int64)])
    row = np.searchsorted(order, place)
    pick = begin[row] + np.floor(rng.random(len(place)) * sizes[row]).astype(np.int64)
    safe = flat[np.minimum(pick, max(len(flat) - 1, 0))] if len(flat) else pick
    return np.where(sizes[row] > 0, safe, -1).astype(np.int64)


def _apart(product: Ints, start: Floats, end: Floats) -> Ints:
    """Rows of stretches that begin after all earlier ones of their product have ended."""
    order = np.lexsort((start, product))
    key_start = product[order] * SPAN_S + start[order]
    latest = np.maximum.accumulate(product[order] * SPAN_S + end[order])
    free = np.append(True, key_start[1:] >= latest[:-1]) if len(order) else np.empty(0, bool)
    return np.sort(order[free])


def _paths(
    scenario: Scenario, store: Store, stays: _Stays, entered: Floats
) -> tuple[Paths, Floats]:
    """Straight lines between stays, from the door and back to it, second by second."""
    people = len(entered)
    door = store.places.points_m[store.places.doorway[1]]
    last = np.searchsorted(stays.person, np.arange(people), side="right") - 1
    home = np.hypot(stays.x_m[last] - door[0], stays.y_m[last] - door[1])
    left = stays.end_s[last] + home / scenario.customers.walking_speed_m_s + 1.0
    person = np.concatenate([np.arange(people), stays.person, stays.person, np.arange(people)])
    when = np.concatenate([entered, stays.start_s, stays.end_s, left])
    order = np.argsort(person * SPAN_S + when, kind="stable")
    key = (person * SPAN_S + when)[order]
    x = np.concatenate([np.full(people, door[0]), stays.x_m, stays.x_m, np.full(people, door[0])])
    y = np.concatenate([np.full(people, door[1]), stays.y_m, stays.y_m, np.full(people, door[1])])
    first_s = np.ceil(entered).astype(np.int64)
    counts = np.maximum(np.floor(left).astype(np.int64) - first_s + 1, 0)
    who = np.repeat(np.arange(people), counts)
    ends = np.cumsum(counts)
    time = (np.arange(len(who)) - (ends - counts)[who] + first_s[who]).astype(np.float64)
    at = who * SPAN_S + time
    place_x, place_y = np.interp(at, key, x[order]), np.interp(at, key, y[order])
    step_x, step_y = np.gradient(place_x), np.gradient(place_y)
    edge = (np.diff(who, prepend=-1) != 0) | (np.diff(who, append=-1) != 0)
    nowhere = np.full(len(who), np.nan)
    paths = Paths(
        person=who.astype(np.int64),
        time_s=time,
        x_m=place_x,
        y_m=place_y,
        heading_rad=np.arctan2(step_y, step_x),
        speed_m_s=np.where(edge, 0.0, np.hypot(step_x, step_y)),
        reach_x_m=nowhere,
        reach_y_m=nowhere,
        reach_z_m=nowhere,
    )
    return paths, left
