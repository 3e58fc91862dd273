"""Which span goes on in which later one: a model of the day, learnt from the day.

After a span ends, its person is soon seen again close by (*broke*: furniture, a lost box), or later
where they vanished (*hid*: a cabin, a corner), or somewhere else (*went*: out of all views, from
one camera to another after a time that is typical for the two), or not at all (*left*). New people
come through entrances, and hardly ever appear elsewhere. The log-odds of a link are

    log (broke + hid + went, each share x density of the gap x density of the place)
    - log P(left | near an entrance or not) - log (rate of new people there, per second and m2)
    + log-likelihood ratio of the looks.

Shares, mean gaps, rates, and the gaps from camera to camera are learnt by expectation maximisation
without labels, as TFusion (Lv et al., CVPR 2018, arXiv 1803.07293) and st-ReID (Wang et al., AAAI
2019, arXiv 1812.03282) learn theirs: link under the model, count what was linked, and again. Each
round is one assignment over all ends and starts (`tracking.pairing`).

Conventions: seconds, metres; arrays of candidate links have shape (m,).
"""

from dataclasses import dataclass, replace

import numpy as np

from storeday.contracts.columns import Floats
from storeday.identity.candidates import Candidates, reach_m
from storeday.identity.ends import US_PER_S
from storeday.identity.settings import IdentitySettings
from storeday.identity.spans import Bools, Spans
from storeday.tracking import best_pairs

# Gaps from camera to camera are counted in bins that widen: 2 s each at first, then by a fifth.
BIN_EDGES_S = np.concatenate([np.arange(-2.0, 20.0, 2.0), 20.0 * 1.2 ** np.arange(0, 20)])
ROUNDS = 4
# Counts that stand for what was assumed before the day is looked at.
PRIOR_COUNT = 10.0
# Candidates below odds of one in 150 change no probability in its second digit.
MIN_CANDIDATE_WEIGHT = -5.0
MAX_EXPONENT = 500.0


@dataclass(frozen=True)
class DayModel:
    """What is learnt of the day.

    Attributes:
        broke: Share of ends after which the person is soon seen again close by.
        hid: Share seen again where they vanished.
        went: Share seen again elsewhere.
        broke_gap_s: Mean gap after *broke*.
        hid_gap_s: Mean gap after *hid*.
        left_door: Chance that an end near an entrance is the last.
        left_inside: Chance that any other end is.
        new_door_hz: New people per second who begin near an entrance.
        new_inside_hz: New people per second who begin elsewhere.
        moves: Density of the gap by camera, camera and bin, in links per end and second, shape
            (k, k, bins).
    """

    broke: float
    hid: float
    went: float
    broke_gap_s: float
    hid_gap_s: float
    left_door: float
    left_inside: float
    new_door_hz: float
    new_inside_hz: float
    moves: Floats


@dataclass(frozen=True)
class Places:
    """What the store says of ends: near an entrance or not, and the areas of both parts.

    Attributes:
        starts_at_door: Spans that begin near an entrance, shape (n,).
        ends_at_door: Spans that end near one.
        door_m2: Floor within reach of entrances.
        inside_m2: The rest of the floor on which people are seen.
        has_door: Whether the store names an entrance at all.
    """

    starts_at_door: Bools
    ends_at_door: Bools
    door_m2: float
    inside_m2: float
    has_door: bool


@dataclass(frozen=True)
class Chained:
    """Chosen links.

    Attributes:
        chosen: Flags of candidates.
        weight: Log-odds of every candidate.
        probability: Probability of every candidate against its rivals.
        model: The day's model.
    """

    chosen: Bools
    weight: Floats
    probability: Floats
    model: DayModel


