"""Tracks of one camera as tables: detections in, tracklets and their points out."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from storeday.contracts import load_contract, table_from_columns
from storeday.tracking.associate import NO_TRACK, confirmed, tracks_of_frames
from storeday.tracking.settings import TrackingSettings
from storeday.tracking.stitch import split_where_missed, stitch_tracks

US_PER_S = 1e6


@dataclass(frozen=True)
class Tracks:
    """What was tracked in one camera.

    Attributes:
        tracklets: Rows of `silver.tracklets`, unstamped, by start.
        track_points: Rows of `silver.track_points`, unstamped, by tracklet and time.
    """

    tracklets: pa.Table
    track_points: pa.Table


def track_camera(
    detections: pa.Table, settings: TrackingSettings, make_id: Callable[[str], str]
) -> Tracks:
    """Joins the boxes of one camera's day into tracklets.

    Args:
        detections: Rows of `silver.detections` of one camera, in any order; `camera_id,
            device_time, detection_id, x0, y0, x1, y1, score` are read.
        settings: Thresholds.
        make_id: Turns a name such as `tracklet/<camera_id>/12` into a pseudonym. Tracklets are
            counted from 0 by time of their first box, then its detection_id.

    Returns:
        Tracklets and points. Empty tables for no rows. Rows in another order give the same tables.

    Raises:
        ValueError: The rows are of several cameras.

    Example:
        >>> from datetime import UTC, datetime, timedelta
        >>> start = datetime(2026, 3, 2, 9, tzinfo=UTC)
        >>> detections = pa.table({
        ...     "camera_id": ["door"] * 2,
        ...     "device_time": [start, start + timedelta(seconds=0.2)],
        ...     "detection_id": ["door/0", "door/1"],
        ...     "x0": [10.0, 12.0], "y0": [10.0, 10.0], "x1": [30.0, 32.0], "y1": [60.0, 60.0],
        ...     "score": [0.9, 0.9],
        ... })
        >>> tracks = track_camera(detections, TrackingSettings(), make_id=str)
        >>> tracks.track_points.to_pylist() == [
        ...     {"tracklet_id": "tracklet/door/0", "detection_id": "door/0"},
        ...     {"tracklet_id": "tracklet/door/0", "detection_id": "door/1"},
        ... ]
        True
    """
    camera_id = _only_camera(detections)
    rows = detections.sort_by([("device_time", "ascending"), ("detection_id", "ascending")])
    times_us = rows["device_time"].cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy()
    corners = [rows[name].to_numpy().astype(np.float64) for name in ("x0", "y0", "x1", "y1")]
    tracks = track_frames(
        (times_us - times_us[:1].sum()) / US_PER_S,
        np.stack(corners, axis=1),
        rows["score"].to_numpy().astype(np.float64),
        settings,
    )
    return _tables(camera_id, tracks, times_us, rows["detection_id"].combine_chunks(), make_id)


def track_frames(
    times_s: NDArray[np.float64],
    boxes_px: NDArray[np.float64],
    scores: NDArray[np.float64],
    settings: TrackingSettings,
) -> NDArray[np.int64]:
    """Tracks of one camera: associated frame by frame, cut where missed, stitched over gaps.

    Tracks of a single box take part in the stitching: at one frame a second a walker's boxes do not
    overlap, so that each starts a track of its own. Those that stay single are dropped afterwards.

    Args:
        times_s: Time of each box's frame, (n,), any order; steps need not be even.
        boxes_px: Corners x0, y0, x1, y1, (n, 4).
        scores: Detector's confidence, (n,), in [0, 1].
        settings: Thresholds.

    Returns:
        Track of each box, (n,): numbers from 0, or -1 for none.
    """
    whole = tracks_of_frames(times_s, boxes_px, scores, settings)
    if settings.stitch_gap_s <= 0:
        return confirmed(whole, settings)
    pieces = split_where_missed(times_s, whole)
    return confirmed(stitch_tracks(times_s, boxes_px, pieces, settings, whole), settings)


def _tables(
    camera_id: str,
    tracks: NDArray[np.int64],
    times_us: NDArray[np.int64],
    detection_ids: pa.Array,
    make_id: Callable[[str], str],
) -> Tracks:
    """Tables of rows in order of time and detection_id."""
    tracked = np.flatnonzero(tracks != NO_TRACK)
    _, first, number = np.unique(tracks[tracked], return_index=True, return_inverse=True)
    # Rows are in order of time and detection_id, so a track's rank is that of its first row.
    rank = np.argsort(np.argsort(first))[number]
    points = tracked[np.argsort(rank, kind="stable")]
    counts = np.bincount(rank, minlength=len(first))
    ends = np.cumsum(counts)
    ids = [make_id(f"tracklet/{camera_id}/{ordinal}") for ordinal in range(len(counts))]
    utc = pa.timestamp("us", tz="UTC")
    tracklets = {
        "tracklet_id": ids,
        "camera_id": [camera_id] * len(ids),
        "started_at": pa.array(times_us[points[ends - counts]], utc),
        "ended_at": pa.array(times_us[points[ends - 1]], utc),
        "detections": counts,
    }
    track_points = {
        "tracklet_id": pa.array(ids, pa.string()).take(pa.array(np.sort(rank))),
        "detection_id": detection_ids.take(pa.array(points)),
    }
    return Tracks(
        table_from_columns(load_contract("silver.tracklets"), tracklets),
        table_from_columns(load_contract("silver.track_points"), track_points),
    )


def _only_camera(detections: pa.Table) -> str:
    cameras = detections["camera_id"].unique().to_pylist()
    if len(cameras) > 1:
        raise ValueError(f"detections are of cameras {', '.join(cameras)}; expected one camera")
    return cameras[0] if cameras else ""
