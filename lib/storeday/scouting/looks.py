"""Looks at a camera's day: when, and where the people in them stood."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Looks:
    """Looks of one camera, ascending in time.

    Attributes:
        time_us: Time of each look, shape (n,).
        segment: Number of its segment, shape (n,), ascending.
        person_look: Look of each person seen, shape (m,), ascending.
        floor_m: Place of each, shape (m, 2).
    """

    time_us: NDArray[np.int64]
    segment: NDArray[np.int64]
    person_look: NDArray[np.int64]
    floor_m: NDArray[np.float64]
