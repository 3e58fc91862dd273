"""Where on the floor tracklets were seen: detections, looked up by tracklet.

Conventions: times in whole microseconds since 1970 UTC, places in m, errors are standard errors
    along
one axis. Detections whose foot point is cut off, or has no place on the floor, are left out.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from storeday.contracts.columns import Floats, Ints, floats, times_us

# No foot point is better known than this, so that none outweighs all others.
MIN_ERROR_M = 0.05


@dataclass(frozen=True)
class Points:
    """Located detections, sorted by tracklet, time and detection.

    Attributes:
        tracklet: Index into the tracklets that were asked for, shape (n,).
        time_us: Times, shape (n,).
        place_m: Floor places, shape (n, 2).
        error_m: Standard errors, shape (n,).
    """

    tracklet: Ints
    time_us: Ints
    place_m: Floats
    error_m: Floats


def located_points(
    detections: pa.Table, track_points: pa.Table, tracklet_ids: pa.Array, unknown_error_m: float
) -> Points:
    """The located detections of tracklets.

    Args:
        detections: Rows of `silver.detections`, in any order.
        track_points: Rows of `silver.track_points`, in any order.
        tracklet_ids: The tracklets of interest; points of others are left out.
        unknown_error_m: Standard error where a detection has none.
    """
    tracklet = lookup(track_points["tracklet_id"], tracklet_ids)
    row = lookup(track_points["detection_id"], detections["detection_id"])
    known = (tracklet >= 0) & (row >= 0)
    tracklet, row = tracklet[known], row[known]
    place = np.column_stack([floats(detections["floor_x_m"]), floats(detections["floor_y_m"])])[row]
    cut = pc.fill_null(detections["is_cut"], False).to_numpy(zero_copy_only=False)[row]
    good = ~cut.astype(bool) & np.isfinite(place).all(axis=1)
    tracklet, row, place = tracklet[good], row[good], place[good]
    time = times_us(detections["device_time"])[row]
    error = floats(detections["floor_error_m"])[row]
    error = np.where(np.isfinite(error), np.maximum(error, MIN_ERROR_M), unknown_error_m)
    # Places break ties between boxes of one frame, so that row order decides nothing.
    order = np.lexsort((error, place[:, 1], place[:, 0], time, tracklet))
    return Points(tracklet[order], time[order], place[order], error[order])


def lookup(values: pa.ChunkedArray, among: pa.Array | pa.ChunkedArray) -> Ints:
    """Position of each value among others, -1 where it is not there; shape (n,)."""
    if isinstance(among, pa.ChunkedArray):
        among = among.combine_chunks()
    found = pc.fill_null(pc.index_in(values, value_set=among, skip_nulls=True), -1)
    return np.asarray(found.to_numpy(), np.int64)


def strings(values: pa.ChunkedArray) -> NDArray[np.object_]:
    """Texts as an array of objects."""
    return np.asarray(values.to_numpy(zero_copy_only=False), object)
