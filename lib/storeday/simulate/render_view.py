"""What a pinhole camera sees of the floor, in the words of its 3 x 4 projection.

Source: Hartley and Zisserman, Multiple View Geometry, 2nd ed., 2004, section 6.2 (centre, depth and
rays of a projective camera).

Conventions: world points in m, z up from the floor, shape (..., 3); image points in px from the
upper left, pixel (c, r) covering [c, c + 1) x [r, r + 1); depth in m along the optical axis.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Nearer than this nothing is drawn: it would be inside the housing.
NEAREST_M = 0.3


@dataclass(frozen=True)
class View:
    """A camera's projection, scaled so that the third coordinate is the depth in m.

    Attributes:
        projection: World m -> px homogeneous, shape (3, 4); the last row times (X, 1) is the depth.
        centre_m: Where the camera is, shape (3,).
        ray: Image point (u, v, 1) -> direction with one metre of depth, shape (3, 3).
        width_px: Width of the frame.
        height_px: Height of the frame.
    """

    projection: Floats
    centre_m: Floats
    ray: Floats
    width_px: int
    height_px: int


def make_view(projection: Floats, width_px: int, height_px: int) -> View:
    """The view of a camera.

    Args:
        projection: Shape (3, 4), of any scale and sign, of full rank.
        width_px: Width of the frame; even, as 4:2:0 video demands.
        height_px: Height of the frame; even.

    Raises:
        ValueError: The matrix has no inverse on its left 3 x 3 part, or a side is odd.

    Example:
        >>> down = np.array([[100.0, 0, -3, 0], [0, -100, -3, 0], [0, 0, -1, 3]])
        >>> make_view(down, 64, 48).centre_m.round(3)
        array([ 0.09, -0.09,  3.  ])
    """
    matrix = np.asarray(projection, np.float64)
    if matrix.shape != (3, 4) or abs(np.linalg.det(matrix[:, :3])) < 1e-12:
        raise ValueError(f"projection {matrix.tolist()}: expected a 3 x 4 matrix of a real camera")
    if width_px % 2 or height_px % 2:
        raise ValueError(f"frame of {width_px} x {height_px} px: both sides must be even for 4:2:0")
    sign = np.sign(np.linalg.det(matrix[:, :3]))
    matrix = sign * matrix / np.linalg.norm(matrix[2, :3])
    ray = np.linalg.inv(matrix[:, :3])
    return View(matrix, -ray @ matrix[:, 3], ray, width_px, height_px)


def to_image(view: View, points_m: Floats) -> tuple[Floats, Floats]:
    """Image points and depths of world points.

    Args:
        view: The camera.
        points_m: Shape (..., 3).

    Returns:
        Image points, shape (..., 2), of no meaning where the depth is below `NEAREST_M`; depths in
        m, shape (...).
    """
    homogeneous = points_m @ view.projection[:, :3].T + view.projection[:, 3]
    depth = homogeneous[..., 2]
    return homogeneous[..., :2] / np.maximum(depth, NEAREST_M)[..., None], depth


def focal_px(view: View) -> float:
    """Pixels that a metre across the axis takes at a metre of depth (mean of both directions)."""
    left = view.projection[:, :3]
    lengths = np.linalg.norm(np.cross(left[:2], left[2]), axis=1)
    return float(np.sqrt(np.prod(lengths)))


def billboard(view: View, place_m: Floats, towards_camera_m: float) -> Floats:
    """Inverse depth, linear over the image, of the upright plane through a person.

    The plane faces the camera and stands `towards_camera_m` nearer than the place.

    Args:
        view: The camera.
        place_m: Floor point, shape (2,).
        towards_camera_m: How far the plane is moved to the camera.

    Returns:
        Coefficients a, b, c of 1 / depth = a u + b v + c, shape (3,).
    """
    offset = place_m - view.centre_m[:2]
    distance = max(float(np.hypot(*offset)), 1e-6)
    normal = np.append(offset / distance, 0.0)
    return np.asarray(normal @ view.ray / max(distance - towards_camera_m, 0.05))
