"""What detectors share once boxes are known: borders, overlaps, suppression.

Boxes are `x0, y0, x1, y1` in pixels of the picture.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def people_of(
    boxes: Floats, scores: Floats, shape: tuple[int, ...], nms_iou: float
) -> tuple[Floats, Floats]:
    """Boxes cut at the picture's borders, best first, without doubles.

    Args:
        boxes: n x 4.
        scores: n.
        shape: Height and width of the picture.
        nms_iou: Overlap above which the lower of two boxes goes.
    """
    limit = np.array([shape[1], shape[0]] * 2, np.float32)
    boxes = np.clip(boxes, np.float32(0), limit)
    has_area = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    boxes, scores = boxes[has_area], scores[has_area]
    kept = suppress(boxes, scores, nms_iou)
    return boxes[kept], scores[kept]


def suppress(boxes: Floats, scores: Floats, iou: float) -> NDArray[np.int64]:
    """Greedy non-maximum suppression.

    Args:
        boxes: n x 4.
        scores: n.
        iou: Overlap (intersection over union) above which the lower box goes.

    Returns:
        Positions of the boxes that stay, best score first; of equal scores the earlier first.

    Example:
        >>> boxes = np.array([[0, 0, 10, 10], [1, 0, 10, 10], [20, 0, 30, 10]], np.float32)
        >>> suppress(boxes, np.array([0.5, 0.9, 0.3], np.float32), 0.65)
        array([1, 2])
    """
    order = np.argsort(-scores, kind="stable")
    kept = []
    overlaps = iou_matrix(boxes[order]) > iou
    alive = np.ones(len(order), bool)
    for position in range(len(order)):
        if alive[position]:
            kept.append(order[position])
            alive &= ~overlaps[position]
    return np.array(kept, np.int64)


def iou_matrix(boxes: Floats) -> Floats:
    """Intersection over union of every pair of n boxes, n x n."""
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=2)
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    union = area[:, None] + area[None, :] - shared
    return np.asarray(shared / np.maximum(union, np.float32(1e-9)), np.float32)
