"""How bodies move between the places of a path: steps, reaching, and what is held.

Stride length grows with speed, so that feet do not slide: a leg that swings by +-A about the hip
covers 4 L sin(A) a stride, L being leg length. A(v) is a line through walking-trial figures: 1.4 m
strides at 1.3 m/s and 0.9 m at 0.5 m/s for 1.7 m of height (Winter, Biomechanics and Motor Control
of Human Movement, 4th ed., 2009, chapter 4).

Conventions: seconds since the start of the day; radians; one row per path sample or per pose.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from storeday.simulate.world import STEP_S, World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEG_SHARE = 0.49
SWING_AT_REST_RAD = 0.20
SWING_PER_SPEED = 0.17
# Below this speed steps shrink to a shuffle.
SHUFFLE_M_S = 0.3
# A motion detector is set off by walking at this speed, or by an arm.
MOVING_M_S = 0.05
# Arms and gait change over half a second, not from one sample to the next.
EASE_STEPS = 5

_X, _Y, _HEADING, _SWING, _PHASE, _REACH, _HAND = 0, 1, 2, 3, 4, 5, slice(6, 9)


@dataclass(frozen=True)
class Motion:
    """Paths with gait and reach, ready to be looked up at any time.

    Attributes:
        first: Row of each person's first sample, shape (n + 1,).
        time_s: Time of each row, shape (k,).
        fields: x, y, unwrapped heading, leg swing, gait phase, reach weight, hand; shape (k, 9).
        is_moving: Whether the person walks or reaches, shape (k,).
        held_person: Person of each handling, shape (h,).
        held_product: Product of each handling, shape (h,).
        held_s: Start and end of each handling, shape (h, 2).
    """

    first: Ints
    time_s: Floats
    fields: Floats
    is_moving: NDArray[np.bool_]
    held_person: Ints
    held_product: Ints
    held_s: Floats


@dataclass(frozen=True)
class Poses:
    """Bodies at frame times, sorted by frame and person.

    Attributes:
        frame: Index of the frame time, shape (n,).
        person: Index into `People`, shape (n,).
        place_m: Floor point below the body, shape (n, 2).
        heading_rad: Direction the body faces, shape (n,).
        swing_rad: Amplitude of the legs' swing, shape (n,).
        phase_rad: Phase of the gait, shape (n,).
        reach: From 0, arms at rest, to 1, hand at `hand_m`; shape (n,).
        hand_m: Target of the reaching hand, shape (n, 3).
        product: Product in hand, -1 for none; shape (n,).
    """

    frame: Ints
    person: Ints
    place_m: Floats
    heading_rad: Floats
    swing_rad: Floats
    phase_rad: Floats
    reach: Floats
    hand_m: Floats
    product: Ints


def prepare_motion(world: World) -> Motion:
    """Gait, reach and headings of every path, once for a day. Paths must be sorted."""
    paths = world.paths
    first = np.searchsorted(paths.person, np.arange(len(world.people.entered_s) + 1))
    fields = np.zeros((len(paths.person), 9))
    fields[:, _X], fields[:, _Y] = paths.x_m, paths.y_m
    hand = np.column_stack([paths.reach_x_m, paths.reach_y_m, paths.reach_z_m])
    for begin, end in pairwise(first):
        if end > begin:
            rows = slice(int(begin), int(end))
            fields[rows, _HEADING] = np.unwrap(paths.heading_rad[rows])
            fields[rows, _SWING], fields[rows, _PHASE] = _gait(
                paths.speed_m_s[rows], int(paths.person[begin])
            )
            fields[rows, _REACH], fields[rows, _HAND] = _reach(hand[rows])
    held = world.handlings
    return Motion(
        first=first.astype(np.int64),
        time_s=paths.time_s,
        fields=fields,
        is_moving=(paths.speed_m_s > MOVING_M_S) | np.isfinite(hand).all(axis=1),
        held_person=held.person,
        held_product=held.product,
        held_s=np.column_stack([held.started_s, held.ended_s]),
    )


def poses_at(motion: Motion, times_s: Floats) -> Poses:
    """Everybody's pose at frame times.

    Args:
        motion: From `prepare_motion`.
        times_s: True times, increasing, shape (m,).

    Returns:
        One pose per frame and person who is in the store; empty where nobody is.
    """
    frames, people, rows = [], [], []
    begins, ends = motion.first[:-1], motion.first[1:]
    if len(times_s):
        for person in np.flatnonzero(ends > begins):
            own = motion.time_s[begins[person] : ends[person]]
            lower, upper = np.searchsorted(times_s, (own[0], own[-1] + 1e-9))
            if upper > lower:
                frames.append(np.arange(lower, upper))
                people.append(np.full(upper - lower, person))
                rows.append(_rows_at(motion, int(person), times_s[lower:upper]))
    if not frames:
        return _assemble(
            np.empty(0, np.int64), np.empty(0, np.int64), np.empty((0, 9)), motion, times_s
        )
    frame, person_of = np.concatenate(frames), np.concatenate(people)
    order = np.lexsort((person_of, frame))
    return _assemble(frame[order], person_of[order], np.concatenate(rows)[order], motion, times_s)


def _gait(speed_m_s: Floats, person: int) -> tuple[Floats, Floats]:
    full = SWING_AT_REST_RAD + SWING_PER_SPEED * np.clip(speed_m_s, 0.0, 1.8)
    swing = full * np.clip(speed_m_s / SHUFFLE_M_S, 0.0, 1.0)
    # 1.7 m stands for every height here: the steps of tall people are a little too quick.
    stride_m = 4 * LEG_SHARE * 1.7 * np.sin(full)
    phase = person * 2.4 + np.cumsum(2 * np.pi * speed_m_s / stride_m * STEP_S)
    return _ease(swing), phase


def _reach(hand_m: Floats) -> tuple[Floats, Floats]:
    known = np.flatnonzero(np.isfinite(hand_m).all(axis=1))
    if not len(known):
        return np.zeros(len(hand_m)), np.zeros((len(hand_m), 3))
    weight = np.zeros(len(hand_m))
    weight[known] = 1.0
    rows = np.arange(len(hand_m))
    after = np.clip(np.searchsorted(known, rows), 0, len(known) - 1)
    before = np.maximum(after - 1, 0)
    nearer = np.abs(known[before] - rows) < np.abs(known[after] - rows)
    return _ease(weight), hand_m[known[np.where(nearer, before, after)]]


def _ease(values: Floats) -> Floats:
    padded = np.pad(values, EASE_STEPS // 2, mode="edge")
    return np.convolve(padded, np.full(EASE_STEPS, 1 / EASE_STEPS), mode="valid")


def _rows_at(motion: Motion, person: int, times_s: Floats) -> Floats:
    begin, end = int(motion.first[person]), int(motion.first[person + 1])
    own = motion.time_s[begin:end]
    after = np.clip(np.searchsorted(own, times_s, side="right"), 1, max(len(own) - 1, 1))
    before = after - 1
    after = np.minimum(after, len(own) - 1)
    span = np.maximum(own[after] - own[before], 1e-9)
    share = np.clip((times_s - own[before]) / span, 0.0, 1.0)[:, None]
    fields = motion.fields[begin:end]
    return np.asarray(fields[before] * (1 - share) + fields[after] * share)


def _assemble(frame: Ints, person: Ints, rows: Floats, motion: Motion, times_s: Floats) -> Poses:
    return Poses(
        frame=frame,
        person=person,
        place_m=rows[:, :2],
        heading_rad=rows[:, _HEADING],
        swing_rad=rows[:, _SWING],
        phase_rad=rows[:, _PHASE],
        reach=rows[:, _REACH],
        hand_m=rows[:, _HAND],
        product=_held(motion, frame, person, times_s),
    )


def _held(motion: Motion, frame: Ints, person: Ints, times_s: Floats) -> Ints:
    """The product each pose holds: the one taken last, of those not yet let go."""
    product = np.full(len(frame), -1, np.int64)
    if not len(frame):
        return product
    time = times_s[frame]
    touched = (motion.held_s[:, 0] <= time[-1]) & (motion.held_s[:, 1] >= time[0])
    for row in np.flatnonzero(touched):
        start, end = motion.held_s[row]
        holds = (person == motion.held_person[row]) & (time >= start) & (time < end)
        product[holds] = motion.held_product[row]
    return product
