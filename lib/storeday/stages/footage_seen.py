"""What the store-day's footage shows: stretches that could be read, and why others could not."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from storeday.floor.calendar import Interval
from storeday.measures import Fault

Row = dict[str, Any]


def footage_seen(segments: pa.Table, outcomes: pa.Table) -> dict[str, list[Interval]]:
    """Stretches of footage that could be read, by camera.

    Args:
        segments: Rows of `bronze.footage_segments`.
        outcomes: Rows of `bronze.decode_outcomes`; a segment without one was not looked at.
    """
    seen: dict[str, list[Interval]] = {}
    for segment, outcome in _pairs(segments, outcomes):
        if outcome is None or outcome["decoder"] == "none":
            continue
        last_s = (outcome["last_pts_us"] or 0) / 1e6
        length_s = max(last_s, (segment["duration_s"] or last_s) - outcome["lost_s"])
        parts = _without(round(length_s * 1e6), _gaps(outcome))
        found = seen.setdefault(segment["camera_id"], [])
        found += [_interval(segment, from_us, to_us) for from_us, to_us in parts]
    return seen


def footage_faults(segments: pa.Table, outcomes: pa.Table) -> dict[str, list[Fault]]:
    """Stretches of footage that could not be read, and why, by camera.

    Args:
        segments: Rows of `bronze.footage_segments`.
        outcomes: Rows of `bronze.decode_outcomes`.

    Returns:
        A file of unknown length is a stretch without length, at its start.
    """
    faults: dict[str, list[Fault]] = {}
    for segment, outcome in _pairs(segments, outcomes):
        found = faults.setdefault(segment["camera_id"], [])
        name = segment["segment"]
        if segment["status"] != "ok" or (outcome and outcome["decoder"] == "none"):
            why = segment["reason"] or (outcome or {}).get("reason")
            length_us = round((segment["duration_s"] or 0) * 1e6)
            found.append(Fault(_interval(segment, 0, length_us), f"{name}: {why}"))
        elif outcome is not None:
            found += [
                Fault(_interval(segment, gap["from_us"], gap["to_us"]), f"{name}: {gap['reason']}")
                for gap in _gaps(outcome)
            ]
    return faults


def _pairs(segments: pa.Table, outcomes: pa.Table) -> Iterator[tuple[Row, Row | None]]:
    by_key = {(row["camera_id"], row["segment"]): row for row in outcomes.to_pylist()}
    for segment in segments.to_pylist():
        yield segment, by_key.get((segment["camera_id"], segment["segment"]))


def _gaps(outcome: Row) -> list[Row]:
    return json.loads(outcome["gaps"]) if outcome["gaps"] else []


def _without(length_us: int, gaps: list[Row]) -> Iterator[tuple[int, int]]:
    """The parts of a segment that lie in no gap."""
    start_us = 0
    for gap in sorted(gaps, key=lambda gap: int(gap["from_us"])):
        if gap["from_us"] > start_us:
            yield start_us, min(gap["from_us"], length_us)
        start_us = max(start_us, gap["to_us"])
    if start_us < length_us or not gaps:
        yield start_us, length_us


def _interval(segment: Row, from_us: int, to_us: int) -> Interval:
    start = segment["started_at"]
    return Interval(
        start + dt.timedelta(microseconds=from_us), start + dt.timedelta(microseconds=to_us)
    )
