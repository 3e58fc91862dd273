"""Bodies in the image: the outlines of their solids, what lies before what, and their shadows.

Every solid is drawn in layers from wide and dark to narrow and light, which shades it like a
rounded thing lit from above. A solid of two joints is the convex hull of two discs, whose corners
follow from their common tangents; solids of more joints leave the hull to the raster.

Conventions: px from the upper left; one row per pose; corners in sub-pixels of 1 / 2^`SHIFT`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.simulate.render_body import INDEX, SOLIDS, joints_of
from storeday.simulate.render_looks import Look
from storeday.simulate.render_motion import Poses
from storeday.simulate.render_view import NEAREST_M, View, focal_px, to_image

Floats = NDArray[np.float64]

# Sub-pixel bits of OpenCV's polygon corners.
SHIFT = 4
CORNERS = 12
CAPSULE_CORNERS = 2 * (CORNERS // 2 + 1)
# Width, displacement to the light in radii, and brightness of the three layers of a solid.
LAYERS = ((1.0, 0.0, 0.68), (0.72, 0.2, 0.9), (0.4, 0.42, 1.08))
# Image direction of the light, above and a little to the left.
LIGHT = np.array([-0.45, -0.9])
SHADOW_RADIUS_M = 0.3
# Vest over trousers and skirt over thighs, whatever the mean depth of their joints.
IN_FRONT_M = {"vest": 0.04, "skirt": 0.03, "garment": 0.1}

_TURN = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
_DISC = np.column_stack([np.cos(_TURN), np.sin(_TURN)])


@dataclass(frozen=True)
class Bodies:
    """Poses of one camera, projected: what the raster needs, one row per pose.

    Attributes:
        view: The camera.
        poses: The poses.
        looks: Clothes by person.
        outlines: Per solid, corners of its layers in sub-pixels from the window's corner, shape
            (n, layers, corners, 2), int32.
        order: Solids from far to near, shape (n, solids).
        depth_m: Depth of the body, shape (n,).
        window: Bounds of all corners, x0, y0, x1, y1, shape (n, 4), int64.
        shadow: Corners of the shadow on the floor, px, shape (n, corners, 2).
        shadow_window: Bounds of the blurred shadow inside the frame, shape (n, 4), int64.
        shadow_blur: Side of the square that blurs it, px, shape (n,).
        is_drawable: Whether all of the body lies before the camera and some of it in the frame.
    """

    view: View
    poses: Poses
    looks: Sequence[Look]
    outlines: tuple[NDArray[np.int32], ...]
    order: NDArray[np.int64]
    depth_m: Floats
    window: NDArray[np.int64]
    shadow: Floats
    shadow_window: NDArray[np.int64]
    shadow_blur: NDArray[np.int64]
    is_drawable: NDArray[np.bool_]


def project_bodies(view: View, poses: Poses, height_m: Floats, looks: Sequence[Look]) -> Bodies:
    """Places bodies in the image.

    Args:
        view: The camera.
        poses: n poses.
        height_m: Body height by person.
        looks: Clothes by person.
    """
    height_m = height_m[poses.person]
    build = np.array([look.build for look in looks], np.float64)[poses.person]
    joints = joints_of(poses, height_m, build)
    image, depth = to_image(view, joints)
    scale = focal_px(view) / np.maximum(depth, NEAREST_M)
    outlines, nearness = [], []
    for solid in SOLIDS:
        at = [INDEX[name] for name in solid.joints]
        broad = 1.0 if solid.slot in ("skin", "hair") else build[:, None]
        radii = np.array(solid.radii) * height_m[:, None] * broad * scale[:, at]
        outlines.append(_layers(image[:, at], radii))
        bias = IN_FRONT_M.get(solid.slot, 0.0) + IN_FRONT_M["skirt"] * (solid.wears == "has_skirt")
        nearness.append(depth[:, at].mean(axis=1) - bias)
    low, high = _bounds(outlines, poses.product >= 0)
    frame = np.array([view.width_px, view.height_px])
    seen = ((high > 0) & (low < frame)).all(axis=1) & ((high - low) < 3 * frame).all(axis=1)
    window = np.column_stack([np.floor(low) - 2, np.ceil(high) + 3])
    corner = window[:, None, None, :2]
    shadow = _shadows(view, joints)
    spread = np.maximum(np.ptp(shadow[:, :, 1], axis=1) / 5, 1).astype(np.int64)
    edges = [shadow.min(axis=1) - 2 * spread[:, None], shadow.max(axis=1) + 2 * spread[:, None] + 1]
    return Bodies(
        view=view,
        poses=poses,
        looks=looks,
        outlines=tuple(subpixels(outline - corner) for outline in outlines),
        order=np.argsort(-np.stack(nearness, axis=1), axis=1, kind="stable"),
        depth_m=depth.mean(axis=1),
        window=window.astype(np.int64),
        shadow=shadow,
        shadow_window=np.clip(np.hstack(edges), 0, np.tile(frame, 2)).astype(np.int64),
        shadow_blur=2 * spread + 1,
        is_drawable=seen & (depth.min(axis=1) > NEAREST_M),
    )


def subpixels(corners: Floats) -> NDArray[np.int32]:
    """Image points in the units of OpenCV's polygons."""
    return np.clip(corners * (1 << SHIFT), -(2**24), 2**24).astype(np.int32)


