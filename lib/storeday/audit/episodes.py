"""Which predicted episodes are which true ones.

A predicted and a true episode of one key (a tag, a customer) can belong together if their stretches
of time, widened by a tolerance, overlap. Of all ways to pair them one to one, the one with the most
pairs and, among these, the least summed distance of their moments is taken.

Conventions: times in seconds since any common origin.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# A pair is worth more than any distance that may be saved by leaving it out.
WORTH_S = 1e6


@dataclass(frozen=True)
class Episodes:
    """Stretches of time in which something happened to something.

    Attributes:
        key: What it happened to, shape (n,), any sortable type.
        started_s: Shape (n,).
        ended_s: Shape (n,).
        moment_s: The moment that stands for the stretch, shape (n,).
    """

    key: NDArray[Any]
    started_s: Floats
    ended_s: Floats
    moment_s: Floats

    def of(self, rows: Ints | NDArray[np.bool_]) -> "Episodes":
        """Some of the episodes."""
        return Episodes(
            self.key[rows], self.started_s[rows], self.ended_s[rows], self.moment_s[rows]
        )

    def with_key(self, key: NDArray[Any]) -> "Episodes":
        """The same stretches of other things."""
        return Episodes(key, self.started_s, self.ended_s, self.moment_s)


def pair_episodes(predicted: Episodes, truth: Episodes, tolerance_s: float) -> Ints:
    """The true episode of each predicted one.

    Args:
        predicted: Predicted episodes.
        truth: True episodes.
        tolerance_s: Seconds by which stretches may miss each other.

    Returns:
        Row of `truth` by row of `predicted`, -1 where there is none; each at most once.

    Example:
        >>> one = np.array([10.0]), np.array([12.0]), np.array([11.0])
        >>> predicted = Episodes(np.array(["a"]), *one)
        >>> pair_episodes(predicted, Episodes(np.array(["a"]), *one), 0.0)
        array([0])
    """
    result = np.full(len(predicted.key), -1, np.int64)
    for rows, others in _of_one_key(predicted, truth):
        _pair(rows, others, predicted, truth, tolerance_s, result)
    return result


def overlaps_any(predicted: Episodes, truth: Episodes, tolerance_s: float) -> NDArray[np.bool_]:
    """Whether each predicted episode overlaps some true one of its key, however many do.

    Args:
        predicted: Predicted episodes.
        truth: True episodes.
        tolerance_s: Seconds by which stretches may miss each other.
    """
    result = np.zeros(len(predicted.key), bool)
    for rows, others in _of_one_key(predicted, truth):
        result[rows] = _meets(rows, others, predicted, truth, tolerance_s).any(axis=1)
    return result


def _of_one_key(predicted: Episodes, truth: Episodes) -> Iterator[tuple[Ints, Ints]]:
    """Rows of both sides that share a key, key by key."""
    true_rows: dict[Any, list[int]] = {}
    for row, key in enumerate(truth.key.tolist()):
        true_rows.setdefault(key, []).append(row)
    predicted_rows: dict[Any, list[int]] = {}
    for row, key in enumerate(predicted.key.tolist()):
        if key in true_rows:
            predicted_rows.setdefault(key, []).append(row)
    for key, rows in predicted_rows.items():
        yield np.array(rows), np.array(true_rows[key])


def _meets(
    rows: Ints, others: Ints, predicted: Episodes, truth: Episodes, tolerance_s: float
) -> NDArray[np.bool_]:
    return np.asarray(
        (predicted.started_s[rows][:, None] - tolerance_s <= truth.ended_s[others][None])
        & (truth.started_s[others][None] - tolerance_s <= predicted.ended_s[rows][:, None])
    )


def _pair(
    rows: Ints,
    others: Ints,
    predicted: Episodes,
    truth: Episodes,
    tolerance_s: float,
    result: Ints,
) -> None:
    meets = _meets(rows, others, predicted, truth, tolerance_s)
    away = np.abs(predicted.moment_s[rows][:, None] - truth.moment_s[others][None])
    worth = np.where(meets, WORTH_S - np.minimum(away, WORTH_S / 2), 0.0)
    one, other = linear_sum_assignment(worth, maximize=True)
    good = meets[one, other]
    result[rows[one[good]]] = others[other[good]]
