"""Settings of the measures."""

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
    """

    cell_m: float = 0.5
    min_zone_visit_s: float = 5.0
    bridge_gap_s: float = 10.0
    max_read_gap_s: float = 60.0
    footage_gap_s: float = 2.0

    def __post_init__(self) -> None:
        """Refuses values that have no meaning.

        Raises:
            ValueError: Names the setting, its value and what was expected.
        """
        if not self.cell_m > 0:
            raise ValueError(f"cell_m is {self.cell_m}; expected a positive side")
        for name in ("min_zone_visit_s", "bridge_gap_s", "max_read_gap_s", "footage_gap_s"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected 0 or more")
