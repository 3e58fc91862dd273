"""Where the feet of upright people are in a picture, told from a camera's homography.

People stand upright, so that in a picture all their axes lead to the point straight below the
camera (Lv, Zhao and Nevatia, Camera calibration from video of a walking human, TPAMI 28, 2006).
Away from the middle of a wide picture bodies lean, and the feet are not under the middle of a box
but where the line from its middle to that point leaves it.

The homography of a plane gives focal length and pose where pixels are square and the principal
point is the picture's middle (Zhang, A flexible new technique for camera calibration, TPAMI 22,
2000): its first two columns are images of two directions on the floor, at right angles and of one
length.

Conventions: image points in px from the upper left corner, boxes x0, y0, x1, y1.
"""

import numpy as np

from storeday.floor.homography import Floats

# Focal lengths of lenses in shops, in widths of the picture: 0.3 is a view of 118 degrees, 5 one of
# 11. What a homography gives beyond is a misfit of its points, not a lens.
FOCAL_WIDTHS = (0.3, 5.0)


def nadir_px(matrix: Floats, width_px: int, height_px: int) -> Floats:
    """The image of the point straight below a camera.

    Args:
        matrix: Homography from image (px) to floor (m), shape (3, 3), oriented.
        width_px: Width of the picture.
        height_px: Height of the picture.

    Returns:
        Homogeneous image point, shape (3,), of norm 1, with a positive weight on the floor where
        the camera looks downwards. The third coordinate is 0 where it looks level. NaN where the
        homography gives no focal length, as that of a camera that looks straight down.

    Example:
        >>> level = np.array([[100.0, 50, 0], [0, 50, 300], [0, 1, 0]])  # 3 m above the floor
        >>> np.abs(nadir_px(np.linalg.inv(level), 100, 100)).round(6).tolist()
        [0.0, 1.0, 0.0]
    """
    to_middle = np.array([[1.0, 0, -width_px / 2], [0, 1.0, -height_px / 2], [0, 0, 1.0]])
    image = to_middle @ np.linalg.inv(matrix)
    one, other = image[:, 0], image[:, 1]
    # Zhang's two equations in 1 / f^2, of which the least-squares solution is taken.
    left = np.array([one[:2] @ other[:2], one[:2] @ one[:2] - other[:2] @ other[:2]])
    right = np.array([one[2] * other[2], one[2] ** 2 - other[2] ** 2])
    with np.errstate(divide="ignore", invalid="ignore"):
        focal_px = float(np.sqrt(-(left @ left) / (left @ right)))
    if not FOCAL_WIDTHS[0] <= focal_px / width_px <= FOCAL_WIDTHS[1]:
        return np.full(3, np.nan)
    lens = np.diag([focal_px, focal_px, 1.0])
    upright = np.cross(np.linalg.solve(lens, one), np.linalg.solve(lens, other))
    point = np.linalg.solve(to_middle, lens @ upright)
    point = point / np.linalg.norm(point)
    return np.asarray(-point if matrix[2] @ point < 0 else point)


def feet_px(boxes_px: Floats, nadir: Floats) -> Floats:
    """Where the feet of people in boxes are.

    On the line from the box's middle to the nadir, at the box's lower edge, or where the nadir is
    if that lies higher, and never outside the box. Without a nadir the middle of the lower edge.

    Args:
        boxes_px: Boxes, shape (n, 4); may be empty.
        nadir: As of `nadir_px`, shape (3,).

    Returns:
        Image points, shape (n, 2).

    Example:
        >>> box = np.array([[0.0, 0, 20, 40]])
        >>> feet_px(box, np.array([50.0, 180, 1])).tolist()
        [[15.0, 40.0]]
        >>> feet_px(box, np.full(3, np.nan)).tolist()
        [[10.0, 40.0]]
    """
    low, high = boxes_px[:, :2], boxes_px[:, 2:]
    middle = (low + high) / 2
    foot_y = high[:, 1]
    if not np.isfinite(nadir).all():
        return np.column_stack([middle[:, 0], foot_y])
    if nadir[2] > 0:
        foot_y = np.clip(nadir[1] / nadir[2], low[:, 1], high[:, 1])
    along = nadir[:2] - nadir[2] * middle
    is_slope = np.abs(along[:, 1]) > 1e-9
    lean = np.where(is_slope, along[:, 0] / np.where(is_slope, along[:, 1], 1.0), 0.0)
    foot_x = middle[:, 0] + lean * (foot_y - middle[:, 1])
    return np.column_stack([np.clip(foot_x, low[:, 0], high[:, 0]), foot_y])
