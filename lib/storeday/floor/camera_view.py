"""What a camera's calibration says about the floor.

The foot point of a box is where an upright body in it meets the floor (`upright`): not under the
box's middle where bodies lean in the picture, and half a foot beyond its edge, which is the nearer
rim of the feet. It is known only as well as the detector draws boxes and the calibration was made;
both errors are carried along.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from storeday.floor.homography import (
    fit_homography,
    orient,
    project,
    projection_error_m,
    reprojection_error_m,
)
from storeday.floor.upright import feet_px, nadir_px
from storeday.floor.zones import inside
from storeday.manifest import Camera

Floats = NDArray[np.float64]

# Detectors place a box's edge to within some 4 % of its height (noise of the tracking study).
FOOT_ERROR_SHARE = 0.04
# Half the length of a foot: 0.152 of a body's height (Drillis and Contini 1966), of 1.7 m.
FOOT_REACH_M = 0.13
# A box this close to the frame's edge may go on outside.
EDGE_PX = 2.0
# A foot point that may be this far off says nothing about the floor.
MAX_FLOOR_ERROR_M = 3.0


@dataclass(frozen=True)
class CameraView:
    """A camera's view of the floor.

    Attributes:
        matrix: Homography from image (px) to floor (m), shape (3, 3), oriented.
        calibration_error_m: Root mean square misfit of the calibration points; 0 where the manifest
            gives a homography.
        width_px: Width of the source frame.
        height_px: Height of the source frame.
        masks: Polygons (px) in which nobody is looked for.
    """

    matrix: Floats
    calibration_error_m: float
    width_px: int
    height_px: int
    masks: tuple[Floats, ...]

    @cached_property
    def nadir(self) -> Floats:
        """The image of the floor straight below the camera, as `upright.nadir_px` gives it."""
        return nadir_px(self.matrix, self.width_px, self.height_px)

    @property
    def below_m(self) -> Floats:
        """The floor straight below the camera, shape (2,); NaN where nothing tells."""
        floor = self.matrix @ self.nadir
        return np.asarray(floor[:2] / floor[2])


@dataclass(frozen=True)
class FootPoints:
    """Foot points of boxes.

    Attributes:
        floor_m: Places, shape (n, 2); NaN where the camera has no view of the floor there, or where
            the place is too uncertain to be of use.
        error_m: Standard error along one axis, shape (n,); NaN likewise.
        is_cut: The box touches the frame's lower edge or a side, so that the feet may be elsewhere,
            shape (n,).
        is_masked: The foot point lies in a mask, shape (n,).
    """

    floor_m: Floats
    error_m: Floats
    is_cut: NDArray[np.bool_]
    is_masked: NDArray[np.bool_]


def camera_view(camera: Camera) -> CameraView:
    """The view that a manifest's camera describes.

    Raises:
        ValueError: The calibration points fix no homography; names the camera.
    """
    error_m = 0.0
    if camera.homography is not None:
        matrix = np.asarray(camera.homography, float)
        # Without a known floor point, the middle of the lower edge is taken to look at the floor.
        on_floor = np.array([camera.width_px / 2, camera.height_px - 1.0])
    else:
        pairs = camera.calibration_points or []
        image = np.array([pair[0] for pair in pairs], float)
        floor = np.array([pair[1] for pair in pairs], float)
        try:
            matrix = fit_homography(image, floor)
        except ValueError as error:
            raise ValueError(f"camera {camera.id!r}: calibration_points: {error}") from error
        on_floor = image.mean(axis=0)
        error_m = reprojection_error_m(orient(matrix, on_floor), image, floor)
    return CameraView(
        matrix=orient(matrix, on_floor),
        calibration_error_m=error_m,
        width_px=camera.width_px,
        height_px=camera.height_px,
        masks=tuple(np.array(mask, float) for mask in camera.masks),
    )


def foot_points(view: CameraView, boxes_px: Floats) -> FootPoints:
    """Where on the floor the people in boxes stand.

    Args:
        view: The camera's view.
        boxes_px: Boxes x0, y0, x1, y1 in source pixels, shape (n, 4); may be empty.
    """
    boxes = np.asarray(boxes_px, float).reshape(-1, 4)
    feet = feet_px(boxes, view.nadir)
    floor = _beyond_the_rim(view, project(view.matrix, feet))
    height_px = np.maximum(boxes[:, 3] - boxes[:, 1], 1.0)
    per_px = projection_error_m(view.matrix, feet, 1.0)
    error = np.hypot(per_px * FOOT_ERROR_SHARE * height_px, view.calibration_error_m)
    useless = ~(error <= MAX_FLOOR_ERROR_M)
    masked = np.zeros(len(boxes), bool)
    for mask in view.masks:
        masked |= inside(feet, mask)
    return FootPoints(
        floor_m=np.where(useless[:, None], np.nan, floor),
        error_m=np.where(useless, np.nan, error),
        is_cut=_is_cut(view, boxes),
        is_masked=masked,
    )


def pixels_of(view: CameraView, floor_m: Floats) -> Floats:
    """Image points of floor points, also outside the picture; in px, shape (n, 2).

    Args:
        view: The camera's view.
        floor_m: Floor points, shape (n, 2).
    """
    points = np.column_stack([floor_m, np.ones(len(floor_m))])
    image = points @ np.linalg.inv(view.matrix).T
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(image[:, :2] / image[:, 2:3])


def sees(view: CameraView, floor_m: Floats) -> NDArray[np.bool_]:
    """Whether floor points lie in a camera's picture.

    Args:
        view: The camera's view.
        floor_m: Floor points, shape (n, 2).
    """
    pixels = pixels_of(view, floor_m)
    back = project(view.matrix, np.nan_to_num(pixels))
    within = (pixels >= 0) & (pixels <= [view.width_px, view.height_px])
    return np.asarray(within.all(axis=1) & np.isclose(back, floor_m, atol=1e-3).all(axis=1))


def _beyond_the_rim(view: CameraView, floor_m: Floats) -> Floats:
    """Places half a foot farther from the camera; as they are where nobody knows where it hangs."""
    away = floor_m - view.below_m
    distance_m = np.hypot(away[:, 0], away[:, 1])[:, None]
    known = distance_m > FOOT_REACH_M
    return floor_m + np.where(known, away / np.where(known, distance_m, 1.0), 0.0) * FOOT_REACH_M


def _is_cut(view: CameraView, boxes: Floats) -> NDArray[np.bool_]:
    """Cut at the lower edge or at a side; a head that is cut off moves no feet."""
    return np.asarray(
        (boxes[:, 0] <= EDGE_PX)
        | (boxes[:, 2] >= view.width_px - EDGE_PX)
        | (boxes[:, 3] >= view.height_px - EDGE_PX)
    )
