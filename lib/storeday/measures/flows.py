"""From where to where people went: rows of `gold.zone_flows`, `zone_flows_hourly`, `zone_paths`.

Moves are counted from journeys (`journeys`): a visit without any zone is one move from where it
came to where it went. Two journeys are given: those of walkers (`continuations`), which fill in
what was out of sight, and those of customers as they were seen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import US_PER_S, Floats, Ints, position_in
from storeday.floor.calendar import LocalHour
from storeday.measures.hours import hour_table
from storeday.measures.intervals import count_interval
from storeday.measures.journeys import ENTRANCE, EXIT, UNSEEN, Journeys
from storeday.measures.seen_share import camera_hours, observed_share

PATH_SEPARATOR = ">"


@dataclass(frozen=True)
class _Counted:
    """Moves between stations, by group, source and target; all of shape (n,)."""

    group: Ints
    source: Ints
    target: Ints
    moves: Floats
    seen: Ints


def zone_flows(
    filled: Journeys, seen: Journeys, hours: Sequence[LocalHour], coverage: pa.Table
) -> pa.Table:
    """Moves between zones over the day, in numbers and shares.

    Args:
        filled: Journeys that `moves` are counted from.
        seen: Journeys that `moves_seen` are counted from, with the same names; the same ones where
            nothing was filled in.
        hours: All local hours of the business day, over which coverage is summed.
        coverage: Rows of `gold.coverage`, in any order.

    Returns:
        Rows of `gold.zone_flows` by source and target. The shares of one source's rows add up to
        one, and so do those of one target's. `observed_share` is that of all cameras over the day.

    Example:
        >>> from storeday.contracts import empty
        >>> one = Journeys(pa.array(["entrance", "exit", "rack", "unseen"]),
        ...                np.zeros(3, int), np.array([0, 2, 1]), np.array([0, 5, 9]))
        >>> flows = zone_flows(one, one, [], empty(load_contract("gold.coverage")))
        >>> [(row["from_zone_id"], row["to_zone_id"], row["moves"]) for row in flows.to_pylist()]
        [('entrance', 'rack', 1.0), ('rack', 'exit', 1.0)]
    """
    counted = _counted(filled, seen, np.zeros_like)
    share = np.full(len(counted.source), _day_share(coverage, hours))
    return table_from_columns(
        load_contract("gold.zone_flows"), {**_columns(counted, filled), "observed_share": share}
    )


def zone_flows_hourly(
    filled: Journeys, seen: Journeys, hours: Sequence[LocalHour], coverage: pa.Table
) -> pa.Table:
    """The same by the hour in which the target was reached.

    Args:
        filled: As for `zone_flows`.
        seen: As for `zone_flows`.
        hours: All local hours of the business day. What lies outside them counts nowhere.
        coverage: Rows of `gold.coverage`, in any order.

    Returns:
        Rows of `gold.zone_flows_hourly` by hour, source and target.
    """
    table = hour_table(hours)
    counted = _counted(filled, seen, lambda second: table.of(second * US_PER_S))
    return table_from_columns(
        load_contract("gold.zone_flows_hourly"),
        {
            "hour_start": table.starts(counted.group),
            "local_hour": table.local_hour[counted.group],
            **_columns(counted, filled),
            "observed_share": camera_hours(coverage, table).pooled_share()[counted.group],
        },
    )


def zone_paths(
    filled: Journeys, least: int, hours: Sequence[LocalHour], coverage: pa.Table
) -> pa.Table:
    """The most walked paths.

    Args:
        filled: Journeys of walkers.
        least: Smallest number of visits of which a path is told (`privacy.k`).
        hours: All local hours of the business day, over which coverage is summed.
        coverage: Rows of `gold.coverage`, in any order.

    Returns:
        Rows of `gold.zone_paths` by rank and path: of visits that came by the entrance and went by
        the exit. Nothing is said of the others, or of paths that fewer took.
    """
    names = filled.names.to_pylist()
    entrance, leaving = names.index(ENTRANCE), names.index(EXIT)
    counts: dict[tuple[str, ...], int] = {}
    borders = np.flatnonzero(np.diff(filled.visit, prepend=-1))
    whole = 0
    for stations in np.split(filled.station, borders[1:]) if len(borders) else []:
        if stations[0] == entrance and stations[-1] == leaving:
            whole += 1
            path = tuple(names[station] for station in stations[1:-1].tolist())
            counts[path] = counts.get(path, 0) + 1
    shown = sorted(
        (-count, PATH_SEPARATOR.join(path), path)
        for path, count in counts.items()
        if count >= least
    )
    visits = np.array([-count for count, _, _ in shown], np.int64)
    return table_from_columns(
        load_contract("gold.zone_paths"),
        {
            "path": [text for _, text, _ in shown],
            "zones": pa.array([list(path) for _, _, path in shown], pa.list_(pa.string())),
            "rank": [int((visits > count).sum()) + 1 for count in visits],
            "visits": visits,
            "share": visits / max(whole, 1),
            "observed_share": np.full(len(shown), _day_share(coverage, hours)),
        },
    )


def _counted(filled: Journeys, seen: Journeys, group_of: Callable[[Ints], Ints]) -> _Counted:
    """Moves by group of the second in which the target was reached; below 0 is no group."""
    size = len(filled.names)
    every, found = _keys(filled, size, group_of), _keys(seen, size, group_of)
    unseen = position_in(pa.array([UNSEEN]), filled.names)[0]
    found = found[(found // size % size != unseen) & (found % size != unseen)]
    cells = np.unique(np.concatenate([every, found]))
    moves, moves_seen = (
        np.bincount(np.searchsorted(cells, keys), minlength=len(cells)) for keys in (every, found)
    )
    source, target = cells // size % size, cells % size
    return _Counted(cells // size**2, source, target, moves.astype(float), moves_seen)


def _keys(part: Journeys, size: int, group_of: Callable[[Ints], Ints]) -> Ints:
    """Group, source and target of each move in one number."""
    source, target, reached_s = part.moves()
    group = group_of(reached_s)
    return ((group * size + source) * size + target)[group >= 0]


def _columns(counted: _Counted, filled: Journeys) -> dict[str, pa.Array | Floats | Ints]:
    low, high = count_interval(counted.moves)
    return {
        "from_zone_id": filled.names.take(pa.array(counted.source)),
        "to_zone_id": filled.names.take(pa.array(counted.target)),
        "moves": counted.moves,
        "moves_low": low,
        "moves_high": high,
        "moves_seen": counted.seen,
        "outflow_share": _share(counted.moves, counted.group, counted.source),
        "inflow_share": _share(counted.moves, counted.group, counted.target),
    }


def _share(moves: Floats, group: Ints, of: Ints) -> Floats:
    """Each pair's share of all moves of its group with the same source, or target."""
    if not len(moves):
        return moves
    _, which = np.unique(np.stack([group, of]), axis=1, return_inverse=True)
    total = np.bincount(which.ravel(), moves)[which.ravel()]
    return np.where(total > 0, moves / np.where(total > 0, total, 1.0), 0.0)


def _day_share(coverage: pa.Table, hours: Sequence[LocalHour]) -> float:
    """Observed share of all cameras over the day."""
    cameras = camera_hours(coverage, hour_table(hours))
    expected = cameras.expected_s.sum()
    as_expected = np.minimum(cameras.expected_s, cameras.observed_s).sum()
    observed = as_expected if expected > 0 else cameras.observed_s.sum()
    return float(observed_share(expected, observed))
