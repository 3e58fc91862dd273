"""Offsets and drifts of all devices from rummages and handling, all pairs at once, by EM.

A rummage and a second of a trace lie apart by the reader's offset less the camera's, and by jitter.
Which second belongs to a rummage is not known, but how likely (`model`). The likelihood is that of
a mixture of Gaussians whose means are differences of devices' clocks, and is climbed by Newton's
method on its exact gradient and curvature, with jitter, place and scores learnt anew in each
round. One clock per device: the normal equations are those of a weighted least squares over
devices.

The standard error is that of the sandwich (Huber, Proc. 5th Berkeley Symposium 1, 1967): curvature
and scatter of the rummages' own gradients, so that a jitter that is no Gaussian, and the doubt
about which second belongs to which rummage, are both in it.
"""

from dataclasses import dataclass, replace

import numpy as np

from storeday.association.cells import Cells, Problem
from storeday.association.clock_grid import ClockPrior
from storeday.association.model import (
    ASSUMED_JITTER_S,
    LAG_STEP_S,
    Model,
    assumed_model,
    gaussian_kernel,
    learn_round,
    weigh,
)
from storeday.contracts.columns import Floats, Ints

ROUNDS = 15
# Jitter is taken to lie between these: less than a window of RFID reads cannot be told from none.
LEAST_JITTER_S, MOST_JITTER_S = 1.0, 15.0
# A step of Newton's method never goes further than half of a jitter.
LARGEST_STEP_S = 2.0
CONVERGED_S = 0.002


@dataclass(frozen=True)
class ClockFit:
    """Clocks of all devices, drift as what it adds from the first to the last rummage.

    Attributes:
        offset_s: Offset in the middle of the day, shape (devices,).
        drift_s: Shape (devices,).
        covariance: Of offsets, then drifts, shape (2 devices, 2 devices).
        events: Rummages that speak of each device, by their posterior weight, shape (devices,).
        jitter_s: Standard deviation of rummage less handling.
    """

    offset_s: Floats
    drift_s: Floats
    covariance: Floats
    events: Floats
    jitter_s: float


@dataclass(frozen=True)
class ClockCells:
    """Cells with their devices.

    Attributes:
        cells: The cells, lags by the devices' own clocks.
        reader: Device of each rummage, shape (r,).
        camera: Device of each cell, shape (c,).
        phase: When each rummage was, -1/2 to 1/2, shape (r,).
    """

    cells: Cells
    reader: Ints
    camera: Ints
    phase: Floats

    def shift(self, offset_s: Floats, drift_s: Floats) -> Floats:
        """Reader's clock less camera's at each cell, shape (c,)."""
        rummage = self.cells.rummage
        phase, reader = self.phase[rummage], self.reader[rummage]
        steady = offset_s[reader] - offset_s[self.camera]
        return np.asarray(steady + phase * (drift_s[reader] - drift_s[self.camera]))


def fit_clocks(
    problem: Problem,
    found: ClockCells,
    start: tuple[Floats, Floats],
    prior: ClockPrior,
) -> ClockFit:
    """Fits all clocks.

    Args:
        problem: Seconds of tracklets by their cameras' clocks, rummages by their readers'.
        found: Its cells, near the first guess.
        start: First guess of offsets and drifts.
        prior: What is known beforehand.

    Returns:
        The fit. Cost: rounds x cells.
    """
    theta = np.concatenate(start)
    devices = len(start[0])
    gate = float(np.abs(found.cells.lag_s - found.shift(*start)).max(initial=1.0)) + 1.0
    cameras = int(problem.traces.camera.max(initial=0)) + 1
    model = assumed_model(gate, cameras, problem.rummages.score)
    jitter = ASSUMED_JITTER_S
    for number in range(ROUNDS):
        shift = found.shift(theta[:devices], theta[devices:])
        cells = replace(found.cells, lag_s=found.cells.lag_s - shift)
        model = _gaussian(model, jitter)
        moved = replace(problem, cells=cells)
        share, model = learn_round(model, moved, weigh(model, moved))
        gradient, information = _derivatives(found, cells.lag_s, share, jitter, devices)
        step = _newton(gradient.sum(axis=0), information, theta, prior)
        jitter = _jitter(cells.lag_s, share)
        theta = theta + step
        if number > 4 and np.abs(step[:devices]).max(initial=0.0) < CONVERGED_S:
            break
    covariance = _sandwich(gradient, information, theta, prior)
    weight = _events(found, share, devices)
    return ClockFit(theta[:devices], theta[devices:], covariance, weight, jitter)


def _gaussian(model: Model, jitter_s: float) -> Model:
    """The model with a Gaussian kernel about zero: a free one could hide an offset."""
    middle = len(model.kernel) // 2
    lag = np.asarray(np.arange(-middle, middle + 1) * LAG_STEP_S, np.float64)
    return replace(model, kernel=gaussian_kernel(lag, jitter_s))


