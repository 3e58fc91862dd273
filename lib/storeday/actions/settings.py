"""Settings of actions.

*Assumed* means that nobody has measured it; such values are there to be compared with labels.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class ActionSettings:
    """When a person may be handling goods.

    Attributes:
        reach_m: Arm's length: a display further away cannot be reached. Arms are 0.7 to 0.8 m long,
            and a person leans.
        place_error_m: Standard error of a place along one axis, where the trace does not say. 0.35
            m is the value of our matching simulation.
        max_error_sd: Standard errors by which a measured distance may exceed `reach_m`. One:
            further out, the display is more likely than not out of reach by a good part of an arm.
        still_half_window_s: Speed at a second is measured between the mean place of so many seconds
            before it and as many after it, itself in both. 2 s: a step to the next shelf takes one.
        still_speed_m_s: Slower is standing still, before the error of the speed is allowed for.
            Assumed: a quarter of the usual 1.34 m/s (Weidmann, ETH 1993).
        bridge_s: Interruptions up to this length, seconds without a place included, do not end a
            stretch.
        min_still_s: Shorter stretches are not events. Assumed: to reach, take and look takes
            three seconds.
        handle_every_s: Mean time until somebody who stands within reach handles something. Assumed;
            it spreads the probabilities without changing their order.
        min_logit: Where there is a handling model: seconds with at least this log-odds belong to a
            stretch. 0 is the model's own even odds.
    """

    reach_m: float = 0.8
    place_error_m: float = 0.35
    max_error_sd: float = 1.0
    still_half_window_s: int = 2
    still_speed_m_s: float = 0.33
    bridge_s: int = 2
    min_still_s: int = 3
    handle_every_s: float = 30.0
    min_logit: float = 0.0

    def __post_init__(self) -> None:
        """Refuses values that have no meaning.

        Raises:
            ValueError: Names the setting, its value and what was expected.
        """
        for name in (
            "reach_m",
            "place_error_m",
            "still_half_window_s",
            "still_speed_m_s",
            "min_still_s",
            "handle_every_s",
        ):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected a positive number")
