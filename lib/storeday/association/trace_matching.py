"""Who might have handled the tag of each rummage event, from the whole traces of everybody there.

The article joins rummages with single moments of action. Here every second of every customer within
reach is evidence, for or against: how like handling it looks (`handling`), how near the item the
customer stood (`places`), how far off in time it is (`model`); all of it learnt from the day. The
probabilities of all candidates and of nobody (`posterior`) go into the graph that is solved
component by component (`slots`).
"""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from storeday.association.cells import Problem, Traces, find_cells
from storeday.association.clocks import store_times_us
from storeday.association.frame_phase import frame_phase_us
from storeday.association.model import Weighed, assumed_model, learn, weigh
from storeday.association.posterior import ROUNDS, Posterior, posterior
from storeday.association.settings import AssociationSettings
from storeday.association.shop import Shop, members_of, rummages_of
from storeday.association.sightings import allow_for_rivals, customer_traces, sightings
from storeday.association.slots import Choice, choose
from storeday.contracts.columns import (
    US_PER_S,
    Floats,
    Ints,
    order_of,
    position_in,
    texts,
    times_us,
)

# Cells that explain less of their rummage decide nothing, and most do.
LEAST_CELL = 1e-4
# An action belongs to a handling whose middle lies within it or this near: the blur of both.
ACTION_MARGIN_S = 4.0


@dataclass(frozen=True)
class DayTables:
    """The tables of a day that matching reads.

    Attributes:
        rummage_events: Rows of `silver.rummage_events`.
        action_events: Rows of `silver.action_events`.
        handling_trace: Rows of `silver.handling_trace`.
        clock_offsets: Rows of `silver.clock_offsets`; None where all clocks agree.
        tracklets: Rows of `silver.tracklets`, for when in a second pictures are taken; None where
            nothing is known of it.
    """

    rummage_events: pa.Table
    action_events: pa.Table
    handling_trace: pa.Table
    clock_offsets: pa.Table | None = None
    tracklets: pa.Table | None = None


@dataclass(frozen=True)
class Candidates:
    """Customers who might have handled a rummage's tag, by rummage and customer.

    Attributes:
        rummage: Rummage from 0, in order of store time and id, shape (m,).
        customer: Customer from 0, shape (m,).
        probability: Shape (m,).
        moment_s: When the customer would have handled it, s since `origin_us`, shape (m,).
        is_chosen: The solver's choice, shape (m,).
        nobody: Probability that none of them did, by rummage, shape (r,).
        component: Component of each rummage, shape (r,).
        rummage_ids: Ids by rummage.
        customer_ids: Ids by customer.
        origin_us: Store time of zero.
    """

    rummage: Ints
    customer: Ints
    probability: Floats
    moment_s: Floats
    is_chosen: np.ndarray
    nobody: Floats
    component: Ints
    rummage_ids: pa.Array
    customer_ids: pa.Array
    origin_us: int


def trace_candidates(tables: DayTables, shop: Shop, settings: AssociationSettings) -> Candidates:
    """Candidates of all rummages of a day.

    Args:
        tables: Tables of the day, rows in any order.
        shop: What antennas reach, and items' homes.
        settings: Settings.

    Returns:
        All candidates of at least `settings.min_probability`, and the solver's choices. Cost:
        seconds within `settings.trace_gate_s` of a rummage.
    """
    day = read_day(tables, shop, settings)
    return _candidates(learnt(day.problem, settings), day, settings)


@dataclass(frozen=True)
class MatchDay:
    """A day as matching sees it.

    Attributes:
        problem: Traces, rummages and the cells that join them.
        plain: The problem's traces before evidence was saturated.
        rummage_ids: Ids by rummage.
        customer_ids: Ids by customer.
        origin_us: Store time of zero.
    """

    problem: Problem
    plain: Traces
    rummage_ids: pa.Array
    customer_ids: pa.Array
    origin_us: int


