"""A small picture of a moment in which nobody can be told: what `silver.snapshots` holds.

Everybody in the frame is hidden, whoever the moment is about: those whom the detector found, and
whatever differs from the camera's background, since it misses people (`pixelation`). Parts that the
manifest masks are painted over. Only then is the picture made small.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from storeday.footage.pictures import Picture, encoded
from storeday.report.pixelation import background_of, hide_box, hide_motion

# Width of a snapshot, px: a moment is recognised by its rack and the people's postures.
WIDEST_PX = 320
# Bytes of a snapshot: ten of these in a report are a tenth of its 3 MB. A picture of the simulator
# or of a real hall has 6 to 12 kB at the first quality.
MOST_BYTES = 24_000
QUALITIES = (75, 50, 30)
# Of fewer frames no background is taken: half of them may well show somebody at the same place.
LEAST_BACKGROUND_FRAMES = 7
MASKED = (96, 96, 96)


def snapshot(
    frame: Picture,
    boxes_px: NDArray[np.float64],
    masks_px: Sequence[NDArray[np.float64]],
    background: Picture,
) -> bytes | None:
    """A frame with everybody hidden, as a small JPEG; the frame given stays as it is.

    Args:
        frame: Height x width x 3, BGR.
        boxes_px: People, shape (n, 4), x0, y0, x1, y1 in pixels of the frame.
        masks_px: Polygons in pixels of the frame, shape (k, 2) each, that are painted over.
        background: What stands still in the camera's picture, of the frame's shape.

    Returns:
        At most `WIDEST_PX` wide and `MOST_BYTES` long; None where it could not be made so small.

    Raises:
        ValueError: Frame and background differ in shape.
    """
    if frame.shape != background.shape:
        raise ValueError(f"background has shape {background.shape}; expected {frame.shape}")
    hidden = frame.copy()
    hide_motion(hidden, background)
    for box in boxes_px:
        hide_box(hidden, box)
    for mask in masks_px:
        cv2.fillPoly(hidden, [np.round(mask).astype(np.int32)], MASKED)
    height, width = hidden.shape[:2]
    if width > WIDEST_PX:
        size = (WIDEST_PX, max(1, round(height * WIDEST_PX / width)))
        hidden = np.asarray(cv2.resize(hidden, size, interpolation=cv2.INTER_AREA), np.uint8)
    for quality in QUALITIES:
        jpeg = encoded(hidden, quality)
        if len(jpeg) <= MOST_BYTES:
            return jpeg
    return None


def decoded(jpeg: bytes) -> Picture:
    """The pixels of a JPEG: height x width x 3, BGR.

    Raises:
        ValueError: It is no JPEG.
    """
    content = np.frombuffer(jpeg, np.uint8)
    picture = cv2.imdecode(content, cv2.IMREAD_COLOR) if len(content) else None
    if picture is None:
        raise ValueError(f"{len(content)} bytes are no JPEG that can be decoded")
    return np.asarray(picture, np.uint8)


def background(jpegs: Sequence[bytes], shape: tuple[int, ...]) -> Picture | None:
    """What stands still in a camera's frames; None where too few of that shape are there.

    Args:
        jpegs: Frames of one camera.
        shape: Shape of the picture that it is for.
    """
    pictures = [picture for picture in map(decoded, jpegs) if picture.shape == shape]
    return background_of(pictures) if len(pictures) >= LEAST_BACKGROUND_FRAMES else None
