"""Crops of people as models take them: the box, with some room around it, stretched.

What lies outside the picture is left out, so that a crop at its edge is stretched more.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]


def crop(picture: Picture, box: Floats) -> Picture:
    """The part of a picture within a box, at least one pixel wide and high.

    Args:
        picture: Height x width x 3.
        box: x0, y0, x1, y1, px.
    """
    height, width = picture.shape[:2]
    x0 = min(max(int(box[0]), 0), width - 1)
    y0 = min(max(int(box[1]), 0), height - 1)
    x1 = min(max(int(np.ceil(box[2])), x0 + 1), width)
    y1 = min(max(int(np.ceil(box[3])), y0 + 1), height)
    return picture[y0:y1, x0:x1]


def roomy(box: Floats, room: float) -> Floats:
    """A box with room around it, as a share of its width and height on each side.

    Example:
        >>> roomy(np.array([10, 20, 20, 40], np.float32), 0.1).tolist()
        [9.0, 18.0, 21.0, 42.0]
    """
    margin = np.tile((box[2:] - box[:2]) * np.float32(room), 2)
    return np.asarray(box + margin * np.array([-1, -1, 1, 1], np.float32), np.float32)


def stretched(picture: Picture, size: tuple[int, int]) -> Picture:
    """A picture brought to a width and height; areas are averaged where it shrinks."""
    shrinks = picture.shape[0] > size[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, size, interpolation=how), np.uint8)
