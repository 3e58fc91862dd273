"""Which tracklet of a camera goes on in which other one: candidates, weights, one assignment.

After a tracklet ends, one of three things is taken to happen: with `break_share` the person is
still in view and soon tracked again (exponential gap, place nearby); with `return_share` they leave
the view and come back (exponential gap, any place where people appear); otherwise they are not seen
again. New people appear at the camera's own rate around that time. A link's weight is the log-odds
of going on in that tracklet against ending here and beginning anew there, with the likelihood ratio
of the looks; the sum over links is then the log-odds of the whole day, and its maximum one
assignment of ends to starts, looking both ways in time (Zhang, Li and Nevatia, CVPR 2008, solve the
same problem as a flow).

Every link goes forward in time, so that no chain holds two tracklets seen at once.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from storeday.contracts.columns import Floats, Ints
from storeday.identity.appearance import Appearance, AppearanceModel, pair_cosines
from storeday.identity.ends import US_PER_S, TrackletEnds
from storeday.identity.settings import IdentitySettings

# Candidates below odds of one in 150 change no probability in its second digit.
MIN_CANDIDATE_WEIGHT = -5.0
# Pairs weighed at a time: some 50 MB.
CHUNK_PAIRS = 500_000
# Starts are counted over a minute at least, so that a lone tracklet does not look like a crowd.
MIN_WINDOW_S = 60.0
# Uncertain places get this many standard errors before a join is too fast to be walked.
SPEED_GATE_SD = 2.0
# e to the power of this stays a number, also when a million of them are added.
MAX_EXPONENT = 500.0
# Share of starting places left out on each side when their spread is measured.
AREA_TAIL_PERCENT = 2.0


@dataclass(frozen=True)
class Links:
    """Candidate links of one camera, sorted by source, then target.

    Attributes:
        source: Rows of the tracklets that end, shape (m,).
        target: Rows of the tracklets that begin, shape (m,).
        gap_s: Time between, shape (m,).
        distance_m: Distance between last and first known place, shape (m,); NaN where unknown.
        cosine: Cosine of the looks, shape (m,); NaN where unknown.
        weight: Log-odds that the two are one person, shape (m,).
    """

    source: Ints
    target: Ints
    gap_s: Floats
    distance_m: Floats
    cosine: Floats
    weight: Floats

    @classmethod
    def none(cls) -> "Links":
        """No links."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64), *(np.zeros(0),) * 4)

    def of(self, rows: NDArray[np.bool_]) -> "Links":
        """Some of the links."""
        return Links(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class _Scene:
    """What is the same for all links of a camera: looks by row, rate of starts, area."""

    look: Ints
    embedding: NDArray[np.float32]
    model: AppearanceModel
    rate_hz: Floats
    area_m2: float


def candidate_links(
    ends: TrackletEnds,
    appearance: Appearance,
    model: AppearanceModel,
    settings: IdentitySettings,
) -> Links:
    """All links of one camera that are possible and not hopeless.

    Args:
        ends: Tracklets of one camera, in their order; may be empty.
        appearance: Looks; tracklets without one are joined only over breaks.
        model: What a cosine says.
        settings: Settings.

    Returns:
        Links with a gap above 0 and up to `max_gap_s` and a weight above `MIN_CANDIDATE_WEIGHT`.
    """
    if not len(ends):
        return Links.none()
    scene = _Scene(
        appearance.rows_of(ends.tracklet_id),
        appearance.embedding,
        model,
        start_rate_hz(ends.started_us, int(ends.ended_us.max()), settings.rate_window_s),
        _start_area_m2(ends, settings),
    )
    low = np.searchsorted(ends.started_us, ends.ended_us, "right")
    latest = ends.ended_us + round(settings.max_gap_s * US_PER_S)
    counts = np.searchsorted(ends.started_us, latest, "right") - low
    parts = [
        _weighed(ends, *_pairs(low, counts, rows), scene, settings) for rows in _chunks(counts)
    ]
    return Links(
        *(np.concatenate([getattr(p, name) for p in parts]) for name in Links.__dataclass_fields__)
    )


def best_links(links: Links, min_weight: float = 0.0) -> NDArray[np.bool_]:
    """The links of greatest total weight, each tracklet with one successor and predecessor at most.

    One sparse assignment; a private dummy column for each source stands for *ends here*.

    Args:
        links: Candidates, at most one for each source and target; may be empty.
        min_weight: Links must weigh more than this, and count by how much more.

    Returns:
        Flags of the chosen links, shape (m,).

    Example:
        >>> nan = np.full(3, np.nan)
        >>> links = Links(np.array([0, 0, 1]), np.array([2, 3, 2]), nan, nan, nan,
        ...               np.array([5.0, 4.0, 3.0]))
        >>> best_links(links).tolist()  # 4 + 3 beats 5
        [False, True, True]
    """
    gain = links.weight - min_weight
    used = np.flatnonzero(gain > 0)
    chosen = np.zeros(len(gain), bool)
    if not len(used):
        return chosen
    sources, row = np.unique(links.source[used], return_inverse=True)
    targets, column = np.unique(links.target[used], return_inverse=True)
    # The solver takes stored zeros for missing entries, so that all costs are lifted above zero.
    base = float(gain[used].max()) + 1.0
    dummies = np.arange(len(sources))
    cost = coo_array(
        (
            np.concatenate([base - gain[used], np.full(len(sources), base)]),
            (np.concatenate([row, dummies]), np.concatenate([column, len(targets) + dummies])),
        ),
        shape=(len(sources), len(targets) + len(sources)),
    )
    _, partner = min_weight_full_bipartite_matching(cost.tocsr())
    chosen[used] = partner[row] == column
    return chosen


def link_probabilities(links: Links) -> Floats:
    """Probability of each link, shape (m,).

    Its odds against those of all links that it rules out, and of none: w / (1 + sum of the w that
    share its source or target). Exact where no two of the rivals could hold together, and a little
    low otherwise.
    """
    odds = np.exp(np.minimum(links.weight, MAX_EXPONENT))
    by_source = np.bincount(links.source, odds)[links.source]
    by_target = np.bincount(links.target, odds)[links.target]
    return np.asarray(odds / (1 + by_source + by_target - odds))


def certain_pairs(ends: TrackletEnds, settings: IdentitySettings) -> tuple[Ints, Ints]:
    """Tracklets of one camera that time and place alone show to be one person.

    Args:
        ends: Tracklets of one camera, in their order.
        settings: Settings.

    Returns:
        Rows of the earlier and of the later tracklet of each pair.
    """
    blind = AppearanceModel(0.0, 0.0, 1.0, 0.0, is_learnt=False)
    links = candidate_links(ends, Appearance.none(), blind, settings)
    certain = best_links(links) & (link_probabilities(links) >= settings.certain_probability)
    return links.source[certain], links.target[certain]


def start_rate_hz(started_us: Ints, end_us: int, window_s: float) -> Floats:
    """Tracklets that start per second, in a window around each start, itself included.

    Args:
        started_us: Starts in ascending order, shape (n,); at least one.
        end_us: When the camera's last tracklet ended. Windows count only as far as they lie between
            the first start and this, but for `MIN_WINDOW_S` at least.
        window_s: Length of the window.
    """
    half_us = round(window_s * US_PER_S / 2)
    first = np.searchsorted(started_us, started_us - half_us, "left")
    last = np.searchsorted(started_us, started_us + half_us, "right")
    begin = np.maximum(started_us - half_us, started_us[0])
    length_s = (np.minimum(started_us + half_us, end_us) - begin) / US_PER_S
    return np.asarray((last - first) / np.maximum(length_s, MIN_WINDOW_S))


def _weighed(
    ends: TrackletEnds, source: Ints, target: Ints, scene: _Scene, settings: IdentitySettings
) -> Links:
    gap = (ends.started_us[target] - ends.ended_us[source]) / US_PER_S
    distance = np.sqrt(((ends.first_m[target] - ends.last_m[source]) ** 2).sum(axis=1))
    has_looks = (scene.look[source] >= 0) & (scene.look[target] >= 0)
    place = _place_log_ratio(ends, source, target, distance, scene.area_m2, settings)
    base = _log_odds(gap, place, has_looks, settings) - np.log(scene.rate_hz[target])
    links = Links(source, target, gap, distance, np.full(len(gap), np.nan), base)
    links = links.of(base + scene.model.bound > MIN_CANDIDATE_WEIGHT)
    looks = scene.look[links.source], scene.look[links.target]
    cosine = pair_cosines(scene.embedding, *looks)
    weight = links.weight + scene.model.log_ratio(cosine)
    weighed = Links(links.source, links.target, links.gap_s, links.distance_m, cosine, weight)
    return weighed.of(weight > MIN_CANDIDATE_WEIGHT)


def _log_odds(
    gap_s: Floats, place: Floats, has_looks: NDArray[np.bool_], settings: IdentitySettings
) -> Floats:
    """Log-odds of going on after a gap, before looks and the rate of starts.

    Both the end that would not be the last and the start that would not be the first are paid for,
    hence the square of the share that ends.
    """
    ends_share = 1 - settings.break_share - settings.return_share
    broke = np.log(settings.break_share / settings.break_gap_s) - gap_s / settings.break_gap_s
    returned = np.log(settings.return_share / settings.return_gap_s) - gap_s / settings.return_gap_s
    either = np.logaddexp(broke + place, np.where(has_looks, returned, -np.inf))
    either = np.where(place == -np.inf, -np.inf, either)
    return np.asarray(either - 2 * np.log(ends_share))


def _place_log_ratio(
    ends: TrackletEnds,
    source: Ints,
    target: Ints,
    distance: Floats,
    area_m2: float,
    settings: IdentitySettings,
) -> Floats:
    """Log of (density of the place after a break / density of starting places).

    0 where a place is unknown, -inf where nobody walks so fast.
    """
    absent_s = np.maximum(ends.first_us[target] - ends.last_us[source], 0) / US_PER_S
    error_m2 = ends.last_error_m[source] ** 2 + ends.first_error_m[target] ** 2
    variance = error_m2 + (settings.wander_m_s * absent_s) ** 2
    ratio = np.log(area_m2 / (2 * np.pi * variance)) - distance**2 / (2 * variance)
    reach = settings.max_speed_m_s * absent_s + SPEED_GATE_SD * np.sqrt(error_m2)
    ratio = np.where(distance > reach, -np.inf, ratio)
    return np.where(np.isnan(distance), 0.0, ratio)


def _start_area_m2(ends: TrackletEnds, settings: IdentitySettings) -> float:
    """Area over which tracklets start: the box around most of their first places."""
    known = ends.first_m[np.isfinite(ends.first_m).all(axis=1)]
    if len(known) < 2:
        return settings.min_floor_area_m2
    low, high = np.percentile(known, [AREA_TAIL_PERCENT, 100 - AREA_TAIL_PERCENT], axis=0)
    return max(float(np.prod(high - low)), settings.min_floor_area_m2)


def _chunks(counts: Ints) -> list[slice]:
    """Runs of sources with some `CHUNK_PAIRS` pairs each; one run, maybe empty, at least."""
    number = np.cumsum(counts) // CHUNK_PAIRS
    edges = [0, *(np.flatnonzero(np.diff(number)) + 1).tolist(), len(counts)]
    return [slice(a, b) for a, b in itertools.pairwise(edges)]


def _pairs(low: Ints, counts: Ints, rows: slice) -> tuple[Ints, Ints]:
    own = counts[rows]
    source = np.repeat(np.arange(rows.start, rows.stop), own)
    offset = np.arange(len(source)) - np.repeat(np.cumsum(own) - own, own)
    return source, low[source] + offset
