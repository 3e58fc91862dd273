"""Settings of identity.

Where a default's reason says *measured*, it is this small measurement: OSNet x0.25 (trained on
MSMT17) on boxes of a COCO detector in five public clips of `intel-iot-devkit/sample-videos`, 15
tracklets, 22 pairs of different people, 2 to 6 frames a second. *Assumed* means that nobody has
measured it; such values shift how many joins are made, so compare them with labels where you can.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class IdentitySettings:
    """How tracklets become customers, and customers visits.

    Attributes:
        appearance: `on` or `off`; off, looks are not used at all, for places where the law forbids
            it. What that costs: `make -s bench NAME=identity_ablation`.
        max_gap_s: Longest absence over which two tracklets of a camera are joined. Assumed: a walk
            round the next aisles; for longer ones appearance alone is too weak (about 60 % rank-1
            in a store the model has never seen).
        break_share: Share of tracklets that end though the person stays in view (occlusion, lost
            box). Assumed, after the quarter of broken stays in our simulation.
        break_gap_s: Mean length of such a break. Assumed.
        return_share: Share of tracklets after which the person leaves the view and comes back.
            Assumed. Such joins need appearance: time alone says nothing about them (IDF1 0.33 in
            our simulation of eight cameras).
        return_gap_s: Mean time until then. Assumed.
        rate_window_s: Window around a tracklet's start in which starts are counted, to tell how
            busy the camera is; long enough for some starts, shorter than the day's rush hours.
        max_speed_m_s: Joins that need a faster walk are impossible. Walking is 1.34 m/s with a
            standard deviation of 0.26 (Weidmann, Transporttechnik der Fussgaenger, ETH 1993): 2 is
            2.5 of them above.
        wander_m_s: Standard deviation of the displacement along one axis, per second of absence.
            Assumed: a shopper's half-speed walk in an unknown direction.
        place_error_m: Standard error of a place along one axis where the detection does not say.
            0.35 m is the value of our matching simulation.
        end_window_s: A tracklet's first and last place are means over so many seconds; short
            against a step, long enough for several frames at 5 a second.
        min_floor_area_m2: Least area over which starting people are taken to spread, against
            chance when there are few.
        cosine_same: Mean cosine of two views of one person. Measured: 0.89, first against last
            third of each tracklet.
        cosine_different: Mean cosine of two people of one scene. Measured: 0.77.
        cosine_sd: Standard deviation around both. Measured: 0.08 and 0.06.
        min_cosine_pairs: Pairs of each kind from which the day's own distributions are used instead
            of the three values above; the median of 30 is known to a quarter of the spread.
        certain_probability: Probability by time and place alone from which two tracklets are taken
            to be one person, to learn how alike one person's tracklets look. One in ten may be
            wrong: the median bears that.
        cosine_sd_floor: Least standard deviation learnt, against overconfidence on a quiet day.
        max_cosine_llr: Bound on what appearance may say, as a log-likelihood ratio. Measured: one
            of 22 pairs of different people looks like one person (two men in black, cosine 0.94),
            and log 22 = 3.1.
        max_day_cosine_llr: The same bound where the floor taught what centred looks say.
        min_link_weight: Least log-odds at which a join is made: log 1.5. A wrong join mixes two
            customers' behaviour for good, a missed one splits one customer in two, and visitors
            are counted at the door. On three made-up days of 300 people 1.3 % of joins were wrong
            at 0 and 0.4 % at log 1.5, for 5 points of recall (DECISIONS.md).
        smooth_positions: Whether a second's place is averaged with those of its two neighbours
            where both are there; unbiased on a straight walk, and 1 / sqrt(3) of the noise.
        look_gap_s: Longest time between two points of a tracklet, one of them seen in a look at key
            frames, over which the seconds between are filled in: a group of pictures of 4 s, which
            is the longest that is looked over by key frames alone, or one look missed at 2 s.
        visit_gap_s: A customer who is away for longer has ended one visit and begins another.
            Palexy's rule of 3 h; joins over `max_gap_s` at most keep it from mattering by default.
        min_visit_s: Shorter stays are no visits: an arm in the picture, a face at the door.
            AuraVision counts who is inside for 2 s.
        entrance_reach_m: Who is first or last seen so close to an entrance zone has come or gone by
            it. Assumed: one second's walk.
        footage_edge_s: Who is seen so shortly after footage begins or before it ends may have been
            there before or stayed on. Assumed: two frames at the lowest sampling rate of one a
            second.
        door_reach_m: Who is first or last seen no further from an entrance zone has crossed it: a
            second's walk, since companions hide each other just there. With 1 m and `inside_m` of
            2.5 m, 90 % of 255 simulated people were counted in and 93 % out, with these and turns
            in the door 93 % and 97 %; of 488 counted crossings, two were none.
        inside_m: Who has been so far from it was in the store: two steps.
        absent_s: Who is not seen for longer has to cross the door anew to be counted.
        overlap_reach_m: Tracklets of two cameras that never come so close are two people: three
            standard errors of a bad calibration.
        overlap_sd_m: Standard deviation of the distance, along one axis, between two cameras' word
            on one person, where the day has too few such people to learn it from. 0.35 m a camera
            are the matching study's.
        overlap_seconds: Evidence of one pair counts for no more seconds than this; a standing
            person's errors stay the same.
        min_shared_s: Seconds together from which a pair may teach the spread.
        other_area_m2: Area over which another person's place is taken to be even, seen from one
            person: they cluster at racks. Assumed: a rack with its aisle.
        far_log_ratio: What one second far apart says against being one person. Bounded, since
            tracklets mix people now and then.
        overlap_least: Evidence from which tracklets seen at once are joined. On three simulated
            Saturdays (seeds 11, 13, 14 of the benchmarks' store) 2, 4 and 6 gave an IDF1 across
            cameras of .854, .861 and .857.
        overlap_least_blind: The same where looks say nothing: .30 with 2, .28 with 4.
        handover_s: How far two cameras' sightings of one person may overlap in time and still count
            as one after the other: a frame and what is left of the clocks' error.
        hiding_m: Who vanishes and comes back at the same place does so within this standard
            deviation along one axis: a cabin and the curtain before it.
        left_inside: Chance assumed, before the day is looked at, that who vanishes away from every
            entrance is not seen again.
        min_day_tracklets: From so many tracklets on, the day teaches its own model of how people go
            from place to place; below, each camera's tracklets are joined under the settings above.
            The model needs no entrance and no second camera: four simulated cameras without an
            entrance had an IDF1 of .90 with it and .18 without, single ones .43 and .37.
        chain_least: Least log-odds of a link from span to span in the day's own model. On a
            simulated hour of 75 people (rank-1 of looks .77) joins from 1 on gave chains of which
            .78 of the boxes were one person's and an IDF1 of .60 after merging, from 2 on .87 and
            .69, from 4 on .92 and .73; without any links it was .64.
        chain_least_blind: The same where looks say nothing, and nothing but chains can join.
        merge_least: Least evidence for joining two chains.
        merge_place_bound: Bound on what places say for or against joining two chains. Chains mix
            people now and then, so that one person's are seen apart, too; with 2, 1 and 0.5 the
            same days gave .857, .861 and .858, and in the first pass alone 4 gave .785 and 1 .814.
        merge_place_bound_blind: The same where looks say nothing.
        overlap_share: Two chains may overlap in one camera for up to this share of the shorter's
            time: trackers mix people now and then, and one mixed tracklet must not part a person.
            .15, .3 and .5 gave .837, .848 and .854 (with the other two at 1 and 2).
        span_gap_s: Footage files of one camera that lie no further apart are one stretch.
    """

    appearance: str = "on"
    max_gap_s: float = 600.0
    break_share: float = 0.3
    break_gap_s: float = 4.0
    return_share: float = 0.2
    return_gap_s: float = 120.0
    rate_window_s: float = 1200.0
    max_speed_m_s: float = 2.0
    wander_m_s: float = 0.5
    place_error_m: float = 0.35
    end_window_s: float = 1.0
    min_floor_area_m2: float = 10.0
    cosine_same: float = 0.89
    cosine_different: float = 0.77
    cosine_sd: float = 0.07
    min_cosine_pairs: int = 30
    certain_probability: float = 0.9
    cosine_sd_floor: float = 0.03
    max_cosine_llr: float = 3.0
    max_day_cosine_llr: float = 5.0
    min_link_weight: float = 0.405
    smooth_positions: bool = True
    look_gap_s: float = 4.5
    visit_gap_s: float = 10800.0
    min_visit_s: float = 2.0
    entrance_reach_m: float = 1.5
    footage_edge_s: float = 2.0
    door_reach_m: float = 1.5
    inside_m: float = 2.0
    absent_s: float = 20.0
    overlap_reach_m: float = 2.0
    overlap_sd_m: float = 0.5
    overlap_seconds: float = 8.0
    min_shared_s: int = 3
    other_area_m2: float = 12.0
    far_log_ratio: float = 4.0
    overlap_least: float = 4.0
    overlap_least_blind: float = 2.0
    handover_s: float = 1.0
    hiding_m: float = 1.0
    left_inside: float = 0.1
    min_day_tracklets: int = 60
    chain_least: float = 5.0
    chain_least_blind: float = 2.0
    merge_least: float = 1.0
    merge_place_bound: float = 1.0
    merge_place_bound_blind: float = 4.0
    overlap_share: float = 0.5
    span_gap_s: float = 2.0

    def without_looks(self) -> "IdentitySettings":
        """The settings of a day whose looks say nothing."""
        return replace(
            self,
            chain_least=self.chain_least_blind,
            merge_place_bound=self.merge_place_bound_blind,
            overlap_least=self.overlap_least_blind,
        )

    def __post_init__(self) -> None:
        """Refuses values that have no meaning.

        Raises:
            ValueError: Names the setting, its value and what was expected.
        """
        for name in (
            "max_gap_s",
            "break_gap_s",
            "return_gap_s",
            "rate_window_s",
            "max_speed_m_s",
            "wander_m_s",
            "place_error_m",
            "min_floor_area_m2",
            "cosine_sd",
            "cosine_sd_floor",
        ):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected a positive number")
        if self.appearance not in ("on", "off"):
            raise ValueError(f"appearance is {self.appearance!r}; expected on or off")
        shares = self.break_share, self.return_share
        if min(shares) <= 0 or sum(shares) >= 1:
            raise ValueError(
                f"break_share and return_share are {shares}; expected both positive, their sum < 1"
            )
