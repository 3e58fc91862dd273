"""The clocks of cameras, readers and tills: how far each is off, and how fast it runs away.

The source article has camera and reader clocks 5 to 15 s apart; the association study gives readers
that error and cameras one second.
"""

import numpy as np

from storeday.manifest import StoreLayout
from storeday.simulate.scenario import Scenario
from storeday.simulate.world import Clock


def make_clocks(
    scenario: Scenario, layout: StoreLayout, rng: np.random.Generator
) -> dict[str, Clock]:
    """Draws the clock of every device.

    Returns:
        Clocks by device id, in the manifest's order.
    """
    knobs = scenario.clocks
    clocks = {}
    for camera in layout.cameras:
        clocks[camera.id] = _clock(rng.normal(0, knobs.camera_offset_s), knobs.drift_ppm, rng)
    low, high = sorted((knobs.reader_offset_low_s, knobs.reader_offset_high_s))
    for reader in layout.readers:
        offset = rng.choice([-1.0, 1.0]) * rng.uniform(low, high)
        clocks[reader.id] = _clock(offset, knobs.drift_ppm, rng)
    for till in layout.checkouts:
        offset = rng.normal(0, knobs.till_offset_s)
        clocks[till.register_id] = _clock(offset, knobs.drift_ppm, rng)
    return clocks


def _clock(offset_s: float, drift_ppm: float, rng: np.random.Generator) -> Clock:
    return Clock(float(offset_s), float(rng.normal(0, drift_ppm)))
