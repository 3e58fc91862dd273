"""What everybody in the store shares while a day is played: clock, places, products, queue.

Conventions: seconds since the start of the day; a person is an index into `Day.persons`.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from storeday.simulate.processes import Clockwork, Process
from storeday.simulate.scenario import Scenario
from storeday.simulate.stock import Stock
from storeday.simulate.store import Store
from storeday.simulate.tracks import Track

Floats = NDArray[np.float64]

# An arm takes this long to get to a product.
ARM_S = 0.7
# People walk by each other and slow down: speeds differ by this from person to person.
SPEED_SPREAD_M_S, SLOWEST_M_S, FASTEST_M_S = 0.1, 0.7, 1.4


@dataclass
class Person:
    """Somebody in the store.

    Attributes:
        index: Number of the person.
        is_staff: Works here.
        group: Group number, -1 for those alone.
        speed_m_s: Walking speed.
        rng: Chance, the person's own.
        track: Where the person has been.
        place: Place the person stands at.
        bag: Products carried.
        is_gone: Has left.
    """

    index: int
    is_staff: bool
    group: int
    speed_m_s: float
    rng: np.random.Generator
    track: Track = field(default_factory=Track)
    place: int = -1
    bag: list[int] = field(default_factory=list)
    is_gone: bool = False


@dataclass
class Till:
    """A till: who serves, and who is being served."""

    register_id: str
    cashier_is_there: bool = False
    customer: int = -1


@dataclass(frozen=True)
class QueueVisit:
    """A wait at the tills that has ended."""

    person: int
    register_id: str
    joined_s: float
    served_s: float
    left_s: float
    products: tuple[int, ...]


class Day:
    """The state of a store-day while it is played.

    Attributes:
        scenario: The scenario.
        store: The store.
        stock: The products.
        clock: The clock.
        opens_s: Opening time.
        closes_s: Closing time.
        persons: Everybody so far.
        customers_inside: Customers who have not left, those still to come included.
        line: Persons in the queue, the first in line first.
        tills: Tills.
        visits: Waits that have ended.
        popularity: Chance of each rack to be stopped at, shape (r,).
    """

    def __init__(self, scenario: Scenario, store: Store, stock: Stock, popularity: Floats) -> None:
        self.scenario = scenario
        self.store = store
        self.stock = stock
        self.clock = Clockwork()
        self.opens_s = scenario.store.closed_before_s
        self.closes_s = self.opens_s + scenario.open_s
        self.persons: list[Person] = []
        self.customers_inside = 0
        self.line: list[int] = []
        self.tills = [Till(f"till-{till + 1}") for till in range(scenario.store.tills)]
        self.visits: list[QueueVisit] = []
        self.popularity = popularity
        self._taken: dict[int, int] = {}

    def free(self, places: tuple[int, ...]) -> list[int]:
        """Those of some places that nobody has taken."""
        return [place for place in places if place not in self._taken]

    def leave_place(self, person: Person) -> None:
        """Frees the place a person has taken."""
        if self._taken.get(person.place) == person.index:
            del self._taken[person.place]

    def enter(self, person: Person) -> None:
        """A person comes in through the door."""
        door = self.store.places.doorway[person.index % len(self.store.places.doorway)]
        person.place = door
        person.track.appear(
            self.clock.now_s,
            self.store.places.points_m[door],
            float(self.store.places.facing_rad[door]),
        )

    def walk(self, person: Person, place: int) -> float:
        """Takes a place and sets out for it; returns the seconds until arrival.

        Passing places (doorway, cabin fronts) are walked to as well, and never taken for long.
        """
        self.leave_place(person)
        start = person.place
        self._taken[place] = person.index
        person.place = place
        if start == place:
            return 0.0
        line = self.store.routes.line(start, place, person.rng)
        facing = float(self.store.places.facing_rad[place])
        return person.track.walk(self.clock.now_s, line, person.speed_m_s, facing)

    def depart(self, person: Person) -> Process:
        """Walks to the door and out, with what has been bought."""
        places = self.store.places
        door = places.doorway[person.index % len(places.doorway)]
        yield self.walk(person, door)
        self.leave_place(person)
        now = self.clock.now_s
        for product in person.bag:
            self.stock.let_go(product, now, person.is_staff, keep=True)
            self.stock.leave(product, now)
        person.track.turn(now, -np.pi / 2)
        person.is_gone = True
        if not person.is_staff:
            self.customers_inside -= 1

    def rest(self, person: Person, seconds: float) -> float:
        """Stands where one is; returns the seconds, for the process to yield."""
        person.track.turn(self.clock.now_s, person.track.headings[-1])
        return seconds

    def face(self, person: Person, product: int) -> None:
        """Turns to a product."""
        x, y = person.track.place
        target = self.stock.place[product]
        person.track.turn(self.clock.now_s, float(np.arctan2(target[1] - y, target[0] - x)))

    def grasp(self, person: Person, product: int, action: str, zone_id: str) -> Process:
        """Reaches for a claimed product and takes it up."""
        self.face(person, product)
        now = self.clock.now_s
        place = self.stock.place[product]
        person.track.reach(now, now + ARM_S + 0.6, (place[0], place[1], place[2]))
        yield ARM_S
        self.stock.take_up(product, self.clock.now_s, action, zone_id)

    def hold(self, person: Person, product: int, seconds: float) -> Process:
        """Holds a product before oneself, looks at it, and reaches back with it."""
        now = self.clock.now_s
        x, y = person.track.place
        heading = person.track.headings[-1]
        spot = self.stock.place[product]
        front = (x + 0.45 * np.cos(heading), y + 0.45 * np.sin(heading), 1.15)
        back_s = min(0.8, seconds / 3)
        person.track.reach(now + 0.6, now + seconds - back_s, front)
        person.track.reach(now + seconds - back_s, now + seconds, (spot[0], spot[1], spot[2]))
        yield seconds

    def zone_of(self, rack: int) -> str:
        """Display zone of a rack."""
        return self.store.racks.zone_id[rack]

    def place_at(self, rack: int, near: tuple[float, float], rng: np.random.Generator) -> int:
        """A free place at a rack, the nearer to a point the likelier; -1 if all are taken."""
        free = self.free(self.store.places.racks[rack])
        if not free:
            return -1
        points = self.store.places.points_m[free]
        distance = np.hypot(points[:, 0] - near[0], points[:, 1] - near[1])
        weight = np.exp(-distance)
        return int(free[int(rng.choice(len(free), p=weight / weight.sum()))])

    def place_to_reach(self, rack: int, spot: Floats, reach_m: float) -> int:
        """The free place at a rack nearest to a spot, within reach of it; -1 if there is none."""
        free = self.free(self.store.places.racks[rack])
        if not free:
            return -1
        points = self.store.places.points_m[free]
        distance = np.hypot(points[:, 0] - spot[0], points[:, 1] - spot[1])
        best = int(np.argmin(distance))
        return free[best] if distance[best] <= reach_m else -1
