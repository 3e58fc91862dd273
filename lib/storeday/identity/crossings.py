"""Who came in and who left, counted at the entrance and not by identities.

Even a good identity splits people, and every split would be a visitor too many. What is counted is
therefore what happens at the door: somebody is first seen in an entrance zone and goes on into the
store (*in*), or comes from within and is last seen there (*out*). A person who is lost and found
again elsewhere crosses nothing; one who stands about in the door does not either. Who turns round
deep in the door crosses it twice (`door_turns`).

Both counts have errors of their own: a miss where nobody was followed through the door, and one too
many where somebody was lost right there. Where a day begins and ends with an empty store they are
two counts of one number, and their difference says how good they are.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from storeday.contracts import empty, load_contract, table_from_columns
from storeday.contracts.columns import Floats, Ints, floats, times_us
from storeday.floor.zones import distance_m
from storeday.identity.door_turns import Walks, turns_at_door
from storeday.identity.points import lookup, strings
from storeday.identity.positions import positions_by_second
from storeday.identity.settings import IdentitySettings

US_PER_S = 1_000_000
IN, OUT = "in", "out"


def count_at_doors(
    detections: pa.Table,
    track_points: pa.Table,
    tracklets: pa.Table,
    identities: pa.Table,
    doors: Sequence[Floats],
    settings: IdentitySettings,
) -> pa.Table:
    """The crossings of each door, as the camera counts them that counts most there.

    Companions walk so close that two cameras may take them for each other; in one camera they are
    two. So each door is counted by one camera.

    Args:
        detections: Rows of `silver.detections`, in any order.
        track_points: Rows of `silver.track_points`, in any order.
        tracklets: Rows of `silver.tracklets`, in any order.
        identities: Rows of `silver.identities`, in any order.
        doors: Polygons of the entrance zones in m; none gives no crossing.
        settings: Settings.

    Returns:
        Rows of `silver.door_crossings` by customer, time and direction. Somebody who crosses two
        doors at one moment, where their zones touch, is counted once.
    """
    camera = strings(tracklets["camera_id"]).astype(str)
    ids = tracklets["tracklet_id"].combine_chunks()
    best: dict[int, pa.Table] = {}
    # A mean of three seconds is never as deep in a door as who turns round there.
    as_seen = replace(settings, smooth_positions=False)
    for name in sorted(set(camera.tolist())):
        own = pc.is_in(identities["tracklet_id"], ids.filter(pa.array(camera == name)))
        places = positions_by_second(detections, track_points, identities.filter(own), [], as_seen)
        for number, door in enumerate(doors):
            found = door_crossings(places, [door], settings)
            if number not in best or len(found) > len(best[number]):
                best[number] = found
    if not best:
        return empty(load_contract("silver.door_crossings"))
    return _once(pa.concat_tables([best[number] for number in sorted(best)]))


def _once(crossings: pa.Table) -> pa.Table:
    """The crossings in order, each once."""
    keys = ["customer_id", "time", "direction"]
    rows = crossings.group_by(keys, use_threads=False).aggregate([])
    return rows.sort_by([(key, "ascending") for key in keys]).cast(crossings.schema)


def door_crossings(
    positions: pa.Table, doors: Sequence[Floats], settings: IdentitySettings
) -> pa.Table:
    """The crossings of all customers.

    Args:
        positions: Rows of `silver.positions`, in any order.
        doors: Polygons of the entrance zones in m, shape (k, 2) each; none gives no crossing.
        settings: `door_reach_m`, `inside_m` and `absent_s` are read.

    Returns:
        Rows of `silver.door_crossings` by customer, time and direction. A customer who leaves and
        comes back crosses each time; whether that is one visit is for `visits` to say.

    Example:
        >>> import datetime as dt
        >>> nine = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
        >>> rows = pa.table({
        ...     "customer_id": ["a"] * 5, "floor_x_m": [0.5] * 5,
        ...     "floor_y_m": [0.5, 2.0, 5.0, 9.0, 9.0],
        ...     "time": [nine + dt.timedelta(seconds=second) for second in range(5)]})
        >>> door = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
        >>> door_crossings(rows, [door], IdentitySettings())["direction"].to_pylist()
        ['in']
    """
    if not len(positions) or not len(doors):
        return empty(load_contract("silver.door_crossings"))
    names = pa.array(np.unique(strings(positions["customer_id"]).astype(str)), pa.string())
    who = lookup(positions["customer_id"], names)
    time_us = times_us(positions["time"])
    place = np.column_stack([floats(positions["floor_x_m"]), floats(positions["floor_y_m"])])
    order = np.lexsort((time_us, who))
    who, time_us, place = who[order], time_us[order], place[order]
    starts, ends = _walks(who, time_us, settings.absent_s)
    rows, direction = [], []
    for door in doors:
        away = distance_m(place, np.asarray(door, float))
        ins, outs = _at_door(Walks(place, away, starts, ends), settings)
        rows += [ins, outs]
        direction += [IN] * len(ins) + [OUT] * len(outs)
    return _crossings(names, who, time_us, np.concatenate(rows), np.array(direction))


def _walks(who: Ints, time_us: Ints, absent_s: float) -> tuple[Ints, Ints]:
    """First and last row of each stretch in which a customer is not absent."""
    is_new = np.ones(len(who), bool)
    is_new[1:] = (np.diff(who) != 0) | (np.diff(time_us) > round(absent_s * US_PER_S))
    starts = np.flatnonzero(is_new)
    return starts, np.append(starts[1:], len(who)) - 1


def _at_door(walks: Walks, settings: IdentitySettings) -> tuple[Ints, Ints]:
    """Rows in which somebody came in, and in which somebody went out."""
    farthest = np.maximum.reduceat(walks.away, walks.starts)
    goes_in = np.isfinite(farthest) & (farthest >= settings.inside_m)
    came = walks.starts[goes_in & (walks.away[walks.starts] <= settings.door_reach_m)]
    left = walks.ends[goes_in & (walks.away[walks.ends] <= settings.door_reach_m)]
    turned = turns_at_door(walks, came, left, settings.inside_m)
    return np.concatenate([came, turned + 1]), np.concatenate([left, turned])


def _crossings(
    names: pa.Array, who: Ints, time_us: Ints, rows: Ints, direction: NDArray[np.str_]
) -> pa.Table:
    by_time = np.lexsort((direction, time_us[rows], who[rows]))
    rows, direction = rows[by_time], direction[by_time]
    stamp = pa.timestamp("us", tz="UTC")
    found = table_from_columns(
        load_contract("silver.door_crossings"),
        {
            "customer_id": names.take(pa.array(who[rows])),
            "time": pa.array(time_us[rows], pa.int64()).cast(stamp),
            "direction": pa.array(direction.tolist(), pa.string()),
        },
    )
    return _once(found)
