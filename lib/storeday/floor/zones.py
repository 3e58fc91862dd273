"""Which zone a place lies in, and how far it is from one.

Conventions: floor points in m, shape (n, 2); a polygon is an array of corners, shape (k, 2), closed
by itself; the edge belongs to neither side.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def inside(points_m: Floats, polygon_m: Floats) -> NDArray[np.bool_]:
    """Whether points lie in a polygon, by counting the edges a ray to the right crosses.

    Args:
        points_m: Points, shape (n, 2); NaN counts as outside.
        polygon_m: Corners, shape (k, 2).

    Returns:
        Flags, shape (n,). Cost: n x k.

    Example:
        >>> square = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]])
        >>> inside(np.array([[1.0, 1.0], [3.0, 1.0]]), square)
        array([ True, False])
    """
    x, y = points_m[:, 0:1], points_m[:, 1:2]
    x0, y0 = polygon_m[:, 0], polygon_m[:, 1]
    x1, y1 = np.roll(x0, -1), np.roll(y0, -1)
    spans = (y0 > y) != (y1 > y)
    height = np.where(y1 == y0, 1.0, y1 - y0)
    crossing = x < x0 + (y - y0) * (x1 - x0) / height
    return np.asarray((spans & crossing).sum(axis=1) % 2 == 1)


def distance_m(points_m: Floats, polygon_m: Floats) -> Floats:
    """Distance of points to a polygon, zero inside it.

    Args:
        points_m: Points, shape (n, 2).
        polygon_m: Corners, shape (k, 2).

    Returns:
        Distances in m, shape (n,); NaN for points that are NaN.
    """
    start = polygon_m[None]
    edge = np.roll(polygon_m, -1, axis=0)[None] - start
    offset = points_m[:, None] - start
    length = (edge**2).sum(axis=2)
    along = (offset * edge).sum(axis=2) / np.where(length > 0, length, 1.0)
    nearest = start + np.clip(along, 0.0, 1.0)[:, :, None] * edge
    away = np.sqrt(((points_m[:, None] - nearest) ** 2).sum(axis=2)).min(axis=1)
    return np.where(inside(points_m, polygon_m), 0.0, away)


def near_zones(points_m: Floats, polygons_m: Sequence[Floats], reach_m: float) -> NDArray[np.bool_]:
    """Whether points are known and within reach of one of some zones.

    Args:
        points_m: Points, shape (n, 2); NaN is near nothing.
        polygons_m: Corners of each zone; may be none.
        reach_m: Greatest distance.

    Returns:
        Flags, shape (n,).
    """
    near = np.zeros(len(points_m), bool)
    for polygon in polygons_m:
        away = distance_m(points_m, np.asarray(polygon, float))
        near |= np.nan_to_num(away, nan=np.inf) <= reach_m
    return near


def zone_index(points_m: Floats, polygons_m: Sequence[Floats]) -> NDArray[np.int64]:
    """Index of the first zone that holds each point.

    Args:
        points_m: Points, shape (n, 2).
        polygons_m: The zones' polygons; where zones overlap the earlier one wins.

    Returns:
        Indices into `polygons_m`, shape (n,); -1 for points in no zone.
    """
    index = np.full(len(points_m), -1, np.int64)
    for zone in reversed(range(len(polygons_m))):
        index[inside(points_m, polygons_m[zone])] = zone
    return index
