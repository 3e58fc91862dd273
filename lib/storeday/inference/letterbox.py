"""Pictures scaled into a network's input, whole: in proportion, the rest grey, or stretched."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]

# The grey that YOLO networks of all kinds were trained with around their pictures.
FILL = 114


@dataclass(frozen=True)
class Placed:
    """Where a picture lies in the input.

    Attributes:
        ratio: Pixels of the input per pixel of the picture, along x and y.
        left: Columns before it.
        top: Rows above it.
    """

    ratio: tuple[float, float]
    left: int
    top: int

    def to_picture(self, boxes: Floats) -> Floats:
        """Boxes (n x 4) in pixels of the input, as boxes in pixels of the picture."""
        corner = np.array([self.left, self.top] * 2, np.float32)
        return np.asarray((boxes - corner) / np.array(self.ratio * 2, np.float32), np.float32)


class Letterbox:
    """The input buffer of a network, reused from call to call; for one thread.

    Args:
        batch: Pictures in a call.
        size: Width and height of the input, px.
        is_rgb: Whether the network takes RGB; otherwise BGR.
        is_centred: Whether pictures lie in the middle; otherwise in the upper left corner.
        is_stretched: Whether pictures fill the input, whatever their proportions.
        unit: What a value of 255 becomes.

    Attributes:
        values: batch x 3 x height x width.
    """

    def __init__(
        self,
        batch: int,
        size: tuple[int, int],
        *,
        is_rgb: bool,
        is_centred: bool = False,
        is_stretched: bool = False,
        unit: float = 255,
    ) -> None:
        self._size, self._is_rgb = size, is_rgb
        self._is_centred, self._is_stretched = is_centred, is_stretched
        self._scale = np.float32(unit / 255)
        self.values = np.full((batch, 3, size[1], size[0]), FILL * self._scale, np.float32)
        self._filled = [(0, 0)] * batch

    def place(self, slot: int, picture: Picture) -> Placed:
        """Writes a picture (height x width x 3, BGR) into a slot of the batch."""
        ratio, width, height = self._fit(picture.shape[1], picture.shape[0])
        small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)
        left = top = 0
        if self._is_centred:
            left, top = (self._size[0] - width) // 2, (self._size[1] - height) // 2
        target = self.values[slot]
        if self._filled[slot] != (width, height):
            target.fill(FILL * self._scale)
            self._filled[slot] = (width, height)
        planes = cv2.split(small)
        for channel, plane in enumerate(planes[::-1] if self._is_rgb else planes):
            np.multiply(
                plane,
                self._scale,
                out=target[channel, top : top + height, left : left + width],
                casting="unsafe",
            )
        return Placed(ratio, left, top)

    def _fit(self, width: int, height: int) -> tuple[tuple[float, float], int, int]:
        if self._is_stretched:
            return (self._size[0] / width, self._size[1] / height), *self._size
        ratio, width, height = fit(width, height, *self._size)
        return (ratio, ratio), width, height


def fit(width: int, height: int, input_width: int, input_height: int) -> tuple[float, int, int]:
    """How a picture is scaled into the input: ratio, new width, new height.

    Example:
        >>> fit(960, 540, 416, 416)
        (0.43333333333333335, 416, 234)
    """
    ratio = min(input_width / width, input_height / height)
    return ratio, max(1, int(width * ratio)), max(1, int(height * ratio))
