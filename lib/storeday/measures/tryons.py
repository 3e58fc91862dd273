"""What was tried on: rows of `silver.tryons` from tags read in fitting rooms.

An antenna over a fitting room hears the racks around it as well. A tag counts as inside in a step
of time (`tryon_bin_s`) in which a fitting room's antenna heard it at least as strongly as any other
antenna did, and in which it was not at home there: tags that fitting rooms' antennas hear best in
most of their steps of the day hang beside them, such as on a rail for returns.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import (
    STAMP,
    US_PER_S,
    Bools,
    Floats,
    Ints,
    floats,
    position_in,
    texts,
    times_us,
)
from storeday.measures.settings import MeasureSettings

# A tag that is inside in most of its steps of the day is at home there.
AT_HOME_SHARE = 0.5

AntennaName = tuple[str, int]


@dataclass(frozen=True)
class _Heard:
    """Steps in which tags were heard, each once, by tag and time; all of shape (n,)."""

    tag: Ints
    step_us: Ints
    last_us: Ints
    antenna: Ints
    is_inside: Bools
    reads: Ints


def tryons(
    strengths: pa.Table,
    rooms: Mapping[AntennaName, str | None],
    make_id: Callable[[str], str],
    settings: MeasureSettings,
) -> pa.Table:
    """Stretches of tags in fitting rooms.

    Args:
        strengths: Columns `reader_id, antenna, epc, device_time, rssi_dbm, read_count`, in any
            order: for each tag, antenna and step of time in which it was heard the first read's
            time, the strongest reading, and the number of reads. Tags that no fitting room's
            antenna heard may be left out.
        rooms: The fitting room of each antenna that covers some; None where it covers several.
        make_id: From a name to a pseudonym.
        settings: Settings.

    Returns:
        Rows of `silver.tryons` by tag and start, without customers.

    Example:
        >>> import datetime as dt
        >>> nine = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
        >>> times = [nine + dt.timedelta(seconds=10 * step) for step in range(9)]
        >>> found = tryons(
        ...     pa.table({"reader_id": ["r"] * 9, "antenna": [1] * 6 + [2] * 3,
        ...               "epc": ["E"] * 9, "device_time": times, "rssi_dbm": [-60.0] * 9,
        ...               "read_count": [2] * 9}),
        ...     {("r", 2): "cabin"}, str, MeasureSettings())
        >>> found.select(["epc", "zone_id", "reads"]).to_pylist()
        [{'epc': 'E', 'zone_id': 'cabin', 'reads': 6}]
    """
    tags = texts(strengths["epc"]).unique().sort()
    antennas = sorted(
        set(zip(strengths["reader_id"].to_pylist(), strengths["antenna"].to_pylist(), strict=True))
    )
    heard = _loudest(strengths, tags, antennas, frozenset(rooms), settings)
    at_home = np.bincount(heard.tag, heard.is_inside, len(tags)) > AT_HOME_SHARE * np.maximum(
        np.bincount(heard.tag, minlength=len(tags)), 1
    )
    rows = np.flatnonzero(heard.is_inside & ~at_home[heard.tag])
    tag, step = heard.tag[rows], heard.step_us[rows]
    gap_us = round((settings.tryon_gap_s + settings.tryon_bin_s) * US_PER_S)
    is_new = np.ones(len(rows), bool)
    is_new[1:] = (np.diff(tag) != 0) | (np.diff(step) > gap_us)
    first = np.flatnonzero(is_new)
    last = np.append(first[1:], len(rows)) - 1 if len(first) else first
    reads = np.add.reduceat(heard.reads[rows], first) if len(first) else first
    start, end = step[first], heard.last_us[rows][last]
    long = end - start >= settings.tryon_min_s * US_PER_S
    where = [antennas[number] for number in heard.antenna[rows][first][long].tolist()]
    epcs = tags.take(pa.array(tag[first][long]))
    return table_from_columns(
        load_contract("silver.tryons"),
        {
            "tryon_id": [
                make_id(f"tryon/{epc}/{moment}")
                for epc, moment in zip(epcs.to_pylist(), start[long].tolist(), strict=True)
            ],
            "epc": epcs,
            "reader_id": [reader for reader, _ in where],
            "antenna": [port for _, port in where],
            "zone_id": pa.array([rooms[antenna] for antenna in where], pa.string()),
            "started_at": pa.array(start[long]).cast(STAMP),
            "ended_at": pa.array(end[long]).cast(STAMP),
            "reads": reads[long],
        },
    )


def _loudest(
    strengths: pa.Table,
    tags: pa.Array,
    antennas: list[AntennaName],
    rooms: frozenset[AntennaName],
    settings: MeasureSettings,
) -> _Heard:
    """For each tag and step the antenna that heard it best, a fitting room's first of equals."""
    number = {antenna: index for index, antenna in enumerate(antennas)}
    pairs = zip(strengths["reader_id"].to_pylist(), strengths["antenna"].to_pylist(), strict=True)
    antenna = np.array([number[pair] for pair in pairs], np.int64)
    is_room = np.array([name in rooms for name in antennas], bool)
    tag = position_in(texts(strengths["epc"]), tags)
    time = times_us(strengths["device_time"])
    loud: Floats = floats(strengths["rssi_dbm"])
    step = time // round(settings.tryon_bin_s * US_PER_S)
    inside = is_room[antenna] if len(antenna) else np.zeros(0, bool)
    order = np.lexsort((antenna, ~inside, -loud, step, tag))
    is_first = np.ones(len(order), bool)
    is_first[1:] = (np.diff(tag[order]) != 0) | (np.diff(step[order]) != 0)
    best = order[is_first]
    last_us = time[best] + round(settings.tryon_bin_s * US_PER_S) - 1
    reads = np.asarray(strengths["read_count"].to_numpy(), np.int64)[best]
    return _Heard(tag[best], time[best], last_us, antenna[best], inside[best], reads)


def with_customers(
    found: pa.Table, store_us: tuple[Ints, Ints], handled: pa.Table, settings: MeasureSettings
) -> pa.Table:
    """Try-ons with the customer who handled the tag last before.

    Args:
        found: Rows of `silver.tryons`.
        store_us: Start and end of each in store time, us since 1970; shape (n,) each.
        handled: Rows of `gold.interactions`, in any order.
        settings: `tryon_customer_s` is read.
    """
    start, end = store_us
    known = handled.filter(handled["customer_id"].is_valid())
    tags = texts(found["epc"]).unique()
    tag = position_in(texts(known["epc"]), tags)
    time = times_us(known["time"])
    order = np.lexsort((time, tag))
    order = order[tag[order] >= 0]
    before = np.full(len(found), -1)
    for row, name in enumerate(position_in(texts(found["epc"]), tags).tolist()):
        own = order[
            np.searchsorted(tag[order], name, "left") : np.searchsorted(tag[order], name, "right")
        ]
        # Taking it off inside may be heard as a handling, too.
        place = int(np.searchsorted(time[own], end[row], "right")) - 1
        if place >= 0 and start[row] - time[own[place]] <= settings.tryon_customer_s * US_PER_S:
            before[row] = own[place]
    who = texts(known["customer_id"]).take(pa.array(before, mask=before < 0))
    column = found.column_names.index("customer_id")
    return found.set_column(column, "customer_id", who)
