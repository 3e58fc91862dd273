"""Customers: tracklets that belong together.

Across cameras (`across`) where the day teaches enough; else within each camera, by place, time and
look. Errors are rather splits than mixes, so count visitors at the door and not by counting
customers.
"""

import json
from collections.abc import Callable

import numpy as np
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import Floats, Ints
from storeday.identity.across import Scene, join_across
from storeday.identity.appearance import Appearance, fit_appearance
from storeday.identity.ends import TrackletEnds
from storeday.identity.links import (
    Links,
    best_links,
    candidate_links,
    certain_pairs,
    link_probabilities,
)
from storeday.identity.settings import IdentitySettings


def join_tracklets(
    ends: TrackletEnds,
    appearance: Appearance,
    settings: IdentitySettings,
    make_id: Callable[[str], str],
    scene: Scene | None = None,
) -> pa.Table:
    """Ties tracklets to customers.

    Args:
        ends: All tracklets of the store-day, from `tracklet_ends`; may be empty.
        appearance: Their looks, from `tracklet_embeddings`; empty where appearance is off.
        settings: Settings.
        make_id: From a name to a pseudonym.
        scene: Floor places of all detections and the store's entrances. With it, and from
            `min_day_tracklets` tracklets on, one identity is made across cameras (`across`); else
            each camera's tracklets are joined for themselves.

    Returns:
        Rows of `silver.identities`, one per tracklet, by camera and start. `confidence` is the
        probability of the weakest join of the customer's chain, 1 for a chain of one. `evidence` is
        a JSON list of the joins at either end of the tracklet: the tracklets `from` and `to`,
        `gap_s`, `distance_m` and `cosine` (null where unknown), `log_odds` and `probability`.

    Cost: candidates within `max_gap_s`, then one sparse assignment per camera.

    Example:
        >>> nan = np.full((2, 2), np.nan)
        >>> ends = TrackletEnds(
        ...     np.array(["a", "b"], object), np.array(["cam", "cam"], object),
        ...     np.array([0, 12_000_000]), np.array([10_000_000, 20_000_000]),
        ...     np.array([0, 12_000_000]), nan, np.ones(2),
        ...     np.array([10_000_000, 20_000_000]), nan, np.ones(2))
        >>> rows = join_tracklets(ends, Appearance.none(), IdentitySettings(), str)
        >>> rows["customer_id"].to_pylist()
        ['customer/a', 'customer/a']
    """
    if scene is not None and len(ends) >= settings.min_day_tracklets:
        return _across(ends, appearance, settings, make_id, scene)
    model = fit_appearance(ends, appearance, _certain_pairs(ends, settings), settings)
    parts: list[Links] = []
    chances: list[Floats] = []
    for rows in ends.cameras():
        links = candidate_links(ends.of(rows), appearance, model, settings)
        chosen = best_links(links, settings.min_link_weight)
        chances.append(link_probabilities(links)[chosen])
        parts.append(_moved(links.of(chosen), rows.start))
    joins, chance = _together(parts), np.concatenate([np.zeros(0), *chances])
    chain, first = _chains(joins, len(ends))
    weakest = np.ones(len(first))
    np.minimum.at(weakest, chain[joins.source], chance)
    names = [make_id(f"customer/{name}") for name in ends.tracklet_id[first]]
    return table_from_columns(
        load_contract("silver.identities"),
        {
            "tracklet_id": pa.array(ends.tracklet_id, pa.string()),
            "customer_id": pa.array(names, pa.string()).take(pa.array(chain)),
            "confidence": weakest[chain],
            "evidence": _evidence(ends, joins, chance),
        },
    )


def _across(
    ends: TrackletEnds,
    appearance: Appearance,
    settings: IdentitySettings,
    make_id: Callable[[str], str],
    scene: Scene,
) -> pa.Table:
    """`join_tracklets` across cameras."""
    found = join_across(ends, scene, appearance, settings)
    order = np.lexsort((ends.tracklet_id.astype(str), ends.started_us, found.label))
    first = order[np.diff(found.label[order], prepend=-1) != 0]
    weakest = np.ones(len(first))
    evidence: list[list[dict[str, object]]] = [[] for _ in range(len(ends))]
    for join in found.joins:
        customer = found.label[join.one]
        weakest[customer] = min(weakest[customer], join.probability)
        row = {
            "kind": join.kind,
            "from": ends.tracklet_id[join.one],
            "to": ends.tracklet_id[join.other],
            "gap_s": _rounded(join.gap_s),
            "distance_m": _rounded(join.distance_m),
            "log_odds": _rounded(join.log_odds),
            "probability": _rounded(join.probability),
        }
        evidence[join.one].append(row)
        evidence[join.other].append(row)
    names = [make_id(f"customer/{name}") for name in ends.tracklet_id[first]]
    return table_from_columns(
        load_contract("silver.identities"),
        {
            "tracklet_id": pa.array(ends.tracklet_id, pa.string()),
            "customer_id": pa.array(names, pa.string()).take(pa.array(found.label)),
            "confidence": weakest[found.label],
            "evidence": [json.dumps(joined) for joined in evidence],
        },
    )


def _certain_pairs(ends: TrackletEnds, settings: IdentitySettings) -> tuple[Ints, Ints]:
    source, target = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for rows in ends.cameras():
        pairs = certain_pairs(ends.of(rows), settings)
        source.append(pairs[0] + rows.start)
        target.append(pairs[1] + rows.start)
    return np.concatenate(source), np.concatenate(target)


def _moved(links: Links, start: int) -> Links:
    return Links(
        links.source + start,
        links.target + start,
        links.gap_s,
        links.distance_m,
        links.cosine,
        links.weight,
    )


def _together(parts: list[Links]) -> Links:
    return Links(
        *(
            np.concatenate([getattr(part, name) for part in [Links.none(), *parts]])
            for name in Links.__dataclass_fields__
        )
    )


def _chains(joins: Links, rows: int) -> tuple[Ints, Ints]:
    """Chain of each tracklet, shape (rows,), and the earliest tracklet of each chain."""
    graph = coo_array((np.ones(len(joins.source)), (joins.source, joins.target)), (rows, rows))
    if not rows:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    _, label = connected_components(graph, directed=False)
    _, first, chain = np.unique(label, return_index=True, return_inverse=True)
    return chain.astype(np.int64), first


def _evidence(ends: TrackletEnds, joins: Links, chance: Floats) -> list[str]:
    """The joins at either end of each tracklet, earlier one first, as JSON."""
    found: list[list[dict[str, object]]] = [[] for _ in range(len(ends))]
    # A source begins before its target, so by target each tracklet's earlier join comes first.
    for number in np.argsort(joins.target, kind="stable").tolist():
        source, target = int(joins.source[number]), int(joins.target[number])
        join = {
            "from": ends.tracklet_id[source],
            "to": ends.tracklet_id[target],
            "gap_s": _rounded(joins.gap_s[number]),
            "distance_m": _rounded(joins.distance_m[number]),
            "cosine": _rounded(joins.cosine[number]),
            "log_odds": _rounded(joins.weight[number]),
            "probability": _rounded(chance[number]),
        }
        found[source].append(join)
        found[target].append(join)
    return [json.dumps(joined) for joined in found]


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 3)
