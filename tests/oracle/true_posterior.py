"""Who handled a tag, by Bayes' rule with the simulator's true parameters: an upper mark for
matching.

Nothing of `storeday.association` is used. What has to be learnt there is told here: clocks, the
error of handling scores, how long handlings last, how moments of rummages jitter, how often there
are ghosts and clutter, the RFID score, and (counted on the true labels) how far people stand from
what they handle. Evidence is exact for Gaussian scores: densities of a person's whole window of
scores with a handling at (start, length), against none, by the full covariance.

Two things are not exact, and are the same approximations as in the association study's "oracle":
others may handle something else at a rate (saturation), and two rummages rarely share a handling
(claims, mean field). Written with plain loops, to be read.
"""

from dataclasses import dataclass, field

import numpy as np

STEP_S = 0.25


@dataclass(frozen=True)
class TrueParameters:
    """What the simulator knows; defaults are its knobs' defaults, which are the study's.

    Attributes:
        step: Distance of the scores' two Gaussians, in standard deviations.
        memory: Correlation of the score's error from one row of a tracklet to the next.
        kept: Part of the error's variance that a tracklet keeps.
        blur_s: Seconds on either side of a handling that look like one,
        blur_share: and how much.
        window_s: Even error of a rummage's moment, either way.
        jitter_s: Its Gaussian error.
        separation: Mean score of true less that of false events.
        found: Handlings that make a rummage.
        ghosts: Ghosts per handling.
        clutter: Clutter per handling.
        lengths_s: Lengths of handlings,
        shares: and how common they are.
        rate_per_s: Handlings per second of somebody in reach.
        shared: What a second that another rummage claims still counts for.
    """

    step: float = 2.457
    memory: float = 0.8
    kept: float = 0.16
    blur_s: float = 2.0
    blur_share: float = 0.6
    window_s: float = 4.0
    jitter_s: float = 1.5
    separation: float = 1.5
    found: float = 0.94
    ghosts: float = 0.08
    clutter: float = 0.06
    lengths_s: tuple[float, ...] = (2.5, 3.5, 4.5, 6.0, 8.5, 11.0)
    # 2 s and exponentially more with a mean of 2.5 s, over the intervals about `lengths_s`.
    shares: tuple[float, ...] = (0.33, 0.22, 0.15, 0.17, 0.09, 0.04)
    rate_per_s: float = 0.012
    shared: float = 0.35


@dataclass(frozen=True)
class Window:
    """A person's scores around a rummage, as one tracklet has them.

    Attributes:
        time_s: True times of the rows, ascending, shape (n,).
        score: Scores in standard deviations from the quiet mean, shape (n,).
    """

    time_s: np.ndarray
    score: np.ndarray


@dataclass
class Candidate:
    """One person who may have handled a rummage's tag.

    Attributes:
        person: Name.
        windows: Scores by tracklet.
        place: Density of the place against chance, by start.
    """

    person: str
    windows: list[Window]
    place: np.ndarray | float = 1.0
    weight: np.ndarray = field(default_factory=lambda: np.zeros(0))


def starts_around(rummage_s: float, reach_s: float = 22.0) -> np.ndarray:
    """Starts of handlings that are tried."""
    first = np.floor(rummage_s - reach_s)
    return first + np.arange(int(reach_s + 10.0)) + 0.5


def log_ratios(windows: list[Window], starts: np.ndarray, truth: TrueParameters) -> np.ndarray:
    """Log-density ratio of the scores with a handling at (start, length) against none."""
    total = np.zeros((len(starts), len(truth.lengths_s)))
    for window in windows:
        count = len(window.time_s)
        apart = np.abs(np.subtract.outer(np.arange(count), np.arange(count)))
        covariance = (1 - truth.kept) * truth.memory**apart + truth.kept
        for column, length in enumerate(truth.lengths_s):
            level = levels(window.time_s, starts, length, truth)
            solved = np.linalg.solve(covariance, level.T)
            total[:, column] += window.score @ solved - 0.5 * np.einsum("ij,ji->i", level, solved)
    return total


def levels(
    time_s: np.ndarray, starts: np.ndarray, length: float, truth: TrueParameters
) -> np.ndarray:
    """Mean scores, shape (starts, times), for handlings of one length."""
    since = time_s[None, :] - starts[:, None]
    core = (since >= 0) & (since <= length)
    near = (since >= -truth.blur_s) & (since <= length + truth.blur_s)
    return truth.step * np.where(core, 1.0, np.where(near, truth.blur_share, 0.0))


