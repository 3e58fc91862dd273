"""Where every product is at the moment, and the record of where it has been.

A product is at a place (home or elsewhere), in somebody's hand or bag, or gone from the store. It
is never in two hands: whoever reaches first claims it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.simulate.world import Carried, Handlings, Products

Floats = NDArray[np.float64]

NOBODY = -1
# From the middle of the body to the hand.
ARM_M = 1.0


@dataclass
class _Hold:
    """A stretch in hand that has not ended."""

    person: int
    started_s: float
    x_m: float
    y_m: float
    zone_id: str
    action: str


class Stock:
    """The products of a store while a day goes on."""

    def __init__(self, products: Products, racks: int) -> None:
        self.home = np.column_stack([products.x_m, products.y_m, products.z_m])
        self.place = self.home.copy()
        self.home_rack = products.rack
        self.rack = products.rack.copy()
        self.holder = np.full(len(products.rack), NOBODY)
        self.is_gone = np.zeros(len(products.rack), bool)
        self.astray: set[int] = set()
        self.handled = {False: 0, True: 0}
        self._on_rack = [np.flatnonzero(products.rack == rack) for rack in range(racks)]
        self._holds: dict[int, _Hold] = {}
        self._handlings: list[tuple[int, int, float, float, float, float, str, str]] = []
        self._carried: list[tuple[int, int, float, float, float, float]] = []
        self._away: dict[int, tuple[int, float, float, float]] = {}

    def within_reach(self, rack: int, point: tuple[float, float]) -> NDArray[np.int64]:
        """Products on a rack that nobody holds and that a person at a point can reach."""
        there = self._on_rack[rack]
        offset = self.place[there, :2] - np.array(point)
        near = (offset**2).sum(axis=1) <= ARM_M**2
        return np.asarray(there[near & (self.holder[there] == NOBODY)])

    def claim(self, product: int, person: int) -> None:
        """Reserves a product for a hand that is on its way.

        Raises:
            ValueError: Somebody else has it, or it is gone.
        """
        if self.holder[product] not in (NOBODY, person) or self.is_gone[product]:
            raise ValueError(f"product {product} is held by {self.holder[product]}, not {person}")
        self.holder[product] = person

    def unclaim(self, product: int) -> None:
        """Gives a reservation up before the hand got there."""
        self.holder[product] = NOBODY

    def take_up(self, product: int, now_s: float, action: str, zone_id: str) -> None:
        """The hand that claimed a product takes it up where it is."""
        x, y, _ = self.place[product]
        person = int(self.holder[product])
        self._holds[product] = _Hold(person, now_s, float(x), float(y), zone_id, action)

    def carry(self, product: int, now_s: float) -> None:
        """The product leaves its place with its holder."""
        self._close_away(product, now_s)
        self._away[product] = (int(self.holder[product]), now_s, np.nan, np.nan)
        rack = self.rack[product]
        if rack >= 0:
            there = self._on_rack[rack]
            self._on_rack[rack] = there[there != product]
            self.rack[product] = NOBODY
        self.astray.discard(product)

    def relabel(self, product: int, action: str) -> None:
        """Names the stretch in hand otherwise, once its end is known."""
        self._holds[product].action = action

    def let_go(self, product: int, now_s: float, is_staff: bool, keep: bool = False) -> None:
        """The stretch in hand ends; `keep` leaves the product with the person."""
        hold = self._holds.pop(product)
        self._handlings.append(
            (
                hold.person,
                product,
                hold.started_s,
                now_s,
                hold.x_m,
                hold.y_m,
                hold.zone_id,
                hold.action,
            )
        )
        self.handled[is_staff] += 1
        if not keep:
            self.holder[product] = NOBODY

    def put(self, product: int, now_s: float, place: tuple[float, float, float], rack: int) -> None:
        """A carried product comes to lie somewhere; on a rack others can reach it."""
        self._close_away(product, now_s)
        self.place[product] = place
        self.rack[product] = rack
        if rack >= 0:
            self._on_rack[rack] = np.append(self._on_rack[rack], product)
        if np.hypot(*(self.place[product] - self.home[product])[:2]) > 1e-9:
            self._away[product] = (NOBODY, now_s, float(place[0]), float(place[1]))
            if self.holder[product] == NOBODY:
                self.astray.add(product)

    def leave(self, product: int, now_s: float) -> None:
        """A bought product leaves the store for good."""
        self._close_away(product, now_s)
        self._away[product] = (NOBODY, now_s, np.nan, np.nan)
        self.is_gone[product] = True

    def close(self, end_s: float) -> tuple[Handlings, Carried]:
        """The day's record.

        Raises:
            ValueError: Something is still in a hand.
        """
        if self._holds:
            raise ValueError(f"products {sorted(self._holds)} are still in hands at {end_s} s")
        for product in sorted(self._away):
            self._close_away(product, end_s)
        return self._handled(), self._carried_about()

    def _close_away(self, product: int, now_s: float) -> None:
        row = self._away.pop(product, None)
        if row is not None and now_s > row[1]:
            person, started, x, y = row
            self._carried.append((product, person, started, now_s, x, y))

    def _handled(self) -> Handlings:
        rows = sorted(self._handlings, key=lambda row: (row[2], row[0], row[1]))
        columns = list(zip(*rows, strict=True)) or [()] * 8
        return Handlings(
            person=np.array(columns[0], np.int64),
            product=np.array(columns[1], np.int64),
            started_s=np.array(columns[2], float),
            ended_s=np.array(columns[3], float),
            x_m=np.array(columns[4], float),
            y_m=np.array(columns[5], float),
            zone_id=tuple(columns[6]),
            action=tuple(columns[7]),
        )

    def _carried_about(self) -> Carried:
        rows = sorted(self._carried, key=lambda row: (row[0], row[2]))
        columns = list(zip(*rows, strict=True)) or [()] * 6
        return Carried(
            product=np.array(columns[0], np.int64),
            person=np.array(columns[1], np.int64),
            started_s=np.array(columns[2], float),
            ended_s=np.array(columns[3], float),
            x_m=np.array(columns[4], float),
            y_m=np.array(columns[5], float),
        )
