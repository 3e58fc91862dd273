"""What was observed and what was not: rows of `gold.coverage`.

Observed is what the records prove: footage of a camera, reads of a reader, a sales file of a till.
A zone is observed while a camera that sees its middle is.

Expected are the opening hours. Hours outside them have a row only where something was observed. In
an hour that is open in part, what was observed while the store was closed counts only if nothing
was missed while it was open: it makes up for nothing.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import US_PER_S, Floats, moment_us
from storeday.floor.calendar import Interval, LocalHour
from storeday.floor.camera_view import CameraView, sees
from storeday.measures.hours import HourTable, hour_table
from storeday.measures.settings import MeasureSettings
from storeday.measures.stretches import Stretches, union, union_of

# Reasons that a row quotes; the others are counted.
FAULTS_QUOTED = 2


@dataclass(frozen=True)
class Fault:
    """A stretch that a camera should have shown and does not, and why.

    Attributes:
        span: The stretch; may be without length.
        reason: Why, in words.
    """

    span: Interval
    reason: str


@dataclass(frozen=True)
class Records:
    """What there is of a store-day.

    Attributes:
        footage: Stretches of footage of every camera of the manifest, in any order; none where it
            has no files.
        reads: Stretches of listening of every reader, from `read_stretches`; none where it has no
            reads.
        tills: For every till, whether there is a sales file.
        zones: All zones.
        zones_seen: Zones that each camera sees, for instance from `zones_in_view`.
        faults: What is known of footage that could not be read, by camera.
    """

    footage: Mapping[str, Sequence[Interval]]
    reads: Mapping[str, Sequence[Interval]]
    tills: Mapping[str, bool]
    zones: Sequence[str]
    zones_seen: Mapping[str, Collection[str]]
    faults: Mapping[str, Sequence[Fault]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Subject:
    """What was to observe, or to be observed.

    Attributes:
        kind: camera, reader, till or zone.
        name: Its id.
        observed: When it did; None for all of the opening hours and nothing else.
        missing: What to say where there is nothing at all.
        partial: What there is only so much of.
        faults: Why, where it is known.
    """

    kind: str
    name: str
    observed: Stretches | None
    missing: str
    partial: str
    faults: Sequence[Fault] = ()


def coverage(
    records: Records,
    hours: Sequence[LocalHour],
    opening: Interval | None,
    settings: MeasureSettings,
) -> pa.Table:
    """Seconds expected and observed by camera, reader, till and zone, hour by hour.

    Args:
        records: What there is.
        hours: All local hours of the business day.
        opening: When the store was open; None where it was closed all day.
        settings: Settings.

    Returns:
        Rows of `gold.coverage` by kind, id and hour. `reason` says what is missing, wherever less
        was observed than expected.

    Example:
        >>> import datetime as dt
        >>> from storeday.floor.calendar import local_hours
        >>> nine = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
        >>> day = Interval(nine, nine + dt.timedelta(hours=1))
        >>> film = Interval(nine, nine + dt.timedelta(minutes=12))
        >>> rows = coverage(Records({"cam1": [film]}, {}, {}, [], {}),
        ...                 list(local_hours(day, "UTC")), day, MeasureSettings())
        >>> rows.select(["subject_id", "observed_s", "reason"]).to_pylist()
        [{'subject_id': 'cam1', 'observed_s': 720.0, 'reason': 'footage for 12 of 60 minutes'}]
    """
    table = hour_table(hours)
    is_open = union([opening] if opening else [])
    expected = is_open.within_us(table.start_us, table.end_us) / US_PER_S
    rows = [
        (subject, hour, float(expected[hour]), float(observed[hour]))
        for subject in _subjects(records, settings)
        for observed in [_observed_s(subject, table, opening, expected)]
        for hour in np.flatnonzero((expected > 0) | (observed > 0)).tolist()
    ]
    hour = np.array([row[1] for row in rows], np.int64)
    return table_from_columns(
        load_contract("gold.coverage"),
        {
            "subject_kind": [subject.kind for subject, *_ in rows],
            "subject_id": [subject.name for subject, *_ in rows],
            "hour_start": table.starts(hour),
            "local_hour": table.local_hour[hour],
            "expected_s": [row[2] for row in rows],
            "observed_s": [row[3] for row in rows],
            "reason": pa.array(
                [_reason(row[0], row[2], row[3], table, row[1]) for row in rows], pa.string()
            ),
        },
    )


def zones_in_view(
    views: Mapping[str, CameraView], polygons_m: Mapping[str, NDArray[np.float64]]
) -> dict[str, set[str]]:
    """Zones whose middle each camera sees.

    Args:
        views: Each camera's view.
        polygons_m: Each zone's corners in m, shape (k, 2).

    Returns:
        Zones by camera. The middle is the centroid of the area, which may lie outside a zone that
        is not convex.
    """
    names = sorted(polygons_m)
    if not names:
        return {camera: set() for camera in views}
    middles = np.stack([_centroid(np.asarray(polygons_m[name], float)) for name in names])
    return {
        camera: {name for name, is_seen in zip(names, sees(view, middles), strict=True) if is_seen}
        for camera, view in views.items()
    }


def _subjects(records: Records, settings: MeasureSettings) -> list[_Subject]:
    subjects = []
    for name, stretches in records.footage.items():
        film = union(stretches, settings.footage_gap_s)
        faults = records.faults.get(name, ())
        missing = "footage cannot be read" if faults else "no footage files"
        subjects.append(_Subject("camera", name, film, missing, "footage", faults))
    for name, stretches in records.reads.items():
        subjects.append(_Subject("reader", name, union(stretches), "no reads", "reads"))
    for name, has_file in records.tills.items():
        sold = None if has_file else union([])
        subjects.append(_Subject("till", name, sold, "no sales file", "sales"))
    for name in records.zones:
        subjects.append(_zone(name, records, settings))
    return sorted(subjects, key=lambda subject: (subject.kind, subject.name))


def _zone(name: str, records: Records, settings: MeasureSettings) -> _Subject:
    cameras = [camera for camera in records.footage if name in records.zones_seen.get(camera, ())]
    films = [union(records.footage[camera], settings.footage_gap_s) for camera in cameras]
    missing = "no footage files" if cameras else "no camera sees it"
    return _Subject("zone", name, union_of(films), missing, "footage")


def _observed_s(
    subject: _Subject, table: HourTable, opening: Interval | None, expected: Floats
) -> Floats:
    """Seconds observed in each hour, shape (hours,)."""
    if subject.observed is None:
        return expected
    total = subject.observed.within_us(table.start_us, table.end_us) / US_PER_S
    if opening is None:
        return total
    start = np.maximum(table.start_us, moment_us(opening.start))
    end = np.minimum(table.end_us, moment_us(opening.end))
    open_s = subject.observed.within_us(start, np.maximum(start, end)) / US_PER_S
    return np.where(open_s < expected, open_s, total)


def _reason(
    subject: _Subject, expected_s: float, observed_s: float, table: HourTable, hour: int
) -> str | None:
    """What is missing in an hour, and why, where it is known."""
    if observed_s >= expected_s:
        return None
    start_us, end_us = table.start_us[hour], table.end_us[hour]
    known = sorted(
        {
            fault.reason
            for fault in subject.faults
            if moment_us(fault.span.start) < end_us
            and max(moment_us(fault.span.end), moment_us(fault.span.start) + 1) > start_us
        }
    )
    quoted = known[:FAULTS_QUOTED]
    if len(known) > FAULTS_QUOTED:
        quoted.append(f"and {len(known) - FAULTS_QUOTED} more")
    return "; ".join([_shortfall(subject, expected_s, observed_s), *quoted])


def _shortfall(subject: _Subject, expected_s: float, observed_s: float) -> str:
    missing_s = expected_s - observed_s
    if subject.observed is not None and not len(subject.observed.start_us):
        return subject.missing
    if missing_s < 60:
        return f"{subject.partial} lacks {math.ceil(missing_s)} s"
    return f"{subject.partial} for {observed_s // 60:.0f} of {expected_s / 60:.0f} minutes"


def _centroid(polygon_m: Floats) -> Floats:
    """Centroid of a polygon's area; the mean of its corners where it has none."""
    following = np.roll(polygon_m, -1, axis=0)
    cross = polygon_m[:, 0] * following[:, 1] - following[:, 0] * polygon_m[:, 1]
    if abs(cross.sum()) < 1e-12:
        return np.asarray(polygon_m.mean(axis=0))
    return np.asarray(((polygon_m + following) * cross[:, None]).sum(axis=0) / (3 * cross.sum()))
