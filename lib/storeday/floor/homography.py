"""Image points to floor points.

A plane seen by a pinhole camera maps to another plane by a 3 x 3 homography. It is fitted by the
normalised direct linear transform (Hartley and Zisserman, Multiple View Geometry, 2nd ed., 2004,
algorithm 4.2).

Conventions: image points in px from the upper left corner, floor points in m from the plan's lower
left corner, arrays of shape (n, 2).
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def fit_homography(image_px: Floats, floor_m: Floats) -> Floats:
    """The homography that takes image points to floor points, in the least-squares sense.

    Args:
        image_px: Image points, shape (n, 2), n >= 4.
        floor_m: The same points on the floor, shape (n, 2).

    Returns:
        Matrix of shape (3, 3), scaled to Frobenius norm 1.

    Raises:
        ValueError: Fewer than four pairs, or points that fix no homography (three on one line).

    Example:
        >>> square = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 100.0], [0.0, 100.0]])
        >>> matrix = fit_homography(square, square / 50)
        >>> project(matrix, np.array([[50.0, 25.0]])).round(6)
        array([[1. , 0.5]])
    """
    if len(image_px) < 4 or len(image_px) != len(floor_m):
        raise ValueError(
            f"{len(image_px)} image and {len(floor_m)} floor points; expected at least 4 pairs"
        )
    source, from_source = _normalise(np.asarray(image_px, float))
    target, from_target = _normalise(np.asarray(floor_m, float))
    ones, zeros = np.ones(len(source)), np.zeros((len(source), 3))
    points = np.column_stack([source, ones])
    upper = np.hstack([zeros, -points, target[:, 1:2] * points])
    lower = np.hstack([points, zeros, -target[:, 0:1] * points])
    _, sizes, rows = np.linalg.svd(np.vstack([upper, lower]))
    if sizes[7] < 1e-9 * sizes[0]:
        raise ValueError("the points fix no homography; three of four lie on one line, or coincide")
    matrix = np.linalg.inv(from_target) @ rows[-1].reshape(3, 3) @ from_source
    return np.asarray(matrix / np.linalg.norm(matrix))


def project(matrix: Floats, image_px: Floats) -> Floats:
    """Floor points of image points, in m.

    The plane's horizon splits the image; the side that holds the floor is told by `orient`. Points
    on the other side, or on the horizon itself, have no place on the floor and become NaN.

    Args:
        matrix: Homography, shape (3, 3), oriented so that floor points have a positive weight.
        image_px: Image points, shape (n, 2); may be empty.

    Returns:
        Floor points, shape (n, 2), NaN where there is none.
    """
    points = np.column_stack([image_px, np.ones(len(image_px))]) @ matrix.T
    weight = points[:, 2:3]
    seen = weight > 1e-12
    return np.where(seen, points[:, :2] / np.where(seen, weight, 1.0), np.nan)


def orient(matrix: Floats, floor_point_px: Floats) -> Floats:
    """The same homography with the sign that gives a known floor point a positive weight.

    Args:
        matrix: Homography, shape (3, 3).
        floor_point_px: An image point that lies on the floor, shape (2,).
    """
    weight = float(matrix[2] @ np.append(floor_point_px, 1.0))
    return matrix if weight > 0 else -matrix


def projection_error_m(matrix: Floats, image_px: Floats, error_px: float) -> Floats:
    """Standard error on the floor of image points known to within `error_px`.

    First order: the root of the summed squares of the projection's derivatives, halved over the two
    axes, so that it is the error along one axis.

    Args:
        matrix: Homography, shape (3, 3).
        image_px: Image points, shape (n, 2); may be empty.
        error_px: Standard error along one axis of the image.

    Returns:
        Errors in m, shape (n,); NaN where a point has no place on the floor.
    """
    points = np.column_stack([image_px, np.ones(len(image_px))]) @ matrix.T
    weight = np.where(points[:, 2] > 1e-12, points[:, 2], np.nan)
    floor = points[:, :2] / weight[:, None]
    derivatives = (matrix[:2, :2][None] - floor[:, :, None] * matrix[2, :2][None, None]) / weight[
        :, None, None
    ]
    return np.asarray(error_px * np.sqrt((derivatives**2).sum(axis=(1, 2)) / 2))


def reprojection_error_m(matrix: Floats, image_px: Floats, floor_m: Floats) -> float:
    """Root mean square distance between projected image points and their floor points, in m."""
    offsets = project(matrix, np.asarray(image_px, float)) - np.asarray(floor_m, float)
    return float(np.sqrt((offsets**2).sum(axis=1).mean()))


def _normalise(points: Floats) -> tuple[Floats, Floats]:
    centre = points.mean(axis=0)
    spread = np.sqrt(((points - centre) ** 2).sum(axis=1)).mean()
    scale = np.sqrt(2) / spread if spread > 0 else 1.0
    matrix = np.array([[scale, 0, -scale * centre[0]], [0, scale, -scale * centre[1]], [0, 0, 1]])
    return (points - centre) * scale, matrix
