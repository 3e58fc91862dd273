"""Each customer's visits: when they came, when they left, and whether that was seen."""

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import Floats, Ints
from storeday.floor.calendar import Interval
from storeday.floor.zones import near_zones
from storeday.identity.ends import US_PER_S, TrackletEnds
from storeday.identity.points import lookup, strings
from storeday.identity.settings import IdentitySettings

Bools = NDArray[np.bool_]

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def visits(
    ends: TrackletEnds,
    identities: pa.Table,
    entrances: Sequence[Floats],
    footage: Mapping[str, Sequence[Interval]],
    settings: IdentitySettings,
    offset_s: Mapping[str, float] | None = None,
) -> pa.Table:
    """The visits of all customers.

    A visit lasts from the first to the last time a customer is seen; an absence longer than
    `visit_gap_s` ends it, and one shorter than `min_visit_s` is none. Its start is censored, that
    is, they may have been in the store before, if they were not first seen within
    `entrance_reach_m` of an entrance, or if that camera's footage had begun less than
    `footage_edge_s` before; its end likewise. Who was first seen at an unknown place, or in a store
    whose manifest has no entrance zone, was not seen to come in.

    Args:
        ends: All tracklets of the store-day; may be empty.
        identities: Rows of `silver.identities`, in any order; tracklets that are not in it have no
            visit.
        entrances: Polygons of the entrance zones in m, shape (k, 2) each.
        footage: Stretches of footage by camera, in any order, for instance its files; those less
            than `span_gap_s` apart count as one. A camera that is not in it is judged by place
            alone.
        settings: Settings.
        offset_s: What each camera's clock shows less the common one, in which visits are told; 0
            where nothing is said.

    Returns:
        Rows of `silver.visits` by customer and start. Group and staff probability are null: nothing
        infers them yet.

    Example:
        >>> import datetime as dt
        >>> day = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
        >>> start = int(day.timestamp()) * US_PER_S
        >>> at = np.array([start + 60 * US_PER_S]), np.array([start + 90 * US_PER_S])
        >>> ends = TrackletEnds(
        ...     np.array(["t"], object), np.array(["cam"], object), *at,
        ...     at[0], np.array([[0.5, 0.5]]), np.ones(1),
        ...     at[1], np.array([[9.0, 9.0]]), np.ones(1))
        >>> door = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
        >>> rows = visits(ends, pa.table({"tracklet_id": ["t"], "customer_id": ["p"]}), [door],
        ...               {"cam": [Interval(day, day + dt.timedelta(hours=1))]}, IdentitySettings())
        >>> rows.select(["is_censored_start", "is_censored_end"]).to_pylist()
        [{'is_censored_start': False, 'is_censored_end': True}]
    """
    row = lookup(
        pa.chunked_array([pa.array(ends.tracklet_id, pa.string())]), identities["tracklet_id"]
    )
    kept = np.flatnonzero(row >= 0)
    customer = strings(identities["customer_id"])[row[kept]].astype(str)
    order = np.lexsort((ends.tracklet_id[kept].astype(str), ends.started_us[kept], customer))
    kept, customer = kept[order], customer[order]
    first, last = _borders(ends, kept, customer, settings)
    long = ends.ended_us[last] - ends.started_us[first] >= settings.min_visit_s * US_PER_S
    first, last = first[long], last[long]
    reach_m = settings.entrance_reach_m
    start_open = ~near_zones(ends.first_m[first], entrances, reach_m) | _at_footage_edge(
        ends.camera_id[first], ends.started_us[first], footage, settings, at_end=False
    )
    end_open = ~near_zones(ends.last_m[last], entrances, reach_m) | _at_footage_edge(
        ends.camera_id[last], ends.ended_us[last], footage, settings, at_end=True
    )
    names = dict(zip(kept.tolist(), customer.tolist(), strict=True))
    stamp = pa.timestamp("us", tz="UTC")
    return table_from_columns(
        load_contract("silver.visits"),
        {
            "customer_id": pa.array([names[number] for number in first.tolist()], pa.string()),
            "entered_at": pa.array(_common_us(ends, first, ends.started_us, offset_s)).cast(stamp),
            "left_at": pa.array(_common_us(ends, last, ends.ended_us, offset_s)).cast(stamp),
            "is_censored_start": start_open,
            "is_censored_end": end_open,
        },
    )


def _common_us(
    ends: TrackletEnds, rows: Ints, times_us: Ints, offset_s: Mapping[str, float] | None
) -> Ints:
    """Some tracklets' times by the cameras' common clock."""
    shift = [(offset_s or {}).get(camera, 0.0) for camera in ends.camera_id[rows].tolist()]
    shift_us = np.rint(np.array(shift, float) * US_PER_S).astype(np.int64)
    return np.asarray(times_us[rows] - shift_us)


def _borders(
    ends: TrackletEnds, rows: Ints, customer: NDArray[np.str_], settings: IdentitySettings
) -> tuple[Ints, Ints]:
    """First and last tracklet of each visit. Rows are sorted by customer, start, tracklet."""
    if not len(rows):
        return rows, rows
    started, ended = ends.started_us[rows], ends.ended_us[rows]
    same = customer[1:] == customer[:-1]
    who = np.concatenate([[0], np.cumsum(~same)])
    # Customers are moved apart in time, so that one running maximum serves them all.
    apart = who * (ended.max() - started.min() + 1)
    latest = np.maximum.accumulate(ended - ended.min() + apart) - apart + ended.min()
    gap = started[1:] - latest[:-1]
    is_first = np.concatenate([[True], ~same | (gap > settings.visit_gap_s * US_PER_S)])
    visit = np.cumsum(is_first) - 1
    by_end = np.lexsort((np.arange(len(rows)), ended, visit))
    is_last = np.concatenate([np.diff(visit) > 0, [True]])
    return rows[is_first], rows[by_end[is_last]]


def _at_footage_edge(
    cameras: NDArray[np.object_],
    times_us: Ints,
    footage: Mapping[str, Sequence[Interval]],
    settings: IdentitySettings,
    *,
    at_end: bool,
) -> Bools:
    """Whether times lie so close to where footage of their camera begins (or ends)."""
    edge = np.zeros(len(times_us), bool)
    for camera in sorted(set(cameras.tolist()) & set(footage)):
        rows = np.flatnonzero(cameras == camera)
        borders = np.array([span[at_end] for span in _spans_us(footage[camera], settings)])
        if len(borders):
            distance = np.abs(times_us[rows, None] - borders[None]).min(axis=1)
            edge[rows] = distance <= settings.footage_edge_s * US_PER_S
    return edge


def _spans_us(stretches: Sequence[Interval], settings: IdentitySettings) -> list[tuple[int, int]]:
    """Stretches of footage in order, joined where hardly anything is missing between."""
    spans: list[tuple[int, int]] = []
    for start, end in sorted((_us(span.start), _us(span.end)) for span in stretches):
        if spans and start - spans[-1][1] <= settings.span_gap_s * US_PER_S:
            spans[-1] = spans[-1][0], max(spans[-1][1], end)
        else:
            spans.append((start, end))
    return spans


def _us(moment: dt.datetime) -> int:
    return (moment - EPOCH) // dt.timedelta(microseconds=1)
