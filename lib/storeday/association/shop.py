"""What association has to know of a shop: what each antenna reads, and where items are at home."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from storeday.association.cells import Rummages
from storeday.association.columns import Floats, Ints, floats, texts
from storeday.floor.zones import distance_m

# A reader covers products within one to three metres (source article).
ANTENNA_RANGE_M = 3.0


@dataclass(frozen=True)
class Reach:
    """Where the goods are that an antenna reads.

    Attributes:
        zones_m: Polygons of its zones, shape (k, 2) each; may be empty.
        place_m: The antenna's own place; used where it has no zones. With neither, its goods may be
            anywhere.
    """

    zones_m: Sequence[Floats] = ()
    place_m: tuple[float, float] | None = None


@dataclass(frozen=True)
class Shop:
    """A shop, as far as association goes.

    Attributes:
        reach: Reach by reader and antenna; one that is missing may reach anywhere.
        home_m: Home of each tag whose place is known, by upper-case hex.
    """

    reach: Mapping[tuple[str, int], Reach] = field(default_factory=dict)
    home_m: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def rummages_of(rummage_events: pa.Table, time_s: Floats, shop: Shop) -> tuple[Rummages, list[Reach]]:
    """Rummage events as arrays.

    Args:
        rummage_events: Rows of `silver.rummage_events`.
        time_s: Moment of each, shape (r,).
        shop: The shop.

    Returns:
        Rummages in the same order, and the reach of each area that they name.
    """
    readers = texts(rummage_events["reader_id"]).to_pylist()
    antennas = rummage_events["antenna"].to_pylist()
    keys = list(zip(readers, antennas, strict=True))
    names = sorted(set(keys))
    number = {key: index for index, key in enumerate(names)}
    homes = [shop.home_m.get(epc, (np.nan, np.nan)) for epc in rummage_events["epc"].to_pylist()]
    rummages = Rummages(
        time_s,
        np.array([number[key] for key in keys], np.int64),
        np.array(homes, float).reshape(-1, 2),
        floats(rummage_events["score"]),
    )
    return rummages, [shop.reach.get(key, Reach()) for key in names]


def rows_in_reach(place_m: Floats, areas: Sequence[Reach], margin_m: float) -> list[Ints]:
    """Rows whose place is within reach of each area's goods.

    Args:
        place_m: Places, shape (n, 2); a row without a place is in reach of everything, since nothing
            speaks against it.
        areas: Areas.
        margin_m: How far from a zone somebody may stand who takes something there, errors of places
            included.

    Returns:
        For each area its rows, ascending. Cost: rows x areas.
    """
    nowhere = ~np.isfinite(place_m).all(axis=1)
    found = []
    for area in areas:
        inside = nowhere.copy()
        if area.zones_m:
            for polygon in area.zones_m:
                near = _in_box(place_m, np.asarray(polygon, float), margin_m)
                inside[near[distance_m(place_m[near], polygon) <= margin_m]] = True
        elif area.place_m is not None:
            away = np.hypot(place_m[:, 0] - area.place_m[0], place_m[:, 1] - area.place_m[1])
            inside |= away <= ANTENNA_RANGE_M + margin_m
        else:
            inside[:] = True
        found.append(np.flatnonzero(inside))
    return found


def _in_box(place_m: Floats, polygon: Floats, margin_m: float) -> Ints:
    low, high = polygon.min(axis=0) - margin_m, polygon.max(axis=0) + margin_m
    return np.flatnonzero(((place_m >= low) & (place_m <= high)).all(axis=1))
