"""Figures about customers, and what they rest on: coverage, heatmap, zones, flows, traffic.

Order of use: `read_stretches` and `zones_in_view` prepare what `coverage` tells; every other
measure takes its rows, so that no figure stands without the share of time that was observed.
`walkers` joins pieces of visits and `whole_paths` fills holes in paths, for sums; the measures
themselves count exactly what they are given.

Conventions: hours are local hours; positions count in whole seconds; times of positions and visits
are the cameras' (a clock error of seconds moves few of them to another hour).
"""

from storeday.measures.alerts import STORE, Crowds, Watched, alerts
from storeday.measures.continuations import Walkers, walkers
from storeday.measures.demographics import demographics_hourly, sure_attributes
from storeday.measures.door import comings, crossed_visits
from storeday.measures.engagement import product_engagement
from storeday.measures.flows import zone_flows, zone_flows_hourly, zone_paths
from storeday.measures.funnel import FunnelPeople, counted, funnel_daily, not_measured, total
from storeday.measures.goods import Goods
from storeday.measures.handlings import Handlings, handlings
from storeday.measures.heatmap import heatmap_hourly
from storeday.measures.journeys import Journeys, journeys
from storeday.measures.observation import Fault, Records, coverage, zones_in_view
from storeday.measures.pairs import product_pairs
from storeday.measures.paths import renamed, whole_paths
from storeday.measures.queues import Tills, queue_hourly
from storeday.measures.settings import MeasureSettings
from storeday.measures.stretches import read_stretches
from storeday.measures.traffic import Passing, traffic_hourly
from storeday.measures.tryons import tryons, with_customers
from storeday.measures.unpaid import unpaid_items
from storeday.measures.waits import Waits, waits
from storeday.measures.zone_figures import zone_hourly
from storeday.measures.zone_stays import Stays, presence

__all__ = [
    "STORE",
    "Crowds",
    "Fault",
    "FunnelPeople",
    "Goods",
    "Handlings",
    "Journeys",
    "MeasureSettings",
    "Passing",
    "Records",
    "Stays",
    "Tills",
    "Waits",
    "Walkers",
    "Watched",
    "alerts",
    "comings",
    "counted",
    "coverage",
    "crossed_visits",
    "demographics_hourly",
    "funnel_daily",
    "handlings",
    "heatmap_hourly",
    "journeys",
    "not_measured",
    "presence",
    "product_engagement",
    "product_pairs",
    "queue_hourly",
    "read_stretches",
    "renamed",
    "sure_attributes",
    "total",
    "traffic_hourly",
    "tryons",
    "unpaid_items",
    "waits",
    "walkers",
    "whole_paths",
    "with_customers",
    "zone_flows",
    "zone_flows_hourly",
    "zone_hourly",
    "zone_paths",
    "zones_in_view",
]
