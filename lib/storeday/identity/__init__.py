"""From tracklets to customers: who is the same person, where each was, and each visit.

Order of use: `tracklet_ends` and `tracklet_embeddings` describe tracklets, `join_tracklets` ties
them to customers, `positions_by_second` and `visits` tell where the customers were and when.
"""

from storeday.identity.across import Join, Joined, Scene, join_across
from storeday.identity.appearance import (
    Appearance,
    AppearanceModel,
    fit_appearance,
    tracklet_embeddings,
)
from storeday.identity.attributes import customer_attributes
from storeday.identity.between_looks import with_seconds_between
from storeday.identity.camera_clocks import camera_offsets, in_common_time
from storeday.identity.company import Shop, customer_looks, people_of_visits
from storeday.identity.crossings import count_at_doors, door_crossings
from storeday.identity.customers import join_tracklets
from storeday.identity.ends import TrackletEnds, tracklet_ends
from storeday.identity.groups import GroupSettings, visit_groups
from storeday.identity.links import Links, best_links, candidate_links, certain_pairs
from storeday.identity.points import located_points
from storeday.identity.positions import positions_by_second
from storeday.identity.settings import IdentitySettings
from storeday.identity.staff import StaffSettings, staff_probabilities
from storeday.identity.visits import visits

__all__ = [
    "Appearance",
    "AppearanceModel",
    "GroupSettings",
    "IdentitySettings",
    "Join",
    "Joined",
    "Links",
    "Scene",
    "Shop",
    "StaffSettings",
    "TrackletEnds",
    "best_links",
    "camera_offsets",
    "candidate_links",
    "certain_pairs",
    "count_at_doors",
    "customer_attributes",
    "customer_looks",
    "door_crossings",
    "fit_appearance",
    "in_common_time",
    "join_across",
    "join_tracklets",
    "located_points",
    "people_of_visits",
    "positions_by_second",
    "staff_probabilities",
    "tracklet_embeddings",
    "tracklet_ends",
    "visit_groups",
    "visits",
    "with_seconds_between",
]
