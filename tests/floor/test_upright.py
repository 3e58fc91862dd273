"""Feet of upright people, against a pinhole camera that is worked out here."""

import numpy as np
import pytest

from storeday.floor.camera_view import FOOT_REACH_M, camera_view, foot_points
from storeday.floor.upright import feet_px, nadir_px
from storeday.manifest import Camera

WIDTH, HEIGHT, FOCAL = 640, 360, 300.0
PLACE = np.array([4.0, 7.0, 3.5])


def pinhole(tilt_deg, turn_deg=20.0, focal=FOCAL):
    """Projection of a camera at PLACE, shape (3, 4)."""
    tilt, turn = np.radians([tilt_deg, turn_deg])
    ahead = np.array([np.sin(turn), np.cos(turn), 0.0])
    axis = np.cos(tilt) * ahead - np.array([0.0, 0.0, np.sin(tilt)])
    right = np.array([np.cos(turn), -np.sin(turn), 0.0])
    turned = np.vstack([right, np.cross(axis, right), axis])
    lens = np.array([[focal, 0, WIDTH / 2], [0, focal, HEIGHT / 2], [0, 0, 1.0]])
    return lens @ np.column_stack([turned, -turned @ PLACE])


def pixels(projection, points_m):
    seen = np.column_stack([points_m, np.ones(len(points_m))]) @ projection.T
    return seen[:, :2] / seen[:, 2:]


def homography(projection):
    """Floor from image, with a positive weight ahead of the camera."""
    matrix = np.linalg.inv(projection[:, [0, 1, 3]])
    on_floor = matrix @ np.append(pixels(projection, np.array([[6.0, 12.0, 0.0]]))[0], 1.0)
    return matrix * np.sign(on_floor[2])


def rod_boxes(projection, places, height_m=1.7, half_width_px=8.0):
    """Boxes around upright rods."""
    feet, heads = (
        pixels(projection, np.column_stack([places, np.full(len(places), z)]))
        for z in (0.0, height_m)
    )
    low, high = np.minimum(feet, heads), np.maximum(feet, heads)
    low[:, 0], high[:, 0] = low[:, 0] - half_width_px, high[:, 0] + half_width_px
    return np.column_stack([low, high]), feet


def places_ahead(count=200, seed=4):
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.uniform(1, 9, count), rng.uniform(9, 16, count)])


@pytest.mark.parametrize("tilt_deg", [-3.0, 0.0, 12.0, 35.0, 60.0])
def test_nadir_is_the_image_of_the_floor_below_the_camera(tilt_deg):
    projection = pinhole(tilt_deg)
    found = nadir_px(homography(projection), WIDTH, HEIGHT)
    true = projection[:, 2] / np.linalg.norm(projection[:, 2])
    assert np.abs(found @ true) == pytest.approx(1.0, abs=1e-9)
    floor = homography(projection) @ found
    assert np.allclose(floor[:2] / floor[2], PLACE[:2], atol=1e-6)
    # The point itself, not only its line, where the camera looks downwards.
    assert (found[2] > 0) == (tilt_deg > 1e-9)


@pytest.mark.parametrize("tilt_deg", [0.0, 12.0, 35.0])
def test_feet_of_upright_rods_are_found_where_the_boxes_middle_is_not_above_them(tilt_deg):
    projection = pinhole(tilt_deg)
    boxes, feet = rod_boxes(projection, places_ahead())
    found = feet_px(boxes, nadir_px(homography(projection), WIDTH, HEIGHT))
    middle = np.column_stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]])
    assert np.abs(found - feet).max() < 1e-6
    if tilt_deg > 0:
        assert np.abs(middle - feet).max() > 5.0


def test_feet_stay_in_the_box_and_below_it_nobody_leans():
    boxes = np.array(
        [[0.0, 0, 20, 40], [300, 100, 340, 140], [300, 0, 340, 20], [200, 200, 220, 240]]
    )
    nadir = np.array([320.0, 120.0, 1.0])
    found = feet_px(boxes, nadir)
    assert (found >= boxes[:, :2]).all()
    assert (found <= boxes[:, 2:]).all()
    # The nadir within a box is where somebody stands who is below the camera.
    assert found[1].tolist() == [320.0, 120.0]
    # Who is seen beyond the nadir has the feet towards it.
    assert found[3, 1] == 200.0


def test_a_camera_that_looks_straight_down_has_no_nadir():
    assert np.isnan(nadir_px(np.diag([0.01, 0.01, 1.0]), WIDTH, HEIGHT)).all()
    box = np.array([[10.0, 10, 30, 50]])
    assert feet_px(box, np.full(3, np.nan)).tolist() == [[20.0, 50.0]]
    assert feet_px(np.empty((0, 4)), np.full(3, np.nan)).shape == (0, 2)


def test_places_are_half_a_foot_behind_the_rim():
    projection = pinhole(30.0)
    camera = Camera(
        id="c",
        width_px=WIDTH,
        height_px=HEIGHT,
        homography=homography(projection).tolist(),
        purpose="counting",
    )
    places = places_ahead(20)
    towards = PLACE[:2] - places
    rim = places + FOOT_REACH_M * towards / np.hypot(*towards.T)[:, None]
    boxes, _ = rod_boxes(projection, rim)
    view = camera_view(camera)
    assert np.allclose(view.below_m, PLACE[:2], atol=1e-6)
    assert np.allclose(foot_points(view, boxes).floor_m, places, atol=1e-6)
