"""Who might have handled the tag of each rummage event, as rows of tables; the article's method.

`associate` takes the method that the settings name. `trace` is in `trace_matching`; the rest of
this module is the source article's.

Edges of weight closeness in time x potentiality (`graph`), the matching of the highest total weight
(`matching`). The article's matching is one to one: an action explains one rummage at most, so that
of two products taken in one go only one finds its customer.

Probabilities are no part of the article. A candidate's is its share of the weights of all
candidates and of nobody; a candidate weighs what the best of its actions weighs. They look at each
rummage alone, whatever the solver made of its rivals, and are not calibrated.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from storeday.association.clocks import store_times_us
from storeday.association.graph import Graph, time_graph
from storeday.association.matching import Matching, best_matching
from storeday.association.settings import AssociationSettings
from storeday.association.shop import Shop
from storeday.association.trace_matching import DayTables, nearest_actions, trace_candidates
from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import (
    Floats,
    Ints,
    floats,
    order_of,
    position_in,
    texts,
    times_us,
)

# Keeps logarithms finite.
LEAST_PROBABILITY = 1e-12


@dataclass(frozen=True)
class Matches:
    """What association found.

    Attributes:
        match_candidates: Rows of `silver.match_candidates`: for each rummage its candidates, the
            likeliest first, then nobody. Exactly one row of each rummage has `is_chosen`.
        unmatched_actions: Rows of `silver.unmatched_actions`.
    """

    match_candidates: pa.Table
    unmatched_actions: pa.Table


@dataclass(frozen=True)
class TraceEvidence:
    """What matching by traces looks at.

    Attributes:
        handling_trace: Rows of `silver.handling_trace`, in any order.
        shop: What antennas reach and where items are at home; anything and anywhere by default.
        tracklets: Rows of `silver.tracklets`; None where nothing is known of them.
    """

    handling_trace: pa.Table
    shop: Shop = field(default_factory=Shop)
    tracklets: pa.Table | None = None


@dataclass(frozen=True)
class _Events:
    """Rummages or actions by store time and id.

    Attributes:
        ids: Ids, shape (n,).
        time_us: Store times, shape (n,).
        rows: Where each stood in its table, shape (n,).
    """

    ids: pa.Array
    time_us: Ints
    rows: Ints


@dataclass(frozen=True)
class _Candidates:
    """Rummages and who might have caused them, nobody (-1) included; by rummage and customer.

    Attributes:
        rummage: Rummage, shape (n,).
        customer: Customer; -1 for nobody, shape (n,).
        action: The customer's action that weighs most; -1 for nobody, shape (n,).
        weight: That action's weight; for nobody the setting, shape (n,).
    """

    rummage: Ints
    customer: Ints
    action: Ints
    weight: Floats


def associate(
    rummage_events: pa.Table,
    action_events: pa.Table,
    settings: AssociationSettings,
    clock_offsets: pa.Table | None = None,
    evidence: TraceEvidence | None = None,
) -> Matches:
    """Matches rummage events with customers.

    Args:
        rummage_events: Rows of `silver.rummage_events`, in any order; may be empty.
        action_events: Rows of `silver.action_events`, in any order; may be empty.
        settings: Settings.
        clock_offsets: Rows of `silver.clock_offsets`; device times are compared as they stand where
            there is none.
        evidence: Traces, and what is known of the shop; without any traces the article's method is
            used.

    Returns:
        Candidates and actions without a product. In a candidate's row `action_id` is the action
        that the solver chose for the rummage or, in rows that it did not choose, the customer's
        action that weighs most. `component_id` is the smallest rummage id of the component.

    Raises:
        ValueError: An action's probability is not between 0 and 1, or a device has no clock offset.

    Example:
        >>> import datetime as dt
        >>> at = [dt.datetime(2026, 1, 5, 9, 0, second, tzinfo=dt.UTC) for second in (0, 2)]
        >>> found = associate(
        ...     pa.table({"rummage_id": ["r"], "peak_time": at[:1]}),
        ...     pa.table({"action_id": ["a", "b"], "customer_id": ["x", "y"], "peak_time": at,
        ...               "probability": [0.2, 0.9]}),
        ...     AssociationSettings())
        >>> rows = found.match_candidates.to_pylist()
        >>> [(row["customer_id"], round(row["probability"], 3), row["is_chosen"]) for row in rows]
        [('y', 0.717, True), ('x', 0.205, False), (None, 0.079, False)]
        >>> found.unmatched_actions.select(["action_id", "reason"]).to_pylist()
        [{'action_id': 'a', 'reason': 'lost_to_another'}]
    """
    if settings.method == "trace" and evidence is not None and evidence.handling_trace.num_rows:
        tables = DayTables(
            rummage_events,
            action_events,
            evidence.handling_trace,
            clock_offsets,
            evidence.tracklets,
        )
        return _by_traces(tables, evidence.shop, settings)
    rummages = _in_time(rummage_events, "rummage_id", "reader_id", clock_offsets)
    actions = _in_time(action_events, "action_id", "camera_id", clock_offsets)
    graph = time_graph(
        rummages.time_us,
        actions.time_us,
        floats(action_events["probability"])[actions.rows],
        settings,
    )
    matching = best_matching(graph)
    names = texts(action_events["customer_id"]).take(pa.array(actions.rows))
    customers = names.unique().sort()
    customer_of = position_in(names, customers)
    found = _candidates(graph, customer_of, settings.nobody_weight)
    # The entry for action -1, none, comes last: nobody.
    chosen = np.append(customer_of, -1)[matching.action]
    rows = _candidate_columns(found, matching, chosen, settings)
    rows["rummage_id"] = rummages.ids.take(rows["rummage_id"])
    rows["customer_id"] = customers.take(rows["customer_id"])
    rows["action_id"] = actions.ids.take(rows["action_id"])
    rows["component_id"] = _component_names(matching.component, rummages.ids).take(
        rows["component_id"]
    )
    return Matches(
        table_from_columns(load_contract("silver.match_candidates"), rows),
        _unmatched_rows(graph, matching, actions.ids),
    )


def _by_traces(tables: DayTables, shop: Shop, settings: AssociationSettings) -> Matches:
    found = trace_candidates(tables, shop, settings)
    action = nearest_actions(found, tables)
    count = len(found.nobody)
    rummage = np.concatenate([found.rummage, np.arange(count)])
    customer = np.concatenate([found.customer, np.full(count, -1)])
    action = np.concatenate([action, np.full(count, -1)])
    probability = np.concatenate([found.probability, found.nobody])
    has_choice = np.bincount(found.rummage[found.is_chosen], minlength=count) > 0
    is_chosen = np.concatenate([found.is_chosen, ~has_choice])
    nobody = np.maximum(found.nobody, LEAST_PROBABILITY)[rummage]
    ratio = np.log(np.maximum(probability, LEAST_PROBABILITY) / nobody)
    rows = np.lexsort((customer, -probability, customer < 0, rummage))
    rummage, customer, action = rummage[rows], customer[rows], action[rows]
    actions = texts(tables.action_events["action_id"])
    names = _component_names(found.component, found.rummage_ids)
    columns = {
        "rummage_id": found.rummage_ids.take(pa.array(rummage)),
        "customer_id": found.customer_ids.take(pa.array(customer, mask=customer < 0)),
        "action_id": actions.take(pa.array(action, mask=action < 0)),
        "log_likelihood_ratio": ratio[rows],
        "probability": probability[rows],
        "is_chosen": is_chosen[rows],
        "component_id": names.take(pa.array(rummage)),
    }
    return Matches(
        table_from_columns(load_contract("silver.match_candidates"), columns),
        _unexplained(tables, action, is_chosen[rows]),
    )


def _unexplained(tables: DayTables, action: Ints, is_chosen: NDArray[np.bool_]) -> pa.Table:
    """Actions that explain no rummage, by time."""
    events = _in_time(tables.action_events, "action_id", "camera_id", tables.clock_offsets)
    is_candidate, is_matched = np.zeros((2, tables.action_events.num_rows), bool)
    is_candidate[action[action >= 0]] = True
    is_matched[action[is_chosen & (action >= 0)]] = True
    left = np.flatnonzero(~is_matched[events.rows])
    reason = np.where(is_candidate[events.rows[left]], "lost_to_another", "no_rummage_in_time")
    return table_from_columns(
        load_contract("silver.unmatched_actions"),
        {"action_id": events.ids.take(pa.array(left)), "reason": pa.array(reason, pa.string())},
    )


def _in_time(events: pa.Table, key: str, device: str, clock_offsets: pa.Table | None) -> _Events:
    ids, time_us = texts(events[key]), times_us(events["peak_time"])
    if clock_offsets is not None:
        time_us = store_times_us(time_us, texts(events[device]), clock_offsets)
    rows = order_of(time_us, ids)
    return _Events(ids.take(pa.array(rows)), time_us[rows], rows)


def _candidates(graph: Graph, customer_of: Ints, nobody_weight: float) -> _Candidates:
    """Each rummage's customers, each with the action that weighs most, of equals the earliest."""
    customer = customer_of[graph.action]
    order = np.lexsort((graph.action, -graph.weight, customer, graph.rummage))
    rummage, customer = graph.rummage[order], customer[order]
    is_best = np.ones(len(order), bool)
    is_best[1:] = (np.diff(rummage) != 0) | (np.diff(customer) != 0)
    best = order[is_best]
    nobody = np.full(graph.rummages, -1)
    return _Candidates(
        np.concatenate([rummage[is_best], np.arange(graph.rummages)]),
        np.concatenate([customer[is_best], nobody]),
        np.concatenate([graph.action[best], nobody]),
        np.concatenate([graph.weight[best], np.full(graph.rummages, nobody_weight)]),
    )


