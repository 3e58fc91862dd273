"""How often tags that nobody moves seem to be moved: episodes by score, per tag and hour.

An *episode* above a score is an unbroken run of a tag's windows above it. Counted are those of
three kinds of windows: of closed hours, of sentinel tags in open hours (nobody can reach them, but
people pass), and of all other tags in open hours. Counts of several parts of a log add up, which is
why they, and no quantiles, are passed on.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storeday.rfid.tag_reads import Floats, Ints

CLOSED, SENTINEL, OPEN = "closed", "sentinel", "open"
KINDS = (CLOSED, SENTINEL, OPEN)
# Scores at which episodes are counted: steps well below the scale of any tail, up to more than
# `most_deviations` allows.
STEP = 0.25
LEVELS = np.arange(0.0, 40.0, STEP)
HOUR_US = 3_600_000_000


@dataclass(frozen=True)
class TagScores:
    """Scores of tags' windows, sorted by tag and start; one entry per window.

    Attributes:
        tag: Tag.
        start_us: Start.
        length_us: Length.
        score: Score; NaN with too few reads.
    """

    tag: Ints
    start_us: Ints
    length_us: Ints
    score: Floats


@dataclass(frozen=True)
class Episodes:
    """Episodes above each level, and the time in which they were counted.

    Attributes:
        counts: Episodes that peak above `LEVELS`, shape (levels,).
        tag_hours: Time seen, summed over tags, in hours.
    """

    counts: Floats
    tag_hours: float

    def __add__(self, other: "Episodes") -> "Episodes":
        """Counts of two logs together."""
        return Episodes(self.counts + other.counts, self.tag_hours + other.tag_hours)


NOTHING = Episodes(np.zeros(len(LEVELS)), 0.0)


def kinds_of(
    scores: TagScores, is_sentinel: NDArray[np.bool_], open_us: tuple[int, int] | None
) -> Ints:
    """Kind of each window, as a position in `KINDS`.

    Args:
        scores: Windows.
        is_sentinel: Whether a tag is a sentinel, by tag.
        open_us: Begin and end of open time, margins included; None for a day without opening.
    """
    kind = np.full(len(scores.tag), KINDS.index(OPEN))
    kind[is_sentinel[scores.tag]] = KINDS.index(SENTINEL)
    if open_us is None:
        return np.full(len(scores.tag), KINDS.index(CLOSED))
    closed = (scores.start_us + scores.length_us <= open_us[0]) | (scores.start_us >= open_us[1])
    kind[closed] = KINDS.index(CLOSED)
    return kind


def count_episodes(scores: TagScores, kind: Ints) -> Mapping[tuple[str, int], Episodes]:
    """Episodes by kind and hour (hours since 1970 UTC).

    A window begins an episode above every level between the score of the tag's window before it
    and its own; a window that was not seen counts as still.

    Args:
        scores: Windows.
        kind: Kind of each.
    """
    if not len(scores.tag):
        return {}
    score = np.nan_to_num(scores.score, nan=-1.0)
    before = np.full(len(score), -1.0)
    follows = scores.tag[1:] == scores.tag[:-1]
    follows &= scores.start_us[1:] <= scores.start_us[:-1] + 2 * scores.length_us[:-1]
    before[1:][follows] = score[:-1][follows]
    hour = scores.start_us // HOUR_US
    group, place = np.unique(hour * len(KINDS) + kind, return_inverse=True)
    # Levels strictly below a score: 0 .. top - 1.
    top = np.clip(np.ceil(score / STEP), 0, len(LEVELS)).astype(np.int64)
    bottom = np.clip(np.ceil(before / STEP), 0, len(LEVELS)).astype(np.int64)
    rises = top > bottom
    width = len(LEVELS) + 1
    size = len(group) * width
    steps = np.bincount(place[rises] * width + bottom[rises], minlength=size)
    steps -= np.bincount(place[rises] * width + top[rises], minlength=size)
    counts = np.cumsum(steps.reshape(-1, width), axis=1)[:, :-1].astype(np.float64)
    hours = np.bincount(place, scores.length_us / HOUR_US, len(group))
    return {
        (KINDS[key % len(KINDS)], key // len(KINDS)): Episodes(counts[row], float(hours[row]))
        for row, key in enumerate(group.tolist())
    }
