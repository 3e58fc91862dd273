"""Which true customer a predicted one stands for.

A predicted customer stands for the true customer with whom it shares most seconds. A second is
shared when the predicted place is nearest to that true place, within `REACH_M`.

Conventions: times in whole seconds since any common origin, places in floor metres.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Two people closer than this are hard to tell apart by place; a floor error is some 0.5 m.
REACH_M = 1.0
# Metres by which a second's places are moved apart from the next second's, so that one tree does.
APART_M = 1000.0


@dataclass(frozen=True)
class Places:
    """Where people were, second by second.

    Attributes:
        person: Number of the person, shape (n,).
        time_s: Whole second, shape (n,).
        x_m: Shape (n,).
        y_m: Shape (n,).
    """

    person: Ints
    time_s: Ints
    x_m: Floats
    y_m: Floats


@dataclass(frozen=True)
class Correspondence:
    """Predicted people and the true people they stand for.

    Attributes:
        true_person: True person by predicted person; -1 where it shares no second with anybody.
        shared_s: Seconds shared, by predicted person.
        distance_m: Distances of all shared seconds, in no order.
    """

    true_person: Ints
    shared_s: Ints
    distance_m: Floats


def correspond(predicted: Places, truth: Places, people: int) -> Correspondence:
    """Finds whom each predicted person stands for.

    Args:
        predicted: Predicted places; persons are numbered from 0 to `people` - 1.
        truth: True places.
        people: Number of predicted people.

    Returns:
        One entry per predicted person. Ties go to the true person of the lowest number.
    """
    result = np.full(people, -1, np.int64)
    shared = np.zeros(people, np.int64)
    if not len(truth.time_s) or not len(predicted.time_s):
        return Correspondence(result, shared, np.empty(0))
    # Counted from the first second, so that no digit of the places is lost.
    first_s = truth.time_s.min()
    tree = cKDTree(np.column_stack([truth.x_m + (truth.time_s - first_s) * APART_M, truth.y_m]))
    places = np.column_stack(
        [predicted.x_m + (predicted.time_s - first_s) * APART_M, predicted.y_m]
    )
    found = tree.query(places, distance_upper_bound=REACH_M)
    distance, index = np.asarray(found[0]), np.asarray(found[1])
    near = np.isfinite(distance)
    pairs = np.column_stack([predicted.person[near], truth.person[index[near]]])
    distinct, seconds = np.unique(pairs, axis=0, return_counts=True)
    for (person, true_person), count in zip(distinct, seconds, strict=True):
        if count > shared[person]:
            result[person], shared[person] = true_person, count
    return Correspondence(result, shared, distance[near])
