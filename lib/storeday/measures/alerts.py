"""Limits of the manifest that were passed: rows of `gold.alerts`.

Limits on people are looked at second by second, limits on an hour's figures hour by hour; hours
next to each other are one alert. Nothing is told of what was not seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import (
    STAMP,
    US_PER_S,
    Bools,
    Floats,
    Ints,
    floats,
    order_of,
    position_in,
    texts,
    times_us,
)
from storeday.floor.calendar import LocalHour
from storeday.manifest import Limits
from storeday.measures.hours import hour_table
from storeday.measures.zone_stays import Stays

STORE = "store"


@dataclass(frozen=True)
class Crowds:
    """Stays of people in one kind of place.

    Attributes:
        stays: Stays; `zone` is a position in `names`.
        names: Names of the places.
    """

    stays: Stays
    names: Sequence[str]


@dataclass(frozen=True)
class Watched:
    """What limits are held against.

    Attributes:
        queues: Waits in queue zones.
        zones: Presence in zones.
        store: Visits to the store, under the one name `store`.
        queue_hourly: Rows of `gold.queue_hourly`.
        coverage: Rows of `gold.coverage`.
        drift: Drift of the rummage threshold against the days before; None where not known.
        observed_share: Share of the cameras' expected seconds of the day that were observed: below
            1, more may have happened.
    """

    queues: Crowds
    zones: Crowds
    store: Crowds
    queue_hourly: pa.Table
    coverage: pa.Table
    drift: float | None
    observed_share: float


@dataclass(frozen=True)
class _Alert:
    alert: str
    subject_id: str
    span_us: tuple[int, int]
    limit: float
    worst: float
    note: str


def alerts(watched: Watched, limits: Limits, hours: Sequence[LocalHour]) -> pa.Table:
    """When which limit was passed, and for how long.

    Args:
        watched: The day.
        limits: Limits; those that are None raise nothing.
        hours: All local hours of the business day.

    Returns:
        Rows of `gold.alerts` by alert, subject and start.

    Example:
        >>> from storeday.contracts import empty
        >>> one = np.zeros(3, int)
        >>> nobody = Crowds(Stays(one[:0], one[:0], one[:0], one[:0]), [])
        >>> line = Crowds(Stays(np.arange(3), one, np.array([0, 10, 20]), one + 90), ["queue"])
        >>> found = alerts(
        ...     Watched(line, nobody, nobody, empty(load_contract("gold.queue_hourly")),
        ...             empty(load_contract("gold.coverage")), None, 1.0),
        ...     Limits(queue_length=2, queue_length_s=60), [])
        >>> found.select(["duration_s", "worst_value"]).to_pylist()
        [{'duration_s': 70.0, 'worst_value': 3.0}]
    """
    found: list[_Alert] = []
    for name in watched.queues.names:
        if limits.queue_length is not None:
            found += _crowded(
                "queue_length", watched.queues, name, limits.queue_length, limits.queue_length_s
            )
    for name, most in sorted(limits.zone_occupancy.items()):
        found += _crowded("occupancy", watched.zones, name, most, 0.0)
    if limits.occupancy is not None:
        found += _crowded("occupancy", watched.store, STORE, limits.occupancy, 0.0)
    found += _hourly(watched, limits, hours)
    if limits.threshold_drift is not None and watched.drift is not None and hours:
        table = hour_table(hours)
        if abs(watched.drift) > limits.threshold_drift:
            span = int(table.start_us[0]), int(table.end_us[-1])
            note = "The rummage threshold drifted against the days before."
            found.append(
                _Alert("threshold_drift", STORE, span, limits.threshold_drift, watched.drift, note)
            )
    return _table(found, watched.observed_share)


def _crowded(alert: str, crowds: Crowds, name: str, most: int, least_s: float) -> list[_Alert]:
    """Stretches of `least_s` or more in which more than `most` people were in a place."""
    if name not in crowds.names:
        return []
    rows = crowds.stays.zone == list(crowds.names).index(name)
    start_s, end_s, count = _steps(crowds.stays.start_s[rows], crowds.stays.end_s[rows])
    found = []
    for first, last in _runs(count > most):
        span = int(start_s[first]), int(end_s[last])
        if span[1] - span[0] >= least_s:
            worst = float(count[first : last + 1].max())
            note = f"More than {most} in {name}."
            moments = span[0] * US_PER_S, span[1] * US_PER_S
            found.append(_Alert(alert, name, moments, float(most), worst, note))
    return found


def _steps(start_s: Ints, end_s: Ints) -> tuple[Ints, Ints, Ints]:
    """Stretches between changes, and how many are there in each."""
    moments = np.concatenate([start_s, end_s])
    change = np.repeat([1, -1], [len(start_s), len(end_s)])
    times, which = np.unique(moments, return_inverse=True)
    count = np.cumsum(np.bincount(which.ravel(), change, minlength=len(times))).astype(np.int64)
    return times[:-1], times[1:], count[:-1]


def _runs(flags: Bools) -> list[tuple[int, int]]:
    """First and last position of each unbroken run of flags."""
    edges = np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8))
    return list(
        zip(
            np.flatnonzero(edges == 1).tolist(),
            (np.flatnonzero(edges == -1) - 1).tolist(),
            strict=True,
        )
    )


def _hourly(watched: Watched, limits: Limits, hours: Sequence[LocalHour]) -> list[_Alert]:
    found: list[_Alert] = []
    if limits.queue_wait_share is not None:
        rows = watched.queue_hourly
        late = floats(rows["over_target_share"])
        note = f"Too many waited longer than {limits.queue_wait_s:g} s."
        found += _hours_beyond(
            ("queue_wait", note), rows["zone_id"], rows["hour_start"],
            (late, late > limits.queue_wait_share, limits.queue_wait_share, np.max), hours,
        )  # fmt: skip
    if limits.observed_share is not None:
        rows = watched.coverage
        expected, observed = floats(rows["expected_s"]), floats(rows["observed_s"])
        share = observed / np.where(expected > 0, expected, 1.0)
        low = (expected > 0) & (share < limits.observed_share)
        note = "Less was observed than expected; see gold.coverage."
        found += _hours_beyond(
            ("low_coverage", note), rows["subject_id"], rows["hour_start"],
            (share, low, limits.observed_share, np.min), hours,
        )  # fmt: skip
    return found


def _hours_beyond(
    what: tuple[str, str],
    subjects: pa.ChunkedArray,
    starts: pa.ChunkedArray,
    measured: tuple[Floats, Bools, float, object],
    hours: Sequence[LocalHour],
) -> list[_Alert]:
    """Alerts of hours that pass a limit; neighbours are one."""
    table = hour_table(hours)
    value, beyond, limit, worst_of = measured
    names = texts(subjects).unique().sort()
    subject, hour = position_in(texts(subjects), names), table.of(times_us(starts))
    found = []
    for number, name in enumerate(names.to_pylist()):
        own = np.full(len(table), np.nan)
        rows = (subject == number) & (hour >= 0) & beyond
        own[hour[rows]] = value[rows]
        for first, last in _runs(np.isfinite(own)):
            span = int(table.start_us[first]), int(table.end_us[last])
            worst = float(worst_of(own[first : last + 1]))  # type: ignore[operator]
            found.append(_Alert(what[0], name, span, limit, worst, what[1]))
    return found


def _table(found: list[_Alert], observed_share: float) -> pa.Table:
    columns = {
        "alert": [each.alert for each in found],
        "subject_id": [each.subject_id for each in found],
        "started_at": pa.array([each.span_us[0] for each in found], pa.int64()).cast(STAMP),
        "ended_at": pa.array([each.span_us[1] for each in found], pa.int64()).cast(STAMP),
        "duration_s": [(each.span_us[1] - each.span_us[0]) / US_PER_S for each in found],
        "limit_value": [each.limit for each in found],
        "worst_value": [each.worst for each in found],
        "unit": ["1"] * len(found),
        "note": [each.note for each in found],
        "observed_share": [observed_share] * len(found),
    }
    rows = table_from_columns(load_contract("gold.alerts"), columns)
    order = order_of(rows["alert"], rows["subject_id"], rows["started_at"])
    return rows.take(pa.array(order))
