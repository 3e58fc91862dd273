"""From counted null episodes to a threshold, and from a score to a probability, store by store.

The threshold is the score above which tags that nobody moves give as many events per tag-hour as
the setting allows. Sources of the null, all of which are used that a day has:

closed     closed hours: nobody is in, and whatever is seen is the radio's.
sentinel   tags in open hours that nobody can reach; people pass them.
everyday   goods in open hours, where they are disturbed 30 to 5 times per tag-hour. No tag is
           handled nearly so often; that part of the tail is passers-by, and is drawn on.

The strictest source decides. Mostly it is the third: closed hours hold nobody who passes, and
sentinels hang where fewer do than before the racks. It needs no quiet hours either, so that a log
of minutes has a threshold of its own. Of a log that is too short for any, a tail measured elsewhere
is taken. Rates rarer than a source can show are drawn on as an exponential (peaks over threshold;
Davison and Smith, J. R. Stat. Soc. B 52, 1990, with shape 0).

Probability: of the events seen about a score, the share that the null does not explain (Efron,
Stat. Sci. 23, 2008), made monotone.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from storeday.rfid.nulls import CLOSED, LEVELS, NOTHING, OPEN, SENTINEL, STEP, Episodes
from storeday.rfid.settings import RfidSettings
from storeday.rfid.tag_reads import Floats

EVERYDAY, ELSEWHERE = "everyday", "elsewhere"
# Episodes per tag-hour between which the everyday tail is measured. Handlings are 1 to 1.3 per
# tag-hour on the simulated days; on the tuning days 30 to 5 foretold the score of 0.2 false events
# per tag-hour to 0.4, 20 to 4 to 1.0.
EVERYDAY_RATES = (30.0, 5.0)
# Where a log is too short for the lower rate, it may rise so far.
HIGHEST_EVERYDAY_RATE = 15.0
# False events of goods in open hours on the simulated tuning days, scored without a day of their
# own: 1.3 per tag-hour above 5.6, 0.36 above 6.9, 0.16 above 7.9, 0.04 above 9.3.
ELSEWHERE_LEVEL, ELSEWHERE_RATE, ELSEWHERE_SCALE = 5.5, 1.4, 1.0
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
    """

    rates: Floats
    level: float
    rate: float
    scale: float

    def at(self, score: Floats) -> Floats:
        """Rate of null episodes above scores."""
        score = np.asarray(score, np.float64)
        beyond = self.rate * np.exp(-np.maximum(score - self.level, 0.0) / self.scale)
        return np.where(score >= self.level, beyond, np.interp(score, LEVELS, self.rates))

    def limit(self, calibration: "Calibration") -> float:
        """Rate of null episodes above a store-day's threshold."""
        return float(self.at(np.array([calibration.threshold]))[0])

    def score_at(self, rate: float) -> float:
        """Least score above which there are no more than `rate` null episodes per tag-hour."""
        if rate < self.rate:
            return self.level + self.scale * float(np.log(self.rate / rate))
        return float(LEVELS[np.argmax(self.rates <= rate)])


@dataclass(frozen=True)
class Calibration:
    """Thresholds of a store-day.

    Attributes:
        threshold: Score that begins an event.
        open_threshold: Score above which an event goes on.
        verdict_threshold: Score above which a window is called handled.
        tails: Null rates by source.
        observed: Episodes of all tags that are for sale, in open hours.
        tag_hours: Tag-hours by source.
    """

    threshold: float
    open_threshold: float
    verdict_threshold: float
    tails: Mapping[str, Tail]
    observed: Episodes
    tag_hours: Mapping[str, float]

    @property
    def source(self) -> str:
        """The source that decided."""
        return max(self.tails, key=lambda name: (self.tails[name].limit(self), name))

    def null_rate(self, score: Floats) -> Floats:
        """Null episodes per tag-hour above scores, by the source with most of them."""
        return np.asarray(np.max([tail.at(score) for tail in self.tails.values()], axis=0))


def calibrate(counted: Counted, settings: RfidSettings) -> Calibration | None:
    """Thresholds from counted episodes.

    Args:
        counted: Episodes by kind and hour, of all readers of the store-day.
        settings: Accepted false alarms, limits.

    Returns:
        None where there is nothing to learn from.
    """
    sums = {kind: _sum(counted, kind) for kind in (CLOSED, SENTINEL, OPEN)}
    if not any(episodes.tag_hours for episodes in sums.values()):
        return None
    tails = {
        kind: fit_tail(sums[kind], settings)
        for kind in (CLOSED, SENTINEL)
        if sums[kind].tag_hours >= settings.least_null_tag_hours
    }
    hours = {name: sums[name].tag_hours for name in tails}
    everyday = _everyday(sums[OPEN], settings)
    if everyday is not None:
        tails[EVERYDAY], hours[EVERYDAY] = everyday, sums[OPEN].tag_hours
    if not tails:
        tails, hours = {ELSEWHERE: _elsewhere()}, {ELSEWHERE: 0.0}

    def strictest(rate: float) -> float:
        return max(tail.score_at(rate) for tail in tails.values())

    rate = settings.false_alarms_per_tag_hour
    return Calibration(
        strictest(rate),
        strictest(rate * settings.open_factor),
        strictest(settings.verdicts_per_tag_hour),
        tails,
        sums[OPEN],
        hours,
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


def _everyday(episodes: Episodes, settings: RfidSettings) -> Tail | None:
    """The everyday tail of goods in open hours; None where too few episodes were seen."""
    high, low = EVERYDAY_RATES
    low = max(low, settings.tail_episodes / max(episodes.tag_hours, 1e-9))
    if low > HIGHEST_EVERYDAY_RATE:
        return None
    rates = episodes.counts / episodes.tag_hours
    first, last = (int(np.argmax(rates <= rate)) for rate in (high, low))
    if last <= first or rates[last] <= 0:
        return None
    scale = (last - first) * STEP / float(np.log(rates[first] / rates[last]))
    return Tail(rates, float(LEVELS[last]), float(rates[last]), max(scale, LEAST_SCALE))
