"""Places where people stand, each to be taken by one person at a time.

Conventions: floor points in m; a place is an index into `Places.points_m`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# People stand this far from what they handle or pay at.
STAND_OFF_M = 0.42
QUEUE_PITCH_M = 0.75
DOOR_SHARE = 0.22


@dataclass(frozen=True)
class Places:
    """Places by what they are for.

    Attributes:
        points_m: All places, shape (p, 2).
        facing_rad: Direction that people look there, shape (p,).
        doorway: Places where people come in and leave, side by side.
        waiting: Places where companions wait, near the entrance.
        racks: Places around each rack.
        queue: Places in the queue, the first in line first.
        tills: Customer's place at each till.
        behind_tills: Staff's place at each till.
        staff: The staff's corner.
        cabins: Inside of each fitting room.
        returns: Place before the rail for goods that were tried and left; None without cabins.
        returns_rail_m: That rail; zeros without cabins.
        doors: Places inside cabins and the place before each.
    """

    points_m: Floats
    facing_rad: Floats
    doorway: tuple[int, ...]
    waiting: tuple[int, ...]
    racks: tuple[tuple[int, ...], ...]
    queue: tuple[int, ...]
    tills: tuple[int, ...]
    behind_tills: tuple[int, ...]
    staff: tuple[int, ...]
    cabins: tuple[int, ...]
    returns: int | None
    returns_rail_m: tuple[float, float]
    doors: dict[int, int]


def make_places(
    displays: Floats,
    counter: Floats,
    cabins: Floats,
    tills: int,
    floor_m: tuple[float, float],
) -> Places:
    """The places of a store.

    Args:
        displays: Racks as x0, y0, x1, y1, shape (r, 4).
        counter: The till's counter, shape (4,).
        cabins: Fitting rooms, shape (c, 4).
        tills: Number of tills along the counter.
        floor_m: Width and depth of the floor.

    Raises:
        ValueError: There is no room for a queue.
    """
    width, depth = floor_m
    book = _Book()
    door_x = DOOR_SHARE * width
    doorway = [book.add(door_x + shift, 0.2, np.pi / 2) for shift in (-0.5, 0.0, 0.5)]
    waiting = [book.add(door_x - 1.0 + 0.65 * index, 1.75, -np.pi / 2) for index in range(4)]
    racks = [_around(book, box) for box in displays.tolist()]
    pitch = (counter[3] - counter[1]) / tills
    rows = counter[1] + pitch * (np.arange(tills) + 0.5)
    at_till = [book.add(counter[0] - STAND_OFF_M - 0.03, y, 0.0) for y in rows]
    behind = [book.add(counter[2] + 0.5, y, np.pi) for y in rows]
    queue = _queue(book, counter[0] - 1.65, door_x + 1.6)
    if not queue:
        raise ValueError(f"a front of {width} m leaves no room for a queue; make it wider")
    staff = [book.add(width - 1.4 + 0.7 * index, depth - 0.7, -np.pi / 2) for index in (0, 1)]
    inside, doors = [], {}
    for x0, y0, x1, y1 in cabins.tolist():
        middle = (x0 + x1) / 2
        inner = book.add(middle, (y0 + y1) / 2, -np.pi / 2)
        doors[inner] = book.add(middle, y0 - 0.45, np.pi / 2)
        inside.append(inner)
    returns, rail = None, None
    if inside:
        edge = float(cabins[-1, 2])
        rail = (edge + 0.45, float(cabins[0, 1]) - 0.1)
        returns = book.add(edge + 0.45, rail[1] - 0.6, np.pi / 2)
    return Places(
        points_m=np.array(book.points),
        facing_rad=np.array(book.facing),
        doorway=tuple(doorway),
        waiting=tuple(waiting),
        racks=tuple(racks),
        queue=tuple(queue),
        tills=tuple(at_till),
        behind_tills=tuple(behind),
        staff=tuple(staff),
        cabins=tuple(inside),
        returns=returns,
        returns_rail_m=rail or (0.0, 0.0),
        doors=doors,
    )


class _Book:
    """Places as they are added."""

    def __init__(self) -> None:
        self.points: list[tuple[float, float]] = []
        self.facing: list[float] = []

    def add(self, x_m: float, y_m: float, facing_rad: float) -> int:
        self.points.append((float(x_m), float(y_m)))
        self.facing.append(facing_rad)
        return len(self.points) - 1


def _around(book: _Book, box: list[float]) -> tuple[int, ...]:
    """Two places on each long side of a rack and one at each end."""
    x0, y0, x1, y1 = box
    along = [x0 + share * (x1 - x0) for share in (0.28, 0.72)]
    middle = (y0 + y1) / 2
    return (
        *[book.add(x, y0 - STAND_OFF_M, np.pi / 2) for x in along],
        *[book.add(x, y1 + STAND_OFF_M, -np.pi / 2) for x in along],
        book.add(x0 - STAND_OFF_M, middle, 0.0),
        book.add(x1 + STAND_OFF_M, middle, np.pi),
    )


def _queue(book: _Book, right_m: float, left_m: float) -> list[int]:
    """The queue runs left from the tills and turns back once."""
    count = max(0, int((right_m - left_m) / QUEUE_PITCH_M) + 1)
    columns = right_m - QUEUE_PITCH_M * np.arange(count)
    first = [book.add(x, 1.25, 0.0) for x in columns]
    second = [book.add(x, 2.05, np.pi) for x in columns[::-1]]
    return first + second
