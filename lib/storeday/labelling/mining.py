"""Which of the examined boxes are given to a person to label."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Why a box was chosen.
EVENT, MOTION, CHANCE = "event", "motion", "chance"


@dataclass(frozen=True)
class MiningSettings:
    """How boxes are chosen.

    Attributes:
        event_share: Share of the labels for boxes near a moved tag, those that move most first.
        motion_share: Share for those that move most anywhere. The rest is drawn by chance: without
            it nobody would know how rare handling is, and a classifier would never see the usual.
        apart_s: Of boxes of one camera that are closer in time than this, one is chosen by motion:
            neighbours look alike.
    """

    event_share: float = 0.4
    motion_share: float = 0.3
    apart_s: float = 2.0

    def __post_init__(self) -> None:
        for name in ("event_share", "motion_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}; expected 0 to 1")
        if self.event_share + self.motion_share > 1:
            raise ValueError(
                f"event_share and motion_share are {self.event_share} and {self.motion_share}; "
                "expected at most 1 together"
            )


@dataclass(frozen=True)
class Chosen:
    """Boxes to label.

    Attributes:
        rows: Positions of the boxes, ascending.
        reasons: Why each was chosen: `event`, `motion` or `chance`.
    """

    rows: NDArray[np.int64]
    reasons: tuple[str, ...]


def choose(
    motion: NDArray[np.float64],
    is_near_event: NDArray[np.bool_],
    moments_s: NDArray[np.float64],
    count: int,
    rng: np.random.Generator,
    settings: MiningSettings | None = None,
) -> Chosen:
    """Chooses boxes near moved tags, boxes that move, and some by chance.

    Where a kind has too few, the next takes its place.

    Args:
        motion: Motion of each box, n; NaN counts as none.
        is_near_event: Whether a tag was moved near it, n.
        moments_s: Its time, n; boxes of different cameras may be set far apart by the caller.
        count: Boxes to choose; all where there are no more.
        rng: Chance.
        settings: How boxes are chosen.

    Example:
        >>> found = choose(np.array([0.1, 0.9, 0.2, 0.3]), np.array([True, False, False, False]),
        ...                np.arange(4) * 10.0, 2, np.random.default_rng(1))
        >>> found.rows.tolist(), found.reasons
        ([0, 1], ('event', 'motion'))
    """
    settings = settings or MiningSettings()
    order = np.argsort(-np.nan_to_num(motion), kind="stable")
    taken: dict[int, str] = {}
    wanted = int(np.ceil(settings.event_share * count))
    _take(order[is_near_event[order]], EVENT, wanted, taken, moments_s, settings.apart_s)
    wanted = min(count, len(taken) + int(np.ceil(settings.motion_share * count)))
    _take(order, MOTION, wanted, taken, moments_s, settings.apart_s)
    rest = rng.permutation(np.array([row for row in range(len(motion)) if row not in taken], int))
    for row in rest[: max(0, count - len(taken))]:
        taken[int(row)] = CHANCE
    rows = sorted(taken)
    return Chosen(np.array(rows, np.int64), tuple(taken[row] for row in rows))


def _take(
    order: NDArray[np.int64],
    reason: str,
    until: int,
    taken: dict[int, str],
    moments_s: NDArray[np.float64],
    apart_s: float,
) -> None:
    """Takes rows in order, until so many are taken, none too close to another."""
    for row in order:
        if len(taken) >= until:
            return
        others = moments_s[list(taken)] if taken else np.empty(0)
        if int(row) not in taken and not (np.abs(others - moments_s[row]) < apart_s).any():
            taken[int(row)] = reason
