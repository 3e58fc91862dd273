"""Where each tag is, how it is turned, and whether a hand is at it.

A tag hangs at its home place and swings a little in the air. A handling draws it towards the
person, shakes and turns it in bursts, or only touches it, and puts it back a little elsewhere;
neighbours on the rack are pushed, swing and come to hang against something else. A carried tag goes
with its carrier. Sentinel tags (rack -1) never move. Positions are metres, shape (n, 3); axes are
unit vectors along the tag's dipole, shape (n, 3).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.simulate.radio_people import Crowd
from storeday.simulate.radio_tags import SPAN_S, TagMotion

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# A product in hand is not drawn into the body.
_CLEAR_OF_BODY_M = 0.25
# A garment 0.4 m below its hook swings at sqrt(g / l) / 2 pi.
_SWING_HZ = 0.8
# Air comes in gusts of some twenty seconds; a stated guess.
_GUST_HZ = 0.05


@dataclass(frozen=True)
class TagStates:
    """Tags at given moments.

    Attributes:
        place: Positions, shape (n, 3).
        axis: Dipole axes, shape (n, 3).
        loss_db: Loss by a hand at the tag, two ways, shape (n,).
        is_gone: Whether the tag has left the store, shape (n,).
    """

    place: Floats
    axis: Floats
    loss_db: Floats
    is_gone: Flags


def locate(motion: TagMotion, crowd: Crowd, tag: Ints, time_s: Floats) -> TagStates:
    """Where tags are at given moments.

    Args:
        motion: The day's motion.
        crowd: The people of a stretch of time that holds all moments.
        tag: Indices into the products, shape (n,).
        time_s: True times, shape (n,).

    Returns:
        States in the order given. Cost: n log(handlings).
    """
    traits = motion.traits
    place = traits.home[tag].copy()
    angles = np.stack([traits.yaw_rad[tag], traits.pitch_rad[tag]], axis=1)
    loss_db, is_gone = np.zeros(len(tag)), np.zeros(len(tag), np.bool_)
    _hang(motion, tag, time_s, (place, angles, loss_db))
    away = motion.away.covering(tag, time_s)
    held = np.where(away >= 0, -1, motion.in_hand.covering(tag, time_s))
    rows = np.flatnonzero(held >= 0)
    if rows.size:
        _hold(motion, crowd, (rows, held[rows], time_s[rows]), (place, angles, loss_db))
    rows = np.flatnonzero(away >= 0)
    if rows.size:
        is_gone[rows] = _carry(
            motion, crowd, (rows, away[rows], time_s[rows]), (place, angles, loss_db)
        )
    yaw, pitch = angles.T
    axis = np.stack([np.cos(pitch) * np.cos(yaw), np.cos(pitch) * np.sin(yaw), np.sin(pitch)], 1)
    return TagStates(place, axis, loss_db, is_gone)


def _hang(
    motion: TagMotion, tag: Ints, time_s: Floats, into: tuple[Floats, Floats, Floats]
) -> None:
    place, angles, loss_db = into
    pushes, settings = motion.pushes, motion.settings
    _sway(motion, tag, time_s, place)
    if not len(pushes.key):
        return
    last = np.searchsorted(pushes.key, tag * SPAN_S + time_s, side="right") - 1
    rows = np.flatnonzero((last >= 0) & (pushes.tag[last] == tag))
    last = last[rows]
    since_s = time_s[rows] - pushes.time_s[last]
    place[rows] += pushes.shift_m[last]
    angles[rows] += pushes.turn_rad[last]
    loss_db[rows] += pushes.loss_db[last]
    swing = settings.neighbour_sway_m * np.exp(-since_s / settings.sway_decay_s)
    swing *= np.sin(2 * np.pi * _SWING_HZ * since_s + pushes.swing_rad[last])
    place[rows, 0] += swing * np.cos(pushes.swing_rad[last])
    place[rows, 1] += swing * np.sin(pushes.swing_rad[last])


def _sway(motion: TagMotion, tag: Ints, time_s: Floats, place: Floats) -> None:
    """Moves products a little in the air: a swing whose strength comes and goes with gusts."""
    traits = motion.traits
    own = traits.phase_rad[tag]
    gust = 0.5 + 0.5 * np.sin(2 * np.pi * _GUST_HZ * time_s + 3 * own)
    swing = traits.draught_m[tag] * gust * np.sin(2 * np.pi * _SWING_HZ * time_s + own)
    place[:, 0] += swing * np.cos(traits.yaw_rad[tag])
    place[:, 1] += swing * np.sin(traits.yaw_rad[tag])


def _hold(
    motion: TagMotion,
    crowd: Crowd,
    at: tuple[Ints, Ints, Floats],
    into: tuple[Floats, Floats, Floats],
) -> None:
    rows, stretch, time_s = at
    place, angles, loss_db = into
    hands, settings = motion.in_hand, motion.settings
    after, before = time_s - hands.start_s[stretch], hands.end_s[stretch] - time_s
    grip = np.clip(np.minimum(after, before) / settings.pull_s, 0.0, 1.0)
    person = crowd.place_of(hands.person[stretch], time_s)[:, :2]
    towards = np.nan_to_num(person - place[rows, :2])
    length = np.linalg.norm(towards, axis=1)
    pull = np.minimum(hands.shakes.pull_m[stretch], np.maximum(length - _CLEAR_OF_BODY_M, 0.0))
    place[rows, :2] += (grip * pull / np.maximum(length, 1e-9))[:, None] * towards
    shake = hands.shakes.at(stretch, time_s) * grip[:, None]
    place[rows] += settings.wobble_m * shake[:, :3]
    angles[rows] += settings.turn_rad * shake[:, 3:]
    # Taken out, it hangs against nothing any more.
    loss_db[rows] *= 1 - grip * hands.shakes.size[stretch]
    loss_db[rows] += grip * hands.shakes.loss_db[stretch]


def _carry(
    motion: TagMotion,
    crowd: Crowd,
    at: tuple[Ints, Ints, Floats],
    into: tuple[Floats, Floats, Floats],
) -> Flags:
    """Puts away tags at their place or before their carrier; says which have left."""
    rows, stretch, time_s = at
    place, angles, loss_db = into
    away, settings = motion.away, motion.settings
    place[rows, 0], place[rows, 1] = away.x_m[stretch], away.y_m[stretch]
    on = np.flatnonzero(away.person[stretch] >= 0)
    carrier = crowd.place_of(away.person[stretch[on]], time_s[on])
    shake = away.shakes.at(stretch[on], time_s[on])
    place[rows[on], :2] = carrier[:, :2] + settings.carry_ahead_m * carrier[:, 2:]
    place[rows[on], 2] = settings.carry_height_m
    place[rows[on]] += settings.wobble_m * shake[:, :3]
    heading = np.arctan2(carrier[:, 3], carrier[:, 2])
    angles[rows[on], 0] = heading + away.shakes.phase_rad[stretch[on], 3, 0]
    angles[rows[on]] += settings.turn_rad * shake[:, 3:]
    loss_db[rows[on]] = away.shakes.loss_db[stretch[on]]
    return np.asarray(np.isnan(place[rows]).any(axis=1))
