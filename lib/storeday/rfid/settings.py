"""Settings of the rummage score and of the events made from it.

Where a default was measured, "stationary" means the stationary tags of five ItemTest runs (four
antennas, about 170 tags at once, tests/real/test_rfid_logs.py).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class RfidSettings:
    """Windows, parts of the score, limits.

    Attributes:
        window_lengths_s: Lengths a window may have. 8 s is the source article's; the others keep a
            verdict possible where 170 tags leave each 0.2 to 0.5 reads a second.
        min_reads: Reads that an antenna needs in a window for a score. Three values or fewer have
            no spread to speak of.
        target_reads: Reads that a tag's mean rate on its busiest antenna must give in a window;
            with 6, and arrivals at random, 85 % of windows reach `min_reads`.
        grid_hz: Rate at which signal strength is interpolated for spectra. 10 and 50 Hz came out
            alike on real logs.
        spectrum_hz: Highest frequency of a spectrum; a hand moves things more slowly.
        histogram_bin_db: Width of a histogram bin; readers report in steps of 0.5 or 1 dB.
        histogram_pseudo_count: Added to each bin that either of two windows has reads in
            (Laplace). Far below one: with 4 to 10 reads a whole count drowns them. Of 0.1, 0.5
            and 1 the first told best on both real logs.
        reference_reads: Other quiet reads of a tag, antenna and channel that a phase reference
            needs.
        min_population: Windows from which a population's centre and scale are taken: with 100 the
            standard error of a median is an eighth of the scale. A smaller population falls back
            on all antennas, then on stationary tags.
        spread_floor_db: Least scale of the RSSI spread: one step of the finest readers.
        histogram_floor_bits: Least scale of the histogram's change: that of one read in ten which
            changes its bin.
        phase_floor_rad: Least scale of the phase spread: within one channel a static tag's phase
            has a circular deviation of 0.135 rad.
        handled_score: A tag's window is handled above this. With centre and scale from the
            stationary tags of the other runs, 1.5 % of stationary windows and 53 % of those of a
            crate that is carried to and fro lie above; with 5, 0.5 % and 31 %.
        js_flag_deviations: `js_flag` is set above the median plus so many scaled median absolute
            deviations of the logarithm of `js_divergence`: 2 % of stationary windows and 6 % of the
            crate's, and half of the windows in which a person with a tag walks.
        js_floor: Added to `js_divergence` before its logarithm: the divergence that 0.3 dB of noise
            makes, so that a log without noise does not flag every step.
        js_floor_log: Least scale of that logarithm: half of what stationary tags have.
        peak_noise_db: Change between two reads that counts for nothing in the time of the peak:
            the measured noise of a tag at rest.
    """

    window_lengths_s: tuple[float, ...] = (8.0, 30.0, 60.0)
    min_reads: int = 4
    target_reads: float = 6.0
    grid_hz: float = 10.0
    spectrum_hz: float = 4.0
    histogram_bin_db: float = 2.0
    histogram_pseudo_count: float = 0.1
    reference_reads: int = 2
    min_population: int = 100
    spread_floor_db: float = 0.5
    histogram_floor_bits: float = 0.05
    phase_floor_rad: float = 0.135
    handled_score: float = 4.0
    js_flag_deviations: float = 3.0
    js_floor: float = 1e-5
    js_floor_log: float = 0.4
    peak_noise_db: float = 1.0

    def __post_init__(self) -> None:
        if not self.window_lengths_s or min(self.window_lengths_s) <= 0:
            raise ValueError(f"window_lengths_s is {self.window_lengths_s}; expected lengths > 0")
        if self.min_reads < 2:
            raise ValueError(f"min_reads is {self.min_reads}; a spread needs at least 2")
        for name in ("target_reads", "grid_hz", "spectrum_hz", "histogram_bin_db", "js_floor"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected more than 0")
        if self.spectrum_hz > self.grid_hz / 2:
            raise ValueError(
                f"spectrum_hz is {self.spectrum_hz}; a grid of {self.grid_hz} Hz reaches "
                f"{self.grid_hz / 2} Hz"
            )
