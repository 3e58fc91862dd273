"""Boxes: forms, similarity, and how far from its prediction a box may be.

Corners are (x0, y0, x1, y1) in pixels, y downwards. The tracker's form is (centre x, centre y,
aspect = width / height, height). Similarity is DIoU (Zheng et al., AAAI 2020, arXiv 1911.08287):
IoU - d² / c², d the distance of the centres, c the diagonal of the smallest box around both; 1 for
equal boxes, about IoU while boxes overlap, and still graded, down to -1, where they no longer do.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Mean width of a standing person's box, in heights (Dollár et al., PAMI 2012, section 2.2).
PERSON_ASPECT = 0.41
# Keeps quotients finite for boxes without width or height.
LEAST_SIDE_PX = 1e-6


def to_centres(corners_px: Floats) -> Floats:
    """Corners to (centre x, centre y, aspect, height).

    Args:
        corners_px: (n, 4).

    Returns:
        (n, 4). Sides of zero or less count as `LEAST_SIDE_PX`.
    """
    centres = np.empty_like(corners_px)
    sides = np.maximum(corners_px[:, 2:] - corners_px[:, :2], LEAST_SIDE_PX)
    centres[:, :2] = (corners_px[:, :2] + corners_px[:, 2:]) / 2
    centres[:, 2] = sides[:, 0] / sides[:, 1]
    centres[:, 3] = sides[:, 1]
    return centres


def to_corners(centres: Floats) -> Floats:
    """The way back from `to_centres`; an aspect or height of zero or less counts as a tiny one."""
    corners = np.empty_like(centres)
    half = np.maximum(centres[:, 2:], LEAST_SIDE_PX)
    half[:, 0] *= half[:, 1]
    half *= 0.5
    corners[:, :2] = centres[:, :2] - half
    corners[:, 2:] = centres[:, :2] + half
    return corners


def similarity(one_px: Floats, other_px: Floats) -> Floats:
    """DIoU of every pair.

    Args:
        one_px: Corners, (n, 4).
        other_px: Corners, (m, 4).

    Returns:
        (n, m), each in [-1, 1].

    Example:
        >>> boxes = np.array([[0.0, 0.0, 2.0, 2.0], [1.0, 0.0, 3.0, 2.0], [4.0, 0.0, 6.0, 2.0]])
        >>> similarity(boxes[:1], boxes).round(3)
        array([[ 1.   ,  0.256, -0.4  ]])
    """
    # Axes: side (x, y), row, column.
    one_low, one_high = one_px.T[:2, :, None], one_px.T[2:, :, None]
    low, high = other_px.T[:2, None, :], other_px.T[2:, None, :]
    one_side, side = one_high - one_low, high - low
    reach = np.minimum(one_high, high) - np.maximum(one_low, low)
    around = one_side + side - reach
    apart = (one_low + one_high) - (low + high)
    np.maximum(reach, 0.0, out=reach)
    shared = reach[0] * reach[1]
    union = one_side[0] * one_side[1] + side[0] * side[1] - shared
    around *= around
    apart *= apart
    diagonal, distance = around[0] + around[1], 0.25 * (apart[0] + apart[1])
    least = LEAST_SIDE_PX**2
    result: Floats = shared / np.maximum(union, least) - distance / np.maximum(diagonal, least)
    return result


def loose_gate(deviation: Floats, loosest: float) -> Floats:
    """The similarity of a standing person's box with itself, moved sideways by a deviation.

    At 30 frames a second people's boxes overlap from frame to frame, and a gate near 0.2 keeps
    neighbours apart. At one or two a second a walker's boxes no longer overlap, and that gate would
    end every track. How far a box may be off is what the filter knows: the deviation of its
    prediction grows with the time since the track was last seen, and is greatest for a new track,
    whose velocity is unknown.

    Args:
        deviation: Standard deviation of the predicted centre, in box heights, any shape.
        loosest: Lower bound of the result.

    Returns:
        Similarities in [loosest, 1] of the same shape; they fall as the deviation grows.

    Example:
        >>> loose_gate(np.array([0.0, 0.1, 0.3, 1.0, 9.0]), loosest=-0.35).round(2)
        array([ 1.  ,  0.6 ,  0.1 , -0.33, -0.35])
    """
    wide = PERSON_ASPECT + deviation
    overlap = np.maximum(PERSON_ASPECT - deviation, 0.0) / wide
    gate: Floats = np.maximum(overlap - deviation**2 / (wide**2 + 1.0), loosest)
    return gate
