"""From counted null episodes to a threshold, and from a score to a probability, store by store.

The threshold is the score above which tags that nobody moves give as many events per tag-hour as
the setting allows. Sources of the null, all of which are used that a day has: closed hours, and
sentinel tags in open hours. With neither, the quietest quarter of the hours by episodes; of a log
of a few hours or tags, which has no quiet part to speak of, a tail measured elsewhere. The
strictest source decides on the threshold, since one that is too low floods all that follows;
probabilities take the geometric mean of the sources.

Closed hours hold nobody who passes, and sentinels hang where fewer do than before the racks. Each
source's tail is therefore stretched by as much as scores of the goods in open hours are wider than
the source's at a rate that handlings do not reach: the shape is the null's, the width the shop's.
Rates rarer than the day can show are drawn on as an exponential (peaks over threshold; Davison and
Smith, J. R. Stat. Soc. B 52, 1990, with shape 0).

Probability: of the events seen about a score, the share that the null does not explain (Efron,
Stat. Sci. 23, 2008), made monotone.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from storeday.rfid.nulls import CLOSED, LEVELS, NOTHING, OPEN, SENTINEL, STEP, Episodes
from storeday.rfid.settings import RfidSettings
from storeday.rfid.tag_reads import Floats

QUIET_HOURS, ELSEWHERE = "quiet_hours", "elsewhere"
# Hours from which the quietest can be told.
LEAST_HOURS = 4
# False events of goods in open hours on the simulated tuning days: 1.3 per tag-hour above 5.6, 0.36
# above 6.9, 0.16 above 7.9, 0.04 above 9.3.
ELSEWHERE_LEVEL, ELSEWHERE_RATE, ELSEWHERE_SCALE = 5.5, 1.4, 1.0
# Share of the hours that count as the quietest.
QUIET_SHARE = 0.25
# Level at which hours are compared: a few standard deviations, where counts are large.
QUIET_LEVEL = 4.0
# A tail steeper than this would be the quantisation's, not the data's.
LEAST_SCALE = 2 * STEP

Counted = Mapping[tuple[str, int], Episodes]


@dataclass(frozen=True)
class Tail:
    """Null episodes per tag-hour above a score.

    Attributes:
        rates: At `LEVELS`, as counted, shape (levels,).
        level: Score from which the exponential is used.
        rate: Rate at that score.
        scale: Scale of the exponential.
        stretch: Factor by which scores are wider than when they were counted.
    """

    rates: Floats
    level: float
    rate: float
    scale: float
    stretch: float = 1.0

    def at(self, score: Floats) -> Floats:
        """Rate of null episodes above scores."""
        score = np.asarray(score, np.float64) / self.stretch
        beyond = self.rate * np.exp(-np.maximum(score - self.level, 0.0) / self.scale)
        return np.where(score >= self.level, beyond, np.interp(score, LEVELS, self.rates))

    def limit(self, calibration: "Calibration") -> float:
        """Rate of null episodes above a store-day's threshold."""
        return float(self.at(np.array([calibration.threshold]))[0])

    def score_at(self, rate: float) -> float:
        """Least score above which there are no more than `rate` null episodes per tag-hour."""
        if rate < self.rate:
            return self.stretch * (self.level + self.scale * float(np.log(self.rate / rate)))
        return self.stretch * float(LEVELS[np.argmax(self.rates <= rate)])


@dataclass(frozen=True)
class Calibration:
    """Thresholds of a store-day.

    Attributes:
        threshold: Score that begins an event.
        open_threshold: Score above which an event goes on.
        tails: Null rates by source.
        observed: Episodes of all tags that are for sale, in open hours.
        tag_hours: Tag-hours by source.
    """

    threshold: float
    open_threshold: float
    tails: Mapping[str, Tail]
    observed: Episodes
    tag_hours: Mapping[str, float]

    @property
    def source(self) -> str:
        """The source that decided."""
        return max(self.tails, key=lambda name: (self.tails[name].limit(self), name))

    def null_rate(self, score: Floats) -> Floats:
        """Null episodes per tag-hour above scores: the geometric mean of the sources."""
        rates = [np.log(np.maximum(tail.at(score), 1e-12)) for tail in self.tails.values()]
        return np.asarray(np.exp(np.mean(rates, axis=0)))


