"""How much somebody's arms move, against their own body.

Optical flow was used in this way to find pictures of handling for a classifier by the article on
which storeday's handling evidence rests: the share of positives rose from 0.4 % to 5 %. Here only
the upper body is looked at, its own flow is taken off first, and what is left is set against it:
who walks swings arms, who handles goods mostly stands.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Floats = NDArray[np.float64]

# Head, trunk and arms, without the legs, of a standing person's box.
UPPER_SHARE = 0.55
# A moving arm covers about a tenth of that.
LIMB_QUANTILE = 0.9
# Flow of a body that stands still, in heights of its box: noise of codec and detector.
STILL_SHARE = 0.01
# Finds 4.3 of 5 px of a moving arm where the faster presets find 1.5; 40 ms for 640 x 360.
FLOW = cv2.DISOPTICAL_FLOW_PRESET_MEDIUM
# Boxes smaller than this say nothing about arms.
LEAST_SIDE_PX = 8


def limb_motion(before: Grey, now: Grey, boxes_px: Floats) -> Floats:
    """Motion within boxes that is not motion of the boxes.

    Dense flow (Kroeger et al., ECCV 2016, as OpenCV has it) of the upper body: the 90th percentile
    of what differs from its median, over the length of that median and a hundredth of the box's
    height.

    Args:
        before: An earlier picture, height x width.
        now: The picture in which the boxes lie, of the same size.
        boxes_px: n x 4: x0, y0, x1, y1 in pixels of the pictures; may be none.

    Returns:
        n, from 0, without unit: about 1 where arms move by as much as the body, or by a hundredth
        of a still one's height; NaN for a box under 8 px.

    Raises:
        ValueError: The pictures differ in size.
    """
    if before.shape != now.shape:
        raise ValueError(f"pictures are {before.shape} and {now.shape}; expected one size")
    found = np.full(len(boxes_px), np.nan)
    if not len(boxes_px):
        return found
    flow = cv2.DISOpticalFlow.create(FLOW).calc(now, before, None)  # type: ignore[call-overload]
    height, width = now.shape
    corners = np.clip(np.rint(boxes_px), 0, [width, height, width, height]).astype(int)
    for row, (x0, y0, x1, y1) in enumerate(corners):
        if min(x1 - x0, y1 - y0) < LEAST_SIDE_PX:
            continue
        upper = flow[y0 : y0 + int(UPPER_SHARE * (y1 - y0)), x0:x1].reshape(-1, 2)
        body = np.median(upper, axis=0)
        arms = np.quantile(np.linalg.norm(upper - body, axis=1), LIMB_QUANTILE)
        found[row] = arms / (np.linalg.norm(body) + STILL_SHARE * (y1 - y0))
    return found
