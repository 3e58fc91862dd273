"""Settings of association.

The source article ("customers' actions and product movements", Alibaba, 2018) gives two facts that
the defaults rest on: the image event and the RFID event of one action lie 5 to 15 s apart, and an
edge's weight is closeness in time x potentiality of the action. Its formula is printed as a
picture, and no constant is given; where a default's reason says *assumed*, nobody has measured it
on a store.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class AssociationSettings:
    """How rummage events find the customers who caused them.

    Attributes:
        time_constant_s: Time after which closeness has fallen to 1 / e. Assumed: the middle of the
            article's 5 to 15 s, towards its lower end.
        gate_s: Largest time between a rummage and an action that may belong together. The article's
            largest error of 15 s, and 5 s for the blur of both moments (frames some seconds around
            an action count as the action, and an RFID window is seconds long).
        nobody_weight: Weight of "nobody in view did it", on the scale of edges' weights. Assumed: a
            customer whose action is as likely as not (0.5), at the article's largest error (15 s),
            is as likely as nobody: 0.5 exp(-15 / 8) = 0.077. It decides what is published and how
            probabilities are spread, never which customer the solver chooses.
        min_probability: Candidates less likely than this are not listed, unless they are the
            solver's choice. Assumed; it keeps the table to a few rows per rummage.
        clock_spread_s: Clocks that nobody has measured are taken to lie evenly within so many
            seconds of the reference, on either side: the article's largest error.
    """

    time_constant_s: float = 8.0
    gate_s: float = 20.0
    nobody_weight: float = 0.077
    min_probability: float = 0.001
    clock_spread_s: float = 15.0

    def __post_init__(self) -> None:
        """Refuses values that have no meaning.

        Raises:
            ValueError: Names the setting, its value and what was expected.
        """
        for name in ("time_constant_s", "gate_s", "nobody_weight"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected a positive number")
        if not 0 <= self.min_probability < 1:
            raise ValueError(
                f"min_probability is {self.min_probability}; expected at least 0 and less than 1"
            )
        if not self.clock_spread_s >= 0:
            raise ValueError(f"clock_spread_s is {self.clock_spread_s}; expected 0 or more")
