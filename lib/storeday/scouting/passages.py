"""Who came into view and who went out of it between two looks: the moments of passing a door.

People of two neighbouring looks are paired one to one so that they walk least, and nobody faster
than a brisk walk. Who is left over came, or went, in the time between. Somebody who stood in the
same place a few looks before, or stands there a few looks later, was most likely missed by the
detector meanwhile, which makes a going and a coming; each is worth a quarter of another passage.

Conventions: as in `plan`; looks are numbered by time, people by look.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from storeday.scouting.looks import Looks
from storeday.scouting.settings import ScoutingSettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Looks before and after in which somebody in the same place speaks of a miss: missed people are
# missed for some 3 s (knobs of the simulator's detectors), that is one or two looks.
MISSED_LOOKS = 3
MISS_WEIGHT = 0.25


@dataclass(frozen=True)
class Passages:
    """Comings into view and goings out of it; arrays of shape (k,).

    Attributes:
        person: Row of the person in the looks.
        before: Look before the moment; the same as `after` where footage begins or ends there.
        after: Look after it.
        weight: 1, or less where the detector may have missed somebody who stayed.
    """

    person: Ints
    before: Ints
    after: Ints
    weight: Floats


def passages(looks: Looks, settings: ScoutingSettings) -> Passages:
    """Comings and goings of people whose place is known.

    Args:
        looks: Looks of one camera. Those further apart than `longest_gop_s` have footage missing
            between them, and everybody came or went.
        settings: `walking_m_s`, `still_m` and `longest_gop_s` are read.

    Returns:
        Passages, by look. Costs O(n) assignments for n looks.

    Example:
        Of two people one walks on and the other is gone; footage begins and ends with people.

        >>> looks = Looks(np.array([0, 2]) * 1_000_000, np.zeros(2, int), np.array([0, 0, 1]),
        ...               np.array([[1.0, 1.0], [5.0, 5.0], [2.0, 2.0]]))
        >>> found = passages(looks, ScoutingSettings())
        >>> list(zip(found.person.tolist(), found.before.tolist(), found.after.tolist()))
        [(0, 0, 0), (1, 0, 0), (1, 0, 1), (2, 1, 1)]
    """
    known = np.flatnonzero(np.isfinite(looks.floor_m).all(axis=1))
    bounds = np.searchsorted(looks.person_look[known], np.arange(len(looks.time_us) + 1))
    here = [known[a:b] for a, b in itertools.pairwise(bounds.tolist())]
    nobody = np.zeros(0, np.int64)
    rows: list[tuple[int, int, int, float]] = []
    for after in range(len(here) + 1):
        came = here[after] if after < len(here) else nobody
        went = here[after - 1] if after else nobody
        is_cut = after in (0, len(here)) or _gap_s(looks, after) > settings.longest_gop_s
        if not is_cut:
            reach_m = settings.walking_m_s * _gap_s(looks, after) + settings.still_m
            went, came = _left_over(looks.floor_m, went, came, reach_m)
        for person in went.tolist():
            later = here[after + 1 : after + MISSED_LOOKS] if not is_cut else []
            weight = _weight(looks.floor_m, person, later, settings.still_m)
            rows.append((person, after - 1, after - 1 if is_cut else after, weight))
        for person in came.tolist():
            earlier = here[max(after - MISSED_LOOKS, 0) : after - 1] if not is_cut else []
            weight = _weight(looks.floor_m, person, earlier, settings.still_m)
            rows.append((person, after if is_cut else after - 1, after, weight))
    columns = np.array(rows, float).reshape(-1, 4)
    person, before, last = columns[:, :3].astype(np.int64).T
    return Passages(person, before, last, columns[:, 3])


def _gap_s(looks: Looks, after: int) -> float:
    return float(looks.time_us[after] - looks.time_us[after - 1]) / 1e6


def _left_over(floor_m: Floats, went: Ints, came: Ints, reach_m: float) -> tuple[Ints, Ints]:
    """Those of two looks who have no counterpart in the other one."""
    if not (len(went) and len(came)):
        return went, came
    apart = np.linalg.norm(floor_m[went][:, None] - floor_m[came][None], axis=2)
    # Out of reach is out of reach, however far.
    row, column = linear_sum_assignment(np.minimum(apart, 2 * reach_m))
    near = apart[row, column] <= reach_m
    return np.delete(went, row[near]), np.delete(came, column[near])


def _weight(floor_m: Floats, person: int, others: list[Ints], still_m: float) -> float:
    rows = np.concatenate(others) if others else np.zeros(0, np.int64)
    away = np.linalg.norm(floor_m[rows] - floor_m[person], axis=1)
    return MISS_WEIGHT if (away <= still_m).any() else 1.0
