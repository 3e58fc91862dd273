"""Where each customer was, second by second."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import Floats, Ints
from storeday.floor.zones import zone_index
from storeday.identity.ends import US_PER_S
from storeday.identity.points import located_points, lookup, strings
from storeday.identity.settings import IdentitySettings


def positions_by_second(
    detections: pa.Table,
    track_points: pa.Table,
    identities: pa.Table,
    zones: Sequence[tuple[str, Floats]],
    settings: IdentitySettings,
) -> pa.Table:
    """The mean place of each customer in each whole second in which they were seen.

    Detections are weighted by the inverse of their variance; those that are cut off by the frame,
    or have no place on the floor, are left out, so that a second with no others has no row. With
    `smooth_positions` a second's place is then averaged with those of the second before and after,
    if both are there. Nothing is filled in between.

    Args:
        detections: Rows of `silver.detections`, in any order; may be empty.
        track_points: Rows of `silver.track_points`, in any order.
        identities: Rows of `silver.identities`, in any order.
        zones: Zone ids and polygons in m, shape (k, 2); the first that holds a place names it.
        settings: Settings.

    Returns:
        Rows of `silver.positions`, by customer and time.

    Example:
        >>> import datetime as dt
        >>> times = [dt.datetime(2026, 1, 5, 9, 0, 0, us, tzinfo=dt.UTC) for us in (0, 500_000)]
        >>> positions_by_second(
        ...     pa.table({"detection_id": ["a", "b"], "device_time": times,
        ...               "floor_x_m": [1.0, 2.0], "floor_y_m": [1.0, 1.0],
        ...               "floor_error_m": [0.3, 0.3], "is_cut": [False, False]}),
        ...     pa.table({"tracklet_id": ["t", "t"], "detection_id": ["a", "b"]}),
        ...     pa.table({"tracklet_id": ["t"], "customer_id": ["p"]}),
        ...     [("shelf", np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]]))],
        ...     IdentitySettings(),
        ... ).select(["customer_id", "floor_x_m", "zone_id"]).to_pylist()
        [{'customer_id': 'p', 'floor_x_m': 1.5, 'zone_id': 'shelf'}]
    """
    customers = np.unique(strings(identities["customer_id"]).astype(str))
    names = pa.array(customers, pa.string())
    customer_of = lookup(identities["customer_id"], names)
    points = located_points(
        detections,
        track_points,
        identities["tracklet_id"].combine_chunks(),
        settings.place_error_m,
    )
    customer, second, place = _means(
        customer_of[points.tracklet], points.time_us // US_PER_S, points.place_m, points.error_m
    )
    if settings.smooth_positions:
        place = _smoothed(customer, second, place)
    zone_ids = pa.array([zone for zone, _ in zones], pa.string())
    index = zone_index(place, [np.asarray(polygon, float) for _, polygon in zones])
    return table_from_columns(
        load_contract("silver.positions"),
        {
            "customer_id": names.take(pa.array(customer)),
            "time": pa.array(second * US_PER_S).cast(pa.timestamp("us", tz="UTC")),
            "floor_x_m": place[:, 0],
            "floor_y_m": place[:, 1],
            "zone_id": zone_ids.take(pa.array(index, mask=index < 0)),
        },
    )


def _means(customer: Ints, second: Ints, place: Floats, error: Floats) -> tuple[Ints, Ints, Floats]:
    """Inverse-variance mean place by customer and second, in that order."""
    # Places break ties, so that sums are taken in one order whatever the rows' was.
    order = np.lexsort((error, place[:, 1], place[:, 0], second, customer))
    customer, second, place, error = customer[order], second[order], place[order], error[order]
    is_new = np.ones(len(customer), bool)
    is_new[1:] = (np.diff(customer) != 0) | (np.diff(second) != 0)
    cell = np.cumsum(is_new) - 1
    weight = error**-2.0
    total = np.bincount(cell, weight)
    sums = [np.bincount(cell, weight * place[:, axis]) for axis in range(2)]
    return customer[is_new], second[is_new], np.column_stack([part / total for part in sums])


def _smoothed(customer: Ints, second: Ints, place: Floats) -> Floats:
    """Centred mean of three seconds, only where all three are there."""
    follows = (np.diff(customer) == 0) & (np.diff(second) == 1)
    inner = np.flatnonzero(follows[:-1] & follows[1:]) + 1
    smooth = place.copy()
    smooth[inner] = (place[inner - 1] + place[inner] + place[inner + 1]) / 3
    return smooth
