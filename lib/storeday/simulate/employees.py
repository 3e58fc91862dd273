"""What staff do: man the till while people queue, bring stray goods home, tidy, stand about."""

import numpy as np

from storeday.simulate.day import Day, Person
from storeday.simulate.processes import Process
from storeday.simulate.stock import ARM_M

# A cashier stays this long after the last customer.
LINGERS_S = 45.0
TIDY_PAUSE_S = (2.0, 8.0)
TIDY_HOLD_S = (1.5, 6.0)
IDLE_S = (5.0, 20.0)
RESTOCK_SHARE = 0.5


def work(day: Day, person: Person, till: int | None) -> Process:
    """A working day, from the door to the door.

    Args:
        day: The day.
        person: The employee.
        till: Index of the till that this employee mans, None for the floor.
    """
    day.enter(person)
    while day.customers_inside > 0 or day.clock.now_s < day.closes_s:
        if till is not None and (day.line or day.tills[till].customer >= 0):
            yield from _man_till(day, person, till)
        elif _is_behind(day):
            if day.stock.astray and person.rng.random() < RESTOCK_SHARE:
                yield from _restock(day, person)
            else:
                yield from _tidy(day, person, till)
        else:
            yield from _stand_about(day, person, till)
    yield from day.depart(person)


def _is_behind(day: Day) -> bool:
    """Whether staff have done less than their share of the handling."""
    share = day.scenario.staff.handling_share
    done = day.stock.handled
    # One ahead in a quiet hour, so that something is tidied before anybody comes.
    return share > 0 and done[True] * (1 - share) <= (done[False] + 0.5) * share


def _man_till(day: Day, person: Person, till: int) -> Process:
    yield day.walk(person, day.store.places.behind_tills[till])
    register = day.tills[till]
    register.cashier_is_there = True
    idle = 0.0
    while idle < LINGERS_S:
        busy = bool(day.line) or register.customer >= 0
        idle = 0.0 if busy else idle + 2.0
        if day.customers_inside == 0:
            break
        yield day.rest(person, 2.0)
    register.cashier_is_there = False


def _is_called(day: Day, till: int | None) -> bool:
    return till is not None and bool(day.line)


def _tidy(day: Day, person: Person, till: int | None) -> Process:
    rack = int(person.rng.choice(len(day.popularity), p=_tidied(day)))
    place = day.place_at(rack, person.track.place, person.rng)
    if place < 0:
        yield day.rest(person, 3.0)
        return
    yield day.walk(person, place)
    for _ in range(1 + int(person.rng.poisson(2.0))):
        near = day.stock.within_reach(rack, person.track.place)
        if not len(near) or _is_called(day, till):
            return
        product = int(person.rng.choice(near))
        day.stock.claim(product, person.index)
        yield from day.grasp(person, product, "tidy", day.zone_of(rack))
        yield from day.hold(person, product, float(person.rng.uniform(*TIDY_HOLD_S)))
        day.stock.let_go(product, day.clock.now_s, True)
        yield day.rest(person, float(person.rng.uniform(*TIDY_PAUSE_S)))


def _tidied(day: Day) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Staff tidy where customers have been, and everywhere a little."""
    weight = 0.5 * day.popularity + 0.5 / len(day.popularity)
    return np.asarray(weight / weight.sum())


def _restock(day: Day, person: Person) -> Process:
    """Brings a stray product home, in one go."""
    stock, places = day.stock, day.store.places
    stray = sorted(product for product in stock.astray if stock.holder[product] < 0)
    if not stray:
        yield day.rest(person, 2.0)
        return
    product = int(person.rng.choice(stray))
    rack = int(stock.rack[product])
    if rack >= 0:
        place = day.place_to_reach(rack, stock.place[product], ARM_M)
    else:
        free = day.free((places.returns,)) if places.returns is not None else []
        place = free[0] if free else -1
    if place < 0:
        yield day.rest(person, 3.0)
        return
    stock.claim(product, person.index)
    yield day.walk(person, place)
    zone = day.zone_of(rack) if rack >= 0 else "fitting-area"
    yield from day.grasp(person, product, "restock", zone)
    stock.carry(product, day.clock.now_s)
    home, spot = int(stock.home_rack[product]), stock.home[product]
    goal = -1
    while goal < 0:
        goal = day.place_to_reach(home, spot, ARM_M)
        if goal < 0:
            yield day.rest(person, 2.0)
    yield day.walk(person, goal)
    now = day.clock.now_s
    person.track.reach(now, now + 2.0, (float(spot[0]), float(spot[1]), float(spot[2])))
    yield 2.0
    now = day.clock.now_s
    stock.let_go(product, now, True)
    stock.put(product, now, (float(spot[0]), float(spot[1]), float(spot[2])), home)


def _stand_about(day: Day, person: Person, till: int | None) -> Process:
    """Stays, strolls to a rack, or goes to the staff's corner."""
    choice = person.rng.random()
    place = -1
    if choice < 0.25:
        rack = int(person.rng.integers(len(day.popularity)))
        place = day.place_at(rack, person.track.place, person.rng)
    elif choice < 0.3:
        free = day.free(day.store.places.staff)
        place = free[0] if free else -1
    elif person.place in day.store.places.doorway:
        # Nobody stands in the door.
        place = day.place_at(0, person.track.place, person.rng)
    if place >= 0:
        yield day.walk(person, place)
    until = day.clock.now_s + float(person.rng.uniform(*IDLE_S))
    while day.clock.now_s < until and not _is_called(day, till):
        yield day.rest(person, 2.0)
