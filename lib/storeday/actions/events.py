"""Moments of handling, from the handling trace.

Where a tracklet has handling logits, a moment is a stretch of seconds with high logits, and its
probability that of the peak. Where it has none, because there is no handling model yet, a moment is
a stretch in which the person stands still within reach of a display, and its probability

    P = (1 - exp(-duration / handle_every_s)) * Phi((reach_m - distance) / error)

the chance that handling, which begins at a constant rate, has begun by the end, times the chance
that the display truly was within reach (Phi is the normal distribution function). It grows with
duration, falls with distance, and is a potentiality: nothing has calibrated it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.special import expit, ndtr

from storeday.actions.columns import run_starts, timestamps
from storeday.actions.settings import ActionSettings
from storeday.actions.still import nearest_display, speed_m_s
from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import US_PER_S, Bools, Floats, Ints, floats, times_us


@dataclass(frozen=True)
class _Trace:
    """A sorted trace as arrays, with the nearest display in reach (-1: none) and its distance."""

    tracklet: Ints
    second: Ints
    logit: Floats
    place_m: Floats
    error_m: Floats
    display: Ints
    distance_m: Floats


@dataclass(frozen=True)
class _Moments:
    """Moments: first row in the trace, start, end and peak in microseconds, and what was found."""

    row: Ints
    start_us: Ints
    end_us: Ints
    peak_us: Ints
    probability: Floats
    place_m: Floats
    display: Ints

    def joined(self, other: "_Moments") -> "_Moments":
        """Both, by tracklet and start."""
        both = _Moments(
            *(
                np.concatenate([getattr(self, name), getattr(other, name)])
                for name in self.__dataclass_fields__
            )
        )
        # Trace rows are sorted by tracklet and time.
        order = np.argsort(both.row, kind="stable")
        return _Moments(*(getattr(both, name)[order] for name in self.__dataclass_fields__))


def action_events(
    trace: pa.Table,
    displays: Sequence[tuple[str, Floats]],
    settings: ActionSettings,
    make_id: Callable[[str], str],
) -> pa.Table:
    """The moments of handling in a trace.

    Args:
        trace: Rows of `silver.handling_trace`, in any order; may be empty. A further column
            `floor_error_m`, the standard error of the place, is used where it is there and not
            null.
        displays: Display zones' ids and polygons in m, shape (k, 2); of equally near ones the first
            counts. Without any, only logits give events.
        settings: Settings.
        make_id: From a name to a pseudonym.

    Returns:
        Rows of `silver.action_events`, by tracklet and start. A stretch begins with its first
        second and ends with the end of its last one. The peak is the middle of the second with the
        highest logit, the first of several; without logits, the middle of the stretch. The place is
        the mean over the stretch. `zone_id` is the display in reach: at the peak where there are
        logits (null if there is none); else the stretch's own.

    Example:
        >>> import datetime as dt
        >>> at = [dt.datetime(2026, 1, 5, 9, 0, s, tzinfo=dt.UTC) for s in range(4)]
        >>> trace = pa.table({
        ...     "tracklet_id": ["t"] * 4, "camera_id": ["cam"] * 4, "customer_id": ["p"] * 4,
        ...     "device_time": at, "handling_logit": pa.nulls(4, pa.float64()),
        ...     "floor_x_m": [1.0] * 4, "floor_y_m": [1.0] * 4})
        >>> shelf = np.array([[0.0, 1.2], [5.0, 1.2], [5.0, 1.8], [0.0, 1.8]])
        >>> row = action_events(trace, [("shelf", shelf)], ActionSettings(), str).to_pylist()[0]
        >>> row["zone_id"], row["peak_time"].second, round(row["probability"], 3)
        ('shelf', 2, 0.119)
    """
    trace = trace.sort_by([("tracklet_id", "ascending"), ("device_time", "ascending")])
    seen = _as_arrays(trace, [np.asarray(polygon, float) for _, polygon in displays], settings)
    scored = np.isin(seen.tracklet, seen.tracklet[np.isfinite(seen.logit)])
    moments = _still_moments(seen, ~scored, settings).joined(_logit_moments(seen, scored, settings))
    first = trace.take(pa.array(moments.row))
    zones = pa.array([zone for zone, _ in displays], pa.string())
    names = [
        make_id(f"action/{tracklet}/{start}")
        for tracklet, start in zip(
            first["tracklet_id"].to_pylist(), moments.start_us.tolist(), strict=True
        )
    ]
    return table_from_columns(
        load_contract("silver.action_events"),
        {
            "action_id": pa.array(names, pa.string()),
            "camera_id": first["camera_id"],
            "tracklet_id": first["tracklet_id"],
            "customer_id": first["customer_id"],
            "peak_time": timestamps(moments.peak_us),
            "started_at": timestamps(moments.start_us),
            "ended_at": timestamps(moments.end_us),
            "probability": moments.probability,
            "floor_x_m": moments.place_m[:, 0],
            "floor_y_m": moments.place_m[:, 1],
            "zone_id": zones.take(pa.array(moments.display, mask=moments.display < 0)),
        },
    )


def _as_arrays(trace: pa.Table, displays: Sequence[Floats], settings: ActionSettings) -> _Trace:
    place = np.column_stack([floats(trace["floor_x_m"]), floats(trace["floor_y_m"])])
    error = np.full(len(place), settings.place_error_m)
    if "floor_error_m" in trace.column_names:
        given = floats(trace["floor_error_m"])
        error = np.where(np.isfinite(given) & (given > 0), given, error)
    names = trace["tracklet_id"].to_numpy(zero_copy_only=False)
    return _Trace(
        np.cumsum(run_starts(names)) - 1,
        times_us(trace["device_time"]) // US_PER_S,
        floats(trace["handling_logit"]),
        place,
        error,
        *nearest_display(place, error, displays, settings),
    )


def _still_moments(seen: _Trace, usable: Bools, settings: ActionSettings) -> _Moments:
    """Stretches of standing still within reach of one display."""
    speed, speed_error = speed_m_s(
        seen.tracklet, seen.second, seen.place_m, seen.error_m, settings.still_half_window_s
    )
    still = speed <= settings.still_speed_m_s + speed_error
    rows = np.flatnonzero(usable & still & (seen.display >= 0))
    rows = rows[np.lexsort((seen.second[rows], seen.display[rows], seen.tracklet[rows]))]
    first, last = _stretches(seen, rows, seen.display[rows], settings)
    start, end = _span_us(seen, rows[first], rows[last])
    long = end - start >= settings.min_still_s * US_PER_S
    sums = _Sums(first, last)
    distance, error = sums.mean(seen.distance_m[rows]), sums.mean(seen.error_m[rows])
    duration_s = (end - start) / US_PER_S
    chance = -np.expm1(-duration_s / settings.handle_every_s)
    moments = _Moments(
        rows[first],
        start,
        end,
        (start + end) // 2,
        chance * ndtr((settings.reach_m - distance) / error),
        np.column_stack([sums.mean(seen.place_m[rows, axis]) for axis in range(2)]),
        seen.display[rows[first]],
    )
    return _Moments(*(getattr(moments, name)[long] for name in moments.__dataclass_fields__))


def _logit_moments(seen: _Trace, usable: Bools, settings: ActionSettings) -> _Moments:
    """Stretches of high logits."""
    rows = np.flatnonzero(usable & (seen.logit >= settings.min_logit))
    first, last = _stretches(seen, rows, np.zeros(len(rows), np.int64), settings)
    start, end = _span_us(seen, rows[first], rows[last])
    stretch = np.repeat(np.arange(len(first)), last - first + 1)
    by_logit = np.lexsort((np.arange(len(rows)), -seen.logit[rows], stretch))
    peak = rows[by_logit[first]]
    sums = _Sums(first, last)
    return _Moments(
        rows[first],
        start,
        end,
        seen.second[peak] * US_PER_S + US_PER_S // 2,
        expit(seen.logit[peak]),
        np.column_stack([sums.mean(seen.place_m[rows, axis]) for axis in range(2)]),
        seen.display[peak],
    )


def _stretches(
    seen: _Trace, rows: Ints, group: Ints, settings: ActionSettings
) -> tuple[Ints, Ints]:
    """First and last of each run of rows of one tracklet and group, short interruptions bridged."""
    if not len(rows):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    starts = run_starts(seen.tracklet[rows], group)
    starts[1:] |= np.diff(seen.second[rows]) > settings.bridge_s + 1
    first = np.flatnonzero(starts)
    return first, np.append(first[1:], len(rows)) - 1


def _span_us(seen: _Trace, first: Ints, last: Ints) -> tuple[Ints, Ints]:
    return seen.second[first] * US_PER_S, (seen.second[last] + 1) * US_PER_S


@dataclass(frozen=True)
class _Sums:
    """Means over stretches of rows that follow each other."""

    first: Ints
    last: Ints

    def mean(self, values: Floats) -> Floats:
        """Mean of each stretch, leaving NaN out; NaN where nothing is left."""
        if not len(self.first):
            return np.zeros(0)
        there = np.isfinite(values)
        total = np.add.reduceat(np.where(there, values, 0.0), self.first)
        count = np.add.reduceat(there.astype(float), self.first)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)