def chain_spans(
    spans: Spans, candidates: Candidates, places: Places, cameras: int, settings: IdentitySettings
) -> Chained:
    """Learns the day's model and links spans to chains.

    Args:
        spans: All spans.
        candidates: All possible links, from `candidate_pairs` with looks.
        places: What the store says of the spans' ends.
        cameras: Number of cameras.
        settings: Settings.
    """
    model = _first_model(spans, places, cameras, settings)
    for _ in range(ROUNDS):
        parts = _parts(spans, candidates, places, model, settings)
        weight = _weights(spans, candidates, places, model, parts)
        chosen = best_pairs(candidates.source, candidates.target, weight - settings.chain_least)
        model = _learnt(spans, candidates, places, (parts, chosen), model)
    odds = np.exp(np.minimum(weight, MAX_EXPONENT))
    by_source = np.bincount(candidates.source, odds, len(spans))[candidates.source]
    by_target = np.bincount(candidates.target, odds, len(spans))[candidates.target]
    return Chained(chosen, weight, odds / (1 + by_source + by_target - odds), model)


def _first_model(
    spans: Spans, places: Places, cameras: int, settings: IdentitySettings
) -> DayModel:
    """What is assumed before the day is looked at."""
    span_s = _day_s(spans)
    bins = len(BIN_EDGES_S) - 1
    middle = (BIN_EDGES_S[1:] + BIN_EDGES_S[:-1]) / 2
    fall = np.exp(-np.maximum(middle, 0.0) / settings.return_gap_s) / settings.return_gap_s
    moves = np.broadcast_to(fall / cameras, (cameras, cameras, bins)).copy()
    starts = len(spans)
    door = 0.5 if places.has_door else 1 - settings.break_share - settings.return_share
    inside = settings.left_inside if places.has_door else door
    at_door = max(int(places.starts_at_door.sum()), 1)
    new_inside = (starts - int(places.starts_at_door.sum())) * inside
    return DayModel(
        broke=settings.break_share,
        hid=settings.return_share / 2,
        went=settings.return_share / 2,
        broke_gap_s=settings.break_gap_s,
        hid_gap_s=settings.return_gap_s,
        left_door=door,
        left_inside=inside,
        new_door_hz=at_door * door / span_s,
        new_inside_hz=max(new_inside, 0.5) / span_s,
        moves=moves,
    )


def _parts(
    spans: Spans,
    candidates: Candidates,
    places: Places,
    model: DayModel,
    settings: IdentitySettings,
) -> Floats:
    """Log of share x density of gap x density of place of each way to go on, shape (3, m)."""
    gap_s = np.maximum(candidates.gap_s, 0.0)
    error = spans.last_error_m[candidates.source] ** 2
    error = error + spans.first_error_m[candidates.target] ** 2
    away = candidates.distance_m
    area = places.door_m2 + places.inside_m2
    with np.errstate(divide="ignore"):
        broke = np.log(model.broke / model.broke_gap_s) - gap_s / model.broke_gap_s
        hid = np.log(model.hid / model.hid_gap_s) - gap_s / model.hid_gap_s
        bins = np.clip(np.searchsorted(BIN_EDGES_S, candidates.gap_s, "right") - 1, 0, None)
        bins = np.minimum(bins, len(BIN_EDGES_S) - 2)
        pair = spans.last_camera[candidates.source], spans.first_camera[candidates.target]
        went = np.log(model.went * model.moves[(*pair, bins)]) - np.log(area)
    broke = broke + _place(away, error + (settings.wander_m_s * gap_s) ** 2, area)
    hid = hid + _place(away, error + settings.hiding_m**2, area)
    reach = reach_m(spans, (candidates.source, candidates.target, candidates.gap_s), settings)
    went = np.where(candidates.has_look | places.has_door, went, -np.inf)
    parts = np.stack([broke, hid, went])
    return np.where(np.nan_to_num(away) > reach, -np.inf, parts)


def _place(away: Floats, variance: Floats, area_m2: float) -> Floats:
    """Log density per m2 of a place so far away; even over the area where it is unknown."""
    near = -(away**2) / (2 * variance) - np.log(2 * np.pi * variance)
    return np.where(np.isnan(away), -np.log(area_m2), near)


