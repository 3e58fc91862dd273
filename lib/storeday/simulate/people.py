"""Plays a store-day: who comes when, what everybody does, and the truth that results.

Customers arrive as a Poisson process whose rate changes with the hour; each goes through the script
of `shoppers`, staff through that of `employees`. Every purpose and every person has its own random
stream, so that one seed gives one day.
"""

import datetime as dt
import math
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from storeday.simulate.clocks import make_clocks
from storeday.simulate.day import (
    FASTEST_M_S,
    SLOWEST_M_S,
    SPEED_SPREAD_M_S,
    Day,
    Person,
)
from storeday.simulate.employees import work
from storeday.simulate.products import Catalogue, make_products, with_sentinels
from storeday.simulate.scenario import Scenario
from storeday.simulate.seeds import seed_for
from storeday.simulate.shoppers import Company, shop
from storeday.simulate.stock import Stock
from storeday.simulate.store import Store, make_store
from storeday.simulate.tracks import sample_tracks
from storeday.simulate.world import STEP_S, People, Queueing, World

Floats = NDArray[np.float64]

# Staff come in before the doors open, if time is simulated before that.
STAFF_EARLY_S = 120.0
# Nobody comes in during the last minutes, if the store is open for long enough.
LAST_ENTRY_S = 300.0
HEIGHT_M, HEIGHT_SPREAD_M = 1.70, 0.09
STAFF_LOOK = 0


def make_world(
    scenario: Scenario, seed: int, step_s: float = STEP_S
) -> tuple[World, Store, Catalogue]:
    """Plays a store-day.

    Args:
        scenario: The scenario.
        seed: Seed of all chance.
        step_s: Step of the paths; 1 s is enough for level `events` and takes a tenth of the memory.

    Returns:
        The truth, the store it happened in, and the products with their names and prices.
    """
    store = make_store(scenario)
    catalogue = make_products(scenario, store, np.random.default_rng(seed_for(seed, "products")))
    day = _play(scenario, store, catalogue, seed)
    tracks = [person.track for person in day.persons]
    duration_s = math.ceil(max([day.closes_s, *[track.times[-1] for track in tracks]]) + 10)
    handlings, carried = day.stock.close(float(duration_s))
    opens = dt.datetime.combine(
        scenario.store.business_date, scenario.store.opens, ZoneInfo(scenario.store.timezone)
    )
    world = World(
        layout=with_sentinels(store.layout, catalogue.products),
        business_date=scenario.store.business_date,
        starts_at=opens.astimezone(dt.UTC) - dt.timedelta(seconds=day.opens_s),
        duration_s=float(duration_s),
        racks=store.racks,
        products=catalogue.products,
        people=_people(scenario, day, np.random.default_rng(seed_for(seed, "looks"))),
        paths=sample_tracks(tracks, step_s, seed_for(seed, "sway")),
        handlings=handlings,
        carried=carried,
        queueing=_queueing(day),
        clocks=make_clocks(scenario, store.layout, np.random.default_rng(seed_for(seed, "clocks"))),
    )
    return world, store, catalogue


def _play(scenario: Scenario, store: Store, catalogue: Catalogue, seed: int) -> Day:
    rng = np.random.default_rng(seed_for(seed, "arrivals"))
    rank = 1 + np.arange(store.display_racks)
    weight = rank.astype(np.float64) ** -scenario.customers.popularity_exponent
    popularity = np.asarray(rng.permutation(weight / weight.sum()), np.float64)
    stock = Stock(catalogue.products, store.display_racks)
    day = Day(scenario, store, stock, popularity)
    groups = _groups(scenario, rng)
    arrivals = _arrivals(scenario, len(groups), rng, day.opens_s)
    head_count = scenario.staff.count + sum(groups)
    streams = np.random.SeedSequence(seed_for(seed, "people")).spawn(head_count)
    persons = [
        _person(scenario, index, np.random.default_rng(stream))
        for index, stream in enumerate(streams)
    ]
    day.persons = persons
    for index in range(scenario.staff.count):
        early = max(0.0, day.opens_s - STAFF_EARLY_S) + 2.0 * index
        till = index if index < scenario.store.tills else None
        day.clock.start(early, work(day, persons[index], till))
    day.customers_inside = sum(groups)
    _send_customers(day, groups, arrivals, rng)
    day.clock.run()
    return day


