"""Waiting at the tills, hour by hour: rows of `gold.queue_hourly`."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import US_PER_S, Floats, Ints, texts, times_us
from storeday.floor.calendar import LocalHour
from storeday.measures.erlang import lanes_needed
from storeday.measures.hour_seconds import hour_seconds, zones_typical_weights
from storeday.measures.hours import HourTable, hour_table
from storeday.measures.intervals import mean_interval, share_interval, sum_interval
from storeday.measures.seen_share import subject_hours
from storeday.measures.waits import Waits

# One till is one cashier: no time of service is told of it.
LEAST_TILLS = 2


@dataclass(frozen=True)
class Tills:
    """What the tills tell.

    Attributes:
        target_s: Wait that is aimed at.
        receipts: Columns `register_id, receipt_id, time` (store time), one row per line or per
            receipt, in any order; None without a sales file.
    """

    target_s: float
    receipts: pa.Table | None = None


def queue_hourly(
    found: Waits,
    queues: Sequence[str],
    tills: Tills,
    hours: Sequence[LocalHour],
    coverage: pa.Table,
) -> pa.Table:
    """Length, waits, giving up, and tills needed of each queue.

    Waits belong to the hour in which the customer joined; length is over all seconds of waiting in
    the hour, by the queue zone's observed seconds. Service times are over all tills together, and
    only told of hours with receipts at two or more.

    Args:
        found: Waits of customers.
        queues: Queue zones, in order of name, as the waits number them.
        tills: Target and receipts.
        hours: All local hours of the business day. What lies outside them counts nowhere.
        coverage: Rows of `gold.coverage`, in any order.

    Returns:
        Rows of `gold.queue_hourly` by queue and hour: all that coverage lists for the zone, and
        hours in which somebody waited. Figures are null where the queue was not observed and nobody
        was seen to wait.

    Example:
        >>> import datetime as dt
        >>> from storeday.floor.calendar import Interval, local_hours
        >>> from storeday.contracts import empty
        >>> nine = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
        >>> one = np.zeros(1, int)
        >>> rows = queue_hourly(
        ...     Waits(one, one, one, one + 40, one == 0, one + 60), ["queue"], Tills(30.0),
        ...     list(local_hours(Interval(nine, nine + dt.timedelta(hours=1)), "UTC")),
        ...     empty(load_contract("gold.coverage")))
        >>> rows.select(["wait_mean_s", "over_target_share", "service_mean_s"]).to_pylist()
        [{'wait_mean_s': 40.0, 'over_target_share': 1.0, 'service_mean_s': None}]
    """
    table, names = hour_table(hours), pa.array(sorted(queues), pa.string())
    shape = len(names), len(table)
    seen = subject_hours(coverage, "zone", names, table)
    hour = table.of(found.joined_s * US_PER_S)
    is_there = np.zeros(shape, bool)
    is_there[found.queue[hour >= 0], hour[hour >= 0]] = True
    is_seen = (seen.observed_s > 0) | is_there
    at_work, receipts = _till_hours(tills.receipts, table)
    figures = {
        **_length(found, table, seen.observed_s),
        **_wait_figures(found, hour, shape, tills.target_s),
        "service_mean_s": _service(found, hour, shape, at_work),
    }
    figures["lanes_needed"] = _lanes(figures, seen.observed_s, tills.target_s)
    figures = {name: np.where(is_seen, values, np.nan) for name, values in figures.items()}
    figures["tills_at_work"] = np.broadcast_to(at_work, shape)
    figures["receipts"] = np.broadcast_to(receipts, shape)
    queue, number = np.nonzero(seen.is_listed | is_there)
    return table_from_columns(
        load_contract("gold.queue_hourly"),
        {
            "zone_id": names.take(pa.array(queue)),
            "hour_start": table.starts(number),
            "local_hour": table.local_hour[number],
            "target_s": np.full(len(queue), tills.target_s),
            **{
                name: pa.array(values[queue, number], from_pandas=True)
                for name, values in figures.items()
            },
            "observed_share": seen.share()[queue, number],
        },
    )


def _length(found: Waits, table: HourTable, observed_s: Floats) -> dict[str, Floats]:
    shape = observed_s.shape
    stays = found.as_stays()
    person_s, most = table.occupancy(stays.start_s, stays.end_s, stays.zone, shape[0])
    parts = hour_seconds(stays, table)
    squares = parts.summed(parts.seconds**2, (shape[0], shape[1]))
    total = person_s.astype(float)
    low, high = sum_interval(total, squares, zones_typical_weights(total, squares))
    with np.errstate(divide="ignore", invalid="ignore"):
        per_s = np.where(observed_s > 0, 1 / observed_s, np.nan)
    return {
        "length_mean": total * per_s,
        "length_mean_low": low * per_s,
        "length_mean_high": high * per_s,
        "length_max": most.astype(float),
    }


def _wait_figures(
    found: Waits, hour: Ints, shape: tuple[int, int], target_s: float
) -> dict[str, Floats]:
    names = ("wait_mean_s", "wait_mean_low_s", "wait_mean_high_s", "wait_p50_s", "wait_p90_s")
    figures = {name: np.full(shape, np.nan) for name in names}
    counts = {name: np.zeros(shape) for name in ("joined", "late", "abandoned")}
    waited_s = (found.ended_s - found.joined_s).astype(float)
    for rows, cell in _cells(found, hour):
        own = waited_s[rows]
        ends = mean_interval(own)
        quantiles = np.quantile(own, [0.5, 0.9])
        for name, value in zip(names, (own.mean(), *ends, *quantiles), strict=True):
            figures[name][cell] = value
        counts["joined"][cell] = len(rows)
        counts["late"][cell] = (own > target_s).sum()
        counts["abandoned"][cell] = (~found.is_served[rows]).sum()
    shares: dict[str, Floats] = {}
    for name, part in (("over_target_share", "late"), ("abandonment_rate", "abandoned")):
        low, high = share_interval(counts[part], counts["joined"])
        share = np.where(
            counts["joined"] > 0, counts[part] / np.maximum(counts["joined"], 1), np.nan
        )
        shares |= {name: share, f"{name}_low": low, f"{name}_high": high}
    return figures | shares | {"joined": counts["joined"], "abandoned": counts["abandoned"]}


def _service(found: Waits, hour: Ints, shape: tuple[int, int], at_work: Floats) -> Floats:
    mean = np.full(shape, np.nan)
    for rows, cell in _cells(found, hour):
        served = rows[found.is_served[rows]]
        if len(served) and at_work[cell[1]] >= LEAST_TILLS:
            mean[cell] = found.service_s[served].mean()
    return mean


def _cells(found: Waits, hour: Ints) -> list[tuple[Ints, tuple[int, int]]]:
    """Rows of each queue and hour."""
    span = int(hour.max(initial=0)) + 1
    flat = np.where(hour >= 0, found.queue * span + hour, -1)
    order = np.argsort(flat, kind="stable")
    order = order[flat[order] >= 0]
    borders = np.flatnonzero(np.diff(flat[order], prepend=-1))
    parts = np.split(order, borders[1:]) if len(borders) else []
    return [(rows, (int(found.queue[rows[0]]), int(hour[rows[0]]))) for rows in parts]


def _till_hours(receipts: pa.Table | None, table: HourTable) -> tuple[Floats, Floats]:
    """Tills with a receipt, and receipts, of each hour; NaN without a sales file."""
    if receipts is None:
        return np.full(len(table), np.nan), np.full(len(table), np.nan)
    hour = table.of(times_us(receipts["time"]))
    counts = []
    for names in (["register_id"], ["register_id", "receipt_id"]):
        columns = [
            texts(receipts[name]).dictionary_encode().indices.to_numpy(False) for name in names
        ]
        keys = np.unique(np.stack([hour, *columns]), axis=1)
        counts.append(np.bincount(keys[0][keys[0] >= 0], minlength=len(table)).astype(float))
    return counts[0], counts[1]


def _lanes(figures: dict[str, Floats], observed_s: Floats, target_s: float) -> Floats:
    lanes = np.full(observed_s.shape, np.nan)
    for cell in np.argwhere(np.isfinite(figures["service_mean_s"]) & (observed_s > 0)).tolist():
        queue, hour = cell
        per_hour = figures["joined"][queue, hour] / observed_s[queue, hour] * 3600
        service_s = max(float(figures["service_mean_s"][queue, hour]), 1.0)
        lanes[queue, hour] = lanes_needed(float(per_hour), service_s, target_s)
    return lanes
