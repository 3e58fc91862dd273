"""Who handled what: clocks of devices, the graph of rummages and customers, matching, interactions.

Order of use: `measure_clocks` measures the clocks, `associate` tells who may have handled the tag
of each rummage event, `interactions` tells who, what, when and where.
"""

from storeday.association.candidates import Matches, TraceEvidence, associate
from storeday.association.clock_priors import KnownClocks, measured_rows
from storeday.association.clock_rows import ClockQuestion
from storeday.association.clocks import assumed_offsets, store_times_us
from storeday.association.graph import Graph, time_graph
from storeday.association.interactions import InteractionRules, interactions
from storeday.association.matching import Matching, best_matching
from storeday.association.measured_clocks import measure_clocks
from storeday.association.settings import AssociationSettings
from storeday.association.shop import Reach, Shop
from storeday.association.till_clocks import till_clocks, with_tills
from storeday.association.trace_matching import DayTables

__all__ = [
    "AssociationSettings",
    "ClockQuestion",
    "DayTables",
    "Graph",
    "InteractionRules",
    "KnownClocks",
    "Matches",
    "Matching",
    "Reach",
    "Shop",
    "TraceEvidence",
    "associate",
    "assumed_offsets",
    "best_matching",
    "interactions",
    "measure_clocks",
    "measured_rows",
    "store_times_us",
    "till_clocks",
    "time_graph",
    "with_tills",
]
