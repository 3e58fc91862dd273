"""Crops of people as models take them: the box stretched, or a window of one shape around it."""

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


def window(box: Floats, room: float, aspect: float) -> Floats:
    """The smallest window of a given shape around a box with room, with the same middle.

    Args:
        box: x0, y0, x1, y1, px.
        room: Room on each side, as a share of the box's width and height.
        aspect: Width over height of the window.

    Returns:
        x0, y0, x1, y1, px; it may reach beyond the picture.

    Example:
        >>> window(np.array([10, 20, 20, 60], np.float32), 0.0, 0.5).tolist()
        [5.0, 20.0, 25.0, 60.0]
    """
    size = (box[2:] - box[:2]) * np.float32(1 + 2 * room)
    width = max(float(size[0]), float(size[1]) * aspect)
    half = np.array([width, width / aspect], np.float32) / 2
    middle = (box[:2] + box[2:]) / 2
    return np.concatenate([middle - half, middle + half])


def framed(picture: Picture, window_px: Floats) -> Picture:
    """The part of a picture within a window; beyond the edge its last pixels are repeated.

    Args:
        picture: Height x width x 3.
        window_px: x0, y0, x1, y1, px.
    """
    x0, y0 = np.floor(window_px[:2]).astype(int).tolist()
    x1, y1 = np.ceil(window_px[2:]).astype(int).tolist()
    columns = np.clip(np.arange(x0, max(x1, x0 + 1)), 0, picture.shape[1] - 1)
    rows = np.clip(np.arange(y0, max(y1, y0 + 1)), 0, picture.shape[0] - 1)
    return np.asarray(picture[rows[:, None], columns], np.uint8)


def stretched(picture: Picture, size: tuple[int, int]) -> Picture:
    """A picture brought to a width and height; areas are averaged where it shrinks."""
    shrinks = picture.shape[0] > size[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, size, interpolation=how), np.uint8)
