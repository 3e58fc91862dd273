"""What a customer does: stop at racks, handle, take, try on, pay or put back, leave.

The times at racks, the handling rate and the holding times are those of the association study (see
the README); what follows a take is assumed.
"""

from dataclasses import dataclass, field

import numpy as np

from storeday.simulate.day import ARM_S, Day, Person
from storeday.simulate.paying import pay
from storeday.simulate.processes import Process
from storeday.simulate.putting_back import put_all_back, put_back

# Stays at a rack are cut to this (study).
SHORTEST_STAY_S, LONGEST_STAY_S = 8.0, 400.0
# Share of handlings before which the customer moves along the rack.
MOVES_SHARE = 0.25
COMPANIONS_WAIT_S = 90.0
COMPANIONS_WAIT_AT_DOOR_S = 900.0
CABIN_WAIT_S = 90.0
TRY_ON_S = (45.0, 150.0)


@dataclass
class Company:
    """People who came together.

    Attributes:
        plan: Racks they stop at.
        stops_done: Stops that each has ended.
        members: All of them.
    """

    plan: list[int]
    members: list[Person] = field(default_factory=list)
    stops_done: dict[int, int] = field(default_factory=dict)

    def all_done(self, stops: int) -> bool:
        """Whether everybody else has ended that many stops, or has left."""
        return all(
            member.is_gone or self.stops_done.get(member.index, 0) >= stops
            for member in self.members
        )


def shop(day: Day, person: Person, company: Company) -> Process:
    """A customer's visit, from the door to the door."""
    day.enter(person)
    for number, rack in enumerate(company.plan):
        if day.clock.now_s > day.closes_s:
            break
        yield from _stop(day, person, rack)
        company.stops_done[person.index] = number + 1
        yield from _wait_for(day, company, person, number + 1)
    company.stops_done[person.index] = len(company.plan)
    if (
        person.bag
        and day.store.places.cabins
        and _by_chance(person, day.scenario.customers.fitting_share)
    ):
        yield from _try_on(day, person)
    if person.bag:
        if _by_chance(person, day.scenario.customers.abandons_share):
            yield from put_all_back(day, person)
        else:
            yield from pay(day, person)
    yield from _wait_at_door(day, company, person)
    yield from day.depart(person)


def _by_chance(person: Person, share: float) -> bool:
    return bool(person.rng.random() < share)


def _stop(day: Day, person: Person, rack: int) -> Process:
    """Stops at a rack, or at another where that one is full."""
    for choice in (rack, *person.rng.permutation(len(day.popularity))[:3].tolist()):
        place = day.place_at(choice, person.track.place, person.rng)
        if place >= 0:
            yield day.walk(person, place)
            yield from _browse(day, person, choice)
            return


def _browse(day: Day, person: Person, rack: int) -> Process:
    knobs, handling = day.scenario.customers, day.scenario.handling
    stay = float(person.rng.lognormal(np.log(knobs.dwell_median_s), knobs.dwell_sigma))
    until = day.clock.now_s + min(max(stay, SHORTEST_STAY_S), LONGEST_STAY_S)
    # The rate counts the time with something in the hand, so that gaps in between are shorter.
    held = handling.hold_min_s + handling.hold_mean_extra_s + ARM_S
    gap = max(60.0 / handling.per_minute - held, 1.0) if handling.per_minute > 0 else np.inf
    while True:
        pause = float(person.rng.exponential(gap))
        left = until - day.clock.now_s
        if pause >= left - 4.0:
            yield day.rest(person, max(left, 0.0))
            return
        yield day.rest(person, pause)
        if _by_chance(person, MOVES_SHARE):
            yield from _move_along(day, person, rack)
        yield from _handle(day, person, rack)


def _move_along(day: Day, person: Person, rack: int) -> Process:
    place = day.place_at(rack, person.track.place, person.rng)
    if place >= 0:
        yield day.walk(person, place)


