"""Outlines of a store's zones in a camera's picture."""

import numpy as np
from numpy.typing import NDArray

from storeday.floor.camera_view import CameraView, camera_view
from storeday.manifest import StoreLayout

# Edges are cut into pieces of about this length, so that what lies behind the camera drops out.
PIECE_M = 0.25


def outlines_in_view(layout: StoreLayout, camera_id: str) -> list[tuple[str, NDArray[np.float64]]]:
    """Name and outline of each zone that a camera sees.

    Args:
        layout: The store's layout.
        camera_id: A camera of it.

    Returns:
        Names and outlines in pixels of the source frame, shape (k, 2), k at least 3.

    Raises:
        KeyError: There is no such camera.
    """
    cameras = {camera.id: camera for camera in layout.cameras}
    view = camera_view(cameras[camera_id])
    outlines = []
    for zone in layout.zones:
        points = image_points(view, _pieces(np.array(zone.polygon_m, float)))
        if _is_in_frame(points, view):
            outlines.append((zone.name or zone.id, points))
    return outlines


def image_points(view: CameraView, floor_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Image points of floor points; those behind the camera are left out.

    Args:
        view: The camera's view.
        floor_m: Floor points, shape (n, 2).
    """
    points = np.column_stack([floor_m, np.ones(len(floor_m))])
    image = points @ np.linalg.inv(view.matrix).T
    # The oriented homography gives the floor's side a positive weight, so its inverse does too.
    in_front = image[:, 2] > 0
    return np.asarray(image[in_front, :2] / image[in_front, 2:3], np.float64)


def _pieces(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """A polygon with points along its edges."""
    parts = []
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        steps = max(1, int(np.ceil(np.linalg.norm(end - start) / PIECE_M)))
        along = np.linspace(0, 1, steps, endpoint=False)[:, None]
        parts.append((1 - along) * start + along * end)
    return np.vstack(parts)


def _is_in_frame(points: NDArray[np.float64], view: CameraView) -> bool:
    if len(points) < 3:
        return False
    inside = (points >= 0) & (points <= [view.width_px, view.height_px])
    return bool(inside.all(axis=1).any())
