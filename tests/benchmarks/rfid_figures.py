"""The figures of the rummage score on two real data sets and on simulated days.

Protocol: windows tumble. A window left without a verdict counts as one half. Scales of still tags
come from other runs (ItemTest), other trials (UCI: odd and even ones by turns), and on simulated
days from the day itself, as in a shop; thresholds there by the store-day's own calibration.
"""

import dataclasses
import functools
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from radio_logs import Run, SimulatedDay, itemtest_runs, simulated_day, uci_trials

from storeday.audit.episodes import Episodes, pair_episodes
from storeday.audit.ranking import area_under_curve
from storeday.rfid import (
    Calibration,
    Measured,
    RfidSettings,
    Scored,
    TagScores,
    calibrate,
    count_episodes,
    judge,
    kept_windows,
    kinds_of,
    measure_reads,
    rummage_events,
    score_measured,
    still_scales,
)

MINUTE = RfidSettings(window_lengths_s=(60.0,))
EIGHT = RfidSettings(window_lengths_s=(8.0,))
LEAST_READS = 4
UCI_LEAST_READS = 6
# A window is of walking where most of its reads are, still where none is; the others do not count.
WALKING_SHARE = 0.5
# Seconds by which an event and a handling may miss each other: a window of the shortest length.
TOLERANCE_S = 8.0
# The longest time in hand of the simulator; longer handlings are carried about.
SHORT_S = 12.0


@dataclass(frozen=True)
class Cases:
    """Scored windows with their truth.

    Attributes:
        score: NaN without a verdict.
        is_moving: Truth.
        group: Run and tag, or trial.
    """

    score: np.ndarray
    is_moving: np.ndarray
    group: np.ndarray

    def auc(self) -> float:
        return area_under_curve(self.score, self.is_moving)


def one_row_a_span(scored: Scored) -> tuple[np.ndarray, np.ndarray]:
    """First row and reads of each tag's window."""
    windows = scored.measured.parts.windows
    _, row = np.unique(windows.spans, return_index=True)
    return row, windows.over_antennas(windows.rows)


@functools.cache
def _measured(kind: str, settings: RfidSettings) -> list[tuple[Run, Measured]]:
    runs = itemtest_runs() if kind == "itemtest" else uci_trials()
    return [(run, measure_reads(run.reads, settings)) for run in runs]


def measuring(settings: RfidSettings) -> RfidSettings:
    """The settings without what is only used after measuring, so that ablations measure once."""
    plain = RfidSettings()
    return dataclasses.replace(
        settings,
        parts=plain.parts,
        day_parts=plain.day_parts,
        common_weight=plain.common_weight,
        neighbour_weight=plain.neighbour_weight,
        most_deviations=plain.most_deviations,
        own_windows=plain.own_windows,
        own_reads=plain.own_reads,
    )


def itemtest_cases(settings: RfidSettings = MINUTE) -> Cases:
    """Tag-windows of at least four reads; scales from the stationary tags of the other runs."""
    several = _measured("itemtest", measuring(settings))
    labels = [dict(zip(run.reads["epc"].to_pylist(), run.label, strict=True)) for run, _ in several]
    still = [{epc for epc, label in known.items() if label == 0} for known in labels]
    score, truth, group = [], [], []
    for number, (_, measured) in enumerate(several):
        others = [
            (one, one.rows_of(still[place]))
            for place, (_, one) in enumerate(several)
            if place != number
        ]
        scored = score_measured(measured, settings, still_scales(others, settings))
        row, reads = one_row_a_span(scored)
        tag = measured.parts.windows.tag[row]
        label = np.array([labels[number][epc] for epc in measured.reads.tags])[tag]
        chosen = (reads >= LEAST_READS) & (label >= 0)
        score.append(scored.scores.tag[row][chosen])
        truth.append(label[chosen] == 1)
        group.append(number * 10_000 + tag[chosen])
    return Cases(*(np.concatenate(column) for column in (score, truth, group)))


def per_tag(cases: Cases) -> Cases:
    """Mean score of each run and tag; windows without a verdict are left out of the mean."""
    names, place = np.unique(cases.group, return_inverse=True)
    known = ~np.isnan(cases.score)
    count = np.bincount(place, known)
    total = np.bincount(place, np.nan_to_num(cases.score))
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return Cases(mean, np.bincount(place, cases.is_moving) > 0, names)


