"""What places say for two chains being one person."""

from dataclasses import dataclass

import numpy as np

from storeday.contracts.columns import Floats, Ints
from storeday.identity.overlap import Overlaps
from storeday.identity.settings import IdentitySettings


@dataclass(frozen=True)
class NearChains:
    """Chains of which one may go on in the other, and the log-odds without looks."""

    one: Ints
    other: Ints
    log_odds: Floats

    def within(self, label: Ints, merged: Ints) -> "NearChains":
        """The same of what chains were merged to; pairs that are one now are left out.

        Args:
            label: Chain of each tracklet.
            merged: What each tracklet's chain was merged to.
        """
        to = np.zeros(int(label.max(initial=0)) + 1, np.int64)
        to[label] = merged
        one, other = to[self.one], to[self.other]
        apart = one != other
        return NearChains(one[apart], other[apart], self.log_odds[apart])


def place_pairs(
    label: Ints, seen: Overlaps, near: NearChains, settings: IdentitySettings
) -> tuple[Ints, Ints, Floats]:
    """Pairs of chains, and what their places say for being one person.

    Being in one place at once, or not, counts in sum; of all ways to go on in one another the best.
    """
    left, right = label[seen.left], label[seen.right]
    apart = left != right
    size = int(label.max(initial=0)) + 1

    def key(one: Ints, other: Ints) -> Ints:
        return np.asarray(np.minimum(one, other) * size + np.maximum(one, other))

    at_once, next_to = key(left[apart], right[apart]), key(near.one, near.other)
    keys, pair = np.unique(np.concatenate([at_once, next_to]), return_inverse=True)
    bound = settings.merge_place_bound
    total = np.bincount(pair[: len(at_once)], seen.log_ratio[apart], len(keys))
    best = np.zeros(len(keys))
    np.maximum.at(best, pair[len(at_once) :], near.log_odds)
    total = np.clip(total, -bound, bound) + np.minimum(best, bound)
    return np.asarray(keys // size), np.asarray(keys % size), np.asarray(total, np.float64)
