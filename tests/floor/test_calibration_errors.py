"""Errors of calibration points against planted ones."""

import numpy as np
import pytest

from storeday.floor.calibration_errors import calibration_errors, floor_grid_px
from storeday.floor.camera_view import camera_view
from storeday.floor.homography import project
from storeday.manifest import Camera

TRUE = np.array([[0.004, 0.0015, -0.4], [0.0, 0.012, -1.0], [0.0, 0.0012, 1.0]])
IMAGE = np.array([[100, 300], [500, 320], [520, 120], [90, 110], [300, 200], [320, 350]], float)


def _camera(image=IMAGE, slip_m=(), **changes) -> Camera:
    floor = project(TRUE, image)
    for point, by in slip_m:
        floor[point] += by
    pairs = [(tuple(a), tuple(b)) for a, b in zip(image.tolist(), floor.tolist(), strict=True)]
    values = {"id": "cam", "width_px": 640, "height_px": 360, "purpose": "counting"}
    return Camera.model_validate({**values, "calibration_points": pairs, **changes})


def test_points_that_agree_have_no_error():
    errors = calibration_errors(_camera())
    assert errors.rms_m < 1e-6
    assert errors.rms_px < 1e-4
    assert errors.predicted_rms_m < 1e-5


@pytest.mark.parametrize("point", range(6))
def test_left_out_a_slip_shows_in_full_and_fitted_it_does_not(point):
    errors = calibration_errors(_camera(slip_m=[(point, [0.5, 0.0])]))
    assert errors.predicted_m[point] == pytest.approx(0.5, abs=1e-6)
    assert errors.misfit_m[point] < 0.4


def test_four_points_fit_whatever_they_say():
    errors = calibration_errors(_camera(IMAGE[:4], slip_m=[(0, [0.5, 0.0])]))
    assert errors.rms_m < 1e-6
    assert np.isnan(errors.predicted_rms_m)


def test_a_homography_has_no_points():
    values = {"id": "cam", "width_px": 640, "height_px": 360, "purpose": "counting"}
    errors = calibration_errors(Camera.model_validate({**values, "homography": TRUE.tolist()}))
    assert len(errors.misfit_m) == 0
    assert np.isnan(errors.rms_m)


def test_grid_lines_are_the_floor_seen_through_the_camera():
    view = camera_view(_camera())
    lines = floor_grid_px(view, 2.0, 1.0, 1.0)
    # Two lines along x (y = 0, 1), three along y (x = 0, 1, 2).
    assert len(lines) == 5
    seen = lines[1][~np.isnan(lines[1]).any(axis=1)]
    np.testing.assert_allclose(project(view.matrix, seen)[:, 1], 1.0, atol=1e-6)
