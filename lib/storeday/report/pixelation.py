"""Hiding people in pictures: whole bodies as a few large blocks, not faces alone.

People were told by clothes and shoes where only faces were hidden (ecoSecrets, issue 63). A
detector misses people, so what moves against the background of the clip is hidden as well. Somebody
who was not detected and stands still all through is not.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]

# A person becomes so many blocks high: legs and trunk can be told, a face is a part of one block.
BLOCKS_PER_PERSON = 10
LEAST_BLOCK_PX = 6
# Boxes are grown by this share of their size: detectors cut hands and feet.
GROWN_SHARE = 0.12
# Side of the blocks in which motion is looked for and hidden, by the picture's height.
MOTION_BLOCK_SHARE = 1 / 36
# Mean change of a block, of 255, that is more than the noise of codec and sensor. In a real hall
# without anybody no block of three clips of 3 to 5 s changed by more than 8.1; people change a
# sixth of its picture by more than 9. Over minutes light drifts: more is hidden than need be.
MOVED_ABOVE = 9.0


def hide_box(picture: Picture, box_px: NDArray[np.float64]) -> None:
    """Hides what is in a box, in place.

    Args:
        picture: Height x width x 3.
        box_px: x0, y0, x1, y1 in pixels of the picture; may reach outside.
    """
    x0, y0, x1, y1 = (float(edge) for edge in box_px)
    grow_x, grow_y = GROWN_SHARE * (x1 - x0), GROWN_SHARE * (y1 - y0)
    height, width = picture.shape[:2]
    left, right = max(0, int(x0 - grow_x)), min(width, int(np.ceil(x1 + grow_x)))
    top, bottom = max(0, int(y0 - grow_y)), min(height, int(np.ceil(y1 + grow_y)))
    if right <= left or bottom <= top:
        return
    block = max(LEAST_BLOCK_PX, round((y1 - y0) / BLOCKS_PER_PERSON))
    part = picture[top:bottom, left:right]
    part[:] = in_blocks(part, block)


def in_blocks(picture: Picture, block_px: int) -> Picture:
    """A picture in blocks, each in the mean colour of its pixels.

    Args:
        picture: Height x width x 3.
        block_px: Side of a block; those at the right and lower edge are cut.

    Example:
        >>> in_blocks(np.array([[[0] * 3, [4] * 3]], np.uint8), 2)[..., 0].tolist()
        [[2, 2]]
    """
    height, width = picture.shape[:2]
    size = (max(1, -(-width // block_px)), max(1, -(-height // block_px)))
    padded = cv2.copyMakeBorder(
        picture,
        *(0, size[1] * block_px - height, 0, size[0] * block_px - width),
        cv2.BORDER_REPLICATE,
    )
    small = cv2.resize(padded, size, interpolation=cv2.INTER_AREA)
    large = cv2.resize(
        small, (size[0] * block_px, size[1] * block_px), interpolation=cv2.INTER_NEAREST
    )
    return np.asarray(large[:height, :width], np.uint8)


def background_of(pictures: Sequence[Picture]) -> Picture:
    """What stands still in a clip: the median of some of its pictures, all of one shape.

    Raises:
        ValueError: There are no pictures.
    """
    if not pictures:
        raise ValueError("no pictures to take a background from; expected at least one")
    return np.asarray(np.median(np.stack(list(pictures)), axis=0), np.uint8)


def hide_motion(picture: Picture, background: Picture) -> None:
    """Hides what differs from the background, block by block, neighbours included, in place.

    A change of exposure moves the whole picture; its median, channel by channel, does not count.

    Args:
        picture: Height x width x 3.
        background: Of the same shape.
    """
    height, width = picture.shape[:2]
    block = max(LEAST_BLOCK_PX, round(height * MOTION_BLOCK_SHARE))
    moved = changed_blocks(picture, background, block) > MOVED_ABOVE
    if not moved.any():
        return
    grown = cv2.dilate(moved.astype(np.uint8), np.ones((3, 3), np.uint8))
    mask = cv2.resize(grown, (width, height), interpolation=cv2.INTER_NEAREST).astype(bool)
    picture[mask] = in_blocks(picture, block)[mask]


def changed_blocks(picture: Picture, background: Picture, block_px: int) -> NDArray[np.float32]:
    """Mean change of each block against the background, of 255, in the channel that changed most.

    Args:
        picture: Height x width x 3.
        background: Of the same shape.
        block_px: Side of a block.
    """
    change = picture.astype(np.float32) - background
    change -= np.median(change, axis=(0, 1))
    height, width = picture.shape[:2]
    size = (max(1, -(-width // block_px)), max(1, -(-height // block_px)))
    return np.asarray(
        cv2.resize(np.abs(change).max(axis=2), size, interpolation=cv2.INTER_AREA), np.float32
    )
