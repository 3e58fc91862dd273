"""What is peculiar to each tag, and all that ever moves it on a day: drawn once per store-day.

Stretches in hand and away from home are sorted by tag and time, so that one search finds what holds
a tag at a moment. Times are true seconds, places metres.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from storeday.simulate.radio_settings import ChannelSettings, MotionSettings
from storeday.simulate.world import Handlings, Products, World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Makes one sortable number of tag and time; longer than any day, and exact to 0.1 ms for 1e5 tags.
SPAN_S = 1e6
# Bursts of motion in hand come every four seconds, and the wave that makes them has to rise so far
# from rest to full motion. Stated guesses.
_BURSTS_HZ, _BURST_EDGE = 0.25, 0.4


@dataclass(frozen=True)
class TagTraits:
    """What does not change about tags.

    Attributes:
        home: Home places, shape (p, 3).
        yaw_rad: Direction of the dipole at home, shape (p,).
        pitch_rad: Its slope, shape (p,).
        gain_db: How much better than the mean a tag answers, two ways, shape (p,).
        phase_rad: Phase that the tag adds, shape (p,).
        scatterers: Places of fixed scatterers near home, shape (p, s, 3).
        draught_m: Amplitude with which it swings by itself, shape (p,); 0 for sentinels.
    """

    home: Floats
    yaw_rad: Floats
    pitch_rad: Floats
    gain_db: Floats
    phase_rad: Floats
    scatterers: Floats
    draught_m: Floats


@dataclass(frozen=True)
class Shakes:
    """Random motion of stretches in hand.

    Attributes:
        turns_hz: Of x, y, z, yaw, pitch by two waves each, shape (rows, 5, 2).
        phase_rad: The same.
        pull_m: How far the product is drawn out, shape (rows,).
        loss_db: Loss by the hand, two ways, shape (rows,).
        size: How far the motion goes; 1 in full, shape (rows,).
        moving_share: Share of the time in which there is motion.
    """

    turns_hz: Floats
    phase_rad: Floats
    pull_m: Floats
    loss_db: Floats
    size: Floats
    moving_share: float

    def at(self, row: Ints, time_s: Floats) -> Floats:
        """Values of about unit amplitude while there is motion, 0 between, shape (n, 5)."""
        angle = 2 * np.pi * self.turns_hz[row] * time_s[:, None, None] + self.phase_rad[row]
        waves = np.asarray(np.sin(angle).sum(axis=2) / np.sqrt(2))
        return waves * (self.size[row] * self._liveliness(row, time_s))[:, None]

    def _liveliness(self, row: Ints, time_s: Floats) -> Floats:
        """1 in bursts of motion, 0 between: where a slow wave is above its quantile."""
        first = self.phase_rad[row, 0, 0]
        slow = np.sin(2 * np.pi * _BURSTS_HZ * time_s + 7 * first)
        least = np.cos(np.pi * self.moving_share)
        return np.asarray(np.clip((slow - least) / _BURST_EDGE + 0.5, 0.0, 1.0))


@dataclass(frozen=True)
class Stretches:
    """Stretches of time that each belong to a tag, sorted by tag and start."""

    key: Floats
    tag: Ints
    person: Ints
    start_s: Floats
    end_s: Floats
    x_m: Floats
    y_m: Floats
    shakes: Shakes

    def covering(self, tag: Ints, time_s: Floats) -> Ints:
        """The latest begun stretch that holds each tag at each time; -1 for none."""
        row = np.searchsorted(self.key, tag * SPAN_S + time_s, side="right") - 1
        if not len(self.key):
            return np.full(len(tag), -1, np.int64)
        holds = (row >= 0) & (self.tag[row] == tag) & (time_s < self.end_s[row])
        return np.where(holds, row, -1)


@dataclass(frozen=True)
class Pushes:
    """Moments after which a tag hangs differently, sorted by tag and time."""

    key: Floats
    tag: Ints
    time_s: Floats
    shift_m: Floats
    turn_rad: Floats
    swing_rad: Floats
    loss_db: Floats


@dataclass(frozen=True)
class TagMotion:
    """All that ever moves a tag on the day."""

    traits: TagTraits
    in_hand: Stretches
    away: Stretches
    pushes: Pushes
    settings: MotionSettings


def draw_motion(
    world: World, channel: ChannelSettings, motion: MotionSettings, rng: np.random.Generator
) -> TagMotion:
    """Draws the traits of all tags and the details of all handlings.

    Args:
        world: The store-day.
        channel: Settings of the channel, for traits.
        motion: Settings of the motion.
        rng: Source of chance.
    """
    hands, carried = world.handlings, world.carried
    traits = _draw_traits(world.products, channel, motion, rng)
    pushes = _draw_pushes(world.products, hands, motion, rng)
    in_hand = _stretches(
        (hands.product, hands.person, hands.started_s, hands.ended_s, hands.x_m, hands.y_m),
        np.array([action == "handle" for action in hands.action], np.bool_),
        motion,
        rng,
    )
    away = _stretches(
        (
            carried.product,
            carried.person,
            carried.started_s,
            carried.ended_s,
            carried.x_m,
            carried.y_m,
        ),
        np.zeros(len(carried.product), np.bool_),
        motion,
        rng,
    )
    return TagMotion(traits, in_hand, away, pushes, motion)


def touched_between(motion: TagMotion, start_s: float, end_s: float) -> Ints:
    """Tags that are in hand or away from home at some time of a stretch."""
    touched = [
        stretches.tag[(stretches.start_s < end_s) & (stretches.end_s > start_s)]
        for stretches in (motion.in_hand, motion.away)
    ]
    return np.unique(np.concatenate(touched))


def _draw_traits(
    products: Products,
    channel: ChannelSettings,
    motion: MotionSettings,
    rng: np.random.Generator,
) -> TagTraits:
    count = len(products.epc)
    home = np.stack([products.x_m, products.y_m, products.z_m], axis=1).astype(np.float64)
    # Hang tags point anywhere in plan and lie within about 30 degrees of level.
    yaw, pitch = rng.uniform(0, np.pi, count), rng.normal(0, 0.3, count)
    gain, phase = rng.normal(0, channel.tag_spread_db, count), rng.uniform(0, 2 * np.pi, count)
    # Rails, hangers and shelf edges lie a hand's to an arm's length away.
    direction = rng.normal(size=(count, channel.scatterers, 3))
    direction /= np.linalg.norm(direction, axis=2, keepdims=True)
    distance = rng.uniform(0.2, 0.8, (count, channel.scatterers, 1))
    draught = np.where(products.rack >= 0, rng.exponential(motion.draught_m, count), 0.0)
    scatterers = home[:, None] + direction * distance
    return TagTraits(home, yaw, pitch, gain, phase, scatterers, draught)


def _stretches(
    columns: tuple[Ints, Ints, Floats, Floats, Floats, Floats],
    may_be_touch: NDArray[np.bool_],
    settings: MotionSettings,
    rng: np.random.Generator,
) -> Stretches:
    tag, person, start_s, end_s, x_m, y_m = columns
    order = np.lexsort((end_s, start_s, tag))
    count = len(tag)
    is_touch = may_be_touch[order] & (rng.random(count) < settings.touch_share)
    size = np.where(is_touch, settings.touch_motion, 1.0)
    shakes = Shakes(
        rng.uniform(*settings.wobble_hz, (count, 5, 2)),
        rng.uniform(0, 2 * np.pi, (count, 5, 2)),
        rng.uniform(*settings.pull_m, count) * size,
        rng.uniform(*settings.hand_loss_db, count) * size,
        size,
        settings.moving_share,
    )
    tag, start_s = tag[order], start_s[order]
    key = tag * SPAN_S + start_s
    return Stretches(key, tag, person[order], start_s, end_s[order], x_m[order], y_m[order], shakes)


def _draw_pushes(
    products: Products, hands: Handlings, settings: MotionSettings, rng: np.random.Generator
) -> Pushes:
    neighbour, cause = _neighbours(products, hands, settings.neighbour_reach_m)
    tag = np.concatenate([hands.product, neighbour, neighbour])
    time_s = np.concatenate([hands.ended_s, hands.started_s[cause], hands.ended_s[cause]])
    is_own = np.arange(len(tag)) < len(hands.product)
    order = np.lexsort((~is_own, time_s, tag))
    tag, time_s, is_own = tag[order], time_s[order], is_own[order]
    shift_m = np.where(is_own, settings.put_back_shift_m, settings.neighbour_shift_m)
    turn_rad = np.where(is_own, settings.put_back_turn_rad, settings.neighbour_turn_rad)
    return Pushes(
        tag * SPAN_S + time_s,
        tag,
        time_s,
        rng.normal(size=(len(tag), 3)) * shift_m[:, None],
        rng.normal(size=(len(tag), 2)) * turn_rad[:, None],
        rng.uniform(0, 2 * np.pi, len(tag)),
        rng.exponential(settings.push_loss_db, len(tag)),
    )


def _neighbours(products: Products, hands: Handlings, reach_m: float) -> tuple[Ints, Ints]:
    """Pairs of a product and the handling next to it, on the same rack."""
    if not len(hands.product):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    home = np.stack([products.x_m, products.y_m, products.z_m], axis=1)
    near = cKDTree(home).query_ball_point(home[hands.product], reach_m, return_sorted=True)
    found = [np.asarray(indices, np.int64) for indices in near]
    counts = np.array([indices.size for indices in found])
    neighbour = np.concatenate(found)
    cause = np.repeat(np.arange(len(near)), counts)
    product = hands.product[cause]
    same = (products.rack[neighbour] == products.rack[product]) & (products.rack[product] >= 0)
    keep = same & (neighbour != product)
    return neighbour[keep], cause[keep]
