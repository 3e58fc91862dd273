"""Pixels to a kept frame: scaled, as JPEG, with a measure of motion.

One library, OpenCV, does scaling, JPEG and (in inference) the way back: figures in DECISIONS.md.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from storeday.footage.settings import FootageSettings

# Motion is judged on a grey thumbnail of this size: each cell is the mean of hundreds of pixels, so
# sensor noise and codec noise drop out, and a person at 10 m still covers a few cells.
THUMBNAIL = (64, 36)

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class SampledFrame:
    """A kept frame: a row of `bronze.frames`.

    Attributes:
        pts_us: Presentation time from the segment's first frame, microseconds.
        width: Width of the JPEG, px.
        height: Height of the JPEG, px.
        source_width: Width of the frame as shown, px.
        source_height: Height of the frame as shown, px.
        jpeg: The scaled frame; as raw pixels where these were asked for.
        motion: Mean absolute luma change of the thumbnail since the previous kept frame, 0 to 1;
            None on the first.
        reason: `scout` or `detail`.
        thumbnail: Grey thumbnail, `THUMBNAIL` columns by rows, a byte each.
    """

    pts_us: int
    width: int
    height: int
    source_width: int
    source_height: int
    jpeg: bytes
    motion: float | None
    reason: str
    thumbnail: bytes = b""


class FrameMaker:
    """Makes the kept frames of one segment, in order.

    Args:
        settings: Size and quality.
        is_raw: Whether pixels are wanted instead of JPEG; without motion and thumbnail then.
    """

    def __init__(self, settings: FootageSettings, is_raw: bool = False) -> None:
        self._settings = settings
        self._is_raw = is_raw
        self._thumbnail: NDArray[np.int16] | None = None

    def make(
        self, picture: Picture, pts_us: int, reason: str, is_rgb: bool = False
    ) -> SampledFrame:
        """Scales and packs one picture.

        Args:
            picture: Height x width x 3, BGR unless `is_rgb`.
            pts_us: Presentation time, microseconds.
            reason: Why it is kept.
            is_rgb: Whether the channels are in the order red, green, blue.
        """
        source_height, source_width = picture.shape[:2]
        small = scaled(picture, self._settings.max_lines)
        if is_rgb:
            small = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)  # type: ignore[assignment]
        height, width = small.shape[:2]
        if self._is_raw:
            pixels = small.tobytes()
            return SampledFrame(
                pts_us, width, height, source_width, source_height, pixels, None, reason
            )
        thumbnail = cv2.cvtColor(
            cv2.resize(small, THUMBNAIL, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY
        )
        return SampledFrame(
            pts_us,
            width,
            height,
            source_width,
            source_height,
            encoded(small, self._settings.jpeg_quality),
            self._motion(thumbnail.astype(np.int16)),
            reason,
            thumbnail.tobytes(),
        )

    def _motion(self, now: NDArray[np.int16]) -> float | None:
        before, self._thumbnail = self._thumbnail, now
        return None if before is None else float(np.abs(now - before).mean()) / 255


def scaled(picture: Picture, max_lines: int) -> Picture:
    """The picture with at most so many lines, by averaging areas; proportions are kept.

    Args:
        picture: Height x width x 3.
        max_lines: Greatest height, px.
    """
    height, width = picture.shape[:2]
    if height <= max_lines:
        return picture
    size = (max(1, round(width * max_lines / height)), max_lines)
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def encoded(picture: Picture, quality: int) -> bytes:
    """The picture as JPEG, chroma at half the resolution.

    Args:
        picture: Height x width x 3, BGR.
        quality: 1 to 100.
    """
    done, buffer = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"a picture of shape {picture.shape} could not be written as JPEG")
    return buffer.tobytes()


def picture_of(frame: SampledFrame) -> Picture:
    """The pixels of a frame that was asked for raw: height x width x 3, BGR; not to be changed."""
    return np.frombuffer(frame.jpeg, np.uint8).reshape(frame.height, frame.width, 3)
