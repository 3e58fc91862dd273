"""Which zone places lie in, fast for many places: simulated zones are rectangles.

The edges of all rectangles cut the floor into cells that each lie wholly inside or outside of every
rectangle, so that one look-up per place is exact.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from storeday.manifest import Zone

Floats = NDArray[np.float64]


def rectangle_index(floor_m: Floats, zones: Sequence[Zone]) -> NDArray[np.int64]:
    """Index of the first zone that holds each place.

    Args:
        floor_m: Places, shape (n, 2).
        zones: Zones whose polygons are rectangles along the axes.

    Returns:
        Indices into `zones`, shape (n,); -1 for places in none. Cost: n x log(zones).

    Example:
        >>> zone = Zone(id="a", kind="other", polygon_m=[(0, 0), (2, 0), (2, 1), (0, 1)])
        >>> rectangle_index(np.array([[1.0, 0.5], [1.0, 1.5]]), [zone])
        array([ 0, -1])
    """
    if not zones:
        return np.full(len(floor_m), -1, np.int64)
    corners = np.array([zone.polygon_m for zone in zones])
    low, high = corners.min(axis=1), corners.max(axis=1)
    edges = [np.unique(np.concatenate([low[:, axis], high[:, axis]])) for axis in (0, 1)]
    # Cell 0 lies before the first edge, the last one after the last.
    cells = np.full((len(edges[0]) + 1, len(edges[1]) + 1), -1, np.int64)
    for index in reversed(range(len(zones))):
        x0, y0 = (np.searchsorted(edges[axis], low[index, axis]) + 1 for axis in (0, 1))
        x1, y1 = (np.searchsorted(edges[axis], high[index, axis]) + 1 for axis in (0, 1))
        cells[x0:x1, y0:y1] = index
    column = np.searchsorted(edges[0], floor_m[:, 0], side="right")
    row = np.searchsorted(edges[1], floor_m[:, 1], side="right")
    return np.asarray(cells[column, row])