def _layers(image: Floats, radii: Floats) -> Floats:
    """Corners of each layer of a solid; shape (n, layers, k, 2).

    Two joints give the corners of the hull itself, in order; more give those of all discs.
    """
    middle = image.mean(axis=1, keepdims=True)
    layers = []
    for width, displacement, _ in LAYERS:
        centres = middle + (image - middle) * (0.6 + 0.4 * width)
        centres = centres + displacement * radii.mean(axis=1)[:, None, None] * LIGHT
        if image.shape[1] == 2:
            layers.append(_capsule(centres, width * radii))
        else:
            discs = centres[:, :, None] + width * radii[:, :, None, None] * _DISC
            layers.append(discs.reshape(len(image), image.shape[1] * CORNERS, 2))
    return np.stack(layers, axis=1)


def _capsule(centres: Floats, radii: Floats) -> Floats:
    """Convex hull of two discs, from the points where their common tangents touch."""
    offset = centres[:, 1] - centres[:, 0]
    distance = np.maximum(np.hypot(offset[:, 0], offset[:, 1]), 1e-6)
    axis = np.arctan2(offset[:, 1], offset[:, 0])[:, None]
    touch = np.arccos(np.clip((radii[:, 0] - radii[:, 1]) / distance, -1, 1))[:, None]
    step = np.linspace(0, 1, CORNERS // 2 + 1)
    turns = (axis + touch + step * 2 * (np.pi - touch), axis - touch + step * 2 * touch)
    arcs = [
        centres[:, None, end]
        + radii[:, end, None, None] * np.stack([np.cos(turn), np.sin(turn)], 2)
        for end, turn in enumerate(turns)
    ]
    return np.concatenate(arcs, axis=1)


def _bounds(outlines: list[Floats], holds: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Least and greatest corner of each body; the last solid is a garment, where one is held."""
    corners = np.concatenate([outline[:, 0] for outline in outlines[:-1]], axis=1)
    low, high = corners.min(axis=1), corners.max(axis=1)
    cloth = outlines[-1][:, 0]
    low = np.where(holds[:, None], np.minimum(low, cloth.min(axis=1)), low)
    high = np.where(holds[:, None], np.maximum(high, cloth.max(axis=1)), high)
    return low, high


def _shadows(view: View, joints: Floats) -> Floats:
    feet = [INDEX[f"ankle_{side}"] for side in "lr"]
    middle = joints[:, feet, :2].mean(axis=1)
    ring = np.zeros((len(middle), CORNERS, 3))
    ring[:, :, :2] = middle[:, None] + SHADOW_RADIUS_M * _DISC
    return to_image(view, ring)[0]
