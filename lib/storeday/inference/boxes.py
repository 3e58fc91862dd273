"""Boxes of people as detectors' heads give them: cut at the picture, doubles dropped.

A box is `x0, y0, x1, y1`.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]
Boxes = NDArray[np.floating]

# The class that detectors are asked for.
PERSON = "person"


class Detector(Protocol):
    """What every head of the role `person_detector` can do; for one thread.

    Attributes:
        batch: Frames in a call.
    """

    batch: int

    def people(self, pictures: list[Picture]) -> list[tuple[Floats, Floats]]:
        """Boxes and scores of the people in each picture.

        Args:
            pictures: At most `batch`, height x width x 3, BGR.

        Returns:
            For each picture boxes (n x 4, px, within it) and scores (n, 0 to 1), best first.
        """
        ...


def kept_boxes(
    boxes: Floats, scores: Floats, shape: tuple[int, ...], iou: float
) -> tuple[Floats, Floats]:
    """Boxes cut at the picture's borders; those outside it, and doubles, dropped.

    Args:
        boxes: n x 4, px of the picture.
        scores: n.
        shape: Height and width of the picture, px; more is ignored.
        iou: Overlap (intersection over union) above which the lower box goes.

    Returns:
        Boxes and scores, best first.
    """
    limit = np.array([shape[1], shape[0]] * 2, np.float32)
    boxes = np.clip(boxes, np.float32(0), limit)
    has_area = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    boxes, scores = boxes[has_area], scores[has_area]
    kept = suppress(boxes, scores, iou)
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


def iou_matrix(one: Boxes, other: Boxes | None = None) -> Boxes:
    """Intersection over union of every pair of n and m boxes, n x m, as precise as they are.

    Args:
        one: n x 4.
        other: m x 4; the same boxes where not given.
    """
    first, second = one[:, None], (one if other is None else other)[None]
    low = np.maximum(first[..., :2], second[..., :2])
    high = np.minimum(first[..., 2:], second[..., 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=-1)
    areas = [np.prod(boxes[..., 2:] - boxes[..., :2], axis=-1) for boxes in (first, second)]
    union = areas[0] + areas[1] - shared
    return np.asarray(shared / np.maximum(union, union.dtype.type(1e-9)))


def person_faults(classes: tuple[str, ...]) -> list[str]:
    """The fault of a class list without people; empty where they are in it.

    Args:
        classes: What a detector tells apart.
    """
    if PERSON in classes:
        return []
    return [f"classes do not name {PERSON!r}; found {', '.join(classes) or 'none'}"]
