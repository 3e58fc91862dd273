"""Scouting: from a few looks at a camera's day to where full frame rate pays; arrays only."""

from storeday.scouting.gate import differs_from_day, quietest
from storeday.scouting.looks import Looks
from storeday.scouting.passages import Passages, passages
from storeday.scouting.plan import CameraDay, Detail, Events, ScoutZones, plan_details
from storeday.scouting.settings import ScoutingSettings

__all__ = [
    "CameraDay",
    "Detail",
    "Events",
    "Looks",
    "Passages",
    "ScoutZones",
    "ScoutingSettings",
    "differs_from_day",
    "passages",
    "plan_details",
    "quietest",
]
