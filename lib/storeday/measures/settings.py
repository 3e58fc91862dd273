"""Settings of the measures."""

import dataclasses
from dataclasses import dataclass


@dataclass(frozen=True)
class MeasureSettings:
    """How positions become visits to zones, and records become seconds observed.

    Attributes:
        cell_m: Side of a heatmap cell. Assumed: a step; about the error of a place on the floor.
        min_zone_visit_s: Shortest stay in a zone that counts as a visit: 5 s at AuraVision, where
            Palexy takes 30 s for whole sections (their documentation).
        bridge_gap_s: Longest time away from a zone (unseen, between zones, or elsewhere without a
            visit) that does not end a stay. Assumed: occlusions last 4 s on average in our
            simulation of identity, and one in twelve of these outlasts 10 s.
        max_read_gap_s: Longest time between two reads in which a reader is taken to have listened.
            A reader hears the tags around it all the time, so that a minute without any means that
            it was off, or its log is missing. Assumed.
        footage_gap_s: Footage files of a camera that lie no further apart are one stretch; cameras
            lose a moment between two files.
        steady_s: Places are the medians of the seconds up to this far before and after. On two
            simulated Saturdays (seeds 31 and 32) 3 and 1 gave a total variation of flows of .135
            and .130, and an error of median stays of .121 and .106.
        same_place_m: Who is seen again within this distance has stayed there, if
        hold_gap_s: no more time than this has passed.
        place_margin_m: A brief stay within this distance of the zone before or after is no stay of
            its own: about the error of a place.
        brief_s: Stays shorter than this are brief.
        settled_s: Shortest stay that draws brief ones to it.
        room_reach_m: Who vanishes within this distance of a fitting room and comes back within it
            was inside; nobody films there.
        room_min_s: Shortest time out of sight that is taken for a stay in a fitting room.
        room_max_s: Longest one. Assumed: 40 minutes.
        rejoin_gap_s: Somebody lost within the store and somebody found there later, by up to this
            time, may be one person, for sums only.
        rejoin_speed_m_s: Walking speed within which that is possible; shoppers walk at 1.1 on
            average.
        rejoin_slack_m: Distance that is possible at once, for errors of places.
        engaged_s: Shortest stay in a zone that counts as a stop. Assumed.
        min_wait_s: Shortest stay in a queue that counts as waiting of those who are not served
            after it: others only pass. Assumed.
        till_gap_s: Longest way from the queue to the till. Assumed.
        tryon_bin_s: Reads are compared between antennas in steps of this length.
        tryon_min_s: Shortest time in a fitting room that counts as trying on. Assumed.
        tryon_gap_s: Longest silence within one such stay. Assumed: tags are read every few seconds.
        tryon_customer_s: Who handled the tag last before it came to a fitting room, up to this long
            before, is taken to try it on. Assumed: half an hour.
        attribute_probability: Mean probability from which an attribute of a customer counts as
            known. Assumed: no model of attributes was at hand to measure it on.
        attribute_detections: Detections that it has to rest on. Assumed: a few seconds' worth.
        unpaid_silent_s: A tag not heard for this long at the end of the day's reads is gone.
    """

    cell_m: float = 0.5
    min_zone_visit_s: float = 5.0
    bridge_gap_s: float = 10.0
    max_read_gap_s: float = 60.0
    footage_gap_s: float = 2.0
    steady_s: int = 1
    same_place_m: float = 1.0
    hold_gap_s: float = 120.0
    place_margin_m: float = 0.5
    brief_s: float = 30.0
    settled_s: float = 8.0
    room_reach_m: float = 2.5
    room_min_s: float = 20.0
    room_max_s: float = 2400.0
    rejoin_gap_s: float = 120.0
    rejoin_speed_m_s: float = 1.5
    rejoin_slack_m: float = 2.0
    engaged_s: float = 15.0
    min_wait_s: float = 30.0
    till_gap_s: float = 30.0
    tryon_bin_s: float = 10.0
    tryon_min_s: float = 20.0
    tryon_gap_s: float = 60.0
    tryon_customer_s: float = 1800.0
    attribute_probability: float = 0.75
    attribute_detections: int = 5
    unpaid_silent_s: float = 900.0

    def __post_init__(self) -> None:
        """Refuses values that have no meaning.

        Raises:
            ValueError: Names the setting, its value and what was expected.
        """
        for name in ("cell_m", "tryon_bin_s"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected a positive number")
        for item in dataclasses.fields(self):
            if not getattr(self, item.name) >= 0:
                raise ValueError(f"{item.name} is {getattr(self, item.name)}; expected 0 or more")
