"""How well a camera's calibration points agree with each other.

The fit's own misfit says little where there are few points: four points are fitted exactly, however
wrong one of them is. From five points on, each is also predicted by the others (leave one out),
which is what a foot point between them has to expect.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.floor.camera_view import CameraView, camera_view, pixels_of
from storeday.floor.homography import fit_homography, orient, project
from storeday.manifest import Camera

Floats = NDArray[np.float64]

# Four pairs fix a homography; a fifth can contradict them.
FEWEST_TO_PREDICT = 5


@dataclass(frozen=True)
class CalibrationErrors:
    """Errors of a camera's calibration points, in their order.

    Attributes:
        image_px: The points in the image, shape (n, 2).
        fitted_px: Where the calibration sees their floor points, shape (n, 2).
        misfit_m: Distance on the floor between each point and where the fit puts it, shape (n,).
        misfit_px: The same in the image, shape (n,).
        predicted_m: Distance on the floor when the point is left out of the fit, shape (n,); NaN
            where there are fewer than five points, or the others fix no homography.
    """

    image_px: Floats
    fitted_px: Floats
    misfit_m: Floats
    misfit_px: Floats
    predicted_m: Floats

    @property
    def rms_m(self) -> float:
        """Root mean square misfit on the floor; NaN without points."""
        return _rms(self.misfit_m)

    @property
    def rms_px(self) -> float:
        """Root mean square misfit in the image; NaN without points."""
        return _rms(self.misfit_px)

    @property
    def predicted_rms_m(self) -> float:
        """Root mean square error of points left out; NaN where none could be."""
        return _rms(self.predicted_m[np.isfinite(self.predicted_m)])


def calibration_errors(camera: Camera) -> CalibrationErrors:
    """Errors of a camera's calibration points.

    Args:
        camera: A camera of the manifest; one that gives a homography has no points.

    Raises:
        ValueError: The points fix no homography; names the camera.

    Example:
        >>> pairs = [((0, 0), (0, 0)), ((90, 0), (9, 0)), ((90, 90), (9, 9)), ((0, 90), (0, 9)),
        ...          ((45, 45), (4.5, 4.0))]
        >>> errors = calibration_errors(Camera(
        ...     id="top", width_px=90, height_px=90, purpose="counting", calibration_points=pairs))
        >>> round(float(errors.predicted_m[4]), 2)
        0.5
    """
    view = camera_view(camera)
    pairs = camera.calibration_points or []
    image = np.array([pair[0] for pair in pairs], float).reshape(-1, 2)
    floor = np.array([pair[1] for pair in pairs], float).reshape(-1, 2)
    fitted = pixels_of(view, floor)
    return CalibrationErrors(
        image_px=image,
        fitted_px=fitted,
        misfit_m=_distance(project(view.matrix, image), floor),
        misfit_px=_distance(fitted, image),
        predicted_m=np.array([_predicted_m(image, floor, row) for row in range(len(image))]),
    )


def floor_grid_px(view: CameraView, width_m: float, height_m: float, step_m: float) -> list[Floats]:
    """Lines of a floor grid as the camera sees them.

    Args:
        view: The camera's view.
        width_m: Width of the floor.
        height_m: Height of the floor.
        step_m: Distance between lines.

    Returns:
        For each line its points in px, shape (k, 2), 0.1 m apart on the floor; NaN where the point
        does not lie before the camera.
    """
    lines = []
    for along, across in ((0, 1), (1, 0)):
        size, other = (width_m, height_m) if along == 0 else (height_m, width_m)
        course = np.arange(0.0, size + 0.05, 0.1)
        for place in np.arange(0.0, other + step_m / 2, step_m):
            points = np.empty((len(course), 2))
            points[:, along], points[:, across] = course, place
            lines.append(visible_px(view, points))
    return lines


def visible_px(view: CameraView, floor_m: Floats) -> Floats:
    """Image points of floor points, NaN for those behind the camera; in px, shape (n, 2)."""
    pixels = pixels_of(view, floor_m)
    back = project(view.matrix, np.nan_to_num(pixels))
    is_before = _distance(back, floor_m) < 1e-3
    return np.where(is_before[:, None], pixels, np.nan)


def _predicted_m(image: Floats, floor: Floats, row: int) -> float:
    if len(image) < FEWEST_TO_PREDICT:
        return float("nan")
    others = np.arange(len(image)) != row
    try:
        matrix = fit_homography(image[others], floor[others])
    except ValueError:
        return float("nan")
    oriented = orient(matrix, image[others].mean(axis=0))
    return float(_distance(project(oriented, image[row : row + 1]), floor[row : row + 1])[0])


def _distance(left: Floats, right: Floats) -> Floats:
    return np.asarray(np.hypot(*(left - right).T))


def _rms(values: Floats) -> float:
    return float(np.sqrt(np.mean(values**2))) if len(values) else float("nan")
