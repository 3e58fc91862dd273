"""When in a second pictures are taken, by camera and time of day.

The trace names a second by its start. Where many pictures are taken in a second, they stand for its
middle. Where only one is, it is always at the same fraction of the camera's second, for as long as
the clock does not drift; taking the middle then would be up to half a second wrong, which is as
much as clocks are to be known by. The fraction shows in the tracklets' first and last moments:
their circular mean, if they agree.
"""

import numpy as np
import pyarrow as pa

from storeday.association.sightings import Sightings
from storeday.contracts.columns import US_PER_S, Floats, Ints, position_in, texts, times_us

# Moments that are averaged, before and after each.
AROUND = 20
# Length of the mean vector from which on fractions agree; of 40 moments at random it is 0.16 or so.
AGREEING = 0.7


def frame_phase_us(seen: Sightings, tracklets: pa.Table | None) -> Ints:
    """When each second's pictures were taken, less half a second.

    Args:
        seen: Sightings.
        tracklets: Rows of `silver.tracklets`; None or empty where nothing is known.

    Returns:
        Microseconds, shape (n,); zero where pictures come at any time of a second.

    Example:
        >>> import datetime as dt
        >>> from storeday.association.sightings import sightings
        >>> at = [dt.datetime(2026, 1, 5, 9, 0, s, 250_000, tzinfo=dt.UTC) for s in range(4)]
        >>> trace = pa.table({"tracklet_id": ["t"], "camera_id": ["c"], "customer_id": ["p"],
        ...                   "device_time": at[:1], "handling_logit": [0.0],
        ...                   "floor_x_m": [0.0], "floor_y_m": [0.0]})
        >>> tracklets = pa.table({"camera_id": ["c"] * 4, "started_at": at, "ended_at": at})
        >>> frame_phase_us(sightings(trace, pa.table({})), tracklets)
        array([-250000])
    """
    phase = np.zeros(len(seen.device_us), np.int64)
    if tracklets is None or not tracklets.num_rows:
        return phase
    camera = position_in(texts(tracklets["camera_id"]), seen.cameras)
    begin, end = times_us(tracklets["started_at"]), times_us(tracklets["ended_at"])
    for number in range(len(seen.cameras)):
        moments = np.sort(np.concatenate([begin[camera == number], end[camera == number]]))
        rows = np.flatnonzero(seen.camera == number)
        if len(moments) and len(rows):
            phase[rows] = _phase_at(seen.device_us[rows], moments)
    return phase


def _phase_at(times_us_: Ints, moments_us: Ints) -> Ints:
    """Circular mean of the fractions of the moments around each time, less half a second."""
    turn = np.exp(2j * np.pi * (moments_us % US_PER_S) / US_PER_S)
    sums = np.concatenate([[0], np.cumsum(turn)])
    place = np.searchsorted(moments_us, times_us_)
    low = np.clip(place - AROUND, 0, len(moments_us))
    high = np.clip(place + AROUND, 0, len(moments_us))
    mean = (sums[high] - sums[low]) / np.maximum(high - low, 1)
    part: Floats = (np.angle(mean) / (2 * np.pi)) % 1.0
    return np.where(np.abs(mean) >= AGREEING, np.rint((part - 0.5) * US_PER_S), 0).astype(np.int64)
