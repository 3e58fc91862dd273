"""How moments, places and scores of rummages relate to handling, learnt from the day itself by EM.

Each rummage is one of four things: *right* (a customer in view handled the tag), *ghost* (a
customer in view handled its neighbour), *unseen* (somebody out of view handled it), *clutter*
(nobody did). Right and ghost agree with some customer's trace, the others with none; right and
unseen have the RFID scores of handled tags, the others lower ones. Learnt are: the distribution of
the moment against the handling's middle (any form, on half seconds), that of the distance from
customer to item (a density ratio against chance, any form; `places`), each camera's constant
error, the score's two Gaussians, and how common each kind is. Labels are not needed.

EM: Dempster, Laird and Rubin, J. Royal Stat. Soc. B 39, 1977.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from storeday.association.cells import Cells, Problem, Rummages
from storeday.association.places import assumed_ratio, camera_shifts, distance_bins, place_ratio
from storeday.contracts.columns import Floats, Ints

LAG_STEP_S = 0.5
RIGHT, GHOST, UNSEEN, CLUTTER = range(4)
ROUNDS = 8
# Weight of what is assumed, in rummages: a day of a few dozen stays near it.
PRIOR_RUMMAGES = 20.0
# Assumed shares (study): 94 % of handlings found, 8 % ghosts, 6 % clutter; and a tenth out of view.
ASSUMED_SHARES = np.array([0.78, 0.07, 0.09, 0.06])
# Assumed spread of moments before it is learnt: wide, windows of RFID reads are 8 s long (article).
ASSUMED_JITTER_S = 4.5
# Half of a rummage in a bin more or less must not matter.
LAG_SMOOTH_S = 1.0
# Distance of the scores of true and false events, in standard deviations (study).
ASSUMED_SEPARATION = 1.5
# No score makes sure that a tag was moved, or that it was not.
LEAST_CHANCE = 0.001
# Of the day's cells so many teach the model; more sharpen nothing that shows.
TEACHING_CELLS = 400_000


@dataclass(frozen=True)
class Model:
    """What is known of rummages.

    Attributes:
        kernel: Density of rummage less handling's middle by half seconds, middle entry at zero,
            1/s, shape (lags,).
        place_ratio: Density of the distance customer to item against chance, by the bins of
            `places`.
        shift_m: What is added to a camera's places, shape (cameras, 2).
        shares: How common right, ghost, unseen and clutter are, shape (4,).
        score_means: Mean score of false and of true rummages.
        score_sd: Its standard deviation about either.
    """

    kernel: Floats
    place_ratio: Floats
    shift_m: Floats
    shares: Floats
    score_means: tuple[float, float]
    score_sd: float


@dataclass(frozen=True)
class Weighed:
    """Cells weighed by a model.

    Attributes:
        chance: Kernel's share of each cell among all who were there, shape (c,).
        weight: Likelihood of each cell against clutter, shape (c,).
        support: Sum of `weight` by rummage, shape (r,).
        kinds: Likelihood of each kind but for the trace, shape (r, 4).
        distance: Bin of each cell's distance, shape (c,).
    """

    chance: Floats
    weight: Floats
    support: Floats
    kinds: Floats
    distance: Ints


def assumed_model(gate_s: float, cameras: int, score: Floats) -> Model:
    """The model before anything is learnt.

    Args:
        gate_s: Largest distance in time of a cell.
        cameras: Number of cameras.
        score: RFID scores of all rummages, NaN where unknown, shape (r,).
    """
    lags = round(gate_s / LAG_STEP_S)
    lag = np.asarray(np.arange(-lags, lags + 1) * LAG_STEP_S, np.float64)
    known = score[np.isfinite(score)]
    centre, sd = (float(known.mean()), float(known.std())) if len(known) > 1 else (0.0, 1.0)
    sd = sd or 1.0
    true = ASSUMED_SHARES[RIGHT] + ASSUMED_SHARES[UNSEEN]
    apart = ASSUMED_SEPARATION * sd
    return Model(
        gaussian_kernel(lag, ASSUMED_JITTER_S),
        assumed_ratio(),
        np.zeros((cameras, 2)),
        ASSUMED_SHARES,
        # Together they have the mean of all scores.
        (centre - apart * true, centre + apart * (1 - true)),
        sd,
    )


def gaussian_kernel(lag_s: Floats, jitter_s: float) -> Floats:
    """A Gaussian on the lags of a kernel, as a density."""
    kernel = np.exp(-0.5 * (lag_s / jitter_s) ** 2)
    return np.asarray(kernel / (kernel.sum() * LAG_STEP_S))


def weigh(model: Model, problem: Problem) -> Weighed:
    """Weighs cells by time, trace, place and score. Cost: cells."""
    traces, cells = problem.traces, problem.cells
    chance = model.kernel[_lag_bins(model, cells)]
    distance = distance_bins(problem.ways, cells.away_m, model.shift_m)
    # Whoever is there could have done it, all alike: the prior is spread over their seconds.
    present = np.maximum(cells.by_rummage(cells.by_edge(chance)), 1e-12)
    chance /= present[cells.rummage]
    weight = chance * traces.evidence[cells.row] * model.place_ratio[distance]
    support = cells.by_rummage(cells.by_edge(weight))
    return Weighed(chance, weight, support, _kinds(model, problem.rummages), distance)


def _lag_bins(model: Model, cells: Cells) -> Ints:
    middle = len(model.kernel) // 2
    lag = np.rint(cells.lag_s / LAG_STEP_S).astype(np.int64) + middle
    return np.clip(lag, 0, 2 * middle)


def _kinds(model: Model, rummages: Rummages) -> Floats:
    false, true = (
        np.exp(-0.5 * ((rummages.score - mean) / model.score_sd) ** 2) for mean in model.score_means
    )
    # No score speaks for either; far out in the tails neither does.
    floor = 1e-3 * np.fmax(false, true) + 1e-300
    unknown = ~np.isfinite(rummages.score)
    false = np.where(unknown, 1.0, np.maximum(false, floor))
    true = np.where(unknown, 1.0, np.maximum(true, floor))
    kinds = np.asarray(np.column_stack([true, false, true, false]) * model.shares)
    return _as_moved(kinds, model.shares, rummages.moved)


def _as_moved(kinds: Floats, shares: Floats, moved: Floats) -> Floats:
    """Kinds by the probability that the tag was moved, where that is known.

    It was made from the score and from what scores do where nobody handles goods, so the score
    itself says nothing more. Pushed neighbours, too, were moved.
    """
    known = np.flatnonzero(np.isfinite(moved))
    if not len(known):
        return kinds
    chance = np.clip(moved[known], LEAST_CHANCE, 1 - LEAST_CHANCE)
    of_moved = shares / (1 - shares[CLUTTER])
    kinds[known] = chance[:, None] * of_moved
    kinds[known, CLUTTER] = 1 - chance
    return kinds


def learn(model: Model, problem: Problem, rounds: int = ROUNDS) -> Model:
    """Fits the model to a day by EM.

    Args:
        model: Where to start.
        problem: The day; of a large one, evenly chosen rummages teach.
        rounds: Rounds of EM.

    Returns:
        The fitted model. Cost: rounds x at most `TEACHING_CELLS`.
    """
    problem = _thinned(problem)
    for _ in range(rounds):
        _, model = learn_round(model, problem, weigh(model, problem))
    return model


def _thinned(problem: Problem) -> Problem:
    """A problem of fewer rummages, evenly chosen."""
    every = -(-len(problem.cells.row) // TEACHING_CELLS)
    if every <= 1:
        return problem
    order = np.argsort(problem.rummages.time_s, kind="stable")
    chosen = np.zeros(problem.cells.rummages, bool)
    chosen[order[::every]] = True
    number = np.cumsum(chosen) - 1
    some = problem.cells.subset(chosen[problem.cells.rummage])
    cells = replace(some, rummages=int(chosen.sum()), edge_rummage=number[some.edge_rummage])
    events = problem.rummages
    rummages = Rummages(
        events.time_s[chosen],
        events.area[chosen],
        events.place_m[chosen],
        events.score[chosen],
        moved=events.moved[chosen] if len(events.moved) else events.moved,
    )
    return Problem(problem.traces, rummages, cells, problem.members)


def learn_round(model: Model, problem: Problem, weighed: Weighed) -> tuple[Floats, Model]:
    """One round of EM.

    Returns:
        How much of each cell explains its rummage, shape (c,), and the model of that.
    """
    cells = problem.cells
    kinds = weighed.kinds.copy()
    kinds[:, [RIGHT, GHOST]] *= weighed.support[:, None]
    kinds /= kinds.sum(axis=1, keepdims=True)
    # Ghosts tell of moments as well.
    seen = kinds[:, RIGHT] + kinds[:, GHOST]
    per = np.where(weighed.support > 0, seen / np.maximum(weighed.support, 1e-300), 0.0)
    share = weighed.weight * per[cells.rummage]
    shift = camera_shifts(problem, share, model.shift_m, PRIOR_RUMMAGES)
    ratio = place_ratio(problem, model.place_ratio, shift, weighed, share, PRIOR_RUMMAGES)
    means, sd = _scores(model, problem.rummages.score, kinds)
    shares = kinds.sum(axis=0) + PRIOR_RUMMAGES * ASSUMED_SHARES
    kernel = _kernel(model, cells, share)
    return share, Model(kernel, ratio, shift, shares / shares.sum(), means, sd)


def _kernel(model: Model, cells: Cells, share: Floats) -> Floats:
    middle = len(model.kernel) // 2
    lag = np.asarray(np.arange(-middle, middle + 1) * LAG_STEP_S, np.float64)
    count = np.bincount(_lag_bins(model, cells), share, minlength=len(model.kernel))
    assumed = gaussian_kernel(lag, ASSUMED_JITTER_S) * LAG_STEP_S
    smooth = gaussian_filter1d(
        count + PRIOR_RUMMAGES * assumed, LAG_SMOOTH_S / LAG_STEP_S, mode="nearest"
    )
    return np.asarray(smooth / (smooth.sum() * LAG_STEP_S))


def _scores(model: Model, score: Floats, kinds: Floats) -> tuple[tuple[float, float], float]:
    known = np.isfinite(score)
    if known.sum() < 2:
        return model.score_means, model.score_sd
    score, true = score[known], (kinds[:, RIGHT] + kinds[:, UNSEEN])[known]
    false = 1 - true
    low, high = (
        _drawn_mean(score, part, mean)
        for part, mean in zip((false, true), model.score_means, strict=True)
    )
    spread = (true @ (score - high) ** 2 + false @ (score - low) ** 2) / len(score)
    return (low, high), max(float(np.sqrt(spread)), 1e-3)


def _drawn_mean(score: Floats, weight: Floats, assumed: float) -> float:
    total = float(weight @ score) + PRIOR_RUMMAGES * assumed
    return total / (float(weight.sum()) + PRIOR_RUMMAGES)
