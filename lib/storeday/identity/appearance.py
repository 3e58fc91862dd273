"""What tracklets look like, and what a likeness is worth.

A tracklet's look is the mean of its unit embeddings, made a unit vector again. What a cosine
between two looks says is a log-likelihood ratio of two normal distributions, *same person* and
*different people*, with one spread (linear discriminant), so that it grows with the cosine
everywhere. The day itself teaches both, without labels: tracklets seen at once in one camera are
different people; tracklets that follow each other so closely in time and place that nobody else is
likely are the same one. Where there are few of the latter, the first and last third of one tracklet
stand in for them; these share light and pose, so that *same* is learnt too high, and the bound on
the ratio has to limit what that can do.

Conventions: embeddings of unit length, shape (n, d); cosines -1..1.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.sparse import csr_array

from storeday.contracts.columns import Floats, Ints, times_us
from storeday.identity.ends import TrackletEnds
from storeday.identity.points import lookup, strings
from storeday.identity.settings import IdentitySettings

Floats32 = NDArray[np.float32]

# A third of fewer embeddings would be a single one, whose noise says more than the person's look.
MIN_EMBEDDINGS_FOR_THIRDS = 6
# Enough pairs to fix a median to a hundredth of the spread.
MAX_PAIRS = 20_000
# Standard deviation of a normal distribution over its median absolute deviation.
SD_PER_MAD = 1.4826


@dataclass(frozen=True)
class Appearance:
    """Looks of tracklets, sorted by tracklet.

    Attributes:
        tracklet_id: Tracklets that have an embedding, shape (n,).
        embedding: Mean unit embedding, shape (n, d); (0, 0) without embeddings.
        count: Embeddings behind it, shape (n,).
        same_cosine: Cosine of the first and last third of the tracklet, shape (n,); NaN where there
            are fewer than six embeddings.
    """

    tracklet_id: NDArray[np.object_]
    embedding: Floats32
    count: Ints
    same_cosine: Floats

    @classmethod
    def none(cls) -> "Appearance":
        """No looks at all."""
        vectors = np.zeros((0, 0), np.float32)
        return cls(np.zeros(0, object), vectors, np.zeros(0, np.int64), np.zeros(0))

    def rows_of(self, tracklet_id: NDArray[np.object_]) -> Ints:
        """Rows of tracklets, -1 for those without a look."""
        return lookup(
            pa.chunked_array([pa.array(tracklet_id, pa.string())]),
            pa.array(self.tracklet_id, pa.string()),
        )


@dataclass(frozen=True)
class AppearanceModel:
    """What a cosine says.

    Attributes:
        mean_same: Mean cosine of two views of one person.
        mean_different: Mean cosine of two people.
        sd: Standard deviation around both.
        bound: Largest log-likelihood ratio, either way.
        is_learnt: Whether the day gave the values, not the settings.
    """

    mean_same: float
    mean_different: float
    sd: float
    bound: float
    is_learnt: bool

    def log_ratio(self, cosine: Floats) -> Floats:
        """Log-likelihood ratio of *same* against *different*; 0 where the cosine is NaN.

        Where *same* was learnt no higher than *different*, looks say nothing and it is 0.

        Example:
            >>> model = AppearanceModel(0.9, 0.7, 0.1, 3.0, False)
            >>> model.log_ratio(np.array([0.8, 0.9, 0.0, np.nan])).round(6).tolist()
            [0.0, 2.0, -3.0, 0.0]
        """
        slope = max(0.0, self.mean_same - self.mean_different) / self.sd**2
        ratio = slope * (cosine - (self.mean_same + self.mean_different) / 2)
        return np.clip(np.nan_to_num(ratio, nan=0.0), -self.bound, self.bound)


def tracklet_embeddings(track_points: pa.Table, embeddings: pa.Table) -> Appearance:
    """Mean looks of tracklets.

    Args:
        track_points: Rows of `silver.track_points`, in any order.
        embeddings: Rows of `silver.embeddings`, in any order; may be empty.

    Returns:
        Looks of the tracklets that have embeddings.

    Raises:
        ValueError: Embeddings are not all of one length.

    Cost: one pass over the embeddings, no copy of them.

    Example:
        >>> import datetime as dt
        >>> now = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
        >>> looks = tracklet_embeddings(
        ...     pa.table({"tracklet_id": ["t", "t"], "detection_id": ["a", "b"]}),
        ...     pa.table({"detection_id": ["a", "b"], "device_time": [now, now],
        ...               "embedding": [[1.0, 0.0], [0.0, 1.0]]}),
        ... )
        >>> looks.tracklet_id.tolist(), looks.embedding.round(3).tolist(), looks.count.tolist()
        (['t'], [[0.7070000171661377, 0.7070000171661377]], [2])
    """
    row = lookup(track_points["detection_id"], embeddings["detection_id"])
    owner = strings(track_points["tracklet_id"])[row >= 0]
    row = row[row >= 0]
    if not len(row):
        return Appearance.none()
    vectors = _matrix(embeddings["embedding"])
    ids, tracklet = np.unique(owner.astype(str), return_inverse=True)
    names = strings(embeddings["detection_id"])[row].astype(str)
    order = np.lexsort((names, times_us(embeddings["device_time"])[row], tracklet))
    tracklet, row = tracklet[order], row[order]
    count = np.bincount(tracklet)
    rank = np.arange(len(row)) - (np.cumsum(count) - count)[tracklet]
    third = count // 3
    first = _mean_units(vectors, row, tracklet, rank < third[tracklet])
    last = _mean_units(vectors, row, tracklet, rank >= (count - third)[tracklet])
    same = np.einsum("nd,nd->n", first, last).astype(np.float64)
    same[count < MIN_EMBEDDINGS_FOR_THIRDS] = np.nan
    mean = _mean_units(vectors, row, tracklet, np.ones(len(row), bool))
    return Appearance(ids.astype(object), mean, count.astype(np.int64), same)


def fit_appearance(
    ends: TrackletEnds,
    appearance: Appearance,
    same_pairs: tuple[Ints, Ints],
    settings: IdentitySettings,
) -> AppearanceModel:
    """What a cosine says on this day; the documented defaults where the day teaches too little.

    *Different* comes from tracklets seen at once in one camera; on a day with too few of these,
    from all pairs of tracklets, nearly all of which are of different people. *Same* comes from
    `same_pairs`; on a day with too few of these, from the first and last third of each tracklet.
    Medians and median absolute deviations are used, since a few wrong pairs must not pull the fit.

    Args:
        ends: All tracklets of the day.
        appearance: Looks.
        same_pairs: Rows of `ends` that are one person for reasons other than their looks.
        settings: Settings.

    Returns:
        The model; learnt only where both kinds have `min_cosine_pairs` pairs.
    """
    look = appearance.rows_of(ends.tracklet_id)
    same = _known(pair_cosines(appearance.embedding, look[same_pairs[0]], look[same_pairs[1]]))
    if len(same) < settings.min_cosine_pairs:
        same = _known(appearance.same_cosine)
    different = pair_cosines(appearance.embedding, *_seen_at_once(ends, look))
    if len(different) < settings.min_cosine_pairs:
        different = pair_cosines(appearance.embedding, *_all_pairs(len(appearance.count)))
    if min(len(same), len(different)) < settings.min_cosine_pairs:
        return AppearanceModel(
            settings.cosine_same,
            settings.cosine_different,
            settings.cosine_sd,
            settings.max_cosine_llr,
            is_learnt=False,
        )
    spread = np.sqrt((_spread(same) ** 2 + _spread(different) ** 2) / 2)
    return AppearanceModel(
        float(np.median(same)),
        float(np.median(different)),
        max(float(spread), settings.cosine_sd_floor),
        settings.max_cosine_llr,
        is_learnt=True,
    )


def pair_cosines(embedding: Floats32, left: Ints, right: Ints) -> Floats:
    """Cosines of pairs of rows, shape (m,); NaN where one of the pair is -1."""
    cosine = np.full(len(left), np.nan)
    known = np.flatnonzero((left >= 0) & (right >= 0))
    for part in np.array_split(known, len(known) // 4096 + 1):
        product = embedding[left[part]] * embedding[right[part]]
        cosine[part] = product.sum(axis=1, dtype=np.float64)
    return cosine


def _matrix(column: pa.ChunkedArray) -> Floats32:
    lengths = pc.unique(pc.list_value_length(column)).to_pylist()
    if len(lengths) != 1:
        raise ValueError(f"embeddings have lengths {sorted(map(str, lengths))}; expected one")
    flat = column.combine_chunks().flatten().cast(pa.float32()).to_numpy(zero_copy_only=False)
    return np.asarray(flat, np.float32).reshape(-1, lengths[0])


def _mean_units(vectors: Floats32, row: Ints, tracklet: Ints, used: NDArray[np.bool_]) -> Floats32:
    """Unit mean of the used rows by tracklet; zeros for a tracklet without any."""
    tracklets = int(tracklet[-1]) + 1
    starts = np.concatenate([[0], np.cumsum(np.bincount(tracklet[used], minlength=tracklets))])
    ones = np.ones(int(used.sum()), np.float32)
    sums = csr_array((ones, row[used], starts), (tracklets, len(vectors))) @ vectors
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.asarray(sums / np.where(length > 0, length, 1.0), np.float32)


def _seen_at_once(ends: TrackletEnds, look: Ints) -> tuple[Ints, Ints]:
    """Rows of pairs of looks seen at once in one camera: all, or `MAX_PAIRS` evenly picked."""
    left, right = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for rows in ends.cameras():
        keep = look[rows] >= 0
        start, end, own = ends.started_us[rows][keep], ends.ended_us[rows][keep], look[rows][keep]
        after = np.searchsorted(start, end, "right") - np.arange(len(start)) - 1
        first, offset = _pick_pairs(after)
        left.append(own[first])
        right.append(own[first + 1 + offset])
    pairs = np.concatenate(left), np.concatenate(right)
    picked = _evenly(len(pairs[0]))
    return pairs[0][picked], pairs[1][picked]


def _all_pairs(rows: int) -> tuple[Ints, Ints]:
    first, offset = _pick_pairs(np.arange(rows)[::-1].astype(np.int64))
    return first, first + 1 + offset


def _pick_pairs(counts: Ints) -> tuple[Ints, Ints]:
    """Pairs (i, number of the partner) where each i has `counts[i]` of them.

    All of them, or `MAX_PAIRS` evenly picked.
    """
    ends = np.cumsum(counts)
    number = _evenly(int(ends[-1]) if len(ends) else 0)
    first = np.searchsorted(ends, number, "right")
    return first, number - (ends - counts)[first]


def _evenly(total: int) -> Ints:
    if total <= MAX_PAIRS:
        return np.arange(total)
    return np.linspace(0, total - 1, MAX_PAIRS).astype(np.int64)


def _known(cosine: Floats) -> Floats:
    return cosine[np.isfinite(cosine)]


def _spread(values: Floats) -> float:
    return SD_PER_MAD * float(np.median(np.abs(values - np.median(values))))
