"""Looks of tracklets made comparable across cameras, and what they say there.

Every camera has its own colour and height; subtracting the mean look of its tracklets takes that
out without any label (per-camera centring). What a cosine then says is learnt from the floor: pairs
that two cameras saw in one place for long are one person, pairs that were far apart are two.
"""

from dataclasses import dataclass, replace

import numpy as np

from storeday.contracts.columns import Floats, Ints
from storeday.identity.appearance import Appearance, AppearanceModel, Floats32, pair_cosines
from storeday.identity.merging import LookModel
from storeday.identity.overlap import Overlaps
from storeday.identity.settings import IdentitySettings
from storeday.identity.spans import Bools

# A mean of fewer looks is mostly the few people's own.
MIN_CENTRED = 30
# Floor evidence from which a pair teaches, for one person and for two.
SURELY_SAME, SURELY_DIFFERENT = 8.0, -15.0
LEAST_BETWEEN = 0.02


@dataclass(frozen=True)
class Looks:
    """Looks by tracklet, with what they say.

    Attributes:
        embedding: Unit looks, shape (n, d); zeros where unknown.
        weight: Square root of the embeddings behind each, 0 where unknown, shape (n,).
        pair: What the cosine of two tracklets says.
        chain: What the looks of chains say; None where the day taught too little.
    """

    embedding: Floats32
    weight: Floats
    pair: AppearanceModel
    chain: LookModel | None

    @property
    def is_known(self) -> Bools:
        """Whether each tracklet has a look."""
        return np.asarray(self.weight > 0)


def day_looks(
    appearance: Appearance, look: Ints, camera: Ints, pairs: Overlaps, settings: IdentitySettings
) -> Looks:
    """Centres looks and learns what they say.

    Args:
        appearance: Looks of tracklets.
        look: Row of each tracklet's look, or -1, shape (n,).
        camera: Camera number of each tracklet, shape (n,).
        pairs: Floor evidence.
        settings: Settings.

    Returns:
        Looks; without any evidence (all 0) where the day has too few sure pairs to learn from.
    """
    width = appearance.embedding.shape[1] if appearance.embedding.size else 1
    embedding = np.zeros((len(look), width), np.float32)
    known = look >= 0
    if appearance.embedding.size:
        embedding[known] = appearance.embedding[look[known]]
    counts = np.bincount(camera[known], minlength=int(camera.max(initial=-1)) + 1)
    if known.any() and (counts[counts > 0] >= MIN_CENTRED).all():
        _centre(embedding, camera, known)
    weight = np.zeros(len(look))
    weight[known] = np.sqrt(appearance.count[look[known]])
    number = np.where(known, np.arange(len(look)), -1)
    cosine = pair_cosines(embedding, number[pairs.left], number[pairs.right])
    same = cosine[(pairs.log_ratio > SURELY_SAME) & np.isfinite(cosine)]
    different = cosine[(pairs.log_ratio < SURELY_DIFFERENT) & np.isfinite(cosine)]
    blind = AppearanceModel(0.0, 0.0, 1.0, 0.0, is_learnt=False)
    if min(len(same), len(different)) < settings.min_cosine_pairs:
        return Looks(embedding, np.zeros(len(look)), blind, None)
    spread = float(np.sqrt((same.var() + different.var()) / 2))
    pair = replace(
        blind,
        mean_same=float(np.median(same)),
        mean_different=float(np.median(different)),
        sd=max(spread, settings.cosine_sd_floor),
        bound=settings.max_day_cosine_llr,
        is_learnt=True,
    )
    between = max(pair.mean_same - pair.mean_different, LEAST_BETWEEN)
    dimensions = 1.0 / max(float(different.var()), settings.cosine_sd_floor**2)
    return Looks(embedding, weight, pair, LookModel(min(between, 0.9), dimensions))


def pair_log_ratio(looks: Looks, left: Ints, right: Ints) -> Floats:
    """What the looks of pairs of tracklets say; 0 where one is unknown."""
    if looks.chain is None:
        return np.zeros(len(left))
    number = np.where(looks.is_known, np.arange(len(looks.weight)), -1)
    return looks.pair.log_ratio(pair_cosines(looks.embedding, number[left], number[right]))


def _centre(embedding: Floats32, camera: Ints, known: Bools) -> None:
    for number in np.unique(camera[known]):
        rows = known & (camera == number)
        embedding[rows] -= embedding[rows].mean(axis=0)
    length = np.linalg.norm(embedding, axis=1, keepdims=True)
    embedding /= np.where(length > 0, length, 1.0)