def uci_cases(
    settings: RfidSettings = EIGHT, *, by_antenna: bool = False, with_window_before: bool = False
) -> Cases:
    """Windows with at least six reads on an antenna; scales from the other half of the trials.

    Args:
        settings: Settings, windows of 8 s.
        by_antenna: Each antenna's own score, instead of the tag's.
        with_window_before: Only where the window before, on that antenna, has as many reads too.
    """
    several = _measured("uci", measuring(settings))
    shares = [_walking_share(run) for run, _ in several]
    still_rows = [
        (one, np.flatnonzero([share.get(i, 0.0) == 0 for i in one.parts.windows.index.tolist()]))
        for (_, one), share in zip(several, shares, strict=True)
    ]
    halves = [
        still_scales([pair for place, pair in enumerate(still_rows) if place % 2 != half], settings)
        for half in (0, 1)
    ]
    score, truth, group = [], [], []
    for number, (_, measured) in enumerate(several):
        scored = score_measured(measured, settings, halves[number % 2])
        windows = measured.parts.windows
        enough = windows.rows >= UCI_LEAST_READS
        rows = np.flatnonzero(windows.follows(enough) if with_window_before else enough)
        if not by_antenna:
            rows = rows[np.unique(windows.spans[rows], return_index=True)[1]]
        share = np.array([shares[number][index] for index in windows.index[rows].tolist()])
        counts = (share == 0) | (share >= WALKING_SHARE)
        values = scored.scores.own if by_antenna else scored.scores.tag
        score.append(values[rows][counts])
        truth.append(share[counts] > 0)
        group.append(np.full(int(counts.sum()), number))
    return Cases(*(np.concatenate(column) for column in (score, truth, group)))


def _walking_share(run: Run) -> dict[int, float]:
    """Share of reads while walking, by window number."""
    index = run.reads["device_time"].cast(pa.int64()).to_numpy() // 8_000_000
    known, place = np.unique(index, return_inverse=True)
    share = np.bincount(place, run.label) / np.bincount(place)
    return dict(zip(known.tolist(), share.tolist(), strict=True))


def bootstrap(cases: Cases, seed: int, times: int = 500) -> tuple[float, float]:
    """95 % interval of the AUC, whole groups drawn with replacement."""
    rng = np.random.default_rng(seed)
    rows = [np.flatnonzero(cases.group == name) for name in np.unique(cases.group)]
    found = []
    for _ in range(times):
        chosen = np.concatenate([rows[i] for i in rng.integers(len(rows), size=len(rows))])
        found.append(area_under_curve(cases.score[chosen], cases.is_moving[chosen]))
    low, high = np.nanquantile(found, [0.025, 0.975])
    return round(float(low), 4), round(float(high), 4)


@dataclass(frozen=True)
class ShopDay:
    """A simulated day, scored as the stage does.

    Attributes:
        day: The day and its truth.
        by_tag: Scores of tags' windows.
        tags: EPCs.
        reads: Reads of each tag's window.
        calibration: The store-day's thresholds.
        events: Rummage events.
        handling_reads: Reads of the product in each true handling.
    """

    day: SimulatedDay
    by_tag: TagScores
    tags: list[str]
    reads: np.ndarray
    calibration: Calibration
    events: pa.Table
    handling_reads: np.ndarray

    @property
    def tag_hours(self) -> float:
        """Open hours, summed over the tags that were read."""
        opens, closes = self.day.span_us
        return len(self.tags) * (closes - opens) / 3.6e9


@functools.cache
def _measured_day(seed: int, settings: RfidSettings) -> Measured:
    return measure_reads(simulated_day(seed).reads, settings)


def shop_day(
    seed: int, settings: RfidSettings | None = None, *, with_events: bool = True
) -> ShopDay:
    """Scores a simulated day of one reader."""
    settings = settings or RfidSettings()
    plain = dataclasses.replace(
        measuring(settings),
        false_alarms_per_tag_hour=RfidSettings().false_alarms_per_tag_hour,
    )
    return scored_shop(simulated_day(seed), _measured_day(seed, plain), settings, with_events)


def scored_shop(
    day: SimulatedDay, measured: Measured, settings: RfidSettings, with_events: bool
) -> ShopDay:
    """Scores, thresholds and events of what was measured of a day, or of a stretch of it."""
    scored = score_measured(measured, settings)
    by_tag = scored.by_tag()
    margin_us = round(settings.closed_margin_s * 1e6)
    opens, closes = day.span_us
    sentinel = np.array([epc in day.sentinels for epc in measured.reads.tags])
    kinds = kinds_of(by_tag, sentinel, (opens - margin_us, closes + margin_us))
    calibration = calibrate(count_episodes(by_tag, kinds), settings)
    events = pa.table({})
    if with_events:
        windows = judge(kept_windows(scored, "r", settings), calibration)
        events = rummage_events(windows, calibration, {}, str)
    return ShopDay(
        day,
        by_tag,
        measured.reads.tags,
        one_row_a_span(scored)[1],
        calibration,
        events,
        _reads_in_handlings(measured, day),
    )


