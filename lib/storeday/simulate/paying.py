"""The queue at the tills: joining, moving up, being served, giving up."""

import numpy as np

from storeday.simulate.day import Day, Person, QueueVisit
from storeday.simulate.processes import Process
from storeday.simulate.putting_back import put_all_back

# Who finds the queue full looks about for this long.
FULL_WAIT_S = 90.0
# Nobody leaves the moment the line stands still.
LEAST_PATIENCE_S = 60.0
EXTRA_ITEM_S = 8.0
# Service times: spread of the logarithm, and the shift that keeps their mean.
SERVICE_SIGMA = 0.4
SHORTEST_SERVICE_S = 10.0


def pay(day: Day, person: Person) -> Process:
    """Queues, is served or gives up."""
    places = day.store.places.queue
    until = day.clock.now_s + FULL_WAIT_S
    while len(day.line) >= len(places) and day.clock.now_s < until:
        yield day.rest(person, 4.0)
    if len(day.line) >= len(places):
        yield from put_all_back(day, person)
        return
    day.line.append(person.index)
    yield day.walk(person, _queue_place(day, person))
    joined = day.clock.now_s
    patience = float(person.rng.exponential(day.scenario.customers.patience_s))
    patience = max(patience, LEAST_PATIENCE_S)
    while True:
        place = _queue_place(day, person)
        if place != person.place and place in day.free((place,)):
            yield day.walk(person, place)
        till = _open_till(day) if day.line[0] == person.index else None
        if till is not None:
            yield from _be_served(day, person, till, joined)
            return
        if day.clock.now_s - joined > patience:
            day.line.remove(person.index)
            _record(day, person, joined, np.nan, "")
            yield from put_all_back(day, person)
            return
        yield day.rest(person, 1.0)


def _queue_place(day: Day, person: Person) -> int:
    return day.store.places.queue[day.line.index(person.index)]


def _open_till(day: Day) -> int | None:
    for index, till in enumerate(day.tills):
        if till.cashier_is_there and till.customer < 0:
            return index
    return None


def _be_served(day: Day, person: Person, till: int, joined_s: float) -> Process:
    day.line.remove(person.index)
    day.tills[till].customer = person.index
    yield day.walk(person, day.store.places.tills[till])
    served = day.clock.now_s
    mean = day.scenario.customers.service_s
    seconds = float(person.rng.lognormal(np.log(mean) - SERVICE_SIGMA**2 / 2, SERVICE_SIGMA))
    yield day.rest(person, max(seconds, SHORTEST_SERVICE_S) + EXTRA_ITEM_S * (len(person.bag) - 1))
    _record(day, person, joined_s, served, day.tills[till].register_id)
    day.tills[till].customer = -1


def _record(day: Day, person: Person, joined_s: float, served_s: float, register: str) -> None:
    bought = tuple(person.bag) if register else ()
    day.visits.append(
        QueueVisit(
            person=person.index,
            register_id=register or day.tills[0].register_id,
            joined_s=joined_s,
            served_s=served_s,
            left_s=day.clock.now_s,
            products=bought,
        )
    )
