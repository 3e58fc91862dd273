"""Where the cameras hang and how they project: true pinholes without lens distortion.

The floor is cut into as many equal parts as there are cameras; each camera hangs at the edge of its
part, at mid width, and looks down across it. Source: Hartley and Zisserman, Multiple View Geometry,
2nd ed., 2004, chapter 6 (the finite projective camera).

Conventions: world points (x, y, z) in m, z up; image points in px from the upper left corner; the
front of the store is y = 0. Parts are numbered row by row from the front, left to right.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.manifest import StoreLayout
from storeday.simulate.scenario import Scenario

Floats = NDArray[np.float64]

# Cameras hang this far inside the walls.
WALL_GAP_M = 0.15
# Shops use wide lenses, but not fish-eyes.
NARROWEST_DEG, WIDEST_DEG = 75.0, 100.0
# By default the far edge of a camera's part is seen up to the heads of tall people.
TALL_M = 1.95


@dataclass(frozen=True)
class CameraRig:
    """A camera as it truly projects.

    Attributes:
        camera_id: Name of the camera in the manifest.
        projection: World m, homogeneous -> image px, homogeneous, shape (3, 4); its third row gives
            the depth along the optical axis in m.
        width_px: Width of the frame.
        height_px: Height of the frame.
        frames_per_s: Frame rate.
        gop_s: Seconds between key frames.
    """

    camera_id: str
    projection: Floats
    width_px: int
    height_px: int
    frames_per_s: float
    gop_s: float


def rigs(scenario: Scenario, layout: StoreLayout) -> tuple[CameraRig, ...]:
    """The projections of a store's cameras, in the manifest's order.

    Args:
        scenario: The scenario that the layout was made from.
        layout: The store's layout.

    Raises:
        ValueError: The layout's cameras are not those of the scenario.
    """
    made = camera_rigs(scenario)
    given = [camera.id for camera in layout.cameras]
    if given != [rig.camera_id for rig in made]:
        raise ValueError(
            f"layout {layout.store_id!r} has cameras {given}; scenario {scenario.name!r} makes "
            f"{[rig.camera_id for rig in made]}"
        )
    return made


def camera_rigs(scenario: Scenario) -> tuple[CameraRig, ...]:
    """The projections of the cameras that a scenario asks for.

    Example:
        >>> from storeday.simulate.scenario import load_scenario
        >>> rig = camera_rigs(load_scenario("demo"))[0]
        >>> rig.camera_id, rig.projection.shape
        ('cam-1', (3, 4))
    """
    knobs, store = scenario.cameras, scenario.store
    columns, rows = _grid(knobs.count, store.width_m, store.depth_m)
    part_w, part_d = store.width_m / columns, store.depth_m / rows
    made = []
    for index in range(knobs.count):
        row, column = divmod(index, columns)
        # The last row may hold fewer cameras, which then share its width.
        in_row = min(columns, knobs.count - row * columns)
        part_w = store.width_m / in_row
        towards_front = knobs.facing == "front" or index % 2 == 0
        edge = (row + 1) * part_d - WALL_GAP_M if towards_front else row * part_d + WALL_GAP_M
        place = np.array([(column + 0.5) * part_w, edge, knobs.height_m])
        made.append(
            CameraRig(
                camera_id=f"cam-{index + 1}",
                projection=_pinhole(scenario, place, towards_front, (part_w, part_d)),
                width_px=knobs.width_px,
                height_px=knobs.height_px,
                frames_per_s=knobs.frames_per_s,
                gop_s=knobs.gop_s,
            )
        )
    return tuple(made)


def floor_homography(rig: CameraRig) -> Floats:
    """The homography from image (px) to floor (m) of a camera, shape (3, 3), of Frobenius norm 1.

    Points on the floor have a positive weight.
    """
    matrix = np.linalg.inv(rig.projection[:, [0, 1, 3]])
    return np.asarray(matrix / np.linalg.norm(matrix))


def to_image(rig: CameraRig, points_m: Floats) -> tuple[Floats, Floats]:
    """Image points and depths of world points.

    Args:
        rig: The camera.
        points_m: Shape (n, 3); may be empty.

    Returns:
        Image points in px, shape (n, 2), NaN behind the camera; depths in m, shape (n,).
    """
    seen = points_m @ rig.projection[:, :3].T + rig.projection[:, 3]
    depth = seen[:, 2]
    front = np.where(depth > 0, depth, np.nan)
    return seen[:, :2] / front[:, None], depth


def masks_over(rig: CameraRig, boxes_m: Floats) -> list[list[tuple[float, float]]]:
    """Image polygons (px) of floor rectangles, of those that the camera's picture shows.

    Args:
        rig: The camera.
        boxes_m: Rectangles x0, y0, x1, y1 on the floor, shape (n, 4); may be empty.
    """
    masks = []
    for x0, y0, x1, y1 in boxes_m.tolist():
        corners = np.array([[x0, y0, 0], [x1, y0, 0], [x1, y1, 0], [x0, y1, 0]])
        image, _ = to_image(rig, corners)
        low, high = image.min(axis=0), image.max(axis=0)
        if (high > 0).all() and (low < [rig.width_px, rig.height_px]).all():
            masks.append([(round(x, 1), round(y, 1)) for x, y in image.tolist()])
    return masks


def _grid(count: int, width_m: float, depth_m: float) -> tuple[int, int]:
    """Columns and rows whose parts come nearest to squares."""
    best = min(
        range(1, count + 1),
        key=lambda columns: abs(
            math.log((width_m / columns) / (depth_m / math.ceil(count / columns)))
        ),
    )
    return best, math.ceil(count / best)


def _pinhole(
    scenario: Scenario, place: Floats, towards_front: bool, part_m: tuple[float, float]
) -> Floats:
    """Projection of a camera that looks along the y axis, tilted down."""
    knobs = scenario.cameras
    # The view is as wide as the part, and the overlap more, at the middle of the part's floor.
    reach = math.hypot(part_m[1] / 2, knobs.height_m)
    wanted = math.degrees(2 * math.atan((1 + knobs.overlap) * part_m[0] / 2 / reach))
    field = math.radians(min(max(wanted, NARROWEST_DEG), WIDEST_DEG))
    focal = knobs.width_px / 2 / math.tan(field / 2)
    if knobs.tilt_deg is None:
        half = math.atan(knobs.height_px / 2 / focal)
        tilt = half + math.atan2(max(knobs.height_m - TALL_M, 0.0), part_m[1])
    else:
        tilt = math.radians(knobs.tilt_deg)
    ahead = -1.0 if towards_front else 1.0
    axis = np.array([0.0, ahead * math.cos(tilt), -math.sin(tilt)])
    right = np.array([ahead, 0.0, 0.0])
    down = np.cross(axis, right)
    turn = np.vstack([right, down, axis])
    inner = np.array(
        [[focal, 0.0, knobs.width_px / 2], [0.0, focal, knobs.height_px / 2], [0.0, 0.0, 1.0]]
    )
    return np.asarray(inner @ np.column_stack([turn, -turn @ place]))