def read_day(tables: DayTables, shop: Shop, settings: AssociationSettings) -> MatchDay:
    """Reads a day's tables; rummages in order of store time and id."""
    seen = sightings(tables.handling_trace, tables.action_events)
    device_us = seen.device_us + frame_phase_us(seen, tables.tracklets)
    store_us = _store_us(device_us, seen.cameras.take(pa.array(seen.camera)), tables)
    events = tables.rummage_events
    event_us = _store_us(times_us(events["peak_time"]), texts(events["reader_id"]), tables)
    order = order_of(event_us, texts(events["rummage_id"]))
    events, event_us = events.take(pa.array(order)), event_us[order]
    first_us = min(store_us.min(initial=2**62), event_us.min(initial=2**62))
    origin_us = int(first_us // US_PER_S * US_PER_S)
    plain = customer_traces(seen, store_us, origin_us)
    rummages, areas = rummages_of(events, (event_us - origin_us) / US_PER_S, shop, settings.reach_m)
    members = members_of(plain.place_m, areas, settings.reach_m)
    in_reach = np.zeros(len(plain.time_s), bool)
    for area in members:
        in_reach[area.rows] = True
    traces = allow_for_rivals(plain, len(rummages.time_s), int(in_reach.sum()))
    cells = find_cells(traces, rummages, members, settings.trace_gate_s)
    problem = Problem(traces, rummages, cells, members)
    ids = texts(events["rummage_id"])
    return MatchDay(problem, plain, ids, seen.customers, origin_us)


def learnt(problem: Problem, settings: AssociationSettings, rounds: int = ROUNDS) -> "Solved":
    """Learns a day's model, and solves the day by it.

    Args:
        problem: The day.
        settings: Settings.
        rounds: Rounds in which rummages claim seconds; 0 looks at each alone.
    """
    cameras = int(problem.traces.camera.max(initial=0)) + 1
    start = assumed_model(settings.trace_gate_s, cameras, problem.rummages.score)
    return solve(problem, weigh(learn(start, problem), problem), rounds)


@dataclass(frozen=True)
class Solved:
    """Probabilities and the solver's choice, with the problem they belong to, pruned."""

    problem: Problem
    posterior: Posterior
    choice: Choice


def solve(problem: Problem, weighed: Weighed, rounds: int = ROUNDS) -> Solved:
    """Posterior and matching of weighed cells.

    Args:
        problem: The day.
        weighed: Its cells, weighed.
        rounds: Rounds in which rummages claim seconds.

    Returns:
        Both, on the cells that are worth at least `LEAST_CELL` of their rummage.
    """
    cells = problem.cells
    kept = weighed.weight >= LEAST_CELL * weighed.support[cells.rummage]
    kept &= weighed.weight > 0
    pruned = replace(problem, cells=cells.subset(kept))
    some = Weighed(
        weighed.chance[kept],
        weighed.weight[kept],
        weighed.support,
        weighed.kinds,
        weighed.distance[kept],
    )
    found = posterior(some, pruned, rounds)
    return Solved(pruned, found, choose(found, pruned.cells, pruned.traces))


def _store_us(device_us: Ints, devices: pa.Array, tables: DayTables) -> Ints:
    if tables.clock_offsets is None:
        return device_us
    return store_times_us(device_us, devices, tables.clock_offsets)


def _candidates(found: Solved, day: MatchDay, settings: AssociationSettings) -> Candidates:
    """Edges put together by rummage and customer."""
    cells, probability = found.problem.cells, found.posterior.edge
    time_s = found.problem.traces.time_s
    moment = cells.by_edge(found.posterior.cell * time_s[cells.row])
    chosen = np.zeros(len(probability), bool)
    chosen[found.choice.edge[found.choice.edge >= 0]] = True
    # One customer twice in reach of one rummage: the likelier stretch gives the moment.
    order = np.lexsort((-probability, cells.edge_customer, cells.edge_rummage))
    rummage, customer = cells.edge_rummage[order], cells.edge_customer[order]
    is_new = np.ones(len(order), bool)
    is_new[1:] = (np.diff(rummage) != 0) | (np.diff(customer) != 0)
    first = np.flatnonzero(is_new)
    if not len(first):
        first = np.zeros(0, np.int64)
    total, is_chosen = (
        np.add.reduceat(values[order], first) if len(first) else np.zeros(0)
        for values in (probability, chosen.astype(float))
    )
    kept = (total >= settings.min_probability) | (is_chosen > 0)
    return Candidates(
        rummage[first][kept],
        customer[first][kept],
        np.minimum(total[kept], 1.0),
        moment[order][first][kept],
        is_chosen[kept] > 0,
        found.posterior.nobody,
        found.choice.component,
        day.rummage_ids,
        day.customer_ids,
        day.origin_us,
    )


def nearest_actions(found: Candidates, tables: DayTables) -> Ints:
    """For each candidate the row of the customer's action that covers the moment, -1 for none."""
    events = tables.action_events
    cameras = texts(events["camera_id"])
    peak, begin, end = (
        (_store_us(times_us(events[name]), cameras, tables) - found.origin_us) / US_PER_S
        for name in ("peak_time", "started_at", "ended_at")
    )
    owner = position_in(texts(events["customer_id"]), found.customer_ids)
    order = order_of(owner, peak, texts(events["action_id"]))
    nearest = np.full(len(found.rummage), -1, np.int64)
    if not len(order):
        return nearest
    span = float(max(np.ptp(peak), np.ptp(found.moment_s) if len(found.moment_s) else 0.0)) + 1e5
    origin = min(peak.min(), found.moment_s.min(initial=np.inf))
    key = owner[order] * span + (peak[order] - origin)
    at = np.searchsorted(key, found.customer * span + (found.moment_s - origin))
    best = np.full(len(nearest), np.inf)
    for step in (-2, -1, 0, 1):
        row = order[np.clip(at + step, 0, len(order) - 1)]
        away = np.abs(peak[row] - found.moment_s)
        covers = (begin[row] - ACTION_MARGIN_S <= found.moment_s) & (
            found.moment_s <= end[row] + ACTION_MARGIN_S
        )
        closer = (owner[row] == found.customer) & covers & (away < best)
        nearest[closer], best[closer] = row[closer], away[closer]
    return nearest
