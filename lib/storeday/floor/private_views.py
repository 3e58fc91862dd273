"""Cameras that would look where nobody may be watched.

A camera whose picture holds floor of a fitting room, outside its masks, is refused: a purpose in
the manifest is no excuse for it. Floor counts, since a homography knows nothing of walls: a camera
whose view is blocked there says so by a mask, which also keeps feet that seem to stand there from
being counted.
"""

import numpy as np
from numpy.typing import NDArray

from storeday.floor.camera_view import CameraView, camera_view, pixels_of, sees
from storeday.floor.zones import inside
from storeday.manifest import StoreLayout

# Polygons of zones are drawn by hand, and calibrations are off by decimetres: floor this close to a
# fitting room's border is not held against a camera.
BORDER_M = 0.25
# Points of floor that are looked at lie this far apart.
STEP_M = 0.1


def private_view_faults(layout: StoreLayout) -> list[str]:
    """What is wrong with the cameras of a layout, one sentence per camera and fitting room.

    Args:
        layout: The store's layout.

    Returns:
        Faults in order of cameras and zones; empty where no camera sees into a fitting room.

    Raises:
        ValueError: Calibration points of a camera fix no homography.

    Example:
        >>> from storeday.manifest import Camera, FloorPlan, OpeningHours, Zone
        >>> layout = StoreLayout(
        ...     store_id="s1", valid_from="2026-01-01", timezone="UTC",
        ...     opening_hours=OpeningHours(days={}), floor_plan=FloorPlan(width_m=9, height_m=9),
        ...     zones=[Zone(id="cabin", kind="fitting_room", polygon_m=[(1, 1), (3, 1), (3, 3)])],
        ...     cameras=[Camera(id="top", width_px=90, height_px=90, purpose="counting",
        ...                     homography=[(0.1, 0, 0), (0, 0.1, 0), (0, 0, 1)])])
        >>> private_view_faults(layout)[0][:48]
        "camera 'top' sees into fitting room 'cabin'; exp"
    """
    rooms = [zone for zone in layout.zones if zone.kind == "fitting_room"]
    floors = [_floor_within(np.array(zone.polygon_m, float)) for zone in rooms]
    faults = []
    for camera in layout.cameras if rooms else []:
        view = camera_view(camera)
        for zone, floor_m in zip(rooms, floors, strict=True):
            if _is_seen(view, floor_m).any():
                faults.append(
                    f"camera {camera.id!r} sees into fitting room {zone.id!r}; expected a mask "
                    "over it, or a camera that looks elsewhere"
                )
    return faults


def _floor_within(polygon_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points inside a polygon, away from its border; at least its middle, shape (n, 2)."""
    low, high = polygon_m.min(axis=0), polygon_m.max(axis=0)
    axes = [np.arange(a, b, STEP_M) for a, b in zip(low, high, strict=True)]
    points = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    corners = BORDER_M * np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
    is_within = np.all([inside(points + corner, polygon_m) for corner in corners], axis=0)
    return points[is_within] if is_within.any() else polygon_m.mean(axis=0)[None]


def _is_seen(view: CameraView, floor_m: NDArray[np.float64]) -> NDArray[np.bool_]:
    seen = sees(view, floor_m)
    pixels = pixels_of(view, floor_m)
    for mask in view.masks:
        seen &= ~inside(pixels, mask)
    return seen
