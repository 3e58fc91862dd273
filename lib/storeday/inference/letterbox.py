"""Pictures scaled to fit the upper left corner of a model's input; the rest is one grey."""

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]

# What YOLOX was trained with around its pictures; the project's own detector keeps to it.
FILL = 114


class Letterbox:
    """An input buffer; for one thread.

    Args:
        batch: Pictures in a call.
        size: Width and height of the input, px.
        is_rgb: Whether the model takes red first.

    Attributes:
        input: batch x 3 x height x width, float32, 0 to 255.
    """

    def __init__(self, batch: int, size: tuple[int, int], is_rgb: bool) -> None:
        self._size, self._is_rgb = size, is_rgb
        self.input: Floats = np.full((batch, 3, size[1], size[0]), FILL, np.float32)
        self._filled = [(0, 0)] * batch

    def place(self, slot: int, picture: Picture) -> float:
        """Puts a picture (BGR) into a slot; returns by how much it was scaled."""
        ratio, width, height = fit(picture.shape[1], picture.shape[0], *self._size)
        small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)
        target = self.input[slot]
        if self._filled[slot] != (width, height):
            target.fill(FILL)
            self._filled[slot] = (width, height)
        planes = cv2.split(small)
        for channel, plane in enumerate(planes[::-1] if self._is_rgb else planes):
            target[channel, :height, :width] = plane
        return ratio


def fit(width: int, height: int, input_width: int, input_height: int) -> tuple[float, int, int]:
    """How a picture is scaled into the input: ratio, new width, new height.

    Example:
        >>> fit(960, 540, 416, 416)
        (0.43333333333333335, 416, 234)
    """
    ratio = min(input_width / width, input_height / height)
    return ratio, max(1, int(width * ratio)), max(1, int(height * ratio))
