"""The handling trace: how likely a tracked person handles goods, and where, second by second."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storeday.actions.columns import lookup, run_starts, timestamps
from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import US_PER_S, Floats, Ints, floats, times_us


def handling_trace(detections: pa.Table, track_points: pa.Table, identities: pa.Table) -> pa.Table:
    """Means by tracklet and second of the handling logit and of the place.

    Every second in which a tracklet was detected has a row. The logit is the mean of those that are
    there; the place is the mean over boxes that are not cut off and stand on the floor. Both are
    null where there are none.

    Args:
        detections: Rows of `silver.detections`, in any order; may be empty.
        track_points: Rows of `silver.track_points`, in any order.
        identities: Rows of `silver.identities`, in any order; other tracklets are left out.

    Returns:
        Rows of `silver.handling_trace`, by tracklet and time.

    Example:
        >>> import datetime as dt
        >>> times = [dt.datetime(2026, 1, 5, 9, 0, 0, us, tzinfo=dt.UTC) for us in (0, 500_000)]
        >>> handling_trace(
        ...     pa.table({"detection_id": ["a", "b"], "camera_id": ["cam"] * 2,
        ...               "device_time": times, "floor_x_m": [1.0, 2.0], "floor_y_m": [1.0, 1.0],
        ...               "is_cut": [False, True], "handling_logit": [0.5, 1.5]}),
        ...     pa.table({"tracklet_id": ["t", "t"], "detection_id": ["a", "b"]}),
        ...     pa.table({"tracklet_id": ["t"], "customer_id": ["p"]}),
        ... ).select(["tracklet_id", "handling_logit", "floor_x_m"]).to_pylist()
        [{'tracklet_id': 't', 'handling_logit': 1.0, 'floor_x_m': 1.0}]
    """
    ids = pc.unique(identities["tracklet_id"]).sort()
    owner = lookup(track_points["tracklet_id"], pa.chunked_array([ids]))
    row = lookup(track_points["detection_id"], detections["detection_id"])
    known = (owner >= 0) & (row >= 0)
    owner, row = owner[known], row[known]
    second = times_us(detections["device_time"])[row] // US_PER_S
    values = np.column_stack(
        [floats(detections[name])[row] for name in ("handling_logit", "floor_x_m", "floor_y_m")]
    )
    cut = pc.fill_null(detections["is_cut"], False).to_numpy(zero_copy_only=False)[row]
    nowhere = cut.astype(bool) | ~np.isfinite(values[:, 1:]).all(axis=1)
    values[nowhere, 1:] = np.nan
    # Values break ties, so that sums are taken in one order whatever the rows' was.
    order = np.lexsort((*values.T, second, owner))
    owner, second, row, values = owner[order], second[order], row[order], values[order]
    first = run_starts(owner, second)
    means = _means(np.cumsum(first) - 1, values)
    customer = identities["customer_id"].take(
        pa.array(lookup(pa.chunked_array([ids]), identities["tracklet_id"]))
    )
    return table_from_columns(
        load_contract("silver.handling_trace"),
        {
            "tracklet_id": ids.take(pa.array(owner[first])),
            "camera_id": detections["camera_id"].take(pa.array(row[first])),
            "customer_id": customer.take(pa.array(owner[first])),
            "device_time": timestamps(second[first] * US_PER_S),
            "handling_logit": means[:, 0],
            "floor_x_m": means[:, 1],
            "floor_y_m": means[:, 2],
        },
    )


def _means(cell: Ints, values: Floats) -> Floats:
    """Column means by cell, leaving NaN out; NaN where nothing is left."""
    cells = int(cell[-1]) + 1 if len(cell) else 0
    there = np.isfinite(values)
    means = np.empty((cells, values.shape[1]))
    for column in range(values.shape[1]):
        used = there[:, column]
        count = np.bincount(cell[used], minlength=cells)
        total = np.bincount(cell[used], values[used, column], cells)
        means[:, column] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return means
