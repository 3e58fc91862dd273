"""Who handled which product, where and when: rows of `gold.interactions` from matched rummages.

Each episode of handling (`episodes`) is one interaction; its likeliest rummage stands for it.

Who:
- `best_customer_id` is the solver's choice; where the solver left the rummage without an action
  though there were candidates, it is the likeliest of them, with `lost_to_another` as the reason
  why `customer_id` is null. One to one is a simplification: somebody who takes two products in one
  go is seen to reach once, and the second product would otherwise have no candidate.
- `customer_id` is the solver's choice if its probability exceeds one half and it is no member of
  staff; `best_customer_id` may be one.

When, in store time, is the rummage's time: it is the moment the tag moved. Where is the place of
the chosen action, and the rummage's zone or, where its antenna covers none or several, the
action's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from storeday.association.clocks import store_times_us
from storeday.association.episodes import episode_of, parted
from storeday.association.settings import AssociationSettings
from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import (
    STAMP,
    Floats,
    Ints,
    floats,
    order_of,
    position_in,
    texts,
    times_us,
)

# The contract of gold.interactions: customer_id is null unless its probability exceeds one half.
PUBLISHED_ABOVE = 0.5


@dataclass(frozen=True)
class InteractionRules:
    """How interactions are made of matched rummages.

    Attributes:
        staff: Ids of customers who are staff.
        episode_gap_s: Longest time between two rummages of one episode.
        calibrated_on: What the probabilities were calibrated on.
    """

    staff: frozenset[str] = frozenset()
    episode_gap_s: float = AssociationSettings().episode_gap_s
    calibrated_on: str = "none"


@dataclass(frozen=True)
class _Choices:
    """What was found for each rummage; rows of `match_candidates`, -1 for none, all of shape (n,).

    Attributes:
        best: Row of the customer who comes first.
        runner_up: Row of the customer who comes second.
        is_chosen: The solver chose the first.
        probability: Probability of the first; 0 where there is none.
    """

    best: Ints
    runner_up: Ints
    is_chosen: NDArray[np.bool_]
    probability: Floats


def interactions(
    rummage_events: pa.Table,
    action_events: pa.Table,
    match_candidates: pa.Table,
    clock_offsets: pa.Table,
    sku_by_epc: Mapping[str, str],
    rules: InteractionRules | None = None,
) -> pa.Table:
    """One interaction for each episode of rummage events.

    Args:
        rummage_events: Rows of `silver.rummage_events`, in any order; may be empty.
        action_events: Rows of `silver.action_events`, in any order.
        match_candidates: Rows of `silver.match_candidates` for these events, in any order.
        clock_offsets: Rows of `silver.clock_offsets`, in any order.
        sku_by_epc: Product of each tag, by upper-case hex.
        rules: Who is staff, and what makes an episode; nobody, and the default, without them.

    Returns:
        Rows of `gold.interactions` by time and id. `interaction_id` is the id of the episode's
        likeliest rummage; `probability` is 0 where nobody was in view.

    Raises:
        ValueError: A reader has no clock offset.

    Example:
        >>> import datetime as dt
        >>> at = [dt.datetime(2026, 1, 5, 9, 0, 0, tzinfo=dt.UTC)]
        >>> rows = interactions(
        ...     pa.table({"rummage_id": ["r"], "epc": ["E0"], "reader_id": ["reader1"],
        ...               "peak_time": at, "started_at": at, "ended_at": at, "zone_id": ["shelf"]}),
        ...     pa.table({"action_id": ["a"], "camera_id": ["cam1"], "zone_id": ["shelf"],
        ...               "floor_x_m": [1.0], "floor_y_m": [2.0]}),
        ...     pa.table({"rummage_id": ["r", "r"], "customer_id": ["x", None],
        ...               "action_id": ["a", None], "probability": [0.8, 0.2],
        ...               "is_chosen": [True, False]}),
        ...     pa.table({"device_id": ["reader1"], "offset_s": [0.0], "drift_ppm": [0.0],
        ...               "valid_from": at}),
        ...     {"E0": "shirt"})
        >>> rows.select(["customer_id", "sku", "zone_id", "floor_x_m"]).to_pylist()
        [{'customer_id': 'x', 'sku': 'shirt', 'zone_id': 'shelf', 'floor_x_m': 1.0}]
    """
    rules = rules or InteractionRules()
    events = _in_store_time(rummage_events, clock_offsets)
    ids = texts(events["rummage_id"])
    choices = _choices(match_candidates, ids)
    customers = texts(match_candidates["customer_id"])
    best = _take(customers, choices.best)
    is_likely = choices.is_chosen & (choices.probability > PUBLISHED_ABOVE)
    is_staff = pc.is_in(best, pa.array(sorted(rules.staff), pa.string())).to_numpy(False)
    likely = pa.array(floats(match_candidates["probability"]))
    columns = {
        "interaction_id": ids,
        "time": events["peak_time"],
        "customer_id": pc.if_else(
            pa.array(is_likely & ~is_staff), best, pa.scalar(None, pa.string())
        ),
        "best_customer_id": best,
        "epc": events["epc"],
        "sku": _skus(texts(events["epc"]), sku_by_epc),
        "probability": choices.probability,
        "runner_up_customer_id": _take(customers, choices.runner_up),
        "runner_up_probability": _take(likely, choices.runner_up),
        "unmatched_reason": _reasons(choices, is_likely, is_staff),
        "calibrated_on": pa.repeat(rules.calibrated_on, len(ids)),
        **_places(events, action_events, _chosen_actions(match_candidates, choices)),
    }
    return _by_episode(columns, events, is_likely, rules)


def _by_episode(
    columns: dict[str, Any], events: pa.Table, is_likely: NDArray[np.bool_], rules: InteractionRules
) -> pa.Table:
    """One row for each episode: its likeliest rummage, from the first start to the last end."""
    tag, customer = (
        position_in(texts(values), texts(values).unique())
        for values in (events["epc"], pa.chunked_array([columns["best_customer_id"]]))
    )
    time_us = times_us(events["peak_time"])
    sure = np.where(is_likely, customer, -1)
    episode = episode_of(tag, time_us, sure, rules.episode_gap_s)
    order = np.lexsort((time_us, -columns["probability"], episode))
    first = np.flatnonzero(np.diff(episode[order], prepend=-1))
    rows = order[first]
    begin, end = (times_us(events[name]) for name in ("started_at", "ended_at"))
    moments = _extent(time_us, time_us, order, first)
    spans = _extent(np.minimum(begin, time_us), np.maximum(end, time_us), order, first)
    started, ended = parted(tag[rows], moments, spans).T
    by_time = np.lexsort((time_us, episode))
    members = texts(events["rummage_id"]).take(pa.array(by_time))
    sizes = np.bincount(episode, minlength=len(rows))
    starts = np.concatenate([[0], np.cumsum(sizes)])
    table = pa.table(
        {
            name: pa.chunked_array([_plain(values)]).take(pa.array(rows))
            for name, values in columns.items()
        }
        | {
            "started_at": pa.array(started).cast(STAMP),
            "ended_at": pa.array(ended).cast(STAMP),
            "rummage_ids": pa.ListArray.from_arrays(pa.array(starts, pa.int32()), members),
        }
    )
    again = order_of(table["time"], table["interaction_id"])
    table = table.take(pa.array(again))
    return table_from_columns(
        load_contract("gold.interactions"), {name: table[name] for name in table.column_names}
    )


def _extent(begin: Ints, end: Ints, order: Ints, first: Ints) -> Ints:
    """First begin and last end of each episode, shape (episodes, 2)."""
    if not len(first):
        return np.zeros((0, 2), np.int64)
    return np.column_stack(
        [np.minimum.reduceat(begin[order], first), np.maximum.reduceat(end[order], first)]
    )


def _plain(values: Any) -> pa.Array:
    if isinstance(values, pa.ChunkedArray):
        return values.combine_chunks()
    return values if isinstance(values, pa.Array) else pa.array(values)


def _in_store_time(rummage_events: pa.Table, clock_offsets: pa.Table) -> pa.Table:
    """Rummages in store time, by time and id."""
    readers = texts(rummage_events["reader_id"])
    events = rummage_events
    for name in ("peak_time", "started_at", "ended_at"):
        times = store_times_us(times_us(events[name]), readers, clock_offsets)
        column = pa.array(times).cast(STAMP)
        events = events.set_column(events.column_names.index(name), name, column)
    return events.take(pa.array(order_of(events["peak_time"], texts(events["rummage_id"]))))


def _choices(match_candidates: pa.Table, ids: pa.Array) -> _Choices:
    """First and second customer of each rummage: the solver's choice, then by probability."""
    rummage = position_in(texts(match_candidates["rummage_id"]), ids)
    customers = texts(match_candidates["customer_id"])
    probability = floats(match_candidates["probability"])
    is_chosen = match_candidates["is_chosen"].to_numpy().astype(bool)
    rows = order_of(rummage, pa.array(~is_chosen), -probability, customers)
    is_person = customers.is_valid().to_numpy(zero_copy_only=False)
    rows = rows[is_person[rows] & (rummage[rows] >= 0)]
    count = np.bincount(rummage[rows], minlength=len(ids))
    first = np.cumsum(count) - count
    rows = np.append(rows, -1)
    best = rows[np.where(count > 0, first, -1)]
    return _Choices(
        best=best,
        runner_up=rows[np.where(count > 1, first + 1, -1)],
        # Row -1, none, reads the entries appended here.
        is_chosen=np.append(is_chosen, False)[best],
        probability=np.append(probability, 0.0)[best],
    )


