"""Key frames of a person's day, and the positions in between.

Walks start and end with half a second of speeding up and slowing down; corners are smoothed; who
stands sways a little.

Conventions: seconds since the start of the day, metres, radians.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from storeday.simulate.world import Paths

Floats = NDArray[np.float64]

RAMP_S = 0.5
# Corners and turns of the body are spread over this time.
SMOOTHING_S = 0.5
# People standing still move their weight about: 2 cm, once in some seconds.
SWAY_M, SWAY_PERIODS_S = 0.012, (3.1, 5.3)


@dataclass
class Track:
    """A person's key frames: place and heading at moments, straight lines in between.

    Attributes:
        times: Moments, not falling.
        points: Places.
        headings: Direction faced from the moment on.
        reaches: Stretches in which a hand is out: start, end, x, y, z.
        rests: Stretches without motion: start, end.
    """

    times: list[float] = field(default_factory=list)
    points: list[tuple[float, float]] = field(default_factory=list)
    headings: list[float] = field(default_factory=list)
    reaches: list[tuple[float, float, float, float, float]] = field(default_factory=list)

    def appear(self, now_s: float, point: Floats, heading: float) -> None:
        """Comes into being at a place."""
        self._add(now_s, point, heading)

    def walk(self, now_s: float, line: Floats, speed_m_s: float, facing_rad: float) -> float:
        """Walks a line and then faces somewhere; returns the seconds it takes."""
        step = np.diff(line, axis=0)
        length = np.hypot(step[:, 0], step[:, 1])
        total = float(length.sum())
        if total < 1e-6:
            self.turn(now_s, facing_rad)
            return 0.0
        marks, times = _trapezoid(total, speed_m_s)
        corners = np.append(0.0, np.cumsum(length))
        stops = np.unique(np.concatenate([marks, corners[1:-1]]))
        when = np.interp(stops, marks, times)
        x, y = np.interp(stops, corners, line[:, 0]), np.interp(stops, corners, line[:, 1])
        leg = np.clip(np.searchsorted(corners, stops, side="right") - 1, 0, len(step) - 1)
        heading = np.arctan2(step[leg, 1], step[leg, 0])
        self._add(now_s, line[0], float(heading[0]))
        for index in range(1, len(stops)):
            self._add(now_s + when[index], (x[index], y[index]), float(heading[index]))
        self.headings[-1] = facing_rad
        return float(when[-1])

    def turn(self, now_s: float, heading: float) -> None:
        """Faces another way."""
        self._add(now_s, self.points[-1], heading)

    def reach(self, start_s: float, end_s: float, place: tuple[float, float, float]) -> None:
        """Puts a hand out to a place."""
        self.reaches.append((start_s, end_s, *place))

    @property
    def place(self) -> tuple[float, float]:
        """The last place."""
        return self.points[-1]

    def _add(self, now_s: float, point: Floats | tuple[float, float], heading: float) -> None:
        self.times.append(float(now_s))
        self.points.append((float(point[0]), float(point[1])))
        self.headings.append(heading)


def sample_tracks(tracks: list[Track], step_s: float, seed: int) -> Paths:
    """Positions of everybody at the multiples of a step.

    Args:
        tracks: One per person; each begins at its first key frame and ends at its last.
        step_s: Step; `world.STEP_S` for footage and radio, 1 s where only seconds matter.
        seed: Seed of the swaying.

    Returns:
        Paths sorted by person and time. Cost: rows x a few interpolations; 72 bytes a row.
    """
    first = [int(np.ceil(track.times[0] / step_s - 1e-9)) for track in tracks]
    last = [int(np.floor(track.times[-1] / step_s + 1e-9)) for track in tracks]
    counts = [max(0, high - low + 1) for low, high in zip(first, last, strict=True)]
    total = sum(counts)
    person = np.repeat(np.arange(len(tracks)), counts)
    values = {name: np.empty(total) for name in ("time", "x", "y", "heading", "speed")}
    reach = np.full((3, total), np.nan)
    phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, (len(tracks), 4))
    begin = 0
    per_s = round(1 / step_s, 6)
    for index, track in enumerate(tracks):
        rows = slice(begin, begin + counts[index])
        begin += counts[index]
        time = np.arange(first[index], first[index] + counts[index]) / per_s
        values["time"][rows] = time
        if len(time):
            _sample(track, step_s, phases[index], {k: v[rows] for k, v in values.items()})
            _reaches(track, time, reach[:, rows])
    return Paths(
        person=person.astype(np.int64),
        time_s=values["time"],
        x_m=values["x"],
        y_m=values["y"],
        heading_rad=values["heading"],
        speed_m_s=values["speed"],
        reach_x_m=reach[0],
        reach_y_m=reach[1],
        reach_z_m=reach[2],
    )


def _sample(track: Track, step_s: float, phase: Floats, into: dict[str, Floats]) -> None:
    time = into["time"]
    when, points = np.array(track.times), np.array(track.points)
    size = max(1, round(SMOOTHING_S / step_s))
    x = uniform_filter1d(np.interp(time, when, points[:, 0]), size, mode="nearest")
    y = uniform_filter1d(np.interp(time, when, points[:, 1]), size, mode="nearest")
    moved = np.hypot(np.gradient(x), np.gradient(y)) if len(time) > 1 else np.zeros(1)
    speed = moved / step_s
    frame = np.clip(np.searchsorted(when, time, side="right") - 1, 0, len(when) - 1)
    heading = np.array(track.headings)[frame]
    into["heading"][:] = np.arctan2(
        uniform_filter1d(np.sin(heading), size, mode="nearest"),
        uniform_filter1d(np.cos(heading), size, mode="nearest"),
    )
    # Swaying fades in and out with standing.
    rest = uniform_filter1d((speed < 0.05).astype(float), max(1, 2 * size), mode="nearest")
    for axis, name, values in ((0, "x", x), (1, "y", y)):
        sway = sum(
            np.sin(2 * np.pi * time / period + phase[2 * axis + wave])
            for wave, period in enumerate(SWAY_PERIODS_S)
        )
        into[name][:] = values + SWAY_M * rest * sway
    into["speed"][:] = speed


def _reaches(track: Track, time: Floats, into: Floats) -> None:
    for start, end, *place in track.reaches:
        low, high = np.searchsorted(time, (start, end))
        into[:, low:high] = np.array(place)[:, None]


def _trapezoid(total_m: float, speed_m_s: float) -> tuple[Floats, Floats]:
    """Distances and times of a walk that speeds up, goes on, slows down."""
    if total_m <= speed_m_s * RAMP_S:
        # A step or two, at half the speed.
        return np.array([0.0, total_m]), np.array([0.0, 2 * total_m / speed_m_s])
    ramp = speed_m_s * RAMP_S / 2
    marks = np.array([0.0, ramp / 4, ramp, total_m - ramp, total_m - ramp / 4, total_m])
    cruise = (total_m - 2 * ramp) / speed_m_s
    half = RAMP_S / 2
    times = np.array([0.0, half, RAMP_S, RAMP_S + cruise, RAMP_S + cruise + half])
    return marks, np.append(times, 2 * RAMP_S + cruise)
