"""The bipartite graph of rummage events and customers' actions.

After the source article (Alibaba, 2018): an edge's weight is closeness in time x potentiality of
the action. The article prints the formula as a picture; closeness is read as exp(-|dt| / time
constant). Zones are left out, as in the article: a rummage and an action of different zones may be
joined.

Edges are found in sorted times; there is never a matrix of all rummages by all actions.
"""

from dataclasses import dataclass

import numpy as np

from storeday.association.settings import AssociationSettings
from storeday.contracts.columns import US_PER_S, Floats, Ints


@dataclass(frozen=True)
class Graph:
    """Edges between rummages and actions, by rummage and action, each pair at most once.

    Attributes:
        rummages: Number of rummages.
        actions: Number of actions.
        rummage: Rummage of each edge, from 0, shape (m,).
        action: Action of each edge, from 0, shape (m,).
        weight: Weight of each edge, > 0, shape (m,).
    """

    rummages: int
    actions: int
    rummage: Ints
    action: Ints
    weight: Floats

    def __post_init__(self) -> None:
        """Refuses weights that a solver would silently go wrong on.

        Raises:
            ValueError: A weight is not a positive, finite number.
        """
        bad = ~(np.isfinite(self.weight) & (self.weight > 0))
        if bad.any():
            edge = int(np.argmax(bad))
            raise ValueError(
                f"weight of the edge from rummage {self.rummage[edge]} to action "
                f"{self.action[edge]} is {self.weight[edge]}; expected a positive, finite number "
                f"({bad.sum()} of {len(bad)} edges are not)"
            )


def time_graph(
    rummage_us: Ints, action_us: Ints, potentiality: Floats, settings: AssociationSettings
) -> Graph:
    """Joins every rummage with the actions within the gate.

    Args:
        rummage_us: Moments of rummages, us, in any order, shape (r,); may be empty.
        action_us: Moments of actions, us, ascending, shape (a,); may be empty.
        potentiality: Probability that each action is one, 0 to 1, shape (a,). An action of 0 gets
            no edge.
        settings: Settings.

    Returns:
        The graph. Cost: r log a + edges.

    Raises:
        ValueError: A potentiality is not between 0 and 1, or NaN.

    Example:
        >>> seconds = np.array([10, 60]) * 1_000_000
        >>> graph = time_graph(seconds[:1], seconds, np.array([0.5, 0.9]), AssociationSettings())
        >>> graph.action.tolist(), graph.weight.tolist()
        ([0], [0.5])
    """
    bad = ~((potentiality >= 0) & (potentiality <= 1))
    if bad.any():
        raise ValueError(
            f"action_events.probability is {potentiality[bad][0]} in {bad.sum()} of {len(bad)} "
            "rows; expected 0 to 1"
        )
    gate_us = round(settings.gate_s * US_PER_S)
    first = np.searchsorted(action_us, rummage_us - gate_us, "left")
    count = np.searchsorted(action_us, rummage_us + gate_us, "right") - first
    rummage = np.repeat(np.arange(len(rummage_us)), count)
    within = np.arange(len(rummage)) - np.repeat(np.cumsum(count) - count, count)
    action = np.repeat(first, count) + within
    apart_s = np.abs(rummage_us[rummage] - action_us[action]) / US_PER_S
    weight = np.exp(-apart_s / settings.time_constant_s) * potentiality[action]
    kept = weight > 0
    return Graph(len(rummage_us), len(action_us), rummage[kept], action[kept], weight[kept])
