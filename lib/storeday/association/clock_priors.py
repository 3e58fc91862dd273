"""What is known of the clocks before the day speaks: an earlier day's offsets, or what is assumed.

An earlier day's offset is carried forward by its drift. The longer ago it was measured the less it
says: what drift was not measured grows with time (`clock_wander_ppm`), until nothing is left but
what is assumed of any clock. A clock may also have been set in between; a prior that the day's
first guess contradicts is dropped (`without_contradicted`).
"""

import datetime as dt
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from storeday.association.clock_grid import ClockPrior, Guess
from storeday.association.settings import AssociationSettings
from storeday.contracts.columns import (
    US_PER_S,
    Floats,
    floats,
    order_of,
    position_in,
    texts,
    times_us,
)

# Nothing is known better than this: keeps the fit's normal equations solvable.
LEAST_SD_S = 0.01
# A first guess this many standard errors away from the prior says that the clock was set.
CONTRADICTED_SD = 4.0
# A guess is on whole seconds, and its jitter is not known yet.
GUESS_SD_S = 1.0
# The reference's own clock, and drifts before links tell of them.
HELD_SD_S, FREE_DRIFT_S = 1e-3, 30.0


@dataclass(frozen=True)
class KnownClocks:
    """Clocks of an earlier day.

    Attributes:
        rows: Rows of `silver.clock_offsets` of that day, in any order.
        business_date: The day.
    """

    rows: pa.Table
    business_date: dt.date


def assumed_sd_s(settings: AssociationSettings) -> float:
    """Standard deviation of a clock that nobody has measured."""
    return max(settings.clock_spread_s, LEAST_SD_S) / math.sqrt(3)


def measured_rows(clock_offsets: pa.Table) -> pa.Table:
    """The last row of each device that is more than an assumption, and the reference's, by device.

    Args:
        clock_offsets: Rows of `silver.clock_offsets` of one day, in any order.

    Example:
        >>> at = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
        >>> rows = pa.table({"device_id": ["r", "t"], "reference_id": ["c", "c"],
        ...                  "valid_from": [at, at],
        ...                  "evidence": ['{"method": "handling"}', '{"method": "assumed"}']})
        >>> measured_rows(rows)["device_id"].to_pylist()
        ['r']
    """
    methods = [json.loads(text).get("method") for text in clock_offsets["evidence"].to_pylist()]
    is_reference = pc.equal(clock_offsets["device_id"], clock_offsets["reference_id"])
    is_measured = pa.chunked_array([pa.array([name != "assumed" for name in methods], pa.bool_())])
    rows = clock_offsets.filter(pc.or_(is_measured, is_reference))
    order = order_of(rows["device_id"], rows["valid_from"])
    rows = rows.take(pa.array(order))
    names = rows["device_id"].to_pylist()
    last = [number for number, name in enumerate(names) if names[number + 1 : number + 2] != [name]]
    return rows.take(pa.array(last, pa.int64()))


def clock_prior(
    names: Sequence[str],
    reference: str,
    known: pa.Table | None,
    moment: dt.datetime,
    settings: AssociationSettings,
) -> ClockPrior:
    """Offsets and their standard deviations before the day speaks.

    Args:
        names: All devices.
        reference: The one whose clock is store time, now.
        known: Rows of `silver.clock_offsets` of an earlier day, `measured_rows`; None for none. Of
            a device that is not named nothing is known.
        moment: When the offsets are wanted.
        settings: Settings.

    Returns:
        The prior. Where the reference is another than then, its own doubt is in all; where it was
        not measured then, nothing is known.
    """
    wide_s, count, at = assumed_sd_s(settings), len(names), list(names).index(reference)
    nothing = ClockPrior(
        offset_s=np.zeros(count),
        sd_s=np.full(count, wide_s),
        drift_sd_s=1.0,
        reference=at,
        wide_sd_s=wide_s,
        is_known=np.zeros(count, bool),
        drift_s=np.full(count, np.nan),
    )
    if known is None or not known.num_rows:
        return nothing
    row = position_in(pa.array(list(names)), texts(known["device_id"]))
    if row[at] < 0:
        return nothing
    then, doubt = _carried(known, moment, settings)
    variance = doubt[row] + floats(known["std_error_s"])[row[at]] ** 2
    is_known = (row >= 0) & (variance < wide_s**2)
    is_known[at] = False
    sd = np.sqrt(np.maximum(variance, LEAST_SD_S**2))
    return replace(
        nothing,
        offset_s=np.where(is_known, then[row] - then[row[at]], 0.0),
        sd_s=np.where(is_known, sd, wide_s),
        is_known=is_known,
    )


