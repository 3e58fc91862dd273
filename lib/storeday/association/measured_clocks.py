"""The devices' clocks, measured from a day: readers against cameras by handling and rummages.

Steps: cameras are tied by people whom two of them see walk (`camera_links`); cells within the
largest offset that is looked for; a first guess on a grid (`clock_grid`); jumps of readers' clocks;
the fit of all devices at once (`clock_fit`). A device that the day does not speak of keeps what was
assumed or known before (`clock_priors`), with that standard error.
"""

import datetime as dt
from dataclasses import replace

import numpy as np
import pyarrow as pa

from storeday.association.cells import Problem, find_cells
from storeday.association.clock_day import (
    ClockDay,
    best_seen,
    clock_day,
    even_share,
    split_at_jumps,
)
from storeday.association.clock_fit import ClockCells, ClockFit, fit_clocks
from storeday.association.clock_grid import (
    KERNEL_SD_S,
    ClockPrior,
    Guess,
    PairTable,
    guess_clocks,
    jump_in,
    pair_table,
)
from storeday.association.clock_priors import (
    clock_prior,
    measured_rows,
    tied,
    without_contradicted,
)
from storeday.association.clock_rows import ClockAnswer, ClockQuestion, clock_rows
from storeday.association.places import assumed_ratio, distance_bins
from storeday.association.settings import AssociationSettings
from storeday.association.shop import Shop
from storeday.association.trace_matching import DayTables
from storeday.contracts.columns import (
    US_PER_S,
    Floats,
    Ints,
)

# Cells further than this from the first guess cannot matter: three deviations of a wide jitter.
NEAR_GUESS_S = 3.3 * KERNEL_SD_S
# A jump is believed if it explains this much more than drift: e^12 to 1 against some hundred places
# where it might have been.
JUMP_NATS, LEAST_JUMP_S, FEWEST_BESIDE_JUMP = 12.0, 3.0, 30
# A guess with several peaks, and too few rummages to choose: the fit's own error would not tell.
DOUBTFUL_SD_S = 2.0


def measure_clocks(
    tables: DayTables,
    shop: Shop,
    asked: ClockQuestion,
    settings: AssociationSettings,
) -> pa.Table:
    """Clock offsets of all devices.

    Args:
        tables: Tables of the day; `clock_offsets` is not used.
        shop: What antennas reach, and items' homes.
        asked: Devices, reference and priors.
        settings: Settings.

    Returns:
        Rows of `silver.clock_offsets` by device and time: one for each device, more for one whose
        clock jumped. `offset_s` is as of `valid_from`; `std_error_s` is that of the offset in the
        middle of the day's rummages. `evidence` says how it was found and on how many rummages.

    Raises:
        ValueError: The reference is not one of the devices.
    """
    names = sorted(set(asked.devices))
    if not names or asked.reference not in (None, *names):
        raise ValueError(
            f"reference {asked.reference!r} is not among the devices: {', '.join(names) or 'none'}"
        )
    day = clock_day(tables, shop, names, settings)
    asked = replace(asked, reference=asked.reference or best_seen(day, names, asked.devices))
    prior = _prior(names, asked, day, settings)
    if day is None:
        return clock_rows(asked, ClockAnswer(names, _unmeasured(prior), prior, [], set()), None)
    prior = replace(prior, links=day.links)
    guess, jumps = _guess(day, tied(prior), settings)
    prior, contradicted = without_contradicted(prior, guess)
    day, owners, prior = split_at_jumps(day, jumps, names, prior)
    start = _start(guess, owners, jumps, len(names))
    fit = _fit(day, start, prior, settings)
    fit = _doubted(fit, guess, owners, prior)
    was_set = set(np.flatnonzero(contradicted).tolist())
    return clock_rows(asked, ClockAnswer(names, fit, prior, jumps, was_set), day)


def _prior(
    names: list[str], asked: ClockQuestion, day: ClockDay | None, settings: AssociationSettings
) -> ClockPrior:
    moment = asked.valid_from
    if day is not None:
        moment = dt.datetime.fromtimestamp(day.middle_us / US_PER_S, dt.UTC)
    rows = None if asked.known is None else measured_rows(asked.known.rows)
    return clock_prior(names, str(asked.reference), rows, moment, settings)


