"""A first guess of the devices' clocks: profile likelihood on a grid of whole seconds.

For each rummage and camera the likelihood of "they are off by so much" is laid out on a grid; a
device's guess is where the sum over its rummages is highest, the other devices held fixed, and
devices take turns (coordinate ascent). A clock may run fast or slow: its drift over the day is part
of the grid. Wrong peaks of single pairs of devices do no harm, since a device has one clock and all
its pairs vote for it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.association.camera_links import Link
from storeday.contracts.columns import Floats, Ints

GRID_STEP_S = 1.0
# Width of the kernel: wider than any jitter that is to be expected, so that no peak is missed.
KERNEL_SD_S = 4.5
# Chance that a rummage's handler is among those whom one camera sees; half is no prejudice.
IN_VIEW = 0.5
# What drift adds over the day, either way, in s. 30 s are 350 ppm on a day of 24 h.
DRIFT_STEP_S = 1.5
DRIFTS_S = np.arange(-30.0, 30.1, DRIFT_STEP_S)
# Drifts beyond this over a day are rare: 20 ppm, a plain quartz, over a day of 12 h.
USUAL_DRIFT_S = 1.0
SWEEPS = 4
# Half a step of the grid: a prior is never narrower here.
LEAST_PRIOR_SD_S = 0.5
# How often a clock was set since it was measured. Assumed: one night in twenty.
SET_SHARE = 0.05
# More rummages of a pair sharpen nothing that the next step does not sharpen better.
MOST_RUMMAGES = 500


@dataclass(frozen=True)
class ClockPrior:
    """What is known of the clocks beforehand.

    Attributes:
        offset_s: Shape (devices,).
        sd_s: Standard error, shape (devices,).
        drift_sd_s: Standard deviation of what drift adds over the day, in s.
        reference: The device whose clock is store time.
        wide_sd_s: Standard deviation of a clock of which nothing is known.
        is_known: Whether anything is known of its offset, shape (devices,).
        drift_s: What drift adds over the day, where links of cameras tell; else NaN, shape
            (devices,).
        links: Links of cameras, by device.
    """

    offset_s: Floats
    sd_s: Floats
    drift_sd_s: float
    reference: int
    wide_sd_s: float
    is_known: NDArray[np.bool_]
    drift_s: Floats
    links: tuple[Link, ...] = ()

    def log_drift(self, device: int) -> Floats:
        """Logarithm of the prior of `DRIFTS_S`, up to a constant."""
        if np.isfinite(self.drift_s[device]):
            return np.asarray(-0.5 * ((DRIFTS_S - self.drift_s[device]) / DRIFT_STEP_S) ** 2)
        return -_against_drift(DRIFTS_S)

    def log_density(self, device: int, offset_s: Floats) -> Floats:
        """Logarithm of the prior at some offsets, up to a constant; heavy in its tails.

        A known clock may have been set since: with `SET_SHARE` nothing is known of it.
        """
        sd = max(float(self.sd_s[device]), LEAST_PRIOR_SD_S)
        near = np.exp(-0.5 * ((offset_s - self.offset_s[device]) / sd) ** 2) / sd
        far = np.exp(-0.5 * (offset_s / self.wide_sd_s) ** 2) / self.wide_sd_s
        share = SET_SHARE if self.is_known[device] else 0.0
        return np.asarray(np.log((1 - share) * near + share * far + 1e-300), np.float64)


@dataclass(frozen=True)
class PairTable:
    """Log-likelihoods of one reader's rummages against one camera.

    Attributes:
        reader: Device of the rummages.
        camera: Device of the trace.
        phase: When each rummage was, from -1/2 at the day's first to 1/2 at its last, shape (n,).
        table: Log-likelihood by rummage and offset (reader less camera), shape (n, offsets).
    """

    reader: int
    camera: int
    phase: Floats
    table: Floats


@dataclass(frozen=True)
class Guess:
    """Clocks, as offsets at the middle of the day and what drift adds over all of it.

    Attributes:
        offset_s: Shape (devices,).
        drift_s: Shape (devices,).
        sd_s: Standard deviation of the grid's distribution given the other devices, shape
            (devices,): large where there is more than one peak.
    """

    offset_s: Floats
    drift_s: Floats
    sd_s: Floats


def grid_of(reach_s: float) -> Floats:
    """Offsets that are tried."""
    half = round(reach_s / GRID_STEP_S)
    return np.asarray(np.arange(-half, half + 1) * GRID_STEP_S, np.float64)


def pair_table(
    rummage: Ints, lag_s: Floats, value: Floats, rummages: int, reach_s: float
) -> Floats:
    """Log-likelihood by rummage and offset, from the cells of one reader and camera.

    Args:
        rummage: Rummage from 0 of each cell, shape (c,).
        lag_s: Rummage less second by the devices' own clocks, shape (c,).
        value: Evidence and place of each cell, mean about 1 where nobody handles, shape (c,).
        rummages: Number of rummages.
        reach_s: Largest offset tried.

    Returns:
        Shape (rummages, offsets); a rummage with nobody in view near an offset has zero there.
    """
    grid = grid_of(reach_s)
    width = round(3 * KERNEL_SD_S / GRID_STEP_S)
    bins = len(grid) + 2 * width
    place = np.rint(lag_s / GRID_STEP_S).astype(np.int64) + bins // 2
    kept = (place >= 0) & (place < bins)
    key = rummage[kept] * bins + place[kept]
    shape = (rummages, bins)
    support = np.bincount(key, value[kept], minlength=rummages * bins).reshape(shape)
    present = np.bincount(key, minlength=rummages * bins).reshape(shape)
    kernel = np.exp(-0.5 * (np.arange(-width, width + 1) * GRID_STEP_S / KERNEL_SD_S) ** 2)
    spread = np.zeros((bins, len(grid)))
    for column in range(len(grid)):
        spread[column : column + len(kernel), column] = kernel / kernel.sum()
    seen = present @ spread
    ratio = (support @ spread) / np.maximum(seen, 1e-9)
    # Little presence says little: half a second's worth of nobody is mixed in.
    ratio = (ratio * seen + 0.05) / (seen + 0.05)
    return np.asarray(np.log(1 - IN_VIEW + IN_VIEW * ratio))


def guess_clocks(pairs: list[PairTable], prior: ClockPrior, reach_s: float) -> Guess:
    """Guesses all clocks.

    Args:
        pairs: Tables of the pairs of devices.
        prior: What is known beforehand; the reference stays at zero.
        reach_s: Largest offset of a pair.

    Returns:
        The guess; a device without rummages keeps its prior.
    """
    reference = prior.reference
    offset, sd = prior.offset_s.copy(), prior.sd_s.copy()
    drift = np.nan_to_num(prior.drift_s)
    offset[reference], sd[reference] = 0.0, 0.0
    readers = sorted({pair.reader for pair in pairs} - {reference})
    cameras = sorted({pair.camera for pair in pairs} - {reference})
    grid = grid_of(reach_s)
    for _ in range(SWEEPS):
        before = offset.copy(), drift.copy()
        for device in readers + cameras:
            total = _device_table(pairs, device, offset, drift, grid)
            total += prior.log_density(device, grid)
            total += prior.log_drift(device)[:, None]
            row, column = np.unravel_index(np.argmax(total), total.shape)
            offset[device], drift[device] = grid[column], DRIFTS_S[row]
            sd[device] = _spread_of(total.max(axis=0), grid)
        if np.array_equal(before[0], offset) and np.array_equal(before[1], drift):
            break
    return Guess(offset, drift, sd)


def _device_table(
    pairs: list[PairTable], device: int, offset: Floats, drift: Floats, grid: Floats
) -> Floats:
    """Log-likelihood of a device's clock by drift and offset, the others held fixed."""
    total = np.zeros((len(DRIFTS_S), len(grid)))
    number = np.arange(len(grid))
    for pair in pairs:
        if device not in (pair.reader, pair.camera):
            continue
        other = pair.camera if device == pair.reader else pair.reader
        sign = 1 if device == pair.reader else -1
        moved = offset[other] + drift[other] * pair.phase
        table = pair.table if sign == 1 else pair.table[:, ::-1]
        for row, step in enumerate(DRIFTS_S):
            # The reader's offset less the camera's is on the table; a camera reads it mirrored.
            shift = np.rint((step * pair.phase - moved) / GRID_STEP_S).astype(np.int64)
            column = np.clip(number[None, :] + shift[:, None], 0, len(grid) - 1)
            total[row] += np.take_along_axis(table, column, axis=1).sum(axis=0)
    return total