def _carried(
    known: pa.Table, moment: dt.datetime, settings: AssociationSettings
) -> tuple[Floats, Floats]:
    """Offsets at a moment, and their variance."""
    elapsed_s = (round(moment.timestamp() * US_PER_S) - times_us(known["valid_from"])) / US_PER_S
    offset = floats(known["offset_s"]) + floats(known["drift_ppm"]) * 1e-6 * elapsed_s
    wander_s = settings.clock_wander_ppm * 1e-6 * np.abs(elapsed_s)
    return offset, floats(known["std_error_s"]) ** 2 + wander_s**2


def tied(prior: ClockPrior) -> ClockPrior:
    """The prior with what its links say, device by device: for the first guess.

    Args:
        prior: The prior; its reference's clock is held at zero.

    Returns:
        Offsets and standard deviations of prior and links together, and the drifts of those tied
        to the reference.
    """
    if not prior.links:
        return prior
    count = len(prior.offset_s)
    sd = np.where(np.arange(count) == prior.reference, HELD_SD_S, prior.sd_s)
    offset, variance = _least_squares(prior, prior.offset_s, sd, 0)
    wide = np.where(np.arange(count) == prior.reference, HELD_SD_S, FREE_DRIFT_S)
    drift, doubt = _least_squares(prior, np.zeros(count), wide, 1)
    named = {device for link in prior.links for device in (link.one, link.other)}
    is_linked = np.isin(np.arange(count), sorted(named))
    spread = np.sqrt(variance)
    return replace(
        prior,
        offset_s=offset,
        sd_s=spread,
        is_known=prior.is_known | (is_linked & (spread < prior.wide_sd_s / 2)),
        drift_s=np.where(is_linked & (np.sqrt(doubt) < FREE_DRIFT_S / 2), drift, np.nan),
    )


def _least_squares(prior: ClockPrior, mean: Floats, sd: Floats, part: int) -> tuple[Floats, Floats]:
    """Offsets (part 0) or drifts (part 1) of prior and links, and their variances."""
    precision, pull = np.diag(1.0 / sd**2), mean / sd**2
    for link in prior.links:
        weight = 1.0 / link.covariance[part, part]
        contrast = np.zeros(len(mean))
        contrast[link.other], contrast[link.one] = 1.0, -1.0
        precision += weight * np.outer(contrast, contrast)
        pull += weight * link.shift[part] * contrast
    covariance = np.linalg.inv(precision)
    return covariance @ pull, np.diag(covariance).copy()


def without_contradicted(prior: ClockPrior, guess: Guess) -> tuple[ClockPrior, NDArray[np.bool_]]:
    """The prior without what the day's first guess contradicts, and which devices these are.

    Args:
        prior: The prior.
        guess: First guess of all clocks.
    """
    spread = np.hypot(prior.sd_s, np.maximum(guess.sd_s, GUESS_SD_S))
    away = np.abs(guess.offset_s - prior.offset_s)
    contradicted = prior.is_known & (away > CONTRADICTED_SD * spread)
    contradicted[prior.reference] = False
    kept = replace(
        prior,
        offset_s=np.where(contradicted, 0.0, prior.offset_s),
        sd_s=np.where(contradicted, prior.wide_sd_s, prior.sd_s),
        is_known=prior.is_known & ~contradicted,
    )
    return kept, contradicted
