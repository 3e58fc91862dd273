"""Settings of scouting."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ScoutingSettings:
    """How a day is looked over, and what deserves more than a look.

    Attributes:
        looks_per_s: Looks a second, at most. Cameras put a key frame every one to four seconds;
            somebody who strolls (1.1 m/s) crosses a few metres of floor in the two seconds between
            looks and is seen in one of them.
        longest_gop_s: Where key frames lie further apart, frames between them are decoded as well,
            but for those that no other frame builds on.
        detail_frames_per_s: Rate where it pays.
        budget_share: What looks and details may cost together, in frames, as a share of the whole
            footage at the detail rate; looks within details count twice. 0.15 keeps the whole below
            a sixth, packets and background included: a choice of cost, not of accuracy.
        near_m: Somebody so near a zone may be acting in it: an arm's reach and the error of a place
            on the floor, about a metre and a half.
        door_m: Who comes into view or goes out of it so near an entrance may have passed it: a
            second's walk, as far as crossings of the door are counted from (`door_reach_m` of
            identity). On two simulated mornings of `quiet_boutique` (seeds 103, 104) 1.5 m lost
            .056 and .013 in the mean of all audit figures, 2 m .057 and .016, 3 m .092 on the one.
        walking_m_s: Fastest walk that is reckoned with: 1.4 m/s, brisk for a shop.
        still_m: Who moved less between two looks stood still; the error of a place on the floor.
        crowd_people: From so many people in a frame on, looks alone lose them. Assumed.
        rummage_margin_s: Time around a rummage event that belongs to it, beside what clocks may be
            off. Handling takes 2 to 12 s.
        gate_grey: Least change of a thumbnail's cell against the day's background that may be
            somebody, in grey levels of 255. Camera noise and codec leave 1 to 2 in the mean of the
            hundreds of pixels of a cell.
        gate_deviations: The same in deviations of that cell over the day.
        gate_cells: Cells that have to change: somebody at 10 m covers a few.
        gate_looks: With fewer looks the background is not known, and nothing is passed over.
    """

    looks_per_s: float = 0.5
    longest_gop_s: float = 4.0
    detail_frames_per_s: float = 5.0
    budget_share: float = 0.15
    near_m: float = 1.5
    door_m: float = 1.5
    walking_m_s: float = 1.4
    still_m: float = 0.5
    crowd_people: int = 4
    rummage_margin_s: float = 5.0
    gate_grey: float = 8.0
    gate_deviations: float = 5.0
    gate_cells: int = 2
    gate_looks: int = 20

    def __post_init__(self) -> None:
        """Refuses values that have no meaning.

        Raises:
            ValueError: Names the setting, its value and what was expected.
        """
        for name in ("looks_per_s", "longest_gop_s", "detail_frames_per_s", "walking_m_s"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected more than 0")
        least_0 = ("budget_share", "near_m", "door_m", "still_m", "rummage_margin_s", "gate_grey")
        for name in (*least_0, "gate_deviations"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected 0 or more")
        for name in ("crowd_people", "gate_cells", "gate_looks"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; expected at least 1")