def _candidate_columns(
    found: _Candidates, matching: Matching, chosen: Ints, settings: AssociationSettings
) -> dict[str, Any]:
    """The table's columns, positions for ids; by rummage and probability, nobody last."""
    total = np.bincount(found.rummage, found.weight, minlength=len(chosen))
    probability = found.weight / total[found.rummage]
    is_chosen = found.customer == chosen[found.rummage]
    is_nobody = found.customer < 0
    order = np.lexsort((found.customer, -probability, is_nobody, found.rummage))
    is_listed = is_chosen | is_nobody | (probability >= settings.min_probability)
    rows = order[is_listed[order]]
    rummage = found.rummage[rows]
    action = np.where(is_chosen[rows], matching.action[rummage], found.action[rows])
    return {
        "rummage_id": pa.array(rummage),
        "customer_id": pa.array(found.customer[rows], mask=is_nobody[rows]),
        "action_id": pa.array(action, mask=is_nobody[rows]),
        "log_likelihood_ratio": np.log(found.weight[rows] / settings.nobody_weight),
        "probability": probability[rows],
        "is_chosen": is_chosen[rows],
        "component_id": pa.array(rummage),
    }


def _component_names(component: Ints, ids: pa.Array) -> pa.Array:
    """For each rummage the smallest id of its component."""
    by_id = order_of(ids)
    _, first = np.unique(component[by_id], return_index=True)
    _, number = np.unique(component, return_inverse=True)
    return ids.take(pa.array(by_id[first][number]))


def _unmatched_rows(graph: Graph, matching: Matching, ids: pa.Array) -> pa.Table:
    """Actions that the solver joined with no rummage, by time."""
    has_edge, is_matched = np.zeros((2, graph.actions), bool)
    has_edge[graph.action] = True
    is_matched[matching.action[matching.action >= 0]] = True
    left = np.flatnonzero(~is_matched)
    reason = np.where(has_edge[left], "lost_to_another", "no_rummage_in_time")
    return table_from_columns(
        load_contract("silver.unmatched_actions"),
        {"action_id": ids.take(pa.array(left)), "reason": pa.array(reason, pa.string())},
    )