def _weights(
    spans: Spans, candidates: Candidates, places: Places, model: DayModel, parts: Floats
) -> Floats:
    """Log-odds of every candidate."""
    del spans
    left = np.where(places.ends_at_door, model.left_door, model.left_inside)[candidates.source]
    new = np.where(
        places.starts_at_door,
        model.new_door_hz / places.door_m2,
        model.new_inside_hz / places.inside_m2,
    )[candidates.target]
    together = np.logaddexp.reduce(parts, axis=0)
    return np.asarray(together + candidates.look - np.log(left) - np.log(new))


def _learnt(
    spans: Spans,
    candidates: Candidates,
    places: Places,
    linked: tuple[Floats, Bools],
    model: DayModel,
) -> DayModel:
    """The model that fits what was linked; `PRIOR_COUNT` ends keep it near the one before."""
    parts, chosen = linked
    some = parts[:, chosen]
    share = np.exp(some - np.logaddexp.reduce(some, axis=0))
    gap_s = np.maximum(candidates.gap_s[chosen], 0.0)
    ends = len(spans) + PRIOR_COUNT
    counts = share.sum(axis=1)
    before = np.array([model.broke, model.hid, model.went])
    broke, hid, went = np.maximum((counts + PRIOR_COUNT * before) / ends, 1e-3)
    goes_on = np.zeros(len(spans), bool)
    goes_on[candidates.source[chosen]] = True
    follows = np.zeros(len(spans), bool)
    follows[candidates.target[chosen]] = True
    span_s = _day_s(spans)

    def mean_gap(number: int, assumed: float) -> float:
        total = float((share[number] * gap_s).sum()) + PRIOR_COUNT * assumed
        return total / (float(counts[number]) + PRIOR_COUNT)

    def left(at: Bools, assumed: float) -> float:
        return float(((~goes_on[at]).sum() + PRIOR_COUNT * assumed) / (at.sum() + PRIOR_COUNT))

    return replace(
        model,
        broke=float(broke),
        hid=float(hid),
        went=float(went),
        broke_gap_s=mean_gap(0, model.broke_gap_s),
        hid_gap_s=mean_gap(1, model.hid_gap_s),
        left_door=left(places.ends_at_door, model.left_door),
        left_inside=left(~places.ends_at_door, model.left_inside),
        new_door_hz=float((~follows & places.starts_at_door).sum() + 0.5) / span_s,
        new_inside_hz=float((~follows & ~places.starts_at_door).sum() + 0.5) / span_s,
        moves=_moves(spans, candidates, chosen, share[2], model.moves),
    )


def _moves(
    spans: Spans, candidates: Candidates, chosen: Bools, share: Floats, before: Floats
) -> Floats:
    """Density of gaps from camera to camera, smoothed over neighbouring bins."""
    width = np.diff(BIN_EDGES_S)
    cameras = len(before)
    source, target = candidates.source[chosen], candidates.target[chosen]
    bins = np.searchsorted(BIN_EDGES_S, candidates.gap_s[chosen], "right") - 1
    bins = np.clip(bins, 0, len(width) - 1)
    counts = np.zeros_like(before)
    np.add.at(counts, (spans.last_camera[source], spans.first_camera[target], bins), share)
    counts[..., 1:-1] = (counts[..., :-2] + 2 * counts[..., 1:-1] + counts[..., 2:]) / 4
    total = counts.sum(axis=(1, 2), keepdims=True) + PRIOR_COUNT
    prior = before * width
    prior = prior / np.maximum(prior.sum(axis=(1, 2), keepdims=True), 1e-12)
    del cameras
    return np.asarray((counts + PRIOR_COUNT * prior) / total / width)


def _day_s(spans: Spans) -> float:
    if not len(spans):
        return 60.0
    return max(float(spans.ended_us.max() - spans.started_us.min()) / US_PER_S, 60.0)
