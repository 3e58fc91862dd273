"""Seconds of customers in cameras as evidence of handling, from `silver.handling_trace`.

What one camera saw of one customer is one course of scores, whatever tracklets it fell into: a
tracklet that breaks in the midst of a handling must not look like half of one.

Where the trace has no handling scores (no handling model), the action events stand in: seconds in
and out of them are told apart by how common they are (`from_events`).
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from storeday.association.cells import Traces
from storeday.association.handling import (
    LENGTHS_S,
    MOST,
    evidence_of,
    log_evidence,
    neighbourhood,
    saturated,
)
from storeday.association.noise import score_noise
from storeday.contracts.columns import (
    US_PER_S,
    Floats,
    Ints,
    floats,
    position_in,
    texts,
    times_us,
)

# Places are averaged over so many seconds on either side: who handles goods stands still, and a
# single second's place is half a metre off.
PLACE_WINDOW_S = 2.0
# Without a handling model: share of handlings that fall into an action event. The source article's
# recall of its classifier.
EVENT_RECALL = 0.9


@dataclass(frozen=True)
class Sightings:
    """Seconds of customers in cameras, by customer, camera and time.

    Attributes:
        course: Number of customer and camera, rising, shape (n,).
        customer: Customer from 0, shape (n,).
        camera: Camera from 0, shape (n,).
        device_us: Middle of the second by the camera's clock, shape (n,).
        log_ratio: Log-likelihood ratio of a handling of each length with its middle here, shape
            (n, lengths).
        place_m: Place, NaN where unknown, shape (n, 2).
        customers: Names of customers, by number.
        cameras: Names of cameras, by number.
    """

    course: Ints
    customer: Ints
    camera: Ints
    device_us: Ints
    log_ratio: Floats
    place_m: Floats
    customers: pa.Array
    cameras: pa.Array


def sightings(handling_trace: pa.Table, action_events: pa.Table) -> Sightings:
    """Reads the traces of a day.

    Args:
        handling_trace: Rows of `silver.handling_trace`, in any order; may be empty.
        action_events: Rows of `silver.action_events`; used where the trace has no scores.

    Returns:
        Sightings; seconds are named by their start and stand for their middle. Of two tracklets of
        a customer in one camera at once the means are taken. Cost: n log n.
    """
    customers, cameras = (
        texts(handling_trace[name]).unique().sort() for name in ("customer_id", "camera_id")
    )
    customer = position_in(texts(handling_trace["customer_id"]), customers)
    camera = position_in(texts(handling_trace["camera_id"]), cameras)
    device_us = times_us(handling_trace["device_time"])
    second = device_us // US_PER_S
    values = np.column_stack(
        [floats(handling_trace[name]) for name in ("handling_logit", "floor_x_m", "floor_y_m")]
    )
    by_events = not np.isfinite(values[:, 0]).any() and action_events.num_rows > 0
    if by_events:
        ids = texts(handling_trace["tracklet_id"])
        values[:, 0] = _from_events(ids, device_us, action_events)
    # Values break ties, so that sums are taken in one order whatever the rows' was.
    order = np.lexsort((*values.T, second, camera, customer))
    is_new = np.ones(len(order), bool)
    is_new[1:] = np.any([np.diff(part[order]) != 0 for part in (customer, camera, second)], axis=0)
    cell, first = np.cumsum(is_new) - 1, order[is_new]
    score = _means(values[order, :1], cell, len(first))[:, 0]
    place = _means(values[order, 1:], cell, len(first))
    customer, camera, second = customer[first], camera[first], second[first]
    course = np.zeros(len(first), np.int64)
    course[1:] = np.cumsum((np.diff(customer) != 0) | (np.diff(camera) != 0))
    if by_events:
        log_ratio = np.repeat(score[:, None], len(LENGTHS_S), axis=1)
    else:
        log_ratio = log_evidence(score, course, second, score_noise(score, course, second))
    return Sightings(
        course,
        customer,
        camera,
        second * US_PER_S + US_PER_S // 2,
        log_ratio,
        _averaged(place, course, second.astype(float)),
        customers,
        cameras,
    )


def camera_traces(seen: Sightings, origin_us: int, phase_us: Ints) -> Traces:
    """Traces of what each camera saw, by its own clock: for measuring clocks.

    Args:
        seen: Sightings.
        origin_us: Moment that becomes zero.
        phase_us: When in its second each row's pictures were taken, less half a second, shape (n,).
    """
    time_s = np.asarray((seen.device_us + phase_us - origin_us) / US_PER_S, np.float64)
    return Traces(seen.course, time_s, evidence_of(seen.log_ratio), seen.place_m, seen.camera)


def customer_traces(seen: Sightings, store_us: Ints, origin_us: int) -> Traces:
    """Traces of customers in store time: what several cameras see in one second is put together.

    Log-ratios of several cameras are added, as if their errors were independent; places are
    averaged; the first camera gives its name.

    Args:
        seen: Sightings.
        store_us: Store time of each row, shape (n,).
        origin_us: Moment that becomes zero, at or before all others.

    Returns:
        Traces by customer and time.
    """
    # Cameras that take a picture a second take it at some fraction of it; seconds are cut where
    # none is taken, so that what two cameras saw at once falls into one.
    turn = np.exp(2j * np.pi * (store_us % US_PER_S) / US_PER_S)
    middle_us = round(float(np.angle(turn.sum()) / (2 * np.pi)) * US_PER_S) if len(turn) else 0
    second = (store_us - origin_us - middle_us + US_PER_S // 2) // US_PER_S
    order = np.lexsort((seen.camera, second, seen.customer))
    # One camera's seconds may come to lie in one where its pictures fall on the cut: one counts.
    twice = np.zeros(len(order), bool)
    twice[1:] = np.all(
        [np.diff(part[order]) == 0 for part in (seen.customer, seen.camera, second)], axis=0
    )
    order = order[~twice]
    customer, second = seen.customer[order], second[order]
    is_new = np.ones(len(order), bool)
    is_new[1:] = (np.diff(customer) != 0) | (np.diff(second) != 0)
    cell = np.cumsum(is_new) - 1
    count = int(is_new.sum())
    ratio = [
        np.bincount(cell, seen.log_ratio[order, number], minlength=count)
        for number in range(len(LENGTHS_S))
    ]
    return Traces(
        customer[is_new],
        np.asarray(second[is_new] + middle_us / US_PER_S, np.float64),
        evidence_of(np.minimum(np.column_stack(ratio), MOST)),
        _means(seen.place_m[order], cell, count),
        seen.camera[order][is_new],
    )


def allow_for_rivals(traces: Traces, rummages: int, in_reach: int) -> Traces:
    """Traces with saturated evidence, at the day's own rate of handling.

    Args:
        traces: Traces.
        rummages: Rummages of the day.
        in_reach: Seconds that customers spent in reach of goods.
    """
    rate = rummages / max(in_reach, 1)
    evidence = saturated(traces.evidence, traces.customer, traces.time_s, rate)
    return Traces(traces.customer, traces.time_s, evidence, traces.place_m, traces.camera)


def _means(values: Floats, cell: Ints, count: int) -> Floats:
    """Column means by cell of the rows that have no NaN; NaN where none is left."""
    known = np.asarray(np.isfinite(values).all(axis=1))
    total = np.bincount(cell[known], minlength=count)
    sums = [
        np.bincount(cell[known], values[known, column], minlength=count)
        for column in range(values.shape[1])
    ]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.column_stack(sums) / np.where(total > 0, total, np.nan)[:, None]


def _averaged(place_m: Floats, course: Ints, second: Floats) -> Floats:
    """Mean place within `PLACE_WINDOW_S`, of the places that are known; NaN where none is."""
    if not len(place_m):
        return place_m
    low, high = neighbourhood(course, second, PLACE_WINDOW_S)
    known = np.asarray(np.isfinite(place_m).all(axis=1))
    columns = np.column_stack([np.where(known[:, None], place_m, 0.0), known.astype(float)])
    sums = np.vstack([np.zeros(3), np.cumsum(columns, axis=0)])
    within = sums[high] - sums[low]
    return np.asarray(within[:, :2] / np.where(within[:, 2:] > 0.5, within[:, 2:], np.nan))


def _from_events(tracklet_ids: pa.Array, device_us: Ints, action_events: pa.Table) -> Floats:
    """Log-ratios of seconds in and out of action events, shape (n,)."""
    names = tracklet_ids.unique()
    row_track = position_in(tracklet_ids, names)
    track = position_in(texts(action_events["tracklet_id"]), names)
    begin, end = (times_us(action_events[name]) for name in ("started_at", "ended_at"))
    known = track >= 0
    track, begin, end = track[known], begin[known], end[known]
    # Rows lie by tracklet and time; a change of +1 and -1 at either end counts who is inside.
    order = np.lexsort((device_us, row_track))
    span = int(max(device_us.max(), end.max(initial=0)) - device_us.min()) + 2 * US_PER_S
    key = row_track[order] * span + (device_us[order] - device_us.min())
    change = np.zeros(len(key) + 1)
    at = track * span - device_us.min()
    np.add.at(change, np.searchsorted(key, at + begin), 1.0)
    np.add.at(change, np.searchsorted(key, at + np.maximum(end, begin)), -1.0)
    inside = np.empty(len(key), bool)
    inside[order] = np.cumsum(change)[:-1] > 0
    share = float(np.clip(inside.mean(), 0.01, 0.99))
    ratio = np.where(inside, EVENT_RECALL / share, (1 - EVENT_RECALL) / (1 - share))
    return np.asarray(np.log(ratio), np.float64)
