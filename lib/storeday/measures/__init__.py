"""Figures about customers, and what they rest on: coverage, heatmap, zones, flows, traffic.

Order of use: `read_stretches` and `zones_in_view` prepare what `coverage` tells; every other
measure takes its rows, so that no figure stands without the share of time that was observed.

Conventions: hours are local hours; positions count in whole seconds; times of positions and visits
are the cameras' (a clock error of seconds moves few of them to another hour).
"""

from storeday.measures.flows import zone_flows
from storeday.measures.heatmap import heatmap_hourly
from storeday.measures.observation import Fault, Records, coverage, zones_in_view
from storeday.measures.settings import MeasureSettings
from storeday.measures.stretches import read_stretches
from storeday.measures.traffic import traffic_hourly
from storeday.measures.zone_figures import zone_hourly

__all__ = [
    "Fault",
    "MeasureSettings",
    "Records",
    "coverage",
    "heatmap_hourly",
    "read_stretches",
    "traffic_hourly",
    "zone_flows",
    "zone_hourly",
    "zones_in_view",
]
