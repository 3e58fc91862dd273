"""Settings of association.

Two methods: `trace` weighs the whole traces of everybody there and learns what it can from the day;
`article` is the source article's weight, kept so that the gain is always visible.

The source article ("customers' actions and product movements", Alibaba, 2018) gives two facts that
the defaults rest on: the image event and the RFID event of one action lie 5 to 15 s apart, and an
edge's weight is closeness in time x potentiality of the action. Its formula is printed as a
picture, and no constant is given; where a default's reason says *assumed*, nobody has measured it
on a store.
"""

from dataclasses import dataclass

METHODS = ("trace", "article")
CLOCK_PRIORS = ("last", "none")
CALIBRATIONS = ("simulated", "store_labels", "none")


@dataclass(frozen=True)
class AssociationSettings:
    """How rummage events find the customers who caused them.

    Attributes:
        method: `trace` or `article`. Days without a handling trace are matched by `article`.
        trace_gate_s: `trace`: largest time between a rummage and a handling that may belong
            together, clocks corrected: four times the 5 s of a widely jittering RFID moment
            (study's second set of errors).
        reach_m: `trace`: how far from its zone an antenna's goods may be handled: an arm's length,
            and one standard error of a place on the floor (0.35 m, study).
        time_constant_s: `article`: time after which closeness has fallen to 1 / e. Assumed: the
            middle of the article's 5 to 15 s, towards its lower end.
        gate_s: `article`: largest time between a rummage and an action that may belong together.
            The article's largest error of 15 s, and 5 s for the blur of both moments (frames some
            seconds around an action count as the action, and an RFID window is seconds long).
        nobody_weight: `article`: weight of "nobody in view did it", on the scale of edges'
            weights. Assumed: a customer whose action is as likely as not (0.5), at the article's
            largest error (15 s), is as likely as nobody: 0.5 exp(-15 / 8) = 0.077. It decides what
            is published and how probabilities are spread, never which customer the solver chooses.
        min_probability: Candidates less likely than this are not listed, unless they are the
            solver's choice. Assumed; it keeps the table to a few rows per rummage.
        clock_spread_s: Clocks that nobody has measured are taken to lie evenly within so many
            seconds of the reference, on either side: the article's largest error.
        clock_reach_s: Largest difference of two clocks that is looked for. 15 s either way of a
            reference (article), for two devices, and the blur of moments.
        drift_sd_ppm: Standard deviation of clocks' drift, before the day speaks. Quartz clocks are
            within 20 ppm; twice that leaves room for warm housings.
        clock_prior: What is taken as known of the clocks: `last`, the offsets of the store's last
            published day before; `none`, only what is assumed.
        clock_wander_ppm: What an earlier day's offset and drift leave open grows by so much. A
            plain quartz is within 20 ppm; its drift of a single day is hardly known better.
        episode_gap_s: Rummages of one tag by one customer, with nobody between, are one episode if
            they are no further apart: long enough for a turn through the shop with the item in
            hand, as half of the visits are shorter (study: 4 stops of 49 s).
        calibrated_on: What the probabilities of `trace` were checked on: simulated (the default: by
            `match_ece` on simulated days), store_labels or none. Those of `article` never were.
    """

    method: str = "trace"
    trace_gate_s: float = 20.0
    reach_m: float = 1.15
    time_constant_s: float = 8.0
    gate_s: float = 20.0
    nobody_weight: float = 0.077
    min_probability: float = 0.001
    clock_spread_s: float = 15.0
    clock_reach_s: float = 35.0
    drift_sd_ppm: float = 40.0
    clock_prior: str = "last"
    clock_wander_ppm: float = 20.0
    episode_gap_s: float = 300.0
    calibrated_on: str = "simulated"

    def __post_init__(self) -> None:
        """Refuses values that have no meaning.

        Raises:
            ValueError: Names the setting, its value and what was expected.
        """
        for name, values in (
            ("method", METHODS),
            ("clock_prior", CLOCK_PRIORS),
            ("calibrated_on", CALIBRATIONS),
        ):
            if getattr(self, name) not in values:
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}; expected one of {', '.join(values)}"
                )
        for name in (
            "trace_gate_s",
            "time_constant_s",
            "gate_s",
            "nobody_weight",
            "clock_reach_s",
            "drift_sd_ppm",
        ):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected a positive number")
        if not 0 <= self.min_probability < 1:
            raise ValueError(
                f"min_probability is {self.min_probability}; expected at least 0 and less than 1"
            )
        for name in ("reach_m", "clock_spread_s", "clock_wander_ppm", "episode_gap_s"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected 0 or more")
