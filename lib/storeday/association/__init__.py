"""Who handled what: the devices' clocks, the graph of rummages and actions, matching, interactions.

Order of use: `assumed_offsets` states the clocks, `associate` matches rummage events with
customers' actions, `interactions` tells who, what, when and where.
"""

from storeday.association.candidates import Matches, associate
from storeday.association.clocks import assumed_offsets, store_times_us
from storeday.association.graph import Graph, time_graph
from storeday.association.interactions import interactions
from storeday.association.matching import Matching, best_matching
from storeday.association.settings import AssociationSettings

__all__ = [
    "AssociationSettings",
    "Graph",
    "Matches",
    "Matching",
    "associate",
    "assumed_offsets",
    "best_matching",
    "interactions",
    "store_times_us",
    "time_graph",
]
