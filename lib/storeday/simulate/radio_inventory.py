"""When a reader asks which tag: antennas in turn, rounds within their time, tags that keep quiet.

A reader dwells on each antenna in turn. An antenna's *air time* is the time for which it is on,
counted without gaps. Rounds follow each other in air time, and one that the antenna's turn cuts
goes on in its next turn, as tags remember within a session that they were read (Gen2, session 1). A
round lasts longer the more tags answer (`InventorySettings`), and each tag has one slot in it,
anywhere. In session 1 a tag that was read keeps quiet for a second or two towards all antennas.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from storeday.simulate.radio_settings import InventorySettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Each leaves at most 0.85 of what is missing to the balance, at the worst number of tags.
_BALANCE_STEPS = 30


@dataclass(frozen=True)
class Turn:
    """An antenna's share of its reader's time.

    Attributes:
        index: Which of the reader's antennas it is, from 0.
        antennas: How many there are.
        dwell_s: Time on an antenna.
        switch_s: Time lost before it; none where there is one antenna only.
    """

    index: int
    antennas: int
    dwell_s: float
    switch_s: float

    def air_time_s(self, time_s: Floats) -> Floats:
        """Air time gone by until true times."""
        visit, within = np.divmod(time_s, self.cycle_s)
        return visit * self.dwell_s + np.clip(within - self._offset_s, 0.0, self.dwell_s)

    def true_time_s(self, air_s: Floats) -> Floats:
        """True times at which air times are reached."""
        visit, within = np.divmod(air_s, self.dwell_s)
        return visit * self.cycle_s + self._offset_s + within

    @property
    def cycle_s(self) -> float:
        """Time from one turn to the next."""
        return self.antennas * (self.dwell_s + self.switch_s)

    @property
    def _offset_s(self) -> float:
        return self.index * (self.dwell_s + self.switch_s) + self.switch_s


def turn_of(index: int, antennas: int, settings: InventorySettings) -> Turn:
    """The turn of one antenna of a reader."""
    switch_s = settings.switch_s if antennas > 1 else 0.0
    return Turn(index, antennas, settings.antenna_dwell_s, switch_s)


def read_share(rssi_dbm: Floats, settings: InventorySettings) -> Floats:
    """Probability that a tag answers a round, by the strength of its answer.

    Args:
        rssi_dbm: Strength before noise; -inf for tags that are not there.
        settings: The inventory.

    Returns:
        Probabilities, same shape.

    Example:
        >>> read_share(np.array([-75.0, -np.inf]), InventorySettings(best_read_share=1.0))
        array([0.5, 0. ])
    """
    margin = (rssi_dbm - settings.half_read_dbm) / settings.read_slope_db
    return np.asarray(settings.best_read_share * expit(margin))


def loads(share: Floats, antennas_s: tuple[float, float], settings: InventorySettings) -> Floats:
    """How many tags answer a round of each antenna, when those just read keep quiet.

    Tags answer more often the shorter the rounds are, rounds are shorter the more tags keep quiet:
    the balance is approached from the case that none keeps quiet.

    Args:
        share: Probability that a tag that is not quiet answers, shape (looks, antennas, tags).
        antennas_s: Time on an antenna, and time from one turn of it to the next.
        settings: The inventory.

    Returns:
        Mean answers per round, shape (looks, antennas).
    """
    on_air = antennas_s[0] / antennas_s[1]
    quiet_s = settings.quiet_s * (1 - settings.forget_share)
    awake = np.ones(share[:, 0].shape)
    for _ in range(_BALANCE_STEPS if quiet_s > 0 else 0):
        load = np.einsum("lat,lt->la", share, awake)
        rounds_per_s = on_air / (settings.round_overhead_s + settings.slot_s * load)
        hazard = np.einsum("lat,la->lt", share, rounds_per_s)
        awake = 1 / (1 + quiet_s * hazard)
    return np.asarray(np.einsum("lat,lt->la", share, awake))


def slots(
    turn: Turn,
    edges_s: Floats,
    load: Floats,
    tags: int,
    settings: InventorySettings,
    rng: np.random.Generator,
) -> tuple[Ints, Floats]:
    """The slots in which an antenna listens for each of some tags.

    Args:
        turn: The antenna's turn.
        edges_s: True times between which the load is constant, shape (b + 1,).
        load: Mean number of tags that answer a round, shape (b,).
        tags: How many tags have slots.
        settings: The inventory.
        rng: Source of chance.

    Returns:
        Number of the tag, 0 to `tags` - 1, and true time of each slot, in no order.
        Cost: rounds x tags.
    """
    round_s = settings.round_overhead_s + settings.slot_s * load
    edges_air_s = turn.air_time_s(edges_s)
    edges_round = np.concatenate([[0.0], np.cumsum(np.diff(edges_air_s) / round_s)])
    rounds = int(np.ceil(edges_round[-1]))
    first = np.interp(np.arange(rounds), edges_round, edges_air_s)
    block = np.searchsorted(edges_air_s, first, side="right") - 1
    block = np.clip(block, 0, len(load) - 1)
    others = settings.slot_s * np.maximum(load - 1, 0.0)[block]
    own = settings.slot_s * 0.5 * np.minimum(load, 1.0)[block]
    air_s = (first + settings.round_overhead_s + own)[:, None]
    air_s = air_s + others[:, None] * rng.random((rounds, tags))
    air_s += settings.slot_jitter_s * rng.normal(size=(rounds, tags))
    time_s = turn.true_time_s(air_s.ravel())
    tag = np.tile(np.arange(tags), rounds)
    keep = (time_s >= edges_s[0]) & (time_s < edges_s[-1])
    return tag[keep], time_s[keep]


def awake_reads(
    tag: Ints, time_s: Floats, settings: InventorySettings, rng: np.random.Generator
) -> Ints:
    """Which answers become reads, when a tag that was read keeps quiet.

    Args:
        tag: Who would answer, shape (n,).
        time_s: When, shape (n,).
        settings: The inventory.
        rng: Source of chance.

    Returns:
        Indices of the reads, sorted by tag and time.
        Cost: a sort, and one vectorised step per read of the tag that is read most.

    Example:
        >>> settings = InventorySettings(quiet_s=1.0, quiet_spread=0.0, forget_share=0.0)
        >>> tag, time_s = np.array([0, 0, 0, 1]), np.array([0.0, 0.4, 1.2, 0.5])
        >>> awake_reads(tag, time_s, settings, np.random.default_rng(0))
        array([0, 2, 3])
    """
    order = np.lexsort((time_s, tag))
    if settings.quiet_s <= 0 or not len(order):
        return order
    tag, time_s = tag[order], time_s[order]
    quiet_s = settings.quiet_s * (1 + settings.quiet_spread * rng.normal(size=len(order)))
    quiet_s = np.where(rng.random(len(order)) < settings.forget_share, 0.0, quiet_s)
    # One axis on which tags do not overlap, so that one search finds the next answer of each.
    gap_s = np.ptp(time_s) + 10 * settings.quiet_s
    axis = tag * gap_s + time_s
    follower = np.searchsorted(axis, axis + np.maximum(quiet_s, 1e-6))
    last = np.searchsorted(tag, tag, side="right")
    follower = np.minimum(follower, last)
    current = np.flatnonzero(np.diff(tag, prepend=tag[0] - 1))
    end = last[current]
    is_read = np.zeros(len(order), np.bool_)
    while current.size:
        is_read[current] = True
        current = follower[current]
        alive = current < end
        current, end = current[alive], end[alive]
    return np.asarray(order[is_read])
