"""One reader: its antennas, hop plan and offsets, and the reads it makes in a stretch of time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.manifest import Antenna, Reader, StoreLayout
from storeday.simulate.radio_channel import Moments, Site, received
from storeday.simulate.radio_inventory import awake_reads, loads, read_share, slots, turn_of
from storeday.simulate.radio_motion import locate
from storeday.simulate.radio_people import Crowd
from storeday.simulate.radio_settings import (
    ETSI_CHANNELS_MHZ,
    FCC_CHANNELS_MHZ,
    RadioSettings,
    ReportSettings,
)
from storeday.simulate.radio_tags import TagMotion, touched_between

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Tags that answer less often than this at every first look of a stretch, and are not touched in it,
# are left out of it; first looks are a minute apart.
_FAINT_SHARE = 0.01
_FIRST_LOOK_S = 60.0
# Answers computed at once, against memory: some 100 doubles each.
_SLICE = 100_000


@dataclass(frozen=True)
class Receiver:
    """A reader as it hangs in the store.

    Attributes:
        reader_id: Name.
        ports: Antenna ports, length a.
        sites: Antennas, length a.
        hops_mhz: Carriers in the order of hopping.
        dwell_s: Time on one carrier.
        offset_rad: Phase that cables and synthesiser add, shape (a, carriers).
    """

    reader_id: str
    ports: tuple[int, ...]
    sites: tuple[Site, ...]
    hops_mhz: Floats
    dwell_s: float
    offset_rad: Floats

    def hop(self, time_s: Floats) -> Ints:
        """Index into `hops_mhz` of the carrier on the air at true times."""
        return np.floor_divide(time_s, self.dwell_s).astype(np.int64) % len(self.hops_mhz)


@dataclass(frozen=True)
class ReadBatch:
    """Reads of one reader in a stretch of time, sorted by time.

    Attributes:
        time_s: True times, shape (n,).
        tag: Indices into the products, shape (n,).
        port: Antenna ports, shape (n,).
        rssi_dbm: As reported, shape (n,).
        phase_rad: As reported, 0 to 2 pi, shape (n,).
        frequency_mhz: Carriers, shape (n,).
    """

    time_s: Floats
    tag: Ints
    port: Ints
    rssi_dbm: Floats
    phase_rad: Floats
    frequency_mhz: Floats


def set_up(
    layout: StoreLayout, reader: Reader, settings: RadioSettings, rng: np.random.Generator
) -> Receiver:
    """Hangs a reader in the store and draws what is peculiar to it.

    Antennas without a position hang over the middle of their zones, those without zones over the
    middle of the floor.
    """
    height_m = settings.channel.antenna_height_m
    plan = layout.floor_plan
    sites = tuple(
        Site(np.array([*_above(layout, antenna), height_m]), plan.width_m, plan.height_m)
        for antenna in reader.antennas
    )
    report = settings.report
    carriers = FCC_CHANNELS_MHZ if report.region == "fcc" else ETSI_CHANNELS_MHZ
    hops = rng.permutation(np.array(reader.hop_table_mhz or carriers))
    return Receiver(
        reader.id,
        tuple(antenna.port for antenna in reader.antennas),
        sites,
        hops,
        report.fcc_dwell_s if report.region == "fcc" else report.etsi_dwell_s,
        rng.uniform(0, 2 * np.pi, (len(sites), len(hops))),
    )


def reads_between(
    receiver: Receiver,
    motion: TagMotion,
    crowd: Crowd,
    span_s: tuple[float, float],
    settings: RadioSettings,
    rng: np.random.Generator,
) -> ReadBatch:
    """The reads a reader makes in a stretch of time.

    Args:
        receiver: The reader.
        motion: Tags and what moves them.
        crowd: People of that stretch.
        span_s: True start and end.
        settings: All settings.
        rng: Source of chance.

    Returns:
        Reads sorted by time. Cost: (looks x audible tags + reads) x (paths + people present).
    """
    ear = _Ear(receiver, motion, crowd, settings)
    if not receiver.sites or not len(motion.traits.gain_db):
        return _in_order([])
    answers = _answers(ear, span_s, rng)
    reads = awake_reads(answers.tag, answers.time_s, settings.inventory, rng)
    batches = []
    for antenna in range(len(receiver.sites)):
        mine = reads[answers.antenna[reads] == antenna]
        for part in _slices(len(mine)):
            batches.append(_listen(ear, antenna, answers.take(mine[part]), rng))
    return _in_order(batches)


@dataclass(frozen=True)
class _Answers:
    """Slots in which a tag would answer, if it does not keep quiet."""

    antenna: Ints
    tag: Ints
    time_s: Floats
    share: Floats

    def take(self, index: Ints) -> "_Answers":
        return _Answers(self.antenna[index], self.tag[index], self.time_s[index], self.share[index])


@dataclass(frozen=True)
class _Ear:
    """All that decides what a reader hears in a stretch of time."""

    receiver: Receiver
    motion: TagMotion
    crowd: Crowd
    settings: RadioSettings

    def hears(self, antenna: int, tag: Ints, time_s: Floats) -> tuple[Floats, Floats, Ints]:
        """RSSI and phase of answers before noise, and the index of the carrier."""
        hop = self.receiver.hop(time_s)
        traits = self.motion.traits
        moments = Moments(
            time_s,
            locate(self.motion, self.crowd, tag, time_s),
            traits.gain_db[tag],
            traits.scatterers[tag],
            self.receiver.hops_mhz[hop],
        )
        site = self.receiver.sites[antenna]
        rssi, phase = received(site, moments, self.crowd, self.settings.channel)
        return rssi, phase + self.receiver.offset_rad[antenna, hop] + traits.phase_rad[tag], hop


def _answers(ear: _Ear, span_s: tuple[float, float], rng: np.random.Generator) -> _Answers:
    """Who would answer which antenna when."""
    inventory = ear.settings.inventory
    looks = max(1, round((span_s[1] - span_s[0]) / inventory.look_s))
    edges_s = np.linspace(*span_s, looks + 1)
    antennas, tags = len(ear.receiver.sites), len(ear.motion.traits.gain_db)
    share = np.zeros((looks, antennas, tags))
    audible = [_audible(ear, antenna, span_s) for antenna in range(antennas)]
    for antenna, heard in enumerate(audible):
        share[:, antenna, heard] = _shares(ear, antenna, heard, (edges_s[:-1] + edges_s[1:]) / 2)
    turns = [turn_of(antenna, antennas, inventory) for antenna in range(antennas)]
    load = loads(share, (turns[0].dwell_s, turns[0].cycle_s), inventory)
    parts = []
    for antenna, heard in enumerate(audible):
        number, time_s = slots(
            turns[antenna], edges_s, load[:, antenna], len(heard), inventory, rng
        )
        look = np.searchsorted(edges_s, time_s, side="right") - 1
        chance = share[look, antenna, heard[number]]
        rows = np.flatnonzero(rng.random(len(time_s)) < chance)
        who = np.full(len(rows), antenna, np.int64)
        parts.append((who, heard[number[rows]], time_s[rows], chance[rows]))
    return _Answers(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _audible(ear: _Ear, antenna: int, span_s: tuple[float, float]) -> Ints:
    """Tags that may answer an antenna at all."""
    every = np.arange(len(ear.motion.traits.gain_db))
    looks = np.arange(span_s[0], span_s[1], _FIRST_LOOK_S)
    heard = (_shares(ear, antenna, every, looks) > _FAINT_SHARE).any(axis=0)
    return np.flatnonzero(heard | np.isin(every, touched_between(ear.motion, *span_s)))


def _shares(ear: _Ear, antenna: int, tags: Ints, looks_s: Floats) -> Floats:
    """Probability that tags answer an antenna at some looks, shape (looks, tags)."""
    tag, time_s = np.tile(tags, len(looks_s)), np.repeat(looks_s, len(tags))
    rssi = [ear.hears(antenna, tag[part], time_s[part])[0] for part in _slices(len(tag))]
    share = read_share(np.concatenate([np.zeros(0), *rssi]), ear.settings.inventory)
    return share.reshape(len(looks_s), len(tags))


def _listen(ear: _Ear, antenna: int, answers: _Answers, rng: np.random.Generator) -> ReadBatch:
    """Which answers become reads, with what the receiver adds to them."""
    rssi, phase, hop = ear.hears(antenna, answers.tag, answers.time_s)
    inventory, report = ear.settings.inventory, ear.settings.report
    # The tag may be weaker than it was at the look.
    read = rng.random(len(rssi)) * answers.share < read_share(rssi, inventory)
    noisy = rssi[read] + report.rssi_noise_db * rng.normal(size=int(read.sum()))
    rssi = report.rssi_step_db * np.rint(noisy / report.rssi_step_db)
    phase = _reported_phase(phase[read], report, rng)
    heard = rssi >= inventory.lowest_dbm
    kept = np.flatnonzero(read)[heard]
    port = np.full(len(kept), ear.receiver.ports[antenna], np.int64)
    frequency = ear.receiver.hops_mhz[hop[kept]]
    return ReadBatch(
        answers.time_s[kept], answers.tag[kept], port, rssi[heard], phase[heard], frequency
    )


def _reported_phase(phase_rad: Floats, report: ReportSettings, rng: np.random.Generator) -> Floats:
    """Adds noise and jumps by pi, rounds to the reader's steps of a turn."""
    # Of two independent reads, 2 q (1 - q) differ by a jump if each has one with probability q.
    jump_share = (1 - np.sqrt(1 - 2 * min(report.pi_jump_share, 0.5))) / 2
    noisy = phase_rad + report.phase_noise_rad * rng.normal(size=len(phase_rad))
    noisy += np.pi * (rng.random(len(phase_rad)) < jump_share)
    step = 2 * np.pi / report.phase_steps
    return np.asarray(np.mod(np.rint(noisy / step), report.phase_steps) * step)


def _slices(count: int) -> Iterator[slice]:
    return (slice(start, start + _SLICE) for start in range(0, count, _SLICE))


def _in_order(batches: list[ReadBatch]) -> ReadBatch:
    if not batches:
        none, no_tags = np.zeros(0), np.zeros(0, np.int64)
        return ReadBatch(none, no_tags, no_tags, none, none, none)
    joined = [
        np.concatenate([getattr(batch, name) for batch in batches])
        for name in ("time_s", "tag", "port", "rssi_dbm", "phase_rad", "frequency_mhz")
    ]
    order = np.lexsort((joined[1], joined[2], joined[0]))
    return ReadBatch(*(values[order] for values in joined))


def _above(layout: StoreLayout, antenna: Antenna) -> tuple[float, float]:
    if antenna.x_m is not None and antenna.y_m is not None:
        return antenna.x_m, antenna.y_m
    corners = [
        corner for zone in layout.zones if zone.id in antenna.zones for corner in zone.polygon_m
    ]
    if not corners:
        return layout.floor_plan.width_m / 2, layout.floor_plan.height_m / 2
    x_m, y_m = np.asarray(corners).mean(axis=0)
    return float(x_m), float(y_m)
