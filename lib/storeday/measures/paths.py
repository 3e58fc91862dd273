"""Paths without holes: where customers were in seconds in which nobody saw them.

`silver.positions` has a row for each second in which a customer was seen. Figures made of these
rows alone lack what happens out of sight, and not evenly: fitting rooms are never filmed, and
behind a rack people vanish where they stand. Here

- a place is the median of the seconds around it, which takes the jitter out of standing and leaves
  walking as it is;
- a hole of up to `bridge_gap_s` is a straight walk from one end to the other, and a longer one, of
  up to `hold_gap_s`, a stay, if both ends are one place;
- who vanishes beside a fitting room and comes back beside it was inside.

Zones are then looked up anew. `steady_zones` takes brief slips into a neighbouring zone back.
All of this is for sums; nothing of it is said of a customer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.lib.stride_tricks import sliding_window_view

from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import (
    STAMP,
    US_PER_S,
    Floats,
    Ints,
    floats,
    position_in,
    texts,
    times_us,
)
from storeday.floor.zones import distance_m, zone_index
from storeday.manifest import Zone
from storeday.measures.settings import MeasureSettings
from storeday.measures.steady_zones import ZoneSeconds, steady_zones


@dataclass(frozen=True)
class Walk:
    """Places by customer and second, each second once; all arrays have shape (n,).

    Attributes:
        who: Customer, from 0.
        second: Second, s since 1970.
        x_m: Place.
        y_m: Place.
    """

    who: Ints
    second: Ints
    x_m: Floats
    y_m: Floats

    def __len__(self) -> int:
        return len(self.who)

    @property
    def place_m(self) -> Floats:
        """Places, shape (n, 2)."""
        return np.column_stack([self.x_m, self.y_m])


def whole_paths(positions: pa.Table, zones: Sequence[Zone], settings: MeasureSettings) -> pa.Table:
    """Positions with jitter taken out, holes filled, and zones looked up again.

    Args:
        positions: Rows of `silver.positions`, in any order; may be empty. Of a customer's rows of
            one second the first by place counts.
        zones: The store's zones, in the manifest's order: the first that holds a place names it.
        settings: Settings.

    Returns:
        Rows of `silver.positions` by customer and time. Cost: n x zones.

    Example:
        >>> import datetime as dt
        >>> nine = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
        >>> rows = whole_paths(
        ...     pa.table({"customer_id": ["x", "x"], "floor_x_m": [1.0, 1.0],
        ...               "floor_y_m": [1.0, 2.0],
        ...               "time": [nine, nine + dt.timedelta(seconds=4)]}),
        ...     [Zone(id="rack", kind="display", polygon_m=[(0, 0), (2, 0), (2, 1.6), (0, 1.6)])],
        ...     MeasureSettings())
        >>> rows["zone_id"].to_pylist()
        ['rack', 'rack', 'rack', None, None]
    """
    names = texts(positions["customer_id"]).unique().sort()
    walk = _without_jitter(_walk(positions, names), settings)
    walk = _filled(walk, [zone for zone in zones if zone.kind == "fitting_room"], settings)
    polygons = [np.asarray(zone.polygon_m, float) for zone in zones]
    place_m = walk.place_m

    def away_m(rows: Ints, to: Ints) -> Floats:
        away = np.zeros(len(rows))
        for number in np.unique(to).tolist():
            own = to == number
            away[own] = distance_m(place_m[rows[own]], polygons[number])
        return away

    seconds = ZoneSeconds(walk.who, walk.second, zone_index(place_m, polygons))
    zone = steady_zones(seconds, away_m, settings)
    ids = pa.array([each.id for each in zones], pa.string())
    return table_from_columns(
        load_contract("silver.positions"),
        {
            "customer_id": names.take(pa.array(walk.who)),
            "time": pa.array(walk.second * US_PER_S).cast(STAMP),
            "floor_x_m": walk.x_m,
            "floor_y_m": walk.y_m,
            "zone_id": ids.take(pa.array(zone, mask=zone < 0)),
        },
    )


def _walk(positions: pa.Table, names: pa.Array) -> Walk:
    who = position_in(texts(positions["customer_id"]), names)
    second = times_us(positions["time"]) // US_PER_S
    x, y = floats(positions["floor_x_m"]), floats(positions["floor_y_m"])
    order = np.lexsort((y, x, second, who))
    order = order[np.isfinite(x[order]) & np.isfinite(y[order])]
    is_new = np.ones(len(order), bool)
    is_new[1:] = (np.diff(who[order]) != 0) | (np.diff(second[order]) != 0)
    rows = order[is_new]
    return Walk(who[rows], second[rows], x[rows], y[rows])


def _without_jitter(walk: Walk, settings: MeasureSettings) -> Walk:
    """Running medians of as many seconds before as after, fewer at the ends of what is seen."""
    if not len(walk):
        return walk
    reach = settings.steady_s
    # One number for customer and second; seconds since 1970 need 31 bits.
    key = (walk.who << 32) + walk.second
    row = np.arange(len(key))
    before = row - np.searchsorted(key, key - reach, "left")
    after = np.searchsorted(key, key + reach, "right") - 1 - row
    half = np.minimum(before, after)
    x, y = walk.x_m.copy(), walk.y_m.copy()
    for size in range(1, reach + 1):
        rows = np.flatnonzero(half == size)
        if len(rows):
            for target, source in ((x, walk.x_m), (y, walk.y_m)):
                windows = sliding_window_view(source, 2 * size + 1)[rows - size]
                target[rows] = np.median(windows, axis=1)
    return Walk(walk.who, walk.second, x, y)


def _filled(walk: Walk, rooms: Sequence[Zone], settings: MeasureSettings) -> Walk:
    """The walk with the seconds of its holes, as far as they can be told."""
    before = np.flatnonzero((np.diff(walk.who) == 0) & (np.diff(walk.second) > 1))
    gap_s = walk.second[before + 1] - walk.second[before]
    start, end = walk.place_m[before], walk.place_m[before + 1]
    room = _room_of(start, end, gap_s, rooms, settings)
    is_stay = (gap_s <= settings.hold_gap_s) & (np.hypot(*(end - start).T) <= settings.same_place_m)
    told = (gap_s <= settings.bridge_gap_s) | is_stay | (room >= 0)
    before, gap_s, start, end, room = (part[told] for part in (before, gap_s, start, end, room))
    missing = gap_s - 1
    hole = np.repeat(np.arange(len(before)), missing)
    step = np.arange(len(hole)) - np.repeat(np.cumsum(missing) - missing, missing) + 1
    share = (step / gap_s[hole])[:, None]
    place = start[hole] * (1 - share) + end[hole] * share
    middles = np.array([np.mean(zone.polygon_m, axis=0) for zone in rooms]).reshape(-1, 2)
    is_in = room[hole] >= 0
    place[is_in] = middles[room[hole][is_in]]
    who = np.concatenate([walk.who, walk.who[before][hole]])
    second = np.concatenate([walk.second, walk.second[before][hole] + step])
    places = np.concatenate([walk.place_m, place])
    order = np.lexsort((second, who))
    return Walk(who[order], second[order], places[order, 0], places[order, 1])


def _room_of(
    start: Floats, end: Floats, gap_s: Ints, rooms: Sequence[Zone], settings: MeasureSettings
) -> Ints:
    """The fitting room that somebody was in during each hole, -1 for none."""
    if not rooms or not len(start):
        return np.full(len(start), -1)
    polygons = [np.asarray(zone.polygon_m, float) for zone in rooms]
    away = np.stack(
        [np.stack([distance_m(side, polygon) for polygon in polygons], 1) for side in (start, end)]
    )
    room = away.sum(axis=0).argmin(axis=1)
    farthest = away.max(axis=0)[np.arange(len(room)), room]
    inside = (
        (farthest <= settings.room_reach_m)
        & (gap_s >= settings.room_min_s)
        & (gap_s <= settings.room_max_s)
    )
    return np.where(inside, room, -1)


def renamed(table: pa.Table, names: pa.Array, to: pa.Array) -> pa.Table:
    """A table with customers called by other names.

    Args:
        table: Any table with a column `customer_id`; null stays null.
        names: Customers, each once.
        to: What each is called instead; those not listed keep their names.
    """
    old = texts(table["customer_id"])
    row = position_in(old, names)
    new = to.take(pa.array(row, mask=row < 0))
    column = table.column_names.index("customer_id")
    return table.set_column(column, "customer_id", pc.coalesce(new, old))
