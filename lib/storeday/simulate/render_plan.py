"""When a camera records: while something moves in its view, and now and then for nothing.

Motion recorders start a little early (pre-roll), hold on for some seconds after the last movement,
and are set off by reflections and light at times, which gives segments with nobody in them. They
work by the camera's own clock and begin on its whole seconds.

Conventions: "device seconds" count from second 0 of the day as the camera's clock shows it, plus
the fraction by which second 0 misses a whole UTC second, so that whole device seconds are whole
seconds of the camera's clock; stretches are rows of (start, end), end excluded.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.simulate.render_motion import Motion
from storeday.simulate.render_view import NEAREST_M, View, to_image
from storeday.simulate.world import Clock

Floats = NDArray[np.float64]

PRE_ROLL_S, HOLD_S = 1.0, 4.0
# Heights of a body at which its presence in the frame is asked.
PROBES_M = (0.1, 0.9, 1.6)
FALSE_ALARMS_PER_H = 1.5
FALSE_ALARM_S = (4.0, 12.0)
_BLOCK_ROWS = 200_000


@dataclass(frozen=True)
class Segment:
    """A file of footage: whole device seconds, end excluded."""

    start_s: int
    end_s: int


def plan_segments(
    motion: Motion,
    view: View,
    clock: Clock,
    span_s: tuple[float, float],
    seed: tuple[int, ...],
    segment_s: float,
) -> list[Segment]:
    """The segments a camera writes in a day, in order, without overlap.

    Args:
        motion: Everybody's paths.
        view: The camera.
        clock: The camera's clock, as device seconds of true seconds.
        span_s: First and last true second simulated.
        seed: Seed of the false alarms.
        segment_s: Longest segment; whole seconds, at least one.

    Returns:
        Segments; those of false alarms lie where nobody is in view.
    """
    in_view, moves = _watch(motion, view)
    moving = motion.time_s[moves]
    wanted = np.column_stack([moving - PRE_ROLL_S, moving + HOLD_S])
    present = motion.time_s[in_view]
    busy = merge(np.vstack([wanted, np.column_stack([present - 1.5, present + 1.5])]))
    alarms = _false_alarms(busy, span_s, np.random.default_rng(seed))
    stretches = np.clip(np.vstack([wanted, alarms]), *span_s)
    device = clock.reads(stretches)
    low, high = clock.reads(np.array(span_s))
    # Whole seconds inside the simulated span: there is no truth before it or after it.
    starts = np.clip(np.floor(device[:, 0]), np.ceil(low), np.floor(high))
    ends = np.clip(np.ceil(device[:, 1]), np.ceil(low), np.floor(high))
    merged = merge(np.column_stack([starts, ends]))
    return [piece for start, end in merged for piece in _split(int(start), int(end), segment_s)]


def merge(stretches: Floats) -> Floats:
    """Joins stretches that touch or overlap; those of no length are dropped.

    Example:
        >>> merge(np.array([[4.0, 6.0], [0.0, 1.0], [1.0, 2.0]])).tolist()
        [[0.0, 2.0], [4.0, 6.0]]
    """
    stretches = stretches[stretches[:, 1] > stretches[:, 0]]
    if not len(stretches):
        return np.empty((0, 2))
    ordered = stretches[np.argsort(stretches[:, 0], kind="stable")]
    reach = np.maximum.accumulate(ordered[:, 1])
    opens = np.append(True, ordered[1:, 0] > reach[:-1])
    last = np.append(np.flatnonzero(opens)[1:] - 1, len(ordered) - 1)
    return np.column_stack([ordered[opens, 0], reach[last]])


def _watch(motion: Motion, view: View) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which path samples are in the frame, and which of those move."""
    in_view = np.zeros(len(motion.time_s), bool)
    frame = np.array([view.width_px, view.height_px])
    for begin in range(0, len(in_view), _BLOCK_ROWS):
        rows = slice(begin, begin + _BLOCK_ROWS)
        place = motion.fields[rows, :2]
        for probe_m in PROBES_M:
            image, depth = to_image(view, np.column_stack([place, np.full(len(place), probe_m)]))
            in_view[rows] |= (
                (depth > NEAREST_M) & (image >= 0).all(axis=1) & (image < frame).all(axis=1)
            )
    return in_view, in_view & motion.is_moving


def _false_alarms(busy: Floats, span_s: tuple[float, float], rng: np.random.Generator) -> Floats:
    hours = (span_s[1] - span_s[0]) / 3600
    count = 1 + rng.poisson(FALSE_ALARMS_PER_H * hours)
    length = rng.uniform(*FALSE_ALARM_S, count)
    edges = np.concatenate([[span_s[0]], busy.ravel(), [span_s[1]]]).reshape(-1, 2)
    alarms = []
    for wanted_s in length:
        room = edges[:, 1] - edges[:, 0] - wanted_s - 2
        fits = np.flatnonzero(room > 0)
        if len(fits):
            gap = rng.choice(fits, p=room[fits] / room[fits].sum())
            start = edges[gap, 0] + 1 + rng.uniform(0, room[gap])
            alarms.append((start, start + wanted_s))
    return np.array(alarms).reshape(-1, 2)


def _split(start_s: int, end_s: int, segment_s: float) -> list[Segment]:
    longest = max(1, int(segment_s))
    return [Segment(begin, min(begin + longest, end_s)) for begin in range(start_s, end_s, longest)]
