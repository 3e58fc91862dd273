"""Scores of a handling model over time, and the moments above its threshold, at level `events`.

The model scores single seconds: Gaussians of unit variance for handling and for anything else, set
apart so that the threshold gives the article's recall and false rate; the error is correlated in
time, has a part that each tracklet keeps, and seconds next to a handling look half like one. The
logit is zero at the threshold; its slope makes it the log-odds under these Gaussians.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter
from scipy.stats import norm

from storeday.simulate.detector_knobs import DetectorKnobs
from storeday.simulate.event_sightings import Seconds, Sightings
from storeday.simulate.world import World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# What is carried on looks like handling only while it is taken.
TAKING_S = 4.5
CARRYING = ("take", "restock")
UNSEEN = ("try_on",)
# Runs of seconds above the threshold are joined over gaps of up to two seconds (study).
BRIDGED_S = 3.0
# Between tracklets the error's filter runs idle for this long, and forgets: 0.8 ** 24 = 0.005.
IDLE_STEPS = 24


@dataclass(frozen=True)
class Moments:
    """Runs of seconds above the threshold, sorted by sighting.

    Attributes:
        first: First sighting of the run, shape (m,).
        last: Last sighting, shape (m,).
        peak_us: Middle of the seconds above the threshold, camera's time, shape (m,).
        logit: Highest logit, shape (m,).
        floor_m: Mean place, shape (m, 2).
    """

    first: Ints
    last: Ints
    peak_us: Ints
    logit: Floats
    floor_m: Floats


def handled_spans(world: World) -> tuple[Ints, Floats, Floats]:
    """Handlings as a camera can see them: index into the handlings, start, end."""
    held = world.handlings
    action = np.array(held.action, object)
    rows = np.flatnonzero(~np.isin(action, UNSEEN))
    short = np.isin(action[rows], CARRYING)
    start, end = held.started_s[rows], held.ended_s[rows]
    return rows, start, np.where(short, np.minimum(end, start + TAKING_S), end)


def operating_point(knobs: DetectorKnobs) -> tuple[float, float]:
    """Distance of the two Gaussians and the threshold, in standard deviations.

    Example:
        >>> distance, threshold = operating_point(DetectorKnobs())
        >>> round(distance, 3), round(threshold, 3)
        (2.457, 1.175)
    """
    threshold = float(norm.isf(knobs.action_false_rate))
    return float(norm.ppf(knobs.action_recall)) + threshold, threshold


def handling_logits(
    world: World,
    seconds: Seconds,
    sightings: Sightings,
    knobs: DetectorKnobs,
    rng: np.random.Generator,
) -> Floats:
    """Logit of every sighting, shape (k,). Cost: linear."""
    distance, threshold = operating_point(knobs)
    rows, start, end = handled_spans(world)
    person = world.handlings.person[rows]
    blur = knobs.action_blur_s
    core = _covered(seconds, person, start, end)
    near = _covered(seconds, person, start - blur, end + blur)
    level = np.where(core, 1.0, np.where(near, knobs.action_blur_share, 0.0)) * distance
    error = _error(sightings.tracklet, knobs, rng)
    return np.asarray(distance * (level[sightings.second] + error - threshold))


def moments_of_handling(seconds: Seconds, sightings: Sightings, logit: Floats) -> Moments:
    """Runs of seconds above the threshold within a tracklet."""
    above = np.flatnonzero(logit > 0)
    if not len(above):
        none = np.empty(0, np.int64)
        return Moments(none, none, none, np.empty(0), np.empty((0, 2)))
    time_s = seconds.time_s[sightings.second[above]]
    opens = (np.diff(sightings.tracklet[above], prepend=-1) != 0) | (
        np.diff(time_s, prepend=-np.inf) > BRIDGED_S
    )
    begin = np.flatnonzero(opens)
    size = np.diff(np.append(begin, len(above)))
    # Seconds are named by their start.
    moved_us = sightings.device_us[above] - sightings.device_us[0] + 500_000
    middle = np.add.reduceat(moved_us.astype(float), begin) / size
    return Moments(
        first=above[begin],
        last=above[begin + size - 1],
        peak_us=np.asarray(np.rint(middle), np.int64) + sightings.device_us[0],
        logit=np.maximum.reduceat(logit[above], begin),
        floor_m=np.add.reduceat(sightings.floor_m[above], begin) / size[:, None],
    )


def _covered(seconds: Seconds, person: Ints, start_s: Floats, end_s: Floats) -> NDArray[np.bool_]:
    """Whether each second of a person lies in one of the person's stretches."""
    span = 10.0**7
    key = seconds.person * span + seconds.time_s
    low = np.searchsorted(key, person * span + np.maximum(start_s, 0))
    high = np.searchsorted(key, person * span + np.minimum(end_s, span - 1), side="right")
    change = np.zeros(len(key) + 1, np.int64)
    np.add.at(change, low, 1)
    np.add.at(change, high, -1)
    return np.asarray(np.cumsum(change)[:-1] > 0)


def _error(tracklet: Ints, knobs: DetectorKnobs, rng: np.random.Generator) -> Floats:
    """Error of unit variance: a part that the tracklet keeps, and a first-order process."""
    if not len(tracklet):
        return np.empty(0)
    rho, kept = knobs.action_correlation, knobs.action_track_bias
    padded = np.arange(len(tracklet)) + IDLE_STEPS * (tracklet + 1)
    shocks = rng.normal(size=int(padded[-1]) + 1)
    drift = lfilter([np.sqrt(1 - rho**2)], [1.0, -rho], shocks)[padded]
    bias = rng.normal(size=int(tracklet[-1]) + 1)[tracklet]
    return np.asarray(kept * bias + np.sqrt(1 - kept**2) * drift)
