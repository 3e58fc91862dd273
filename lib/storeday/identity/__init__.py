"""From tracklets to customers: who is the same person, where each was, and each visit.

Order of use: `tracklet_ends` and `tracklet_embeddings` describe tracklets, `join_tracklets` ties
them to customers, `positions_by_second` and `visits` tell where the customers were and when.
"""

from storeday.identity.appearance import (
    Appearance,
    AppearanceModel,
    fit_appearance,
    tracklet_embeddings,
)
from storeday.identity.customers import join_tracklets
from storeday.identity.ends import TrackletEnds, tracklet_ends
from storeday.identity.links import Links, best_links, candidate_links, certain_pairs
from storeday.identity.positions import positions_by_second
from storeday.identity.settings import IdentitySettings
from storeday.identity.visits import visits

__all__ = [
    "Appearance",
    "AppearanceModel",
    "IdentitySettings",
    "Links",
    "TrackletEnds",
    "best_links",
    "candidate_links",
    "certain_pairs",
    "fit_appearance",
    "join_tracklets",
    "positions_by_second",
    "tracklet_embeddings",
    "tracklet_ends",
    "visits",
]
