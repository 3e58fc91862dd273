"""Average precision of boxes at one overlap, as PASCAL VOC 2010 and COCO define it.

Found boxes of all pictures, best score first, take the unclaimed true box of their picture that
they overlap most, from the least overlap on. Precision is made to fall with recall, and the area
under it is the figure. True boxes that are not asked for neither count when missed nor make the
boxes that find them false (COCO's "ignore").
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Bools = NDArray[np.bool_]

# What found and true boxes of one picture are: boxes, scores; boxes, whether each is asked for.
Case = tuple[Floats, Floats, Floats, Bools]


def average_precision(cases: Iterable[Case], least_iou: float = 0.5) -> float:
    """Area under the curve of precision against recall.

    Args:
        cases: Per picture: found boxes (n x 4), their scores (n), true boxes (m x 4), which of them
            are asked for (m).
        least_iou: Overlap from which on a box is found.

    Returns:
        0 to 1; NaN where nothing is asked for. Cost: n x m per picture.

    Example:
        >>> true = np.array([[0, 0, 10, 20], [30, 0, 40, 20]])
        >>> found = np.array([[0, 0, 10, 20], [60, 0, 70, 20]])
        >>> average_precision([(found, np.array([0.9, 0.8]), true, np.array([True, True]))])
        0.5
    """
    scores, hits, wanted = [np.zeros(0)], [np.zeros(0, bool)], 0
    for found, score, true, asked in cases:
        hit, counts = match_boxes(found, score, true, asked, least_iou)
        scores.append(np.asarray(score, float)[counts])
        hits.append(hit[counts])
        wanted += int(asked.sum())
    if not wanted:
        return float("nan")
    order = np.argsort(-np.concatenate(scores), kind="stable")
    is_hit = np.concatenate(hits)[order]
    found_so_far = np.cumsum(is_hit)
    precision = found_so_far / np.arange(1, len(is_hit) + 1)
    falling = np.maximum.accumulate(precision[::-1])[::-1]
    return float(falling[is_hit].sum() / wanted)


def match_boxes(
    found: Floats, score: Floats, true: Floats, asked: Bools, least_iou: float
) -> tuple[Bools, Bools]:
    """Which boxes hit, and which count at all; one picture, arguments as in `Case`."""
    overlap = overlaps(found.reshape(-1, 4), true.reshape(-1, 4))
    hit, counts = np.zeros(len(found), bool), np.ones(len(found), bool)
    free = np.ones(len(true), bool)
    for row in np.argsort(-np.asarray(score), kind="stable"):
        # Those asked for are taken first, whatever else overlaps more.
        for wanted in (True, False):
            fits = np.where(free & (asked == wanted), overlap[row], -1.0)
            best = int(fits.argmax()) if len(fits) else -1
            if best >= 0 and fits[best] >= least_iou:
                free[best] = not wanted
                hit[row], counts[row] = wanted, wanted
                break
    return hit, counts


def overlaps(one: Floats, other: Floats) -> NDArray[np.float64]:
    """IoU of every pair of n and m boxes, n x m."""
    first, second = np.asarray(one, float)[:, None], np.asarray(other, float)[None]
    sides = np.minimum(first[..., 2:], second[..., 2:]) - np.maximum(
        first[..., :2], second[..., :2]
    )
    shared = np.prod(np.maximum(sides, 0), axis=-1)
    areas = [np.prod(boxes[..., 2:] - boxes[..., :2], axis=-1) for boxes in (first, second)]
    return np.asarray(shared / np.maximum(areas[0] + areas[1] - shared, 1e-9))