def _send_customers(
    day: Day, groups: list[int], arrivals: Floats, rng: np.random.Generator
) -> None:
    index = day.scenario.staff.count
    for number, (size, arrives_s) in enumerate(zip(groups, arrivals, strict=True)):
        company = Company(plan=_plan(day, rng))
        for member in range(size):
            person = day.persons[index]
            person.group = number if size > 1 else -1
            company.members.append(person)
            late = member * float(rng.uniform(0.6, 1.6))
            day.clock.start(float(arrives_s) + late, shop(day, person, company))
            index += 1


def _groups(scenario: Scenario, rng: np.random.Generator) -> list[int]:
    """Sizes of the groups that come; 1 for those alone."""
    knobs = scenario.customers
    expected = knobs.per_hour * scenario.open_s / 3600
    sizes = np.arange(2, knobs.group_size_max + 1)
    chance = 0.5**sizes / (0.5**sizes).sum()
    # The share counts customers, not groups.
    mean_size = float((sizes * chance).sum())
    groups = expected * knobs.group_share / mean_size
    alone = int(rng.poisson(expected * (1 - knobs.group_share)))
    drawn = rng.choice(sizes, int(rng.poisson(groups)), p=chance)
    everybody = np.concatenate([np.ones(alone, np.int64), drawn])
    return [int(size) for size in rng.permutation(everybody)]


def _arrivals(scenario: Scenario, count: int, rng: np.random.Generator, opens_s: float) -> Floats:
    """Times of coming in, in order. Given their number, a Poisson process has independent times."""
    weights = np.array(scenario.customers.hour_weights)
    if not len(weights) or weights.sum() == 0:
        raise ValueError(f"{scenario.name}: customers.hour_weights has no positive weight")
    last = scenario.open_s - min(LAST_ENTRY_S, 0.2 * scenario.open_s)
    part = rng.choice(len(weights), count, p=weights / weights.sum())
    return np.sort(opens_s + (part + rng.random(count)) * last / len(weights))


def _plan(day: Day, rng: np.random.Generator) -> list[int]:
    knobs = day.scenario.customers
    stops = min(1 + int(rng.poisson(knobs.stops_mean - 1)), len(day.popularity))
    racks = rng.choice(len(day.popularity), stops, replace=False, p=day.popularity)
    return [int(rack) for rack in racks]


def _person(scenario: Scenario, index: int, rng: np.random.Generator) -> Person:
    speed = rng.normal(scenario.customers.walking_speed_m_s, SPEED_SPREAD_M_S)
    return Person(
        index=index,
        is_staff=index < scenario.staff.count,
        group=-1,
        speed_m_s=float(np.clip(speed, SLOWEST_M_S, FASTEST_M_S)),
        rng=rng,
    )


def _people(scenario: Scenario, day: Day, rng: np.random.Generator) -> People:
    persons = day.persons
    count = len(persons)
    is_staff = np.array([person.is_staff for person in persons], bool)
    knobs = scenario.customers
    families = max(1, math.ceil(knobs.lookalike_share * count / knobs.lookalike_family))
    family = 1 + rng.integers(families, size=count)
    own = 1 + families + np.arange(count)
    look = np.where(rng.random(count) < knobs.lookalike_share, family, own)
    return People(
        is_staff=is_staff,
        group=np.array([person.group for person in persons], np.int64),
        entered_s=np.array([person.track.times[0] for person in persons], float),
        left_s=np.array([person.track.times[-1] for person in persons], float),
        height_m=np.clip(rng.normal(HEIGHT_M, HEIGHT_SPREAD_M, count), 1.45, 2.0),
        look=np.where(is_staff, STAFF_LOOK, look).astype(np.int64),
    )


def _queueing(day: Day) -> Queueing:
    visits = sorted(day.visits, key=lambda visit: (visit.joined_s, visit.person))
    return Queueing(
        person=np.array([visit.person for visit in visits], np.int64),
        register_id=tuple(visit.register_id for visit in visits),
        joined_s=np.array([visit.joined_s for visit in visits], float),
        served_s=np.array([visit.served_s for visit in visits], float),
        left_s=np.array([visit.left_s for visit in visits], float),
        products=tuple(visit.products for visit in visits),
    )
