"""Places and times, against plain arithmetic."""

import datetime as dt

import numpy as np
import pytest

from storeday.floor.calendar import Interval, business_day, local_hours, opening_interval
from storeday.floor.camera_view import FOOT_REACH_M, camera_view, foot_points, sees
from storeday.floor.homography import (
    fit_homography,
    orient,
    project,
    projection_error_m,
)
from storeday.floor.zones import distance_m, inside, zone_index
from storeday.manifest import Camera

SEED = 20261120


def camera_matrix():
    """A camera 3 m up, looking 30 degrees down; image to floor."""
    angle = np.radians(30)
    rotation = np.array(
        [
            [1, 0, 0],
            [0, -np.sin(angle), -np.cos(angle)],
            [0, np.cos(angle), -np.sin(angle)],
        ]
    )
    focal = np.array([[500.0, 0, 320], [0, 500.0, 180], [0, 0, 1]])
    centre = np.array([0.0, -4.0, 3.0])
    floor_to_image = focal @ np.column_stack([rotation[:, 0], rotation[:, 1], -rotation @ centre])
    return np.linalg.inv(floor_to_image), floor_to_image


def to_image(floor_to_image, floor):
    points = np.column_stack([floor, np.ones(len(floor))]) @ floor_to_image.T
    return points[:, :2] / points[:, 2:]


def test_homography_is_found_again_from_projected_points():
    rng = np.random.default_rng(SEED)
    truth, forward = camera_matrix()
    floor = rng.uniform([-2, 0], [2, 6], (12, 2))
    image = to_image(forward, floor)
    fitted = orient(fit_homography(image, floor), image[0])
    more = rng.uniform([-2, 0], [2, 6], (50, 2))
    assert np.allclose(project(fitted, to_image(forward, more)), more, atol=1e-6)
    assert np.allclose(truth / truth[2, 2], fitted / fitted[2, 2], rtol=1e-5)


def test_points_above_the_horizon_have_no_place():
    truth, forward = camera_matrix()
    floor = np.array([[0.0, 3.0]])
    matrix = orient(truth, to_image(forward, floor)[0])
    assert np.isnan(project(matrix, np.array([[320.0, -2000.0]]))).all()


def test_three_points_on_a_line_fix_nothing():
    line = np.array([[0.0, 0], [1, 0], [2, 0], [3, 0]])
    with pytest.raises(ValueError, match="fix no homography"):
        fit_homography(line, line)
    with pytest.raises(ValueError, match="at least 4 pairs"):
        fit_homography(line[:3], line[:3])


def test_projection_error_is_the_spread_of_jittered_points():
    rng = np.random.default_rng(SEED)
    truth, forward = camera_matrix()
    point = to_image(forward, np.array([[1.0, 4.0]]))
    matrix = orient(truth, point[0])
    jittered = project(matrix, point + rng.normal(0, 0.5, (200_000, 2)))
    measured = np.sqrt(jittered.var(axis=0).mean())
    assert projection_error_m(matrix, point, 0.5)[0] == pytest.approx(measured, rel=0.02)


def test_inside_and_distance_agree_with_a_fine_grid():
    polygon = np.array([[0.0, 0], [4, 0], [4, 3], [2, 1], [0, 3]])
    points = np.array([[1.0, 0.5], [2.0, 2.0], [5.0, 1.0], [2.0, -1.0], [np.nan, 1.0]])
    assert inside(points, polygon).tolist() == [True, False, False, False, False]
    edges = [(polygon[i], polygon[(i + 1) % 5]) for i in range(5)]
    steps = np.linspace(0, 1, 5001)[:, None]
    border = np.concatenate([a + steps * (b - a) for a, b in edges])
    expected = [np.hypot(*(border - p).T).min() for p in points[1:4]]
    assert np.allclose(distance_m(points[1:4], polygon), expected, atol=1e-3)
    assert distance_m(points[:1], polygon)[0] == 0


def test_earlier_zone_wins_where_zones_overlap():
    big = np.array([[0.0, 0], [4, 0], [4, 4], [0, 4]])
    small = big / 2
    points = np.array([[1.0, 1.0], [3.0, 3.0], [9.0, 9.0]])
    assert zone_index(points, [small, big]).tolist() == [0, 1, -1]
    assert zone_index(points, [big, small]).tolist() == [0, 0, -1]
    assert zone_index(points, []).tolist() == [-1, -1, -1]


def towards(place_m, other_m):
    """The direction from the other place to the first."""
    return (place_m - other_m) / np.hypot(*(place_m - other_m))


def test_foot_points_carry_their_error_and_say_what_is_cut():
    _, forward = camera_matrix()
    floor = np.array([[-1.5, 1.0], [1.5, 1.0], [1.5, 5.0], [-1.5, 5.0]])
    pairs = [(tuple(i), tuple(f)) for i, f in zip(to_image(forward, floor), floor, strict=True)]
    mask = [(0, 0), (100, 0), (100, 360), (0, 360)]
    camera = Camera(
        id="c",
        width_px=640,
        height_px=360,
        calibration_points=pairs,
        masks=[mask],
        purpose="counting",
    )
    view = camera_view(camera)
    # A box around an upright person: its middle lies on the line to the point below the camera.
    rim = np.array([0.5, 3.0]) + FOOT_REACH_M * towards(view.below_m, np.array([0.5, 3.0]))
    x, y = to_image(forward, rim[None])[0]
    lean = (view.nadir[0] / view.nadir[2] - x) / (view.nadir[1] / view.nadir[2] - y)
    middle = x - lean * y / 2
    boxes = np.array([[middle - 30, 0, middle + 30, y], [20, 100, 40, 200], [300, 200, 340, 360]])
    feet = foot_points(view, boxes)
    assert np.allclose(feet.floor_m[0], [0.5, 3.0], atol=1e-6)
    assert 0 < feet.error_m[0] < 0.5
    assert feet.is_masked.tolist() == [False, True, False]
    assert feet.is_cut.tolist() == [False, False, True]
    assert sees(view, np.array([[0.0, 3.0], [0.0, -50.0], [40.0, 3.0]])).tolist() == [
        True,
        False,
        False,
    ]
    assert foot_points(view, np.empty((0, 4))).floor_m.shape == (0, 2)


@pytest.mark.parametrize(
    ("date", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)]
)
def test_days_on_which_clocks_change(date, hours):
    day = business_day(dt.date.fromisoformat(date), "Europe/Paris", dt.time(0))
    listed = list(local_hours(day, "Europe/Paris"))
    assert len(listed) == hours
    assert sum(hour.interval.overlap_s(day) for hour in listed) == hours * 3600
    shown = [hour.local_hour for hour in listed]
    if hours == 25:
        assert shown[2:4] == [2, 2]
    if hours == 23:
        assert shown[1:3] == [1, 3]


def test_hours_begin_at_minute_zero_of_the_local_clock():
    start = dt.datetime(2026, 6, 1, 3, 45, tzinfo=dt.UTC)
    hour = next(iter(local_hours(Interval(start, start + dt.timedelta(hours=1)), "Asia/Kolkata")))
    assert hour.interval.start == dt.datetime(2026, 6, 1, 3, 30, tzinfo=dt.UTC)
    assert hour.local_hour == 9


def test_opening_past_midnight():
    span = opening_interval(dt.date(2026, 6, 1), (dt.time(18), dt.time(2)), "Europe/Paris")
    assert span is not None
    assert span.length_s == 8 * 3600
    assert opening_interval(dt.date(2026, 6, 1), None, "Europe/Paris") is None