def stretch_of(day: SimulatedDay, begins_s: float, length_s: float) -> SimulatedDay:
    """A log of minutes: reads and handlings of a stretch, by seconds after opening."""
    begins = day.span_us[0] + round(begins_s * 1e6)
    span_us = begins, begins + round(length_s * 1e6)
    time_us = day.reads["device_time"].cast(pa.int64()).to_numpy()
    inside = (time_us >= span_us[0]) & (time_us < span_us[1])
    held = day.handlings
    within = (held["started_us"] >= span_us[0]) & (held["ended_us"] <= span_us[1])
    return dataclasses.replace(
        day,
        reads=day.reads.filter(pa.array(inside)),
        handlings={name: values[within] for name, values in held.items()},
        span_us=span_us,
    )


def _reads_in_handlings(measured: Measured, day: SimulatedDay) -> np.ndarray:
    reads = measured.reads
    number = {epc: tag for tag, epc in enumerate(reads.tags)}
    order = np.lexsort((reads.time_us, reads.tag))
    tag, time_us = reads.tag[order], reads.time_us[order]
    counts = []
    handlings = day.handlings
    for epc, start, end in zip(
        handlings["epc"].tolist(), handlings["started_us"], handlings["ended_us"], strict=True
    ):
        low, high = np.searchsorted(tag, [number.get(epc, -1), number.get(epc, -1) + 1])
        mine = time_us[low:high]
        counts.append(np.searchsorted(mine, end, "right") - np.searchsorted(mine, start))
    return np.array(counts)


def found_and_false(shop: ShopDay, threshold: float) -> tuple[np.ndarray, float]:
    """Which handlings have a window above a threshold, and false events per tag-hour in open time.

    A false event is an unbroken run of a tag's windows above the threshold, farther than
    `TOLERANCE_S` from any handling of that tag; a neighbour that was pushed counts as false.
    """
    peak, is_far = _peaks(shop)
    scores = shop.by_tag
    above = np.flatnonzero(is_far & (np.nan_to_num(scores.score, nan=-np.inf) > threshold))
    begins = np.ones(len(above), bool)
    begins[1:] = (np.diff(scores.tag[above]) != 0) | (
        np.diff(scores.start_us[above]) > 2 * scores.length_us[above][:-1]
    )
    return peak > threshold, float(begins.sum()) / shop.tag_hours


_PEAKS: dict[int, tuple[ShopDay, np.ndarray, np.ndarray]] = {}


def _peaks(shop: ShopDay) -> tuple[np.ndarray, np.ndarray]:
    """Highest score during each handling; open windows that are far from any."""
    kept = _PEAKS.get(shop.day.seed)
    if kept is not None and kept[0] is shop:
        return kept[1], kept[2]
    scores, handlings = shop.by_tag, shop.day.handlings
    number = {epc: tag for tag, epc in enumerate(shop.tags)}
    end_us = scores.start_us + scores.length_us
    score = np.nan_to_num(scores.score, nan=-np.inf)
    is_far = (scores.start_us >= shop.day.span_us[0]) & (end_us <= shop.day.span_us[1])
    peak = np.full(len(handlings["epc"]), -np.inf)
    near_us = round(TOLERANCE_S * 1e6)
    for row, (epc, start, end) in enumerate(
        zip(handlings["epc"].tolist(), handlings["started_us"], handlings["ended_us"], strict=True)
    ):
        tag = number.get(epc, -1)
        low, high = np.searchsorted(scores.tag, [tag, tag + 1])
        begins, ends = scores.start_us[low:high], end_us[low:high]
        during = (begins < end) & (ends > start)
        if during.any():
            peak[row] = score[low:high][during].max()
        is_far[low:high] &= (begins >= end + near_us) | (ends <= start - near_us)
    _PEAKS[shop.day.seed] = shop, peak, is_far
    return peak, is_far


def peak_errors_s(shop: ShopDay) -> tuple[np.ndarray, np.ndarray]:
    """Distance of matched events' peaks from the middle of handlings with enough reads.

    Returns:
        Seconds from the middle, for handlings of at most `SHORT_S`; seconds from the nearest moment
        of the handling, for all.
    """
    events, handlings = shop.events, shop.day.handlings
    good = np.flatnonzero(shop.handling_reads >= LEAST_READS)
    start, end = handlings["started_us"][good] / 1e6, handlings["ended_us"][good] / 1e6
    truth = Episodes(handlings["epc"][good], start, end, (start + end) / 2)
    columns = [
        events[name].cast(pa.int64()).to_numpy() / 1e6
        for name in ("started_at", "ended_at", "peak_time")
    ]
    predicted = Episodes(np.array(events["epc"].to_pylist()), *columns)
    pairs = pair_episodes(predicted, truth, 0.0)
    matched = np.flatnonzero(pairs >= 0)
    place = pairs[matched]
    peak = columns[2][matched]
    middle = np.abs(peak - truth.moment_s[place])
    outside = np.maximum(np.maximum(start[place] - peak, peak - end[place]), 0.0)
    return middle[(end - start)[place] <= SHORT_S], outside