def _jitter(lag_s: Floats, share: Floats) -> float:
    total = share.sum()
    if total <= 0:
        return MOST_JITTER_S
    spread = np.sqrt((share @ lag_s**2) / total)
    return float(np.clip(spread, LEAST_JITTER_S, MOST_JITTER_S))


def _derivatives(
    found: ClockCells, lag_s: Floats, share: Floats, jitter_s: float, devices: int
) -> tuple[Floats, Floats]:
    """Each rummage's gradient, shape (r, 2 devices), and minus the summed curvature."""
    cells = found.cells
    rummages = cells.rummages
    rummage = cells.rummage
    pull = share * lag_s / jitter_s**2
    bend = share * (lag_s**2 / jitter_s**4 - 1 / jitter_s**2)
    key = rummage * devices + found.camera
    size = rummages * devices
    by_camera = np.bincount(key, pull, minlength=size).reshape(rummages, devices)
    bends = np.bincount(key, bend, minlength=size).reshape(rummages, devices)
    reader = np.zeros((rummages, devices))
    reader[np.arange(rummages), found.reader] = by_camera.sum(axis=1)
    first = reader - by_camera
    gradient = np.concatenate([first, first * found.phase[:, None]], axis=1)
    curvature = np.zeros((2 * devices, 2 * devices))
    for power, row, column in ((0, 0, 0), (1, 0, 1), (1, 1, 0), (2, 1, 1)):
        block = _bend_block(bends * found.phase[:, None] ** power, found.reader, devices)
        rows = slice(row * devices, (row + 1) * devices)
        columns = slice(column * devices, (column + 1) * devices)
        curvature[rows, columns] = block
    return gradient, gradient.T @ gradient - curvature


def _bend_block(bends: Floats, reader: Ints, devices: int) -> Floats:
    """Sum of bends over (reader - camera) (reader - camera)'."""
    block = np.zeros((devices, devices))
    pair = np.zeros((devices, devices))
    np.add.at(pair, reader, bends)
    block -= pair + pair.T
    block[np.diag_indices(devices)] += pair.sum(axis=1) + pair.sum(axis=0)
    return block


def _prior_terms(theta: Floats, prior: ClockPrior) -> tuple[Floats, Floats]:
    """Gradient and precision matrix of prior and links; the reference is held."""
    devices = len(theta) // 2
    sd = np.concatenate([prior.sd_s, np.full(devices, prior.drift_sd_s)])
    sd[[prior.reference, prior.reference + devices]] = 1e-6
    mean = np.concatenate([prior.offset_s, np.zeros(devices)])
    mean[[prior.reference, prior.reference + devices]] = 0.0
    pull, precision = (mean - theta) / sd**2, np.diag(1.0 / sd**2)
    for link in prior.links:
        contrast = np.zeros((2, 2 * devices))
        contrast[[0, 1], [link.other, link.other + devices]] = 1.0
        contrast[[0, 1], [link.one, link.one + devices]] = -1.0
        weight = np.linalg.inv(link.covariance)
        pull += contrast.T @ weight @ (link.shift - contrast @ theta)
        precision += contrast.T @ weight @ contrast
    return pull, precision


def _newton(gradient: Floats, information: Floats, theta: Floats, prior: ClockPrior) -> Floats:
    pull, precision = _prior_terms(theta, prior)
    step = np.linalg.solve(_definite(information) + precision, gradient + pull)
    largest = np.abs(step).max(initial=0.0)
    scale = min(1.0, LARGEST_STEP_S / largest) if largest > 0 else 1.0
    return np.asarray(step * scale, np.float64)


def _definite(matrix: Floats) -> Floats:
    """The matrix without its directions of negative curvature."""
    value, vector = np.linalg.eigh((matrix + matrix.T) / 2)
    return np.asarray((vector * np.maximum(value, 0.0)) @ vector.T)


def _sandwich(gradient: Floats, information: Floats, theta: Floats, prior: ClockPrior) -> Floats:
    """The larger of sandwich and curvature, direction by direction of the devices."""
    _, precision = _prior_terms(theta, prior)
    inverse = np.linalg.inv(_definite(information) + precision)
    scatter = gradient.T @ gradient + precision
    sandwich = inverse @ scatter @ inverse
    grow = np.sqrt(np.maximum(np.diag(inverse) / np.maximum(np.diag(sandwich), 1e-300), 1.0))
    return np.asarray(sandwich * grow[:, None] * grow[None, :])


def _events(found: ClockCells, share: Floats, devices: int) -> Floats:
    reader = found.reader[found.cells.rummage]
    both = np.concatenate([found.camera, reader]), np.concatenate([share, share])
    return np.asarray(np.bincount(*both, minlength=devices), np.float64)
