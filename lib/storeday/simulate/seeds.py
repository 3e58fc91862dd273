"""One seed for each purpose, so that one purpose's draws do not move another's."""

import numpy as np

PURPOSES = ("products", "arrivals", "people", "looks", "clocks", "sway", "files", "detectors")


def seed_for(seed: int, purpose: str) -> int:
    """The seed of one purpose of a day's seed.

    Raises:
        ValueError: There is no such purpose.

    Example:
        >>> seed_for(1, "people") == seed_for(1, "people") != seed_for(1, "clocks")
        True
    """
    if purpose not in PURPOSES:
        raise ValueError(f"no purpose {purpose!r}; there are {', '.join(PURPOSES)}")
    state = np.random.SeedSequence([seed, PURPOSES.index(purpose)]).generate_state(2, np.uint32)
    return int(state[0]) << 32 | int(state[1])
