"""Who came together: people who come in close to each other and stay close.

Two visits belong together if they began within `together_entry_s` of each other and were within
`together_m` of each other for a large share of the seconds in which both were seen. Groups are the
connected components: a friend's friend came along.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from storeday.contracts.columns import Floats, floats, times_us
from storeday.identity.points import lookup, strings

US_PER_S = 1_000_000


@dataclass(frozen=True)
class GroupSettings:
    """When people count as together; assumed.

    Attributes:
        together_entry_s: Companions come through the door within so many seconds.
        together_m: Companions stand so close: two people at one rack.
        together_share: For at least this share of their seconds together.
        together_least_s: Seconds together below which nothing is said.
    """

    together_entry_s: float = 15.0
    together_m: float = 2.5
    together_share: float = 0.4
    together_least_s: int = 20


def visit_groups(
    visits: pa.Table, positions: pa.Table, make_id: Callable[[str], str], settings: GroupSettings
) -> pa.Array:
    """The group of each visit.

    Args:
        visits: Rows of `silver.visits`, in any order.
        positions: Rows of `silver.positions`, in any order.
        make_id: From a name to a pseudonym.
        settings: Settings.

    Returns:
        Ids in the order of the visits; null for those alone.

    Cost: visits x those that begin within `together_entry_s`.
    """
    entered = times_us(visits["entered_at"])
    order = np.argsort(entered, kind="stable")
    high = np.searchsorted(
        entered[order], entered[order] + round(settings.together_entry_s * US_PER_S), "right"
    )
    names = pa.array(np.unique(strings(visits["customer_id"]).astype(str)), pa.string())
    who = lookup(visits["customer_id"], names)
    tracks = _tracks(positions, names)
    pairs = [
        (int(order[row]), int(order[other]))
        for row in range(len(order))
        for other in range(row + 1, int(high[row]))
        if who[order[row]] != who[order[other]]
        and _together(tracks[who[order[row]]], tracks[who[order[other]]], settings)
    ]
    if not pairs:
        return pa.nulls(len(visits), pa.string())
    one, two = np.array(pairs).T
    graph = coo_array((np.ones(len(one)), (one, two)), shape=(len(visits), len(visits)))
    label = connected_components(graph, directed=False)[1]
    size = np.bincount(label)[label]
    customers = strings(visits["customer_id"]).astype(str)
    first: dict[int, str] = {}
    for row in np.lexsort((customers, entered)).tolist():
        first.setdefault(int(label[row]), str(customers[row]))
    ids = [
        make_id(f"group/{first[int(label[row])]}") if size[row] > 1 else None
        for row in range(len(visits))
    ]
    return pa.array(ids, pa.string())


def _tracks(positions: pa.Table, names: pa.Array) -> list[tuple[Floats, Floats]]:
    """Seconds and places of each customer, by second."""
    who = lookup(positions["customer_id"], names)
    second = times_us(positions["time"]) // US_PER_S
    place = np.column_stack([floats(positions["floor_x_m"]), floats(positions["floor_y_m"])])
    order = np.lexsort((second, who))
    bounds = np.searchsorted(who[order], np.arange(len(names) + 1))
    return [
        (second[order[a:b]].astype(float), place[order[a:b]]) for a, b in itertools.pairwise(bounds)
    ]


def _together(
    one: tuple[Floats, Floats], other: tuple[Floats, Floats], settings: GroupSettings
) -> bool:
    _, ours, theirs = np.intersect1d(one[0], other[0], assume_unique=True, return_indices=True)
    if len(ours) < settings.together_least_s:
        return False
    away = np.sqrt(((one[1][ours] - other[1][theirs]) ** 2).sum(axis=1))
    return bool((away <= settings.together_m).mean() >= settings.together_share)
