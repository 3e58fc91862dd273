"""How much a tag's phase moves, across channel hops.

The phase of a reader that hops describes the hop sequence: over all channels a static tag's
deviates by 2.2 rad, within one channel by 0.135. Each read is therefore compared with a reference
of the same tag, antenna and channel. Angles are doubled, since many readers know phase only up to
pi, and halved again in results.

A tag that was put back hangs elsewhere, and all its channels turn by about the same angle (within
3 % over the FCC band). A plain mean over the day would mix its places. References are therefore
found as a product: phase = channel's own angle + angle of the place, the place's being the same for
a block of a minute, by alternating means on the circle, over quiet reads, the read itself left out.
What is left, the *turn*, is constant while a tag hangs still.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.rfid.quiet import sides
from storeday.rfid.settings import RfidSettings
from storeday.rfid.tag_reads import Floats, Ints, TagReads
from storeday.rfid.windows import Windows, starts

# Rounds of the alternating means; the third changes angles by less than the noise.
ROUNDS = 2
# Keeps the logarithm finite where turns cancel: 2.6 rad in single angle, above any real spread.
LEAST_LENGTH = 1e-6
# Groups without a read that cost less than the sort that would leave them out.
MOST_EMPTY_GROUPS = 8

Turns = NDArray[np.complex64]


@dataclass(frozen=True)
class PhaseParts:
    """What phase says of each window.

    Attributes:
        spread_rad: Circular deviation of the turns about their own mean: sqrt(-2 ln R), halved
            (Mardia and Jupp, Directional Statistics, 2000, section 2.3.1). NaN below two turns.
        away: 1 - cos of the doubled angle to the reads nearby before and after, mean over the
            window's reads, on the side that fits better: 0 for a tag at rest, 1 for any angle.
            NaN without either.
        change: The same on the side that fits worse: large too where the tag hangs elsewhere from
            then on.
        reads: Reads of the window that have a turn.
        turns: Unit vector of each read's doubled turn, shape (reads,); 0 for those without one.
    """

    spread_rad: Floats
    away: Floats
    change: Floats
    reads: Ints
    turns: Turns


def phase_parts(reads: TagReads, windows: Windows, settings: RfidSettings) -> PhaseParts:
    """Spread and change of phase in each window.

    Args:
        reads: Sorted reads; those without phase or channel are left out.
        windows: Their windows.
        settings: Reads that references need.
    """
    has_phase = ~np.isnan(reads.phase_rad) & (reads.channel >= 0)
    if not has_phase.any():
        none = np.full(len(windows.first), np.nan)
        nothing = np.zeros(len(windows.first), np.int64)
        return PhaseParts(none, none, none, nothing, np.zeros(len(has_phase), np.complex64))
    turns = _turns(reads, has_phase, settings)
    known = turns != 0
    counts = windows.totals(known)
    total = windows.totals(turns.real) + 1j * windows.totals(turns.imag)
    length = np.clip(np.abs(total) / np.maximum(counts, 1), LEAST_LENGTH, 1.0)
    spread = np.where(counts >= 2, np.sqrt(-2 * np.log(length)) / 2, np.nan)
    mean = np.where(counts > 0, total / np.maximum(counts, 1), np.nan)
    away, change = _from_nearby(turns[known], mean, windows, counts.astype(np.int64), settings)
    return PhaseParts(spread, away, change, counts.astype(np.int64), turns)


def _from_nearby(
    turns: Turns,
    mean: NDArray[np.complex128],
    windows: Windows,
    rows: Ints,
    settings: RfidSettings,
) -> tuple[Floats, Floats]:
    """1 - cos of the angle to the reads on either side: the smaller and the larger."""
    near = sides(windows, rows, settings.local_reads)
    found = []
    sums = zip(near.sums(turns.real), near.sums(turns.imag), near.counts, strict=True)
    for real, imag, count in sums:
        total = real + 1j * imag
        length = np.abs(total)
        known = (count >= settings.reference_reads) & (length > 1e-9)
        along = (mean * np.conj(total)).real / np.where(known, length, 1.0)
        found.append(np.where(known, 1 - along, np.nan))
    return np.fmin(*found), np.fmax(*found)


def _turns(reads: TagReads, has_phase: NDArray[np.bool_], settings: RfidSettings) -> Turns:
    """Unit vector of each read's doubled turn; 0 for a read without a reference."""
    angle = np.where(has_phase, 2 * reads.phase_rad, 0.0).astype(np.float32)
    vector = np.empty(len(angle), np.complex64)
    np.cos(angle, out=vector.real)
    np.sin(angle, out=vector.imag)
    group, groups = _groups(reads)
    block = _blocks(reads, settings)
    weight = has_phase.astype(np.float32)
    own = vector * weight
    channel = _unit(_sums(group, own, groups))
    for _ in range(ROUNDS):
        place = _unit(np.add.reduceat(own * np.conj(channel[group]), block[0]))
        placed = own * np.conj(np.repeat(place, block[1]))
        total = _sums(group, placed, groups)
        channel = _unit(total)
    reference = total[group] - placed
    others = np.bincount(group, weight, groups)[group] - weight
    length = np.abs(reference)
    known = has_phase & (others >= settings.reference_reads) & (length > 1e-6)
    return np.where(known, vector * np.conj(reference) / np.where(known, length, 1.0), 0)


def _groups(reads: TagReads) -> tuple[Ints, int]:
    """Series and channel of each read as one number, and how many numbers there are."""
    channels = int(reads.channel.max()) + 1
    group = reads.series * channels + np.maximum(reads.channel, 0)
    if int(group.max()) > MOST_EMPTY_GROUPS * len(group):
        _, group = np.unique(group, return_inverse=True)
    return group, int(group.max()) + 1


def _blocks(reads: TagReads, settings: RfidSettings) -> tuple[Ints, Ints]:
    """First read and length of each block of a series."""
    first = starts(reads.series, reads.time_us // round(settings.phase_block_s * 1e6))
    return first, np.diff(np.append(first, len(reads.series)))


def _sums(group: Ints, values: Turns, groups: int) -> Turns:
    real = np.bincount(group, values.real, groups)
    return (real + 1j * np.bincount(group, values.imag, groups)).astype(np.complex64)


def _unit(values: Turns) -> Turns:
    length = np.abs(values)
    return np.where(length > 1e-6, values / np.maximum(length, 1e-6), 1).astype(np.complex64)