def moment_density(lag_s: np.ndarray, length: float, truth: TrueParameters) -> np.ndarray:
    """Density of a rummage's moment, `lag_s` after a handling of some length began."""
    # An odd number of points, so that `same` is centred.
    grid = np.arange(-160, 161) * STEP_S
    within = ((grid >= 0) & (grid <= length)).astype(float)
    even = (np.abs(grid) <= truth.window_s).astype(float)
    gauss = np.exp(-0.5 * (grid / truth.jitter_s) ** 2)
    density = np.convolve(np.convolve(within, even, "same"), gauss, "same")
    return np.interp(lag_s, grid, density / (density.sum() * STEP_S))


def weigh(
    rummage_s: float, candidates: list[Candidate], starts: np.ndarray, truth: TrueParameters
) -> None:
    """Sets each candidate's weight by start, against nobody in view having made the rummage."""
    shares = np.array(truth.shares) / sum(truth.shares)
    kernel = np.column_stack(
        [moment_density(rummage_s - starts, length, truth) for length in truth.lengths_s]
    )
    present = 0.0
    for one in candidates:
        times = np.concatenate([window.time_s for window in one.windows])
        there = np.array([np.abs(times - start).min() <= 1.0 for start in starts])
        ratio = np.exp(np.minimum(log_ratios(one.windows, starts, truth), 30.0))
        evidence = ratio @ shares
        width = np.convolve(evidence * there, np.ones(9), "same")
        allowed = 1.0 + truth.rate_per_s * width
        one.weight = there * ((kernel * ratio) @ shares) / allowed * one.place
        present += float((there * (kernel @ shares)).sum())
    for one in candidates:
        one.weight = one.weight / max(present, 1e-12)


def posterior(
    candidates: list[Candidate], score: float, truth: TrueParameters, claimed: list | None = None
) -> np.ndarray:
    """Probability of each candidate; what is missing to 1 is nobody's.

    Args:
        candidates: Weighed candidates.
        score: The rummage's RFID score; nan where unknown.
        truth: Parameters.
        claimed: For each candidate, how much other rummages claim of each start.
    """
    claimed = claimed or [0.0] * len(candidates)
    alone = np.array([one.weight.sum() for one in candidates])
    weight = np.array(
        [
            (one.weight * truth.shared ** np.asarray(claim)).sum()
            for one, claim in zip(candidates, claimed, strict=True)
        ]
    )
    likely = 1.0 if np.isnan(score) else np.exp(truth.separation * (score - truth.separation / 2))
    right = truth.found * likely * weight
    ghost = truth.ghosts * alone.sum()
    return right / max(right.sum() + ghost + truth.clutter, 1e-300)


def solve_day(
    rummages: list[tuple[float, float, list[Candidate]]], truth: TrueParameters, rounds: int = 5
) -> list[np.ndarray]:
    """Posteriors of a day's rummages, claims brought into agreement by mean field.

    Args:
        rummages: For each its moment, score and candidates.
        truth: Parameters.
        rounds: Rounds of mean field.
    """
    starts = [starts_around(moment) for moment, _, _ in rummages]
    for (moment, _, candidates), tried in zip(rummages, starts, strict=True):
        weigh(moment, candidates, tried, truth)
    found = [posterior(candidates, score, truth) for _, score, candidates in rummages]
    for _ in range(rounds):
        claims: dict[tuple[str, int], float] = {}
        own = []
        for (_, _, candidates), tried, share in zip(rummages, starts, found, strict=True):
            mine = {}
            for one, probability in zip(candidates, share, strict=True):
                spread = one.weight / max(one.weight.sum(), 1e-300) * probability
                for start, value in zip(
                    tried, np.convolve(spread, np.ones(9), "same"), strict=True
                ):
                    key = (one.person, int(start))
                    mine[key] = value
                    claims[key] = claims.get(key, 0.0) + value
            own.append(mine)
        found = [
            posterior(
                candidates,
                score,
                truth,
                [
                    [
                        max(claims[(one.person, int(start))] - mine[(one.person, int(start))], 0.0)
                        for start in tried
                    ]
                    for one in candidates
                ],
            )
            for (_, score, candidates), tried, mine in zip(rummages, starts, own, strict=True)
        ]
    return found
