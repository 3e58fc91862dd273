"""One identity per person across all cameras of a store-day.

Three steps, each with its evidence kept: tracklets seen at once in one place are one person's
(`overlap`); spans follow each other in chains (`chains`); whole chains are joined by looks and
places together (`merging`). Nobody is in one camera twice at once.

All works in the cameras' common time (`camera_clocks`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from storeday.contracts.columns import Floats, Ints
from storeday.floor.walking import WalkableFloor
from storeday.identity.appearance import Appearance
from storeday.identity.busy import Busy
from storeday.identity.camera_clocks import camera_offsets
from storeday.identity.candidates import Candidates, candidate_pairs, walks_m
from storeday.identity.chains import Places, chain_spans
from storeday.identity.clusters import join_by_evidence
from storeday.identity.ends import US_PER_S, TrackletEnds
from storeday.identity.floor_tracks import floor_tracks
from storeday.identity.looks import Looks, day_looks, pair_log_ratio
from storeday.identity.merging import VIEW_S, LookModel, chain_looks, merge_chains
from storeday.identity.overlap import Overlaps, overlaps
from storeday.identity.place_pairs import NearChains, place_pairs
from storeday.identity.points import Points
from storeday.identity.settings import IdentitySettings
from storeday.identity.spans import Spans, near_zones, span_looks, spans_of

Forbidden = Callable[[Sequence[int], Sequence[int]], bool]

# Cosines of candidates are taken this many at a time.
CHUNK = 200_000
# Two sightings in one camera may touch by this much: a frame at low rates.
TOUCH_S = 0.5
# Each pass weighs what the one before has made: their places anew, their looks by more views. Three
# days were the same after the third.
MERGE_PASSES = 4
# Stands in where no looks are known; chains then have no views, and it says nothing.
NO_LOOKS = LookModel(between=0.1, dimensions=1.0)


@dataclass(frozen=True)
class Scene:
    """What is known of the store beyond tracklets.

    Attributes:
        points: Located detections; `tracklet` are rows of the ends.
        doors: Polygons of the entrance zones in m.
        floor_m2: Area of the floor.
        walkable: The floor round its obstacles; None where all ways are straight.
        offset_s: What each camera's clock shows less the common one; None where it is to be found
            out (`camera_offsets`).
    """

    points: Points
    doors: Sequence[Floats]
    floor_m2: float
    walkable: WalkableFloor | None = None
    offset_s: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Join:
    """One reason why two tracklets are one customer's.

    Attributes:
        kind: overlap, chain or merge.
        one: Row of the earlier tracklet.
        other: Row of the later one.
        gap_s: Seconds between, negative where they overlap.
        distance_m: Distance, NaN where unknown.
        log_odds: What speaks for it.
        probability: Probability of the join.
    """

    kind: str
    one: int
    other: int
    gap_s: float
    distance_m: float
    log_odds: float
    probability: float


@dataclass(frozen=True)
class Joined:
    """Customers: label by tracklet, and the joins."""

    label: Ints
    joins: list[Join]


def join_across(
    ends: TrackletEnds, scene: Scene, appearance: Appearance, settings: IdentitySettings
) -> Joined:
    """Ties tracklets of all cameras to people.

    Args:
        ends: All tracklets of the store-day.
        scene: What is known of the store.
        appearance: Looks; empty where appearance is off.
        settings: Settings.

    Returns:
        Labels from 0 without gaps by the rows of `ends`.

    Cost: candidates within `max_gap_s` and one product of all chains' looks; near-linear in hours.
    """
    names, camera = np.unique(ends.camera_id.astype(str), return_inverse=True)
    known = camera_offsets(ends, scene.points) if scene.offset_s is None else scene.offset_s
    offset_s = np.array([known.get(name, 0.0) for name in names.tolist()])
    offset_us = np.rint(offset_s * US_PER_S).astype(np.int64)[camera]
    seen = overlaps(floor_tracks(scene.points, offset_us), camera, settings)
    look = appearance.rows_of(ends.tracklet_id)
    looks = day_looks(appearance, look, camera, seen, settings)
    if looks.chain is None:
        settings = settings.without_looks()
    busy = Busy(ends.started_us - offset_us, ends.ended_us - offset_us, camera)
    weight = seen.log_ratio + pair_log_ratio(looks, seen.left, seen.right)
    label = join_by_evidence(
        len(ends),
        (seen.left, seen.right),
        weight,
        lambda one, other: busy.together_s(one, other) > TOUCH_S,
        settings.overlap_least,
    )
    joins = _overlap_joins(seen, weight, label, busy)
    _, label = np.unique(label, return_inverse=True)
    spans = spans_of(ends, camera, offset_us, label)
    chain, links, near = _chains(spans, label, looks, scene, len(names), settings)
    joins += links
    label = chain[label]
    for _ in range(MERGE_PASSES):
        pairs = place_pairs(label, seen, near, settings)
        merged, more = _merged(label, looks, pairs, busy, settings)
        if not more:
            break
        near = near.within(label, merged)
        label, joins = merged, joins + more
    return Joined(label, joins)


def _overlap_joins(seen: Overlaps, weight: Floats, label: Ints, busy: Busy) -> list[Join]:
    inside = np.flatnonzero((label[seen.left] == label[seen.right]) & (weight > 0))
    joins = []
    for number in inside.tolist():
        one, other = int(seen.left[number]), int(seen.right[number])
        if busy.started_us[other] < busy.started_us[one]:
            one, other = other, one
        gap_s = float(busy.started_us[other] - busy.ended_us[one]) / US_PER_S
        odds = float(weight[number])
        joins.append(
            Join("overlap", one, other, gap_s, float(seen.distance_m[number]), odds, _chance(odds))
        )
    return joins


def _chains(
    spans: Spans,
    label: Ints,
    looks: Looks,
    scene: Scene,
    cameras: int,
    settings: IdentitySettings,
) -> tuple[Ints, list[Join], NearChains]:
    """Chain of each span, the links, and what place and time say of chains that are not linked."""
    source, target, gap_s = candidate_pairs(spans, settings)
    away = walks_m(spans, (source, target, gap_s), scene.walkable, settings)
    ratio, has_look = _span_ratio(label, looks, len(spans), source, target)
    reach = settings.entrance_reach_m
    door_m2 = sum((_area_m2(door) + 4 * reach for door in scene.doors), 1.0)
    places = Places(
        near_zones(spans.first_m, scene.doors, reach),
        near_zones(spans.last_m, scene.doors, reach),
        door_m2,
        max(scene.floor_m2 - door_m2, 1.0),
        bool(scene.doors),
    )
    candidates = Candidates(source, target, gap_s, away, ratio, has_look)
    linked = chain_spans(spans, candidates, places, cameras, settings)
    rows = np.flatnonzero(linked.chosen)
    size = len(spans)
    graph = coo_array((np.ones(len(rows)), (source[rows], target[rows])), shape=(size, size))
    chain = connected_components(graph, directed=False)[1] if size else np.zeros(0, np.int64)
    joins = [
        Join(
            "chain",
            int(spans.last_row[source[row]]),
            int(spans.first_row[target[row]]),
            float(gap_s[row]),
            float(away[row]),
            float(linked.weight[row]),
            float(linked.probability[row]),
        )
        for row in rows.tolist()
    ]
    blind = linked.weight - ratio
    worth = (blind > 0) & (chain[source] != chain[target])
    near = NearChains(chain[source[worth]], chain[target[worth]], blind[worth])
    return chain.astype(np.int64), joins, near


def _span_ratio(
    label: Ints, looks: Looks, spans: int, source: Ints, target: Ints
) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """What the mean looks of spans say, and whether both are known."""
    ratio = np.zeros(len(source))
    if looks.chain is None:
        return ratio, np.zeros(len(source), bool)
    known = np.where(looks.is_known, np.arange(len(label)), -1)
    carrier = Appearance(
        np.empty(0, object), looks.embedding, (looks.weight**2).astype(np.int64), np.zeros(0)
    )
    mean = span_looks(carrier, known, label, spans)
    has = np.linalg.norm(mean, axis=1) > 0
    for part in np.array_split(np.arange(len(source)), len(source) // CHUNK + 1):
        cosine = np.einsum("nd,nd->n", mean[source[part]], mean[target[part]]).astype(float)
        ratio[part] = looks.pair.log_ratio(cosine)
    both = has[source] & has[target]
    return np.where(both, ratio, 0.0), both


def _merged(
    label: Ints,
    looks: Looks,
    places: tuple[Ints, Ints, Floats],
    busy: Busy,
    settings: IdentitySettings,
) -> tuple[Ints, list[Join]]:
    """Customer of each tracklet after the last pass, and its joins."""
    chains = int(label.max(initial=-1)) + 1
    order = np.argsort(label, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(label[order])) + 1) if chains else []
    seconds = np.array([busy.seconds(group) for group in groups])

    def forbidden(one: Sequence[int], other: Sequence[int]) -> bool:
        shorter = min(seconds[list(one)].sum(), seconds[list(other)].sum())
        together = busy.together_s(
            np.concatenate([groups[row] for row in one]),
            np.concatenate([groups[row] for row in other]),
        )
        return bool(together > max(2 * TOUCH_S, settings.overlap_share * shorter))

    minute = busy.started_us // round(VIEW_S * US_PER_S)
    view = minute * (int(busy.camera.max(initial=0)) + 1) + busy.camera
    known = np.flatnonzero(looks.is_known)
    sums = chain_looks(
        looks.embedding[known], looks.weight[known], view[known], label[known], chains
    )
    model = looks.chain or NO_LOOKS
    merged, made = merge_chains(sums, model, places, forbidden, settings.merge_least)
    joins = [
        Join(
            "merge",
            int(groups[one][0]),
            int(groups[other][0]),
            float("nan"),
            float("nan"),
            gain,
            _chance(gain),
        )
        for one, other, gain in made
    ]
    _, customer = np.unique(merged[label], return_inverse=True)
    return customer.astype(np.int64), joins


def _area_m2(polygon_m: Floats) -> float:
    """Area by the shoelace formula."""
    x, y = np.asarray(polygon_m, float).T
    return float(abs((x * np.roll(y, -1) - y * np.roll(x, -1)).sum()) / 2)


def _chance(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-log_odds)))
