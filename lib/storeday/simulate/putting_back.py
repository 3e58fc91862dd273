"""Bringing back what was carried: home, or, as often happens, somewhere else."""

import numpy as np

from storeday.simulate.day import Day, Person
from storeday.simulate.processes import Process
from storeday.simulate.stock import ARM_M

PUT_BACK_S = 2.5
# Goods on a rail hang where there is room, not just before the person.
MISPLACED_BY_M = 0.3


def put_back(
    day: Day,
    person: Person,
    product: int,
    spot: tuple[float, float, float],
    rack: int,
    zone_id: str,
) -> Process:
    """Ends the carrying and puts a product somewhere: a handling of its own.

    Args:
        day: The day.
        person: Who carries it.
        product: What is put back.
        spot: Where it comes to hang, within reach.
        rack: Rack from which others can take it then; -1 for none.
        zone_id: Zone of the spot.
    """
    stock = day.stock
    now = day.clock.now_s
    stock.let_go(product, now, person.is_staff, keep=True)
    stock.put(product, now, spot, -1)
    stock.take_up(product, now, "put_back", zone_id)
    day.face(person, product)
    person.track.reach(now, now + PUT_BACK_S, spot)
    yield PUT_BACK_S
    now = day.clock.now_s
    stock.let_go(product, now, person.is_staff)
    stock.put(product, now, spot, rack)
    person.bag.remove(product)


def put_all_back(day: Day, person: Person) -> Process:
    """Brings back what is carried: home, or somewhere else."""
    for product in list(person.bag):
        home = int(day.stock.home_rack[product])
        astray = bool(person.rng.random() < day.scenario.handling.misplace_share)
        rack = int(person.rng.integers(len(day.popularity))) if astray else home
        spot = day.stock.home[product]
        place = -1 if astray else day.place_to_reach(home, spot, ARM_M)
        while place < 0:
            place = day.place_at(rack, person.track.place, person.rng)
            if place < 0:
                rack = int(person.rng.integers(len(day.popularity)))
                yield day.rest(person, 2.0)
            else:
                spot = _free_spot(day, rack, place, person.rng)
        yield day.walk(person, place)
        yield from put_back(
            day,
            person,
            product,
            (float(spot[0]), float(spot[1]), float(spot[2])),
            rack,
            day.zone_of(rack),
        )


def _free_spot(
    day: Day, rack: int, place: int, rng: np.random.Generator
) -> tuple[float, float, float]:
    """A spot on a rack before a place, on its surface."""
    racks = day.store.racks
    x, y = day.store.places.points_m[place]
    low_x, low_y = racks.x_m[rack] + 0.1, racks.y_m[rack] + 0.1
    high_x = racks.x_m[rack] + racks.width_m[rack] - 0.1
    high_y = racks.y_m[rack] + racks.depth_m[rack] - 0.1
    shift = rng.uniform(-MISPLACED_BY_M, MISPLACED_BY_M)
    return (
        float(np.clip(x + shift, low_x, high_x)),
        float(np.clip(y, low_y, high_y)),
        float(racks.height_m[rack]) - 0.2,
    )