def _against_drift(drift_s: Floats) -> Floats:
    """What speaks against a drift beforehand: a Cauchy distribution's tail, in nats."""
    return np.asarray(np.log1p((drift_s / USUAL_DRIFT_S) ** 2), np.float64)


def _spread_of(log_likelihood: Floats, grid: Floats) -> float:
    weight = np.exp(log_likelihood - log_likelihood.max())
    weight /= weight.sum()
    mean = weight @ grid
    return float(np.sqrt(weight @ (grid - mean) ** 2))


def jump_in(phase: Floats, table: Floats, fewest: int) -> tuple[float, float, float] | None:
    """Where a clock jumps, judged by the likelihood of one step against that of steady drift.

    Args:
        phase: When each rummage was, ascending, shape (n,).
        table: Log-likelihood by rummage and offset, shape (n, offsets).
        fewest: Rummages on either side.

    Returns:
        Phase of the jump, and what the step explains better than drift, in nats, and its size in s;
        None where there are too few rummages.
    """
    if len(phase) < 2 * fewest:
        return None
    grid_size = table.shape[1]
    so_far = np.cumsum(table, axis=0)
    splits = np.arange(fewest, len(phase) - fewest + 1)
    before, after = so_far[splits - 1], so_far[-1] - so_far[splits - 1]
    gain = before.max(axis=1) + after.max(axis=1)
    best = int(np.argmax(gain))
    number = np.arange(grid_size)
    steady = -np.inf
    for step in DRIFTS_S:
        shift = np.rint(step * phase / GRID_STEP_S).astype(np.int64)
        column = np.clip(number[None, :] + shift[:, None], 0, grid_size - 1)
        moved = np.take_along_axis(table, column, axis=1).sum(axis=0)
        steady = max(steady, float(moved.max() - _against_drift(np.asarray(step))))
    size = (int(after[best].argmax()) - int(before[best].argmax())) * GRID_STEP_S
    split = splits[best]
    return float((phase[split - 1] + phase[split]) / 2), float(gain[best] - steady), size
