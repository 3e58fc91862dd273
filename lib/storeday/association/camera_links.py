"""How far cameras' clocks are apart, from customers who walk where two cameras see them.

Somebody who walks is seen by the camera whose clock is ahead at a place further on. Two cameras'
courses of one customer therefore lie on each other when one is moved by the difference of the
clocks. Hundreds of seconds walked tell that difference far better than handling does, which jitters
by seconds; so cameras are tied to each other here, and handling has only readers to place.

A first guess is the shift and drift on a grid of seconds at which most places of the two courses
meet. From there Gauss and Newton: the distance that is left, regressed on the velocity, is what
the shift lacks; its change over the day is the difference of drifts. A constant distance (the
cameras' calibration) is fitted along. Far-off pairs of places (two people under one name) are cut.
Velocities are taken two seconds to either side, so that places' errors, alike both ways, cancel.
Standard errors are clustered by customer (Liang and Zeger, Biometrika 73, 1986).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from storeday.association.handling import neighbourhood
from storeday.contracts.columns import Floats, Ints

# Who moves slower says little about time.
WALKING_M_S = 0.4
# Velocity is taken over this on either side of a second.
VELOCITY_S = 2.0
# Courses are sampled once a second; no place further off in time stands for one.
NEAREST_S = 0.75
# A pair of cameras sees this many walked seconds of so many customers, or says nothing.
FEWEST_SECONDS, FEWEST_CUSTOMERS = 40, 8
# More seconds sharpen nothing beyond `LINK_SYSTEMATIC_S`.
MOST_SECONDS = 20_000
# Two places of one person further apart are two people's: three errors of 0.35 m in each camera,
# and 0.3 m of either's calibration (association study), with room for a few seconds at first.
FARTHEST_M = 2.0
ROUNDS = 8
# The first guess looks at so many seconds, in so many parts of the day, and is believed if so many
# times more places meet there than at most shifts, and so large a share of those seen at once:
# of one person's places about half do, of strangers' hardly any.
GUESSING_SECONDS, PARTS, CLEAR, LEAST_MEETING = 2_000, 4, 1.5, 0.2
# Places that meet: three quarters of a metre of both places' errors and of calibration.
BELL_M, CALIBRATION_M = 0.75, 1.0
# Velocities that agree: half of a walking pace apart.
BELL_M_S = 0.5
# Clocks drift apart by this over a day at most: 350 ppm of 24 h (`clock_grid`).
MOST_DRIFT_S = 30.0
# What walking does not show of clocks: cameras' calibration differs from place to place, here by a
# tenth of the 0.3 m that it is off by anyway (association study), at a walking pace. Assumed; on
# simulated days, whose calibration is off alike everywhere, nothing is left to be covered.
LINK_SYSTEMATIC_S = 0.03


@dataclass(frozen=True)
class Courses:
    """Places of customers in cameras, by customer, camera and time.

    Attributes:
        customer: Customer from 0, rising, shape (n,).
        camera: Camera from 0, shape (n,).
        time_s: Moment by the camera's clock, shape (n,).
        phase: The moment, on the scale on which drift adds 1, shape (n,).
        place_m: Place on the floor, NaN where unknown, shape (n, 2).
    """

    customer: Ints
    camera: Ints
    time_s: Floats
    phase: Floats
    place_m: Floats


@dataclass(frozen=True)
class Link:
    """Two cameras' clocks against each other.

    Attributes:
        one: Camera.
        other: Camera.
        shift: Other's clock less the one's at phase 0, in s, and what it gains over a phase of 1.
        covariance: Of both, shape (2, 2).
        seconds: Seconds walked that it rests on.
    """

    one: int
    other: int
    shift: Floats
    covariance: Floats
    seconds: int


def camera_links(courses: Courses, reach_s: float) -> list[Link]:
    """Links of all pairs of cameras that see people walk at once.

    Args:
        courses: Places of customers in cameras.
        reach_s: Largest difference of two clocks that is looked for.

    Returns:
        Links by camera. Cost: pairs x (reach + rounds) x at most `MOST_SECONDS` x log n.

    Example:
        >>> second = np.arange(400.0)
        >>> walk = np.column_stack([3 * np.sin(second / 3), 3 * np.cos(second / 4)])
        >>> places = np.concatenate([part for at in range(0, 400, 40)
        ...                          for part in (walk[at : at + 40], walk[at : at + 40])])
        >>> times = np.concatenate([part for at in range(0, 400, 40) for part in
        ...                         (second[at : at + 40], second[at : at + 40] + 5.0)])
        >>> customer, camera = np.repeat(np.arange(10), 80), np.tile(np.repeat([0, 1], 40), 10)
        >>> courses = Courses(customer, camera, times, times / 400, places)
        >>> [(link.one, link.other, round(float(link.shift[0]), 2))
        ...  for link in camera_links(courses, 20.0)]
        [(0, 1, 5.0)]
    """
    known = np.asarray(np.isfinite(courses.place_m).all(axis=1))
    velocity, whole = _velocity(courses, known)
    moves = whole & (np.hypot(velocity[:, 0], velocity[:, 1]) >= WALKING_M_S)
    found = []
    cameras = int(courses.camera.max(initial=-1)) + 1
    own = [np.flatnonzero(whole & (courses.camera == number)) for number in range(cameras)]
    for one in range(cameras):
        rows = own[one][moves[own[one]]]
        for other in range(one + 1, cameras):
            link = _link(courses, velocity, rows, own[other], reach_s)
            if link is not None:
                found.append(Link(one, other, *link))
    return found


def _velocity(courses: Courses, known: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.bool_]]:
    """Velocity over `VELOCITY_S` on either side in m/s, and where both sides are seen.

    Where a course begins or ends, places averaged over its neighbours lie late or early.
    """
    course = np.zeros(len(courses.time_s), np.int64)
    course[1:] = np.cumsum((np.diff(courses.customer) != 0) | (np.diff(courses.camera) != 0))
    low, high = neighbourhood(course, courses.time_s, VELOCITY_S)
    high = high - 1
    span = courses.time_s[high] - courses.time_s[low]
    step = courses.place_m[high] - courses.place_m[low]
    both = known[low] & known[high] & (np.abs(span - 2 * VELOCITY_S) < 0.5)
    whole = np.asarray(known & both)
    return np.where(whole[:, None], step / np.maximum(span, 1.0)[:, None], 0.0), whole


def _link(
    courses: Courses, velocity: Floats, ours: Ints, theirs: Ints, reach_s: float
) -> tuple[Floats, Floats, int] | None:
    """Shift, its covariance, and seconds walked; None where the two see too little at once."""
    shared = np.isin(courses.customer[ours], courses.customer[theirs])
    ours = ours[shared]
    ours = ours[:: max(1, -(-len(ours) // MOST_SECONDS))]
    if len(ours) < FEWEST_SECONDS:
        return None
    meeting = _Meeting(courses, velocity, ours, theirs)
    shift = _first_guess(meeting, reach_s)
    if shift is None:
        return None
    for _ in range(ROUNDS):
        step, covariance, seconds, customers = meeting.step(shift)
        if seconds < FEWEST_SECONDS or customers < FEWEST_CUSTOMERS:
            return None
        shift = shift + np.clip(step, -2.0, 2.0)
    if abs(shift[0]) > reach_s:
        return None
    return shift, covariance + LINK_SYSTEMATIC_S**2 * np.diag([1.0, 0.0]), seconds


def _first_guess(meeting: "_Meeting", reach_s: float) -> Floats | None:
    """Shift and drift, on a grid, at which most places meet; None where no shift stands out."""
    every = max(1, len(meeting.ours) // GUESSING_SECONDS)
    ours = meeting.ours[::every]
    ours = ours[np.argsort(meeting.courses.phase[ours], kind="stable")]
    reach = int(reach_s)
    number = np.arange(2 * reach + 1)
    parts = np.array_split(ours, PARTS)
    phase = [float(meeting.courses.phase[part].mean()) for part in parts]
    drifts = np.arange(-MOST_DRIFT_S, MOST_DRIFT_S + 1.0)
    total = np.zeros((len(drifts), len(number)))
    for part, middle in zip(parts, phase, strict=True):
        own = replace(meeting, ours=part)
        meets = np.array([own.meeting(shift) for shift in number - float(reach)])
        moved = number[None, :] + np.rint(drifts * middle).astype(np.int64)[:, None]
        total += meets[np.clip(moved, 0, len(number) - 1)]
    row, column = np.unravel_index(np.argmax(total), total.shape)
    found = np.array([number[column] - float(reach), drifts[row]])
    both = replace(meeting, ours=ours).pairs(found)
    if total[row, column] < max(CLEAR * np.median(total), LEAST_MEETING * both):
        return None
    return found


@dataclass(frozen=True)
class _Meeting:
    """Walked seconds of one camera, and the other camera's rows."""

    courses: Courses
    velocity: Floats
    ours: Ints
    theirs: Ints

    def meeting(self, shift_s: float) -> float:
        """How many places of the two courses meet at a shift, calibration allowed for."""
        found, mean, away = self._pairs(np.full(len(self.ours), shift_s))
        if not len(away):
            return 0.0
        level = np.median(away, axis=0)
        level *= min(1.0, CALIBRATION_M / max(float(np.hypot(*level)), 1e-9))
        place = ((away - level) ** 2).sum(axis=1) / BELL_M**2
        # Half of the difference of both velocities: the mean less one of them.
        pace = ((mean - self.velocity[self.ours[found]]) ** 2).sum(axis=1) / (BELL_M_S / 2) ** 2
        return float(np.exp(-0.5 * (place + pace)).sum())

    def pairs(self, shift: Floats) -> int:
        """Seconds in which both see the customer at a shift and drift."""
        phase = self.courses.phase[self.ours]
        return len(self._pairs(shift[0] + shift[1] * phase)[0])

    def step(self, shift: Floats) -> tuple[Floats, Floats, int, int]:
        """What a shift lacks, its covariance, and seconds and customers that say so."""
        phase = self.courses.phase[self.ours]
        found, velocity, away = self._pairs(shift[0] + shift[1] * phase)
        level = np.median(away, axis=0) if len(away) else np.zeros(2)
        near = np.hypot(away[:, 0] - level[0], away[:, 1] - level[1]) <= FARTHEST_M
        found, velocity, away = found[near], velocity[near], away[near]
        customer = self.courses.customer[self.ours[found]]
        customers = len(np.unique(customer))
        if customers < FEWEST_CUSTOMERS:
            return np.zeros(2), np.eye(2), len(found), customers
        # Ours less theirs is what theirs is behind: velocity x (missing shift), and calibration.
        one, zero = np.ones(len(found)), np.zeros(len(found))
        east = np.column_stack([velocity[:, 0], velocity[:, 0] * phase[found], one, zero])
        north = np.column_stack([velocity[:, 1], velocity[:, 1] * phase[found], zero, one])
        # A day whose drift cannot be told is drawn to none: one second, seen once.
        inverse = np.linalg.inv(east.T @ east + north.T @ north + np.diag([1e-6, 1.0, 1e-6, 1e-6]))
        solved = inverse @ (east.T @ away[:, 0] + north.T @ away[:, 1])
        left = east * (away[:, 0] - east @ solved)[:, None]
        left += north * (away[:, 1] - north @ solved)[:, None]
        _, number = np.unique(customer, return_inverse=True)
        scores = np.zeros((customers, 4))
        np.add.at(scores, number, left)
        covariance = inverse @ (scores.T @ scores) @ inverse
        return solved[:2], covariance[:2, :2], len(found), customers

    def _pairs(self, shift_s: Floats) -> tuple[Ints, Floats, Floats]:
        """Which of `ours` meet, the velocities there, and ours less theirs, moved by shifts."""
        courses, ours, theirs = self.courses, self.ours, self.theirs
        span = float(np.ptp(courses.time_s)) + 200.0
        origin = float(courses.time_s.min()) - 100.0
        key = courses.customer[theirs] * span + (courses.time_s[theirs] - origin)
        wanted_s = courses.time_s[ours] + shift_s
        at = courses.customer[ours] * span + (wanted_s - origin)
        after = np.clip(np.searchsorted(key, at), 1, max(len(key) - 1, 1))
        if len(key) < 2:
            return np.zeros(0, np.int64), np.zeros((0, 2)), np.zeros((0, 2))
        low, high = theirs[after - 1], theirs[after]
        same = courses.customer[low] == courses.customer[ours]
        same &= courses.customer[high] == courses.customer[ours]
        before_s, after_s = wanted_s - courses.time_s[low], courses.time_s[high] - wanted_s
        same &= (before_s >= 0) & (after_s >= 0) & (before_s + after_s <= 2 * NEAREST_S)
        found = np.flatnonzero(same)
        low, high = low[found], high[found]
        part = (before_s[found] / np.maximum(before_s + after_s, 1e-9)[found])[:, None]
        place = courses.place_m[low] * (1 - part) + courses.place_m[high] * part
        ahead = self.velocity[low] * (1 - part) + self.velocity[high] * part
        mean = (self.velocity[ours[found]] + ahead) / 2
        return found, mean, courses.place_m[ours[found]] - place
