"""Published interactions and rummage events beside true handlings.

A predicted and a true handling of one tag can be the same if their stretches overlap; which of
several are which, `episodes` decides one to one. Events are moved to store time by the true clocks
where these are known; otherwise by the lake's estimates, and then stretches may miss each other by
the clock error that the source article reports.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storeday.audit.day import AuditDay
from storeday.audit.episodes import Episodes
from storeday.contracts.columns import US_PER_S, Bools, Floats, Ints, position_in, texts, times_us

# What moments of handling are uncertain by on either side: reads come seconds apart.
TOLERANCE_S = 5.0
# With estimated clocks: the largest clock error of the source article.
CLOCK_TOLERANCE_S = 15.0
# In a fitting room no camera looks, so nobody is asked who handled something there.
UNSEEN_ACTIONS = ("try_on",)


@dataclass(frozen=True)
class TrueHandlings:
    """Handlings of the truth, in store time; by time, person and tag.

    Attributes:
        episodes: Stretches by tag.
        person: Position in `Crowd.true_names`, shape (n,); numbered by name without a crowd.
        is_countable: Whether a camera could have seen it, shape (n,).
        zone: Zone; null where the truth does not say.
    """

    episodes: Episodes
    person: Ints
    is_countable: Bools
    zone: pa.Array


def true_handlings(day: AuditDay) -> TrueHandlings | None:
    """The truth's handlings; None where nothing is known of them."""
    rows = day.inputs.truth.interactions
    if rows is None:
        return None
    names = _people(day, rows)
    rows = rows.take(
        pc.sort_indices(rows, [(name, "ascending") for name in ("time", "customer", "epc")])
    )
    started = times_us(rows["time"])
    # A hand label may give the moment alone.
    ended = times_us(pc.coalesce(rows["ended"], rows["time"]))
    began_s, ended_s = _seconds(day.time.of_truth(started)), _seconds(day.time.of_truth(ended))
    has_action, has_zone = "action" in rows.column_names, "zone" in rows.column_names
    action = texts(rows["action"]) if has_action else pa.nulls(len(rows), pa.string())
    unseen = pc.fill_null(pc.is_in(action, value_set=pa.array(UNSEEN_ACTIONS)), False)
    return TrueHandlings(
        Episodes(_keys(texts(rows["epc"])), began_s, np.maximum(began_s, ended_s), began_s),
        position_in(texts(rows["customer"]), names),
        ~np.asarray(unseen.to_numpy(zero_copy_only=False), bool),
        texts(rows["zone"]) if has_zone else pa.nulls(len(rows), pa.string()),
    )


def is_labelled(day: AuditDay, moment_s: Floats) -> Bools:
    """Whether all that happened at each moment of store time is known, so that it can be false."""
    truth = day.inputs.truth
    if truth.is_simulated:
        return np.ones(len(moment_s), bool)
    result = np.zeros(len(moment_s), bool)
    if truth.labelled is not None:
        started, ended = (
            _seconds(day.time.of_truth(times_us(truth.labelled[name])))
            for name in ("started", "ended")
        )
        for start, end in zip(started, ended, strict=True):
            result |= (moment_s >= start) & (moment_s < end)
    return result


def rummage_episodes(day: AuditDay, rummages: pa.Table) -> Episodes:
    """Rummage events by tag, in store time, as long as their clocks are uncertain."""
    readers = texts(rummages["reader_id"])
    start, end, peak = (
        _seconds(day.time.of_devices(times_us(rummages[name]), readers))
        for name in ("started_at", "ended_at", "peak_time")
    )
    slack = _slack_s(day)
    return Episodes(_keys(texts(rummages["epc"])), start - slack, end + slack, peak)


def interaction_episodes(day: AuditDay) -> Episodes:
    """Published interactions by tag, as their rummage events lie in store time.

    Interactions whose rummage events are not in the lake keep the time they were published with,
    which rests on estimated clocks.
    """
    rows = day.inputs.table("gold.interactions")
    rummages = day.inputs.table("silver.rummage_events")
    events = rummage_episodes(day, rummages)
    start, end, moment = (
        _seconds(times_us(rows[name])) for name in ("started_at", "ended_at", "time")
    )
    start, end = start - CLOCK_TOLERANCE_S, end + CLOCK_TOLERANCE_S
    owner, event = _events_of(rows, rummages)
    if len(owner):
        owned = np.unique(owner)
        start[owned], end[owned] = np.inf, -np.inf
        np.minimum.at(start, owner, events.started_s[event])
        np.maximum.at(end, owner, events.ended_s[event])
        # The first of several moments: that at which the episode of handling began.
        moment[owned] = np.inf
        np.minimum.at(moment, owner, events.moment_s[event])
    return Episodes(_keys(texts(rows["epc"])), start, end, moment)


def _events_of(rows: pa.Table, rummages: pa.Table) -> tuple[Ints, Ints]:
    """Pairs of interaction and rummage event, by position."""
    lists = rows["rummage_ids"].combine_chunks()
    owner = np.asarray(pc.list_parent_indices(lists).to_numpy(), np.int64)
    event = position_in(texts(pa.chunked_array([pc.list_flatten(lists)])), _ids(rummages))
    return owner[event >= 0], event[event >= 0]


def _ids(rummages: pa.Table) -> pa.Array:
    return texts(rummages["rummage_id"])


def _people(day: AuditDay, rows: pa.Table) -> pa.Array:
    if day.crowd is not None:
        return day.crowd.true_names
    return texts(rows["customer"]).unique().sort()


def _slack_s(day: AuditDay) -> float:
    return 0.0 if day.time.is_exact else CLOCK_TOLERANCE_S


def _seconds(moment_us: Ints) -> Floats:
    return moment_us / US_PER_S


def _keys(names: pa.Array) -> np.typing.NDArray[np.str_]:
    return np.asarray(names.to_pylist(), dtype=str)
