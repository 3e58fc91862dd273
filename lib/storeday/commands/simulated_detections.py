"""Detections made from the simulator's true boxes, with the errors of a detector.

For studies of what comes after detection, apart from any detector: the truth seen through one that
errs as the noise model of the tracking study does: 12 % of boxes missed in runs, edges off by 4 %
of the box, people more hidden than seen not found at all, and now and then somebody where nobody
is.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from storeday.contracts import load_contract, table_from_columns
from storeday.floor.camera_view import CameraView, foot_points

Floats = NDArray[np.float64]

DETECTIONS = "silver.detections"


@dataclass(frozen=True)
class DetectorErrors:
    """How the stand-in detector errs; sources above, `false_per_frame` assumed.

    Attributes:
        missed_share: Share of boxes missed.
        missed_run_s: Mean length of a run of misses.
        edge_error_share: Standard deviation of each edge, as a share of the box's size.
        least_visible_share: People of whom less is seen are not found.
        false_per_frame: False boxes per frame.
    """

    missed_share: float = 0.12
    missed_run_s: float = 1.0
    edge_error_share: float = 0.04
    least_visible_share: float = 0.3
    false_per_frame: float = 0.02


def detections_from_boxes(
    boxes: pa.Table,
    frames: pa.Table,
    views: Mapping[str, CameraView],
    seed: int,
    errors: DetectorErrors | None = None,
) -> pa.Table:
    """Rows of `silver.detections` for the frames that were decoded.

    Args:
        boxes: True boxes with `camera, customer, x0, y0, x1, y1, visible_share` and `device_time`,
        in
            source pixels.
        frames: Columns `camera_id, device_time` of `bronze.frames`.
        views: Each camera's view of the floor.
        seed: Seed of the errors.
        errors: How the detector errs.
    """
    errors = errors or DetectorErrors()
    rng = np.random.default_rng(seed)
    parts = []
    for camera_id in sorted(views):
        of_camera = boxes.filter(pa.compute.equal(boxes["camera"], camera_id))
        kept = frames.filter(pa.compute.equal(frames["camera_id"], camera_id))
        parts.append(_camera(camera_id, of_camera, kept, views[camera_id], rng, errors))
    return pa.concat_tables(parts)


def _camera(
    camera_id: str,
    boxes: pa.Table,
    frames: pa.Table,
    view: CameraView,
    rng: np.random.Generator,
    errors: DetectorErrors,
) -> pa.Table:
    frame_us = np.unique(_micros(frames["device_time"]))
    box_us, corners = _micros(boxes["device_time"]), _corners(boxes)
    visible = boxes["visible_share"].to_numpy().astype(float)
    customer = boxes["customer"].to_numpy()
    found = np.isin(box_us, frame_us) & (visible >= errors.least_visible_share)
    found &= ~_missed(customer, box_us, rng, errors)
    box_us, corners, visible = box_us[found], corners[found], visible[found]
    size = np.tile(corners[:, 2:] - corners[:, :2], 2)
    noisy = corners + rng.normal(0, errors.edge_error_share, corners.shape) * size
    score = np.clip(0.55 + 0.35 * visible + rng.normal(0, 0.06, len(visible)), 0.1, 0.99)
    false_us, false = _false_boxes(frame_us, view, rng, errors)
    time_us = np.concatenate([box_us, false_us])
    found_boxes = _inside(np.concatenate([noisy, false]), view)
    scores = np.concatenate([score, rng.uniform(0.1, 0.6, len(false_us))])
    return _rows(camera_id, time_us, found_boxes, scores, view)


def _missed(
    customer: NDArray[np.int64],
    time_us: NDArray[np.int64],
    rng: np.random.Generator,
    errors: DetectorErrors,
) -> NDArray[np.bool_]:
    """Misses in runs: a stretch of each customer's time is missed or seen as a whole."""
    stretch = time_us // round(errors.missed_run_s * 1e6)
    _, number = np.unique(np.column_stack([customer, stretch]), axis=0, return_inverse=True)
    missed = rng.random(number.max(initial=-1) + 1) < errors.missed_share
    return np.asarray(missed[number.ravel()])


def _false_boxes(
    frame_us: NDArray[np.int64],
    view: CameraView,
    rng: np.random.Generator,
    errors: DetectorErrors,
) -> tuple[NDArray[np.int64], Floats]:
    times = frame_us[rng.random(len(frame_us)) < errors.false_per_frame]
    height = rng.uniform(0.2, 0.5, len(times)) * view.height_px
    left = rng.uniform(0, view.width_px, len(times))
    lower = rng.uniform(height, view.height_px)
    return times, np.column_stack([left, lower - height, left + 0.4 * height, lower])


def _inside(boxes: Floats, view: CameraView) -> Floats:
    limit = np.array([view.width_px, view.height_px] * 2, float)
    clipped = np.clip(boxes, 0.0, limit)
    clipped[:, 2:] = np.maximum(clipped[:, 2:], clipped[:, :2])
    return np.asarray(clipped)


def _rows(
    camera_id: str,
    time_us: NDArray[np.int64],
    boxes: Floats,
    score: Floats,
    view: CameraView,
) -> pa.Table:
    order = np.lexsort((-score, time_us))
    time_us, boxes, score = time_us[order], boxes[order], score[order]
    first = np.concatenate([[True], np.diff(time_us) != 0])
    rank = np.arange(len(time_us)) - np.maximum.accumulate(
        np.where(first[: len(time_us)], np.arange(len(time_us)), 0)
    )
    feet = foot_points(view, boxes)
    pairs = zip(time_us.tolist(), rank.tolist(), strict=True)
    return table_from_columns(
        load_contract(DETECTIONS),
        {
            "camera_id": pa.repeat(camera_id, len(time_us)),
            "device_time": pa.array(time_us, pa.int64()),
            "detection_id": [f"{camera_id}:{time}:{number}" for time, number in pairs],
            **{name: boxes[:, column] for column, name in enumerate(("x0", "y0", "x1", "y1"))},
            "score": score,
            "floor_x_m": feet.floor_m[:, 0],
            "floor_y_m": feet.floor_m[:, 1],
            "floor_error_m": feet.error_m,
            "is_cut": feet.is_cut,
        },
    )


def _micros(times: pa.ChunkedArray) -> NDArray[np.int64]:
    return np.asarray(times.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy())


def _corners(boxes: pa.Table) -> Floats:
    names = ("x0", "y0", "x1", "y1")
    return np.column_stack([boxes[name].to_numpy().astype(float) for name in names])