def calibrate(counted: Counted, settings: RfidSettings) -> Calibration | None:
    """Thresholds from counted episodes.

    Args:
        counted: Episodes by kind and hour, of all readers of the store-day.
        settings: Accepted false alarms, limits.

    Returns:
        None where there is nothing to learn from.
    """
    sums = {kind: _sum(counted, kind) for kind in (CLOSED, SENTINEL, OPEN)}
    found = {kind: sums[kind] for kind in (CLOSED, SENTINEL) if _is_enough(sums[kind], settings)}
    if not any(episodes.tag_hours for episodes in sums.values()):
        return None
    hours = len({hour for kind, hour in counted if kind == OPEN})
    if not found and hours >= LEAST_HOURS and _is_enough(sums[OPEN], settings):
        found = {QUIET_HOURS: _quietest(counted)}
    tails = {
        name: _stretched(fit_tail(episodes, settings), sums[OPEN], settings)
        for name, episodes in found.items()
    }
    if not tails:
        tails, found = {ELSEWHERE: _elsewhere()}, {ELSEWHERE: NOTHING}
    rate = settings.false_alarms_per_tag_hour
    return Calibration(
        max(tail.score_at(rate) for tail in tails.values()),
        max(tail.score_at(rate * settings.open_factor) for tail in tails.values()),
        tails,
        sums[OPEN],
        {name: episodes.tag_hours for name, episodes in found.items()},
    )


def fit_tail(episodes: Episodes, settings: RfidSettings) -> Tail:
    """Draws the tail of counted episodes on.

    The exponential begins where `tail_episodes` episodes are left; its scale is their mean excess.
    """
    counts = episodes.counts
    rates = counts / max(episodes.tag_hours, 1e-9)
    enough = np.flatnonzero(counts >= settings.tail_episodes)
    begin = int(enough[-1]) if len(enough) else int(np.argmax(counts))
    if counts[begin] <= 0:
        return Tail(rates, 0.0, 1.0 / max(episodes.tag_hours, 1e-9), LEAST_SCALE)
    # The mean excess is the area under the counts behind the level; by the trapezoidal rule.
    area = (counts[begin:].sum() - counts[begin] / 2) * STEP
    scale = max(area / counts[begin], LEAST_SCALE)
    return Tail(rates, float(LEVELS[begin]), float(rates[begin]), float(scale))


def probabilities(scores: Floats, calibration: Calibration) -> Floats:
    """Probability that a tag was moved, for events by their peak score.

    At each score, of the events seen at it or a little above and below, the share that the null
    does not explain; never falling with the score.

    Args:
        scores: Peak scores of events, shape (n,).
        calibration: The store-day's.

    Returns:
        Shape (n,), 0 to 1.
    """
    hours = max(calibration.observed.tag_hours, 1e-9)
    seen = calibration.observed.counts / hours
    null = np.minimum(calibration.null_rate(LEVELS), seen)
    # Rates between two levels, half a scale of the tail apart.
    width = max(round(max(tail.scale for tail in calibration.tails.values()) / STEP), 2)
    padded_seen = np.append(seen, np.zeros(width))
    padded_null = np.append(null, np.zeros(width))
    seen_here = padded_seen[:-width] - padded_seen[width:]
    null_here = padded_null[:-width] - padded_null[width:]
    share = 1 - null_here / np.maximum(seen_here, 1e-12)
    share = np.where(seen_here > 0, np.clip(share, 0.0, 1.0), 0.0)
    rising = np.maximum.accumulate(share)
    return np.interp(scores, LEVELS + width * STEP / 2, rising)


def _sum(counted: Counted, kind: str) -> Episodes:
    return sum((found for (name, _), found in counted.items() if name == kind), NOTHING)


def _elsewhere() -> Tail:
    rates = ELSEWHERE_RATE * np.exp((ELSEWHERE_LEVEL - LEVELS) / ELSEWHERE_SCALE)
    return Tail(rates, ELSEWHERE_LEVEL, ELSEWHERE_RATE, ELSEWHERE_SCALE)


def _is_enough(episodes: Episodes, settings: RfidSettings) -> bool:
    return episodes.tag_hours >= settings.least_null_tag_hours


def _quietest(counted: Counted) -> Episodes:
    """The quarter of the open hours with the fewest episodes per tag-hour, at least one hour."""
    hours = {hour: found for (kind, hour), found in counted.items() if kind == OPEN}
    level = round(QUIET_LEVEL / STEP)
    order = sorted(
        hours, key=lambda hour: (hours[hour].counts[level] / hours[hour].tag_hours, hour)
    )
    chosen = order[: max(1, round(QUIET_SHARE * len(order)))]
    return sum((hours[hour] for hour in chosen), NOTHING)


def _stretched(tail: Tail, observed: Episodes, settings: RfidSettings) -> Tail:
    """A tail on the scale of the goods in open hours; as it is where they were not seen."""
    rate = settings.bulk_per_tag_hour
    rates = observed.counts / max(observed.tag_hours, 1e-9)
    here, there = _score_at(rates, rate), _score_at(tail.rates, rate)
    stretch = max(1.0, here / there) if there > 0 else 1.0
    return Tail(tail.rates, tail.level, tail.rate, tail.scale, stretch)


def _score_at(rates: Floats, rate: float) -> float:
    """Score at which falling rates pass `rate`; 0 where they never reach it."""
    above = np.flatnonzero(rates > rate)
    return float(LEVELS[above[-1]]) + STEP if len(above) else 0.0
