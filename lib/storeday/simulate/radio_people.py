"""Where bodies are at any moment of a stretch of time.

Positions lie on the grid of `world.STEP_S` and are interpolated in between. Arrays are (steps,
people present); NaN means absent.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.simulate.world import STEP_S, World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Crowd:
    """The people of a stretch of time.

    Attributes:
        start_s: True time of the first step.
        column: Column of each person of the world, shape (people,); -1 for those not present.
        x_m: Positions, shape (steps, present).
        y_m: As above.
        heading_x: Cosine of the direction faced, shape (steps, present).
        heading_y: Sine of it.
        height_m: Body heights, shape (present,).
    """

    start_s: float
    column: Ints
    x_m: Floats
    y_m: Floats
    heading_x: Floats
    heading_y: Floats
    height_m: Floats

    def places(self, time_s: Floats) -> tuple[Floats, Floats]:
        """Where everybody is, shape (n, present) each; NaN where absent."""
        step, share = self._step(time_s)
        return _between(self.x_m, step, share), _between(self.y_m, step, share)

    def place_of(self, person: Ints, time_s: Floats) -> Floats:
        """Place and direction of one person each: x, y, heading cosine and sine, shape (n, 4).

        NaN where that person is absent.
        """
        found = np.full((len(person), 4), np.nan)
        column = self.column[person]
        rows = np.flatnonzero(column >= 0)
        step, share = self._step(time_s[rows])
        for index, grid in enumerate((self.x_m, self.y_m, self.heading_x, self.heading_y)):
            low, high = grid[step, column[rows]], grid[step + 1, column[rows]]
            high = np.where(np.isnan(high), low, high)
            found[rows, index] = low + share * (high - low)
        return found

    def _step(self, time_s: Floats) -> tuple[Ints, Floats]:
        position = np.clip((time_s - self.start_s) / STEP_S, 0, len(self.x_m) - 2)
        step = position.astype(np.int64)
        return step, position - step


def crowd_between(world: World, start_s: float, end_s: float) -> Crowd:
    """The people between two true times, end included.

    Args:
        world: The store-day.
        start_s: First moment wanted.
        end_s: Last moment wanted.

    Returns:
        Their positions. Cost: one pass over the world's paths.
    """
    paths = world.paths
    steps = int(np.ceil((end_s - start_s) / STEP_S)) + 2
    step = np.rint((paths.time_s - start_s) / STEP_S).astype(np.int64)
    rows = np.flatnonzero((step >= 0) & (step < steps))
    present = np.unique(paths.person[rows])
    column = np.full(len(world.people.entered_s), -1, np.int64)
    column[present] = np.arange(len(present))
    at = step[rows], column[paths.person[rows]]

    def grid(values: Floats) -> Floats:
        filled = np.full((steps, len(present)), np.nan)
        filled[at] = values[rows]
        return filled

    return Crowd(
        start_s,
        column,
        grid(paths.x_m),
        grid(paths.y_m),
        grid(np.cos(paths.heading_rad)),
        grid(np.sin(paths.heading_rad)),
        world.people.height_m[present],
    )


def _between(grid: Floats, step: Ints, share: Floats) -> Floats:
    low, high = grid[step], grid[step + 1]
    high = np.where(np.isnan(high), low, high)
    return low + share[:, None] * (high - low)
