"""Settings of the rummage score and of the events made from it.

Where a default was measured, "stationary" means the stationary tags of five ItemTest runs (four
antennas, about 170 tags at once, tests/real/test_rfid_logs.py), "tuning days" the days of the seeds
`tuning` of tests/benchmarks/scenarios/rfid_small_store.yaml, which are simulated. Figures are
measured on other runs, trials and seeds than those that a constant was chosen on.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class RfidSettings:
    """Windows, parts of the score, limits.

    Attributes:
        window_lengths_s: Lengths a window may have. 8 s is the source article's; the others keep a
            verdict possible where 170 tags leave each 0.2 to 0.5 reads a second.
        min_reads: Reads on all antennas that a tag needs in a window for a verdict. Three values or
            fewer have no spread to speak of.
        filled_share: A tag's windows are as short as leaves this share of them with `min_reads`
            reads. Handlings last 2 to 12 s: a longer window drowns them.
        spectrum_points: Grid points of a window's spectrum. 10 and 50 Hz grids came out alike on
            real logs, and reads of a tag in a shop are rarer than either.
        histogram_bin_db: Width of a histogram bin; readers report in steps of 0.5 or 1 dB.
        histogram_pseudo_count: Added to each bin that either of two windows has reads in
            (Laplace). Far below one: with 4 to 10 reads a whole count drowns them. Of 0.1, 0.5
            and 1 the first told best on both real logs.
        reference_reads: Other quiet reads of a tag, antenna and channel that a phase reference
            needs.
        local_reads: Quiet reads of a tag and antenna, on each side of a window, that it is compared
            with: enough for a mean, few enough to be near. 3 to 10 came out alike on the tuning
            days.
        phase_block_s: A tag at rest is taken to hang in one place for so long when the phases of
            its channels are put on one scale.
        min_population: Windows from which a population's centre and scale are taken: with 100 the
            standard error of a median is an eighth of the scale.
        most_deviations: A part counts for so many scales at most, so that no single part makes an
            event: a body that stands in the ray takes 12 dB at once and leaves phase alone. Of 3,
            6, 8, 12 and 20 the fourth found most on the tuning days.
        common_weight: Share of what the other tags of an antenna do in the same window that is
            taken from a tag's score; 0 leaves passers-by in.
        common_tags: Weight, in tags, of "nobody passes" in that mean; keeps an antenna of a few
            tags from explaining each by the others.
        js_flag_deviations: `js_flag` is set above the median plus so many scaled median absolute
            deviations of the logarithm of `js_divergence`.
        js_floor: Added to `js_divergence` before its logarithm: the divergence that 0.3 dB of noise
            makes, so that a log without noise does not flag every step.
        peak_noise_db: Deviation of a read that counts for nothing in the moment of a handling: the
            measured noise of a tag at rest.
        peak_scale_db: Deviation on top of the noise that counts as much as a phase anywhere.
        false_alarms_per_tag_hour: False events that are accepted per tag and hour. At 0.2 a shift's
            hour of half a dozen sentinel tags holds a false event, so that it can be measured.
        open_factor: An event that has begun lasts while the score would give no more than so many
            times the accepted false alarms.
        closed_margin_s: Time before opening and after closing that counts as open: staff are in.
        least_null_tag_hours: Tag-hours that a null distribution needs.
        tail_episodes: Null episodes from which the tail is drawn on, as an exponential.
        verdicts_per_tag_hour: Rate at which tags that nobody moves may seem to be, for the verdict
            of a window. It makes a missed handling and a false one about as likely: the balanced
            accuracy of the tuning days was highest between 13 and 18. Events are far stricter.
        kept_share: Windows whose score lies in this top share of a part's are kept, and those next
            to them; the rest is kept as hourly quantiles. It holds the windows called handled.
        own_windows: Windows in which a tag has to be seen to be measured by its own day; others are
            measured by all tags' population. With 60 the standard error of a median is a sixth of
            the scale; of ten minutes of the tuning days 60 and 25 found as much, 100 half of it.
        own_tags: Tags that have to be seen so long: one or two are worn or carried, no rack's.
        own_reads: Reads that such a tag needs in a window for a verdict: what is compared with the
            reads around it has no need of a spread of its own.
        own_centre: Most by which a tag's own day moves the centre of a part, in scales of the
            population. A tag that is carried all day must not be measured by that.
        own_scale: Least and most of a tag's own scale, in scales of the population.
        day_parts: Parts that count for tags with a day of their own. Change against either side
            sees that a tag hangs elsewhere from then on; of a worn tag it would see each posture.
        neighbours: Tags that are taken for a tag's neighbours: those most like it over the day.
        neighbour_weight: Share of their mean score that is taken off.
        parts: Parts of the score that count, by name. Of 16 sets tried, those of `spread`,
            `histogram` and `phase` found most on the tuning days, alike within chance; this one was
            also the best on the two real logs.
    """

    window_lengths_s: tuple[float, ...] = (8.0, 30.0, 60.0)
    min_reads: int = 4
    filled_share: float = 0.75
    spectrum_points: int = 32
    histogram_bin_db: float = 2.0
    histogram_pseudo_count: float = 0.1
    reference_reads: int = 2
    local_reads: int = 5
    phase_block_s: float = 64.0
    min_population: int = 100
    most_deviations: float = 12.0
    common_weight: float = 1.0
    common_tags: float = 3.0
    js_flag_deviations: float = 3.0
    js_floor: float = 1e-5
    peak_noise_db: float = 1.0
    peak_scale_db: float = 3.0
    false_alarms_per_tag_hour: float = 0.2
    open_factor: float = 20.0
    closed_margin_s: float = 900.0
    least_null_tag_hours: float = 5.0
    tail_episodes: int = 30
    verdicts_per_tag_hour: float = 15.0
    kept_share: float = 0.05
    own_windows: int = 60
    own_tags: int = 10
    own_reads: int = 2
    own_centre: float = 1.0
    own_scale: tuple[float, float] = (0.5, 1.5)
    day_parts: tuple[str, ...] = ("level", "level_change", "phase", "phase_change", "phase_spread")
    neighbours: int = 8
    neighbour_weight: float = 0.5
    parts: tuple[str, ...] = ("spread", "histogram", "histogram_quiet", "level", "phase")

    def __post_init__(self) -> None:
        if not self.window_lengths_s or min(self.window_lengths_s) <= 0:
            raise ValueError(f"window_lengths_s is {self.window_lengths_s}; expected lengths > 0")
        if self.min_reads < 2:
            raise ValueError(f"min_reads is {self.min_reads}; a spread needs at least 2")
        for name in (
            "spectrum_points",
            "histogram_bin_db",
            "js_floor",
            "local_reads",
            "false_alarms_per_tag_hour",
        ):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected more than 0")
        for name in ("filled_share", "kept_share"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}; expected 0 to 1")
