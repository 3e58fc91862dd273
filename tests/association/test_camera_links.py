"""Cameras' clocks against each other, from people who walk in sight of two of them."""

import numpy as np
import pytest

from storeday.association.camera_links import Courses, camera_links

DAY_S = 7200.0


def seen(seed, offset_s=(0.0, 0.0), drift_s=0.0, shift_m=0.0, walkers=40, strangers=False):
    """Places of people who walk to and fro, in two cameras at once; each by its own clock."""
    rng = np.random.default_rng(seed)
    parts = []
    for number in range(walkers):
        begin = np.floor(rng.uniform(0, DAY_S - 60))
        paths = [path(rng), path(rng)] if strangers else [path(rng)] * 2
        for camera in (0, 1):
            # One picture a second, at a fraction of it that differs between cameras.
            true_s = begin + np.arange(50) + 0.3 * camera
            clock = offset_s[camera] + camera * drift_s * (true_s / DAY_S - 0.5)
            spot = paths[camera](true_s - begin) + rng.normal(0, 0.2, (50, 2)) + camera * shift_m
            who = np.full(50, number)
            parts.append(np.column_stack([who, np.full(50, camera), true_s + clock, spot]))
    rows = np.concatenate(parts)
    rows = rows[np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))]
    time_s = rows[:, 2]
    return Courses(
        rows[:, 0].astype(int), rows[:, 1].astype(int), time_s, time_s / DAY_S - 0.5, rows[:, 3:]
    )


def path(rng):
    """Somebody's way by the time since it began: at a walking pace, round and about."""
    phase, pace, centre = rng.uniform(0, 6, 2), rng.uniform(0.15, 0.3, 2), rng.uniform(0, 8, 2)
    return lambda s: (
        centre
        + 3.0 * np.column_stack([np.sin(pace[0] * s + phase[0]), np.cos(pace[1] * s + phase[1])])
    )


@pytest.mark.parametrize("seed", range(4))
def test_offsets_and_drifts_lie_within_their_errors(seed):
    (link,) = camera_links(seen(seed, (1.0, -6.4), drift_s=5.0, shift_m=0.3), 35.0)
    assert (link.one, link.other) == (0, 1)
    error = link.shift - [-7.4, 5.0]
    assert (np.abs(error) < 4 * np.sqrt(np.diag(link.covariance))).all()
    assert abs(error[0]) < 0.15
    assert np.sqrt(link.covariance[0, 0]) < 0.1


def test_strangers_tie_nothing():
    assert camera_links(seen(1, strangers=True), 35.0) == []


def test_few_people_and_people_who_stand_tie_nothing():
    assert camera_links(seen(2, walkers=5), 35.0) == []
    still = seen(3)
    standing = np.repeat(still.place_m[::50], 50, axis=0)
    courses = Courses(still.customer, still.camera, still.time_s, still.phase, standing)
    assert camera_links(courses, 35.0) == []


def test_places_that_are_not_known_are_left_out():
    courses = seen(4, (0.0, 3.0))
    places = courses.place_m.copy()
    places[::17] = np.nan
    (link,) = camera_links(
        Courses(courses.customer, courses.camera, courses.time_s, courses.phase, places), 35.0
    )
    assert link.shift[0] == pytest.approx(3.0, abs=0.2)


def test_nobody_at_all():
    none = np.zeros(0)
    empty = none.astype(int)
    assert camera_links(Courses(empty, empty, none, none, np.zeros((0, 2))), 35.0) == []