def _handle(day: Day, person: Person, rack: int) -> Process:
    near = day.stock.within_reach(rack, person.track.place)
    if not len(near):
        return
    knobs = day.scenario.handling
    product = int(person.rng.choice(near))
    day.stock.claim(product, person.index)
    yield from day.grasp(person, product, "handle", day.zone_of(rack))
    seconds = knobs.hold_min_s + float(person.rng.exponential(knobs.hold_mean_extra_s))
    yield from day.hold(person, product, min(seconds, knobs.hold_max_s))
    now = day.clock.now_s
    if _by_chance(person, knobs.take_share) and now < day.closes_s:
        day.stock.relabel(product, "take")
        day.stock.carry(product, now)
        person.bag.append(product)
    else:
        day.stock.let_go(product, now, person.is_staff)


def _wait_for(day: Day, company: Company, person: Person, stops: int) -> Process:
    """Companions wait for each other before they go on."""
    until = day.clock.now_s + COMPANIONS_WAIT_S
    while not company.all_done(stops) and day.clock.now_s < until:
        yield day.rest(person, 1.5)


def _wait_at_door(day: Day, company: Company, person: Person) -> Process:
    """Those who are ready wait near the entrance for those who try on or pay."""
    stops = len(company.plan) + 1
    company.stops_done[person.index] = stops
    until = day.clock.now_s + COMPANIONS_WAIT_AT_DOOR_S
    spots = day.free(day.store.places.waiting)
    if company.all_done(stops) or not spots:
        return
    yield day.walk(person, spots[0])
    while not company.all_done(stops) and day.clock.now_s < until:
        yield day.rest(person, 2.0)


def _try_on(day: Day, person: Person) -> Process:
    """Tries on what is carried, hangs what does not please on the returns rail."""
    places, stock = day.store.places, day.stock
    until = day.clock.now_s + CABIN_WAIT_S
    while not day.free(places.cabins):
        if day.clock.now_s >= until:
            return
        yield day.rest(person, 4.0)
    cabin = day.free(places.cabins)[0]
    zone = f"fitting-{places.cabins.index(cabin) + 1}"
    yield day.walk(person, cabin)
    x, y = places.points_m[cabin]
    hook = (float(x), float(y) + 0.4, 1.5)
    for product in person.bag:
        stock.let_go(product, day.clock.now_s, False, keep=True)
        stock.put(product, day.clock.now_s, hook, -1)
    for product in person.bag:
        yield day.rest(person, float(person.rng.uniform(10, 25)))
        stock.take_up(product, day.clock.now_s, "try_on", zone)
        stock.carry(product, day.clock.now_s)
        yield day.rest(person, float(person.rng.uniform(*TRY_ON_S)))
        stock.let_go(product, day.clock.now_s, False, keep=True)
        stock.put(product, day.clock.now_s, hook, -1)
    yield day.rest(person, 10.0)
    for product in person.bag:
        stock.take_up(product, day.clock.now_s, "take", zone)
        stock.carry(product, day.clock.now_s)
    keeps = person.rng.random(len(person.bag)) < day.scenario.customers.keeps_tried_share
    yield from _hang_on_rail(
        day, person, [p for p, k in zip(person.bag, keeps, strict=True) if not k]
    )


def _hang_on_rail(day: Day, person: Person, products: list[int]) -> Process:
    places = day.store.places
    if not products or places.returns is None:
        return
    front = places.doors[person.place]
    yield day.walk(person, front)
    while not day.free((places.returns,)):
        yield day.rest(person, 2.0)
    yield day.walk(person, places.returns)
    for product in products:
        rail = (places.returns_rail_m[0], places.returns_rail_m[1], 1.3)
        spot = (rail[0] + float(person.rng.uniform(-0.3, 0.3)), rail[1], rail[2])
        yield from put_back(day, person, product, spot, -1, "fitting-area")
