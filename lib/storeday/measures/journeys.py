"""Each visit to the store as a sequence of stations: what flows and paths are counted from.

A visit came from `entrance`, or from `unseen` where it was first seen away from an entrance
(`is_censored_start`); it went to `exit`, or to `unseen`. Its stations are the zones visited, in
order. Zones of kind entrance are part of coming and going and no stations of their own; a zone left
and visited again with none between is one station.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from storeday.contracts.columns import US_PER_S, Bools, Ints, position_in, texts, times_us
from storeday.measures.settings import MeasureSettings
from storeday.measures.zone_stays import Stays, presence, zone_visits

ENTRANCE, EXIT, UNSEEN = "entrance", "exit", "unseen"


@dataclass(frozen=True)
class Journeys:
    """Stations of visits, from where they came to where they went, by visit and order.

    Attributes:
        names: Names of stations, in order of name.
        visit: Visit of each station, from 0, shape (n,).
        station: Its position in `names`, shape (n,).
        reached_s: When it was reached, s since 1970, shape (n,).
    """

    names: pa.Array
    visit: Ints
    station: Ints
    reached_s: Ints

    def moves(self) -> tuple[Ints, Ints, Ints]:
        """Source, target, and when the target was reached, of every move."""
        goes_on = np.diff(self.visit) == 0
        return (
            self.station[:-1][goes_on],
            self.station[1:][goes_on],
            self.reached_s[1:][goes_on],
        )


def journeys(
    positions: pa.Table, visits: pa.Table, zones: Collection[str], settings: MeasureSettings
) -> Journeys:
    """The stations of all visits.

    Args:
        positions: Rows of `silver.positions`, in any order; may be empty. Positions outside every
            visit of their customer are left out.
        visits: Rows of `silver.visits`, in any order.
        zones: The zones that are stations: all but those of kind entrance.
        settings: Settings.

    Example:
        >>> import datetime as dt
        >>> nine = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
        >>> times = [nine + dt.timedelta(seconds=second) for second in range(10)]
        >>> found = journeys(
        ...     pa.table({"customer_id": ["x"] * 10, "zone_id": ["rack"] * 10, "time": times}),
        ...     pa.table({"customer_id": ["x"], "entered_at": times[:1], "left_at": times[-1:],
        ...               "is_censored_start": [False], "is_censored_end": [True]}),
        ...     ["rack"], MeasureSettings())
        >>> found.names.take(pa.array(found.station)).to_pylist()
        ['entrance', 'rack', 'unseen']
    """
    # Names in order, so that rows come out in order.
    names = pa.array(sorted({*zones, ENTRANCE, EXIT, UNSEEN}), pa.string())
    stations = pa.array(sorted(zones), pa.string())
    customers = texts(visits["customer_id"]).unique()
    stays = zone_visits(presence(positions, customers, stations, settings), settings)
    customer = position_in(texts(visits["customer_id"]), customers)
    entered_s = times_us(visits["entered_at"]) // US_PER_S
    left_s = times_us(visits["left_at"]) // US_PER_S
    order = np.lexsort((entered_s, customer))
    visit = _visit_of(stays, customer[order], entered_s[order], left_s[order])
    stays, visit = stays.of(visit >= 0), visit[visit >= 0]
    station = position_in(stations, names)[stays.zone]
    is_new = np.ones(len(visit), bool)
    is_new[1:] = (np.diff(visit) != 0) | (np.diff(station) != 0)
    entrance, leaving, unseen = position_in(pa.array([ENTRANCE, EXIT, UNSEEN]), names)
    came = np.where(_flags(visits, "is_censored_start")[order], unseen, entrance)
    went = np.where(_flags(visits, "is_censored_end")[order], unseen, leaving)
    # Stations stand between where each visit came from and where it went.
    owner = np.concatenate([np.arange(len(came)), visit[is_new], np.arange(len(went))])
    path = np.concatenate([came, station[is_new], went])
    reached = np.concatenate([entered_s[order], stays.start_s[is_new], left_s[order]])
    place = np.repeat([0, 1, 2], [len(came), int(is_new.sum()), len(went)])
    sequence = np.lexsort((np.arange(len(path)), place, owner))
    return Journeys(names, owner[sequence], path[sequence], reached[sequence])


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


def _flags(table: pa.Table, name: str) -> Bools:
    return np.asarray(table[name].to_numpy(), bool)
