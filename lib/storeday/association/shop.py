"""What association has to know of a shop: what each antenna reads, and where items are at home."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from storeday.association.cells import Members, Rummages
from storeday.contracts.columns import Floats, Ints, floats, position_in, texts
from storeday.floor.zones import distance_m

# A reader covers products within one to three metres (source article).
ANTENNA_RANGE_M = 3.0


@dataclass(frozen=True)
class Reach:
    """Where the goods are that an antenna reads.

    Attributes:
        zones_m: Polygons of its zones by name, shape (k, 2) each; may be empty.
        place_m: The antenna's own place; used where it has no zones. With neither, its goods may be
            anywhere.
    """

    zones_m: Mapping[str, Floats] = field(default_factory=dict)
    place_m: tuple[float, float] | None = None


@dataclass(frozen=True)
class Shop:
    """A shop, as far as association goes.

    Attributes:
        reach: Reach by reader and antenna; one that is missing may reach anywhere.
        home_m: Home of each tag whose place is known, by upper-case hex.
        home_zone: Home zone of each tag, by upper-case hex.
    """

    reach: Mapping[tuple[str, int], Reach] = field(default_factory=dict)
    home_m: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    home_zone: Mapping[str, str] = field(default_factory=dict)


def rummages_of(
    rummage_events: pa.Table, time_s: Floats, shop: Shop, margin_m: float
) -> tuple[Rummages, list[Reach]]:
    """Rummage events as arrays.

    An item whose home zone the antenna covers is taken to hang there; one that is read far from
    home has been carried off, and its home says nothing.

    Args:
        rummage_events: Rows of `silver.rummage_events`.
        time_s: Moment of each, shape (r,).
        shop: The shop.
        margin_m: How far outside the antenna's zones a home may lie.

    Returns:
        Rummages in the same order, and the reach of each area that they name.
    """
    readers = texts(rummage_events["reader_id"]).to_pylist()
    keys = [
        (reader, antenna, _zone_here(shop, (reader, antenna), epc))
        for reader, antenna, epc in zip(
            readers,
            rummage_events["antenna"].to_pylist(),
            rummage_events["epc"].to_pylist(),
            strict=True,
        )
    ]
    names = sorted(set(keys))
    number = {key: index for index, key in enumerate(names)}
    areas = [_area(shop, key) for key in names]
    area = np.array([number[key] for key in keys], np.int64)
    homes = [shop.home_m.get(epc, (np.nan, np.nan)) for epc in rummage_events["epc"].to_pylist()]
    place = np.array(homes, float).reshape(-1, 2)
    for index, reach in enumerate(areas):
        rows = np.flatnonzero(area == index)
        place[rows[away_m(place[rows], reach) > margin_m]] = np.nan
    tags = texts(rummage_events["epc"])
    tag = position_in(tags, tags.unique().sort())
    moved = np.zeros(0)
    if "probability" in rummage_events.column_names:
        moved = floats(rummage_events["probability"])
    score = floats(rummage_events["score"])
    return Rummages(time_s, area, place, score, tag, moved), areas


def _zone_here(shop: Shop, antenna: tuple[str, int], epc: str) -> str:
    """The item's home zone if the antenna covers it, else nothing."""
    zone = shop.home_zone.get(epc, "")
    return zone if zone in shop.reach.get(antenna, Reach()).zones_m else ""


def _area(shop: Shop, key: tuple[str, int, str]) -> Reach:
    reach = shop.reach.get((key[0], key[1]), Reach())
    return Reach({key[2]: reach.zones_m[key[2]]}, reach.place_m) if key[2] else reach


def members_of(place_m: Floats, areas: Sequence[Reach], margin_m: float) -> list[Members]:
    """Rows whose place is within reach of each area's goods.

    Args:
        place_m: Places, shape (n, 2); a row without a place is in reach of everything, since
            nothing speaks against it.
        areas: Areas.
        margin_m: How far from a zone somebody may stand who takes something there, errors of places
            included.

    Returns:
        Members by area. Cost: rows x areas.
    """
    nowhere = np.asarray(~np.isfinite(place_m).all(axis=1))
    found = []
    for area in areas:
        near = _near(place_m, area, margin_m)
        inside = nowhere.copy()
        inside[near[away_m(place_m[near], area) <= margin_m]] = True
        rows = np.flatnonzero(inside)
        found.append(Members(rows, _from_middle(place_m[rows], area)))
    return found


def away_m(place_m: Floats, area: Reach) -> Floats:
    """Distance of places to an area's goods, zero within reach; NaN for places that are NaN."""
    if area.zones_m:
        each = [distance_m(place_m, np.asarray(zone, float)) for zone in area.zones_m.values()]
        return np.asarray(np.min(each, axis=0))
    if area.place_m is not None:
        return np.maximum(_distance(place_m, area.place_m) - ANTENNA_RANGE_M, 0.0)
    return np.zeros(len(place_m))


def _from_middle(place_m: Floats, area: Reach) -> Floats:
    """Distance to the middle of the nearest of an area's zones, or to the antenna; else NaN."""
    if area.zones_m:
        middles = [np.asarray(zone, float).mean(axis=0) for zone in area.zones_m.values()]
        return np.asarray(np.min([_distance(place_m, (x, y)) for x, y in middles], axis=0))
    if area.place_m is not None:
        return _distance(place_m, area.place_m)
    return np.full(len(place_m), np.nan)


def _distance(place_m: Floats, other_m: tuple[float, float]) -> Floats:
    return np.asarray(np.hypot(place_m[:, 0] - other_m[0], place_m[:, 1] - other_m[1]))


def _near(place_m: Floats, area: Reach, margin_m: float) -> Ints:
    """Rows in the box about an area: the only ones whose distance has to be measured."""
    if not area.zones_m:
        return np.arange(len(place_m))
    corners = np.concatenate([np.asarray(zone, float) for zone in area.zones_m.values()])
    low, high = corners.min(axis=0) - margin_m, corners.max(axis=0) + margin_m
    return np.flatnonzero(((place_m >= low) & (place_m <= high)).all(axis=1))
