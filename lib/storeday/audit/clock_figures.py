"""How well clocks were estimated, at the middle of the day's events.

*clock_error_median_s*, *clock_error_p95_s*: of |estimated difference - true difference| over all
pairs of devices; no more than differences can be known (`clocks`).
"""

import numpy as np
import pyarrow as pa

from storeday.audit.clocks import clock_errors_s
from storeday.audit.day import AuditDay
from storeday.audit.figure import Figure
from storeday.audit.store_time import Clock
from storeday.contracts.columns import US_PER_S, floats, texts, times_us

NAMES = ("clock_error_median_s", "clock_error_p95_s")


def clock_figures(day: AuditDay) -> list[Figure]:
    """Figures of clocks; NaN where fewer than two devices are known to both sides."""
    moment_us = _middle_us(day)
    estimated = _latest(day.inputs.table("silver.clock_offsets"), moment_us)
    true_s = {name: _offset_s(clock, moment_us) for name, clock in day.time.clocks.items()}
    shown_s = {name: _offset_s(clock, moment_us) for name, clock in estimated.items()}
    errors = clock_errors_s(shown_s, true_s)
    values = np.quantile(errors, [0.5, 0.95]) if len(errors) else np.array([np.nan, np.nan])
    return [
        Figure(name, float(value), count=len(errors), unit="s", is_error=True)
        for name, value in zip(NAMES, values, strict=True)
    ]


def _offset_s(clock: Clock, moment_us: int) -> float:
    return clock.offset_s + clock.drift_ppm * 1e-6 * (moment_us - clock.valid_from_us) / US_PER_S


def _middle_us(day: AuditDay) -> int:
    """The middle of what the truth tells of; of the business date where it tells of nothing."""
    for table, names in (
        (day.inputs.truth.customers, ("entered", "left")),
        (day.inputs.truth.interactions, ("time", "time")),
    ):
        if table is not None and table.num_rows:
            first, last = times_us(table[names[0]]).min(), times_us(table[names[1]]).max()
            return int((first + last) // 2)
    noon = np.datetime64(day.inputs.business_date, "us") + np.timedelta64(12, "h")
    return int(noon.astype(np.int64))


def _latest(offsets: pa.Table, moment_us: int) -> dict[str, Clock]:
    """Each device's estimate that held at a moment; the first one before any did."""
    rows = sorted(
        zip(
            times_us(offsets["valid_from"]).tolist(),
            texts(offsets["device_id"]).to_pylist(),
            floats(offsets["offset_s"]).tolist(),
            floats(offsets["drift_ppm"]).tolist(),
            strict=True,
        )
    )
    found: dict[str, Clock] = {}
    for valid_from, device, offset, drift in rows:
        if valid_from <= moment_us or device not in found:
            found[device] = Clock(offset, drift, valid_from)
    return found
