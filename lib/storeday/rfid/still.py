"""What the parts of the score look like on tags that nobody moves.

Centre and scale of each part are the median and 1.4826 times the median absolute deviation (equal
to the standard deviation for a normal distribution; Rousseeuw and Croux, JASA 88, 1993), by window
length and antenna, over all windows of a reader's day: of the tags in a shop most stand still most
of the time. Where that is not so, as in a log of a portal, give the scales of hours that are known
to be quiet.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from storeday.rfid.settings import RfidSettings
from storeday.rfid.tag_reads import Floats

MAD_TO_DEVIATION = 1.4826
# Centre and scale on stationary tags, for logs too small to tell: of five ItemTest runs, the phase
# of the sitting and lying people of UCI data set 427 (tests/real/test_rfid_logs.py).
STATIONARY = {
    "spread_db": (0.88, 0.51),
    "change_bits": (0.12, 0.13),
    "phase_rad": (0.14, 0.14),
    "log_js": (-10.4, 0.84),
}
# Parts whose value on a still tag does not depend on the window's length: the median spread of
# stationary tags is 0.92 dB in 30 s and 0.89 dB in 60 s. Long windows are those of tags that are
# read seldom, often because they are moved or covered; among themselves they would look normal.
OF_ANY_LENGTH = frozenset({"spread_db"})
ANY_LENGTH_S = 0.0
# More than any antenna port (16 bits).
PORTS = 65_536

Population = tuple[float, int | None]


@dataclass(frozen=True)
class StillScales:
    """Centre and scale of each part on still tags.

    Attributes:
        scales: By part, then by window length in s and antenna (None for all antennas): centre and
            scale, scales not yet floored. Only populations that are large enough.
    """

    scales: Mapping[str, Mapping[Population, tuple[float, float]]]

    def of(self, part: str, length_s: float, antenna: int) -> tuple[float, float]:
        """Centre and scale of a part: of the antenna, else of all, else of stationary tags."""
        known = self.scales.get(part, {})
        if part in OF_ANY_LENGTH:
            length_s = ANY_LENGTH_S
        pooled = known.get((length_s, None), STATIONARY[part])
        return known.get((length_s, antenna), pooled)


def measure_still(
    parts: Mapping[str, Floats], length_s: Floats, antenna: Floats, settings: RfidSettings
) -> StillScales:
    """Takes centre and scale of each part from windows of which most are still.

    Args:
        parts: Values by part, NaN where a window has none.
        length_s: Length of each window.
        antenna: Antenna of each window.
        settings: Windows that a population needs.
    """
    scales: dict[str, dict[Population, tuple[float, float]]] = {}
    for part, values in parts.items():
        found = scales.setdefault(part, {})
        known = ~np.isnan(values)
        lengths = np.full_like(length_s, ANY_LENGTH_S) if part in OF_ANY_LENGTH else length_s
        for length in np.unique(lengths[known]):
            pooled = known & (lengths == length)
            _add(found, (float(length), None), values[pooled], settings)
            for port in np.unique(antenna[pooled]):
                chosen = values[pooled & (antenna == port)]
                _add(found, (float(length), int(port)), chosen, settings)
    return StillScales(scales)


def deviations(
    part: str, values: Floats, population: tuple[Floats, Floats], still: StillScales, floor: float
) -> Floats:
    """Robust z-scores of a part: (value - centre) / scale, the scale at least `floor`.

    Args:
        part: Name of the part.
        values: Its values, NaN where a window has none.
        population: Length in s and antenna of each window.
        still: Scales of still tags.
        floor: Least scale.
    """
    length_s, antenna = population
    code = np.rint(length_s * 1e6).astype(np.int64) * PORTS + antenna.astype(np.int64)
    kinds, place = np.unique(code, return_inverse=True)
    pairs = [still.of(part, kind // PORTS / 1e6, kind % PORTS) for kind in kinds.tolist()]
    centre, scale = np.asarray(pairs, np.float64).reshape(-1, 2).T
    return np.asarray((values - centre[place]) / np.maximum(scale, floor)[place])


def _add(
    found: dict[Population, tuple[float, float]],
    population: Population,
    values: Floats,
    settings: RfidSettings,
) -> None:
    if len(values) < settings.min_population:
        return
    centre = float(np.median(values))
    scale = MAD_TO_DEVIATION * float(np.median(np.abs(values - centre)))
    found[population] = (centre, scale)