def _chosen_actions(match_candidates: pa.Table, choices: _Choices) -> pa.Array:
    """Id of the action that the solver chose; null where it chose nobody."""
    return _take(
        texts(match_candidates["action_id"]), np.where(choices.is_chosen, choices.best, -1)
    )


def _places(events: pa.Table, action_events: pa.Table, chosen: pa.Array) -> dict[str, Any]:
    """Camera, place and zone, as far as the chosen action and the rummage tell."""
    row = position_in(chosen, texts(action_events["action_id"]))
    place = {
        name: _take(action_events[name].combine_chunks(), row)
        for name in ("camera_id", "floor_x_m", "floor_y_m", "zone_id")
    }
    return {
        **place,
        "action_id": chosen,
        "zone_id": pc.coalesce(texts(events["zone_id"]), place["zone_id"].cast(pa.string())),
    }


def _reasons(
    choices: _Choices, is_likely: NDArray[np.bool_], is_staff: NDArray[np.bool_]
) -> pa.Array:
    reason = np.where(choices.is_chosen, "nobody_likely_enough", "lost_to_another")
    reason = np.where(choices.best < 0, "nobody_in_view", reason)
    reason = np.where(is_likely & is_staff, "handled_by_staff", reason)
    return pa.array(reason.astype(object), pa.string(), mask=is_likely & ~is_staff)


def _skus(epcs: pa.Array, sku_by_epc: Mapping[str, str]) -> pa.Array:
    tags = epcs.dictionary_encode()
    skus = [sku_by_epc.get(epc) for epc in tags.dictionary.to_pylist()]
    return pa.array(skus, pa.string()).take(tags.indices)


def _take(values: pa.Array, rows: Ints) -> pa.Array:
    """Values at rows, null at -1."""
    return values.take(pa.array(rows, mask=rows < 0))
