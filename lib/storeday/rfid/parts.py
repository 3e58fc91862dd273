"""The parts of the rummage score, per tag, antenna and window.

spread           standard deviation of signal strength within the antenna, dB
histogram        Jensen-Shannon divergence of RSSI histograms from the windows before and after
histogram_quiet  the same from the series' other quiet windows
spectrum         divergence of RSSI power spectra, DC kept, from the window before
spectrum_quiet   the same from the series' other quiet windows
level            deviation of signal strength from the reads nearby before and after, dB, where it
                 fits better
level_change     the same where it fits worse
phase_spread     circular deviation of the phase turn, rad
phase            change of the phase turn against the reads before and after, 0 to 2, where it
                 fits better
phase_change     the same where it fits worse

A divergence between neighbours sees the *change*: taking and putting back. Spread sees the *state*.
Level and phase change see both, and that a tag hangs elsewhere from then on. Of spectra the score
takes none by default: their divergence follows the spread closely.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from storeday.rfid.histograms import histogram_divergences
from storeday.rfid.phase import Turns, phase_parts
from storeday.rfid.quiet import quiet_windows, sides
from storeday.rfid.settings import RfidSettings
from storeday.rfid.spectra import spectral_divergences
from storeday.rfid.tag_reads import Floats, TagReads
from storeday.rfid.windows import Windows

PARTS = (
    "spread",
    "histogram",
    "histogram_quiet",
    "spectrum",
    "spectrum_quiet",
    "level",
    "level_change",
    "phase_spread",
    "phase",
    "phase_change",
)
# Of these a still tag's values are taken as logarithms, which makes them nearly symmetric.
LOGARITHMS = {
    "spread": 0.3,
    "level": 0.3,
    "level_change": 0.3,
    "spectrum": 1e-5,
    "spectrum_quiet": 1e-5,
}
# Of these as roots, for the same reason.
ROOTS = frozenset({"phase", "phase_change", "histogram", "histogram_quiet"})


@dataclass(frozen=True)
class WindowParts:
    """Windows and what was measured in them; one entry per window.

    Attributes:
        windows: The windows.
        values: Parts by name, as measured; NaN where a window has none.
        weights: Values that each part rests on: reads, or reads less one for spreads.
        js_before: Divergence of the histogram from the window before alone.
        rssi_mean_dbm: Mean signal strength.
        reads: Reads, merged reports counted as often as they say.
        turns: Unit vector of each read's phase turn, shape (reads,); see `phase`.
    """

    windows: Windows
    values: Mapping[str, Floats]
    weights: Mapping[str, Floats]
    js_before: Floats
    rssi_mean_dbm: Floats
    reads: Floats
    turns: Turns

    def scaled(self, name: str) -> Floats:
        """A part on the scale on which still tags are nearly symmetric."""
        return on_scale(name, self.values[name])


def on_scale(name: str, values: Floats) -> Floats:
    """Values of a part on the scale on which still tags are nearly symmetric."""
    if name in LOGARITHMS:
        return np.asarray(np.log(values + LOGARITHMS[name]))
    return np.sqrt(np.maximum(values, 0.0)) if name in ROOTS else values


def measure_parts(reads: TagReads, windows: Windows, settings: RfidSettings) -> WindowParts:
    """Measures all parts.

    Args:
        reads: Sorted reads of one reader.
        windows: Their windows.
        settings: Settings.
    """
    rows = np.maximum(windows.rows, 1)
    mean = windows.totals(reads.rssi_dbm) / rows
    squares = np.maximum(windows.totals(np.square(reads.rssi_dbm)) - rows * mean**2, 0.0)
    quiet = quiet_windows(windows, squares)
    freedom = windows.rows - 1.0
    spread = np.asarray(np.sqrt(squares / np.maximum(freedom, 1)), np.float64)
    spread[freedom < 1] = np.nan
    histogram = histogram_divergences(reads, windows, quiet, settings)
    spectrum = spectral_divergences(reads, windows, quiet, settings)
    phase = phase_parts(reads, windows, settings)
    level = _level(reads, windows, (mean, squares / rows), settings)
    each = windows.rows.astype(np.float64)
    pair = _pair_weight(windows)
    values: dict[str, Floats] = {
        "spread": spread,
        "histogram": _around(windows, histogram.before),
        "histogram_quiet": histogram.quiet,
        "spectrum": spectrum.before,
        "spectrum_quiet": spectrum.quiet,
        "level": level[0],
        "level_change": level[1],
        "phase_spread": phase.spread_rad,
        "phase": phase.away,
        "phase_change": phase.change,
    }
    weights = {
        "spread": freedom,
        "histogram": pair,
        "histogram_quiet": each,
        "spectrum": pair,
        "spectrum_quiet": each,
        "level": each,
        "level_change": each,
        "phase_spread": phase.reads - 1.0,
        "phase": phase.reads.astype(np.float64),
        "phase_change": phase.reads.astype(np.float64),
    }
    reported = windows.totals(reads.count)
    floats = {name: np.asarray(each, np.float64) for name, each in weights.items()}
    return WindowParts(windows, values, floats, histogram.before, mean, reported, phase.turns)


def _level(
    reads: TagReads, windows: Windows, moments: tuple[Floats, Floats], settings: RfidSettings
) -> tuple[Floats, Floats]:
    """Root mean square deviation from the mean of the reads nearby: smaller and larger side."""
    mean, variance = moments
    near = sides(windows, windows.rows, settings.local_reads)
    found = []
    sums = near.sums(reads.rssi_dbm)
    for total, count in zip(sums, near.counts, strict=True):
        known = count >= settings.reference_reads
        away = variance + (mean - total / np.maximum(count, 1)) ** 2
        found.append(np.where(known, np.sqrt(away), np.nan))
    return np.fmin(*found), np.fmax(*found)


def _around(windows: Windows, before: Floats) -> Floats:
    """Mean divergence from the windows before and after; NaN without either."""
    after = np.full(len(before), np.nan)
    # A divergence from the window before belongs to that window too.
    rows = np.flatnonzero(~np.isnan(before))
    after[rows - 1] = before[rows]
    known = (~np.isnan(before)).astype(np.int64) + ~np.isnan(after)
    total = np.nan_to_num(before) + np.nan_to_num(after)
    return np.where(known > 0, total / np.maximum(known, 1), np.nan)


def _pair_weight(windows: Windows) -> Floats:
    """Reads of the smaller of a window and the larger of its neighbours in the series."""
    rows = windows.rows.astype(np.float64)
    other = np.zeros(len(rows))
    follows = np.flatnonzero(windows.follows(np.ones(len(rows), bool)))
    other[follows] = rows[follows - 1]
    other[follows - 1] = np.maximum(other[follows - 1], rows[follows])
    return np.minimum(rows, other)
