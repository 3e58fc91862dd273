"""From where to where people went: rows of `gold.zone_flows`.

A visit to the store is a path: where it came from, the zones visited in order, where it went. It
came from `entrance`, or from `unseen` where it was first seen away from an entrance
(`is_censored_start`); it went to `exit`, or to `unseen`. Zones of kind entrance are part of coming
and going and no stations of their own; a zone left and visited again with none between is one
station. A visit without any zone is one move from where it came to where it went.
"""

from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa

from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import US_PER_S, Floats, Ints, position_in, texts, times_us
from storeday.floor.calendar import LocalHour
from storeday.measures.hours import hour_table
from storeday.measures.seen_share import camera_hours, observed_share
from storeday.measures.settings import MeasureSettings
from storeday.measures.zone_stays import Stays, presence, zone_visits

ENTRANCE, EXIT, UNSEEN = "entrance", "exit", "unseen"


def zone_flows(
    positions: pa.Table,
    visits: pa.Table,
    zones: Collection[str],
    hours: Sequence[LocalHour],
    coverage: pa.Table,
    settings: MeasureSettings,
) -> pa.Table:
    """Moves between zones over the day, in numbers and shares.

    Args:
        positions: Rows of `silver.positions`, in any order; may be empty.
        visits: Rows of `silver.visits`, in any order. Positions outside every visit of their
            customer are left out.
        zones: The zones that are stations: all but those of kind entrance.
        hours: All local hours of the business day, over which coverage is summed.
        coverage: Rows of `gold.coverage`, in any order.
        settings: Settings.

    Returns:
        Rows of `gold.zone_flows` by source and target. The shares of one source's rows add up to
        one, and so do those of one target's. `observed_share` is that of all cameras over the day.

    Example:
        >>> import datetime as dt
        >>> from storeday.contracts import empty
        >>> nine = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
        >>> times = [nine + dt.timedelta(seconds=second) for second in range(10)]
        >>> flows = zone_flows(
        ...     pa.table({"customer_id": ["x"] * 10, "zone_id": ["rack"] * 5 + ["till"] * 5,
        ...               "time": times}),
        ...     pa.table({"customer_id": ["x"], "entered_at": times[:1], "left_at": times[-1:],
        ...               "is_censored_start": [False], "is_censored_end": [True]}),
        ...     ["rack", "till"], [], empty(load_contract("gold.coverage")), MeasureSettings())
        >>> [(row["from_zone_id"], row["to_zone_id"], row["moves"]) for row in flows.to_pylist()]
        [('entrance', 'rack', 1.0), ('rack', 'till', 1.0), ('till', 'unseen', 1.0)]
    """
    # Names in order, so that rows come out in order.
    names = pa.array(sorted({*zones, ENTRANCE, EXIT, UNSEEN}), pa.string())
    customers = texts(visits["customer_id"]).unique()
    stations = presence(positions, customers, pa.array(sorted(zones), pa.string()), settings)
    stays = zone_visits(stations, settings)
    to_name = position_in(pa.array(sorted(zones), pa.string()), names)
    source, target = _moves(stays, to_name, visits, customers, names)
    pairs, moves = np.unique(source * len(names) + target, return_counts=True)
    source, target = pairs // len(names), pairs % len(names)
    return table_from_columns(
        load_contract("gold.zone_flows"),
        {
            "from_zone_id": names.take(pa.array(source)),
            "to_zone_id": names.take(pa.array(target)),
            "moves": moves,
            "moves_seen": moves,
            "outflow_share": _share(moves, source),
            "inflow_share": _share(moves, target),
            "observed_share": np.full(len(pairs), _day_share(coverage, hours)),
        },
    )


def _moves(
    stays: Stays, to_name: Ints, visits: pa.Table, customers: pa.Array, names: pa.Array
) -> tuple[Ints, Ints]:
    """Source and target of every move, as numbers of names."""
    customer = position_in(texts(visits["customer_id"]), customers)
    entered_s = times_us(visits["entered_at"]) // US_PER_S
    left_s = times_us(visits["left_at"]) // US_PER_S
    order = np.lexsort((entered_s, customer))
    visit = _visit_of(stays, customer[order], entered_s[order], left_s[order])
    visit, station = visit[visit >= 0], to_name[stays.zone[visit >= 0]]
    is_new = np.ones(len(visit), bool)
    is_new[1:] = (np.diff(visit) != 0) | (np.diff(station) != 0)
    visit, station = visit[is_new], station[is_new]
    entrance, leaving, unseen = position_in(pa.array([ENTRANCE, EXIT, UNSEEN]), names)
    came = np.where(_flags(visits, "is_censored_start")[order], unseen, entrance)
    went = np.where(_flags(visits, "is_censored_end")[order], unseen, leaving)
    # Stations stand between where each visit came from and where it went.
    path = np.concatenate([came, station, went])
    owner = np.concatenate([np.arange(len(came)), visit, np.arange(len(went))])
    place = np.repeat([0, 1, 2], [len(came), len(visit), len(went)])
    sequence = np.lexsort((np.arange(len(path)), place, owner))
    path, owner = path[sequence], owner[sequence]
    goes_on = np.diff(owner) == 0
    return path[:-1][goes_on], path[1:][goes_on]


def _visit_of(stays: Stays, customer: Ints, entered_s: Ints, left_s: Ints) -> Ints:
    """The visit during which each stay began, -1 for none. Visits by customer and start."""
    if not len(customer):
        return np.full(len(stays), -1)
    # Customer and second in one number; seconds since 1970 need 31 bits.
    visit = (
        np.searchsorted(
            (customer << 32) + entered_s, (stays.customer << 32) + stays.start_s, "right"
        )
        - 1
    )
    belongs = (visit >= 0) & (customer[visit] == stays.customer) & (stays.start_s <= left_s[visit])
    return np.where(belongs, visit, -1)


def _flags(table: pa.Table, name: str) -> np.typing.NDArray[np.bool_]:
    return np.asarray(table[name].to_numpy(), bool)


def _share(moves: Ints, of: Ints) -> Floats:
    """Each pair's share of all moves with the same source, or target."""
    return np.asarray(moves / np.bincount(of, moves)[of])


def _day_share(coverage: pa.Table, hours: Sequence[LocalHour]) -> float:
    """Observed share of all cameras over the day."""
    cameras = camera_hours(coverage, hour_table(hours))
    expected = cameras.expected_s.sum()
    as_expected = np.minimum(cameras.expected_s, cameras.observed_s).sum()
    observed = as_expected if expected > 0 else cameras.observed_s.sum()
    return float(observed_share(expected, observed))