def _guess(
    day: ClockDay, prior: ClockPrior, settings: AssociationSettings
) -> tuple[Guess, list[tuple[int, float]]]:
    """First guess of all clocks, and the readers' jumps as device and phase."""
    reach = settings.clock_reach_s
    chosen = even_share(day)
    rummages = replace(
        day.rummages,
        time_s=day.rummages.time_s[chosen],
        area=day.rummages.area[chosen],
        place_m=day.rummages.place_m[chosen],
        score=day.rummages.score[chosen],
    )
    cells = find_cells(day.traces, rummages, day.members, reach + 3 * KERNEL_SD_S)
    problem = Problem(day.traces, rummages, cells, day.members)
    shift = np.zeros((len(day.camera_device), 2))
    ratio = assumed_ratio()[distance_bins(problem.ways, cells.away_m, shift)]
    value = day.traces.evidence[cells.row] * ratio
    rummage = cells.rummage
    reader = day.reader[chosen][rummage]
    camera = day.camera_device[day.traces.camera[cells.row]]
    phase = day.phase[chosen]
    pairs = []
    for one, other in sorted(set(zip(reader.tolist(), camera.tolist(), strict=True))):
        own = np.flatnonzero((reader == one) & (camera == other))
        ids, number = np.unique(rummage[own], return_inverse=True)
        table = pair_table(number, cells.lag_s[own], value[own], len(ids), reach)
        pairs.append(PairTable(one, other, phase[ids], table))
    guess = guess_clocks(pairs, prior, reach)
    return guess, _jumps(pairs, guess, prior.reference)


def _jumps(pairs: list[PairTable], guess: Guess, reference: int) -> list[tuple[int, float]]:
    """Readers whose clocks jump, and when."""
    found = []
    for device in sorted({pair.reader for pair in pairs} - {reference}):
        own = [pair for pair in pairs if pair.reader == device]
        phase = np.concatenate([pair.phase for pair in own])
        order = np.argsort(phase, kind="stable")
        tables = np.concatenate([_as_readers(pair, guess) for pair in own])[order]
        jump = jump_in(phase[order], tables, FEWEST_BESIDE_JUMP)
        if jump is not None and jump[1] > JUMP_NATS and abs(jump[2]) >= LEAST_JUMP_S:
            found.append((device, jump[0]))
    return found


def _as_readers(pair: PairTable, guess: Guess) -> Floats:
    """A pair's table on the scale of the reader's own offset."""
    moved = guess.offset_s[pair.camera] + guess.drift_s[pair.camera] * pair.phase
    size = pair.table.shape[1]
    column = np.arange(size)[None, :] - np.rint(moved).astype(np.int64)[:, None]
    return np.asarray(np.take_along_axis(pair.table, np.clip(column, 0, size - 1), axis=1))


def _start(
    guess: Guess, owners: Ints, jumps: list[tuple[int, float]], count: int
) -> tuple[Floats, Floats]:
    offset, drift = guess.offset_s[owners].copy(), guess.drift_s[owners].copy()
    for number, (device, _) in enumerate(jumps):
        drift[[device, count + number]] = 0.0
    return offset, drift


def _fit(
    day: ClockDay, start: tuple[Floats, Floats], prior: ClockPrior, settings: AssociationSettings
) -> ClockFit:
    apart = float(np.ptp(start[0]) + np.ptp(start[1]) / 2)
    wide = find_cells(day.traces, day.rummages, day.members, apart + NEAR_GUESS_S)
    camera = day.camera_device[day.traces.camera[wide.row]]
    found = ClockCells(wide, day.reader, camera, day.phase)
    near = np.abs(wide.lag_s - found.shift(*start)) <= NEAR_GUESS_S
    found = ClockCells(wide.subset(near), day.reader, camera[near], day.phase)
    # Where the clocks of a shop drift more than usual, each may: the day's own spread of drifts.
    usual_s = settings.drift_sd_ppm * 1e-6 * day.span_s
    prior = replace(prior, drift_sd_s=max(usual_s, float(np.sqrt(np.mean(start[1] ** 2)))))
    problem = Problem(day.traces, day.rummages, found.cells, day.members)
    return fit_clocks(problem, found, start, prior)


def _doubted(fit: ClockFit, guess: Guess, owners: Ints, prior: ClockPrior) -> ClockFit:
    """The fit, with the guess's spread where that had several peaks."""
    devices = len(owners)
    doubt = np.where(guess.sd_s[owners] > DOUBTFUL_SD_S, guess.sd_s[owners], 0.0)
    doubt[prior.reference] = 0.0
    covariance = fit.covariance.copy()
    rows = np.arange(devices)
    covariance[rows, rows] = np.maximum(covariance[rows, rows], doubt**2)
    return replace(fit, covariance=covariance)


def _unmeasured(prior: ClockPrior) -> ClockFit:
    count = len(prior.offset_s)
    covariance = np.diag(np.concatenate([prior.sd_s**2, np.zeros(count)]))
    return ClockFit(prior.offset_s, np.zeros(count), covariance, np.zeros(count), 0.0)
