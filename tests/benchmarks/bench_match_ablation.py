"""What each part of matching is worth: accuracy in percent as parts are added one by one.

On the study's days at crowding 2.2 (seeds 0 to 2): time only, + potentiality (both one to one, the
source article's form), + measured clocks, + location (still single moments), the whole trace
instead of moments, + saturation, + claims between rummages, + slots (the full method). Simulated.
"""

import dataclasses

import numpy as np
import pyarrow as pa
from match_days import MatchDay, measured_clocks, score, shop_of, study_day
from measure import Result

VISITORS, SEEDS = 1000, (0, 1, 2)
PARTS = ("time", "potentiality", "clocks", "location", "trace", "saturation", "claims", "slots")
# Width of the article-like weight's closeness in place; the study's.
PLACE_M = 0.9


def run() -> Result:
    table = []
    for seed in SEEDS:
        day = study_day(VISITORS, seed)
        clocks = measured_clocks(day)
        table.append([*_by_moments(day, clocks), *_by_traces(day, clocks)])
        print([round(100 * value, 1) for value in table[-1]], flush=True)
    means = np.mean(table, axis=0)
    return Result(
        figure=[round(100 * float(value), 1) for value in means],
        aim="reported",
        unit="%",
        detail={"simulated": True, "parts": PARTS, "visitors": VISITORS, "seeds": SEEDS},
    )


def _by_moments(day: MatchDay, clocks: pa.Table) -> list[float]:
    from storeday.association import AssociationSettings, associate

    settings = AssociationSettings(method="article")
    actions = day.tables["action_events"]
    certain = actions.set_column(
        actions.column_names.index("probability"),
        "probability",
        pa.array(np.ones(actions.num_rows)),
    )
    found = []
    for table, offsets in ((certain, None), (actions, None), (actions, clocks)):
        # The article's graph knows no zones; the study's does: a zone is a day of its own here.
        chosen = [
            associate(events, part, settings, offsets).match_candidates
            for events, part in _zones(day, table)
        ]
        found.append(score(day, pa.concat_tables(chosen)).accuracy)
    return [*found, _with_location(day, clocks)]


def _zones(day: MatchDay, actions: pa.Table):
    events = day.tables["rummage_events"]
    zone = events["antenna"].to_numpy()
    where = np.rint(actions["floor_y_m"].to_numpy() / 100).astype(int)
    for number in np.unique(zone):
        yield events.filter(pa.array(zone == number)), actions.filter(pa.array(where == number))


def _with_location(day: MatchDay, clocks: pa.Table) -> float:
    from storeday.association import AssociationSettings, Graph, best_matching, time_graph
    from storeday.association.clocks import store_times_us
    from storeday.contracts.columns import texts, times_us

    chosen = {}
    for events, actions in _zones(day, day.tables["action_events"]):
        rummage_us = store_times_us(
            times_us(events["peak_time"]), texts(events["reader_id"]), clocks
        )
        action_us = store_times_us(
            times_us(actions["peak_time"]), texts(actions["camera_id"]), clocks
        )
        order = np.argsort(action_us, kind="stable")
        weight = actions["probability"].to_numpy()[order]
        graph = time_graph(
            rummage_us, action_us[order], weight, AssociationSettings(method="article")
        )
        home = np.array([day.homes.get(epc, (np.nan,))[0] for epc in events["epc"].to_pylist()])
        away = home[graph.rummage] - actions["floor_x_m"].to_numpy()[order][graph.action]
        near = np.where(np.isnan(away), 0.5, np.exp(-0.5 * (away / PLACE_M) ** 2))
        closer = Graph(
            graph.rummages,
            graph.actions,
            graph.rummage,
            graph.action,
            np.maximum(graph.weight * near, 1e-12),
        )
        action = best_matching(closer).action
        owner = [*np.array(actions["customer_id"].to_pylist())[order], None]
        chosen |= dict(
            zip(events["rummage_id"].to_pylist(), [owner[row] for row in action], strict=True)
        )
    true = [name for name, who in day.true_customer.items() if who]
    return float(np.mean([chosen[name] == day.true_customer[name] for name in true]))


def _by_traces(day: MatchDay, clocks: pa.Table) -> list[float]:
    from storeday.association import AssociationSettings, trace_matching

    settings = AssociationSettings()
    tables = trace_matching.DayTables(
        day.tables["rummage_events"],
        day.tables["action_events"],
        day.tables["handling_trace"],
        clocks,
        day.tables["tracklets"],
    )
    found = []
    setup = trace_matching.read_day(tables, shop_of(day), settings)
    for is_saturated, rounds in ((False, 0), (True, 0), (True, 6)):
        problem = setup.problem
        if not is_saturated:
            problem = dataclasses.replace(problem, traces=setup.plain)
        solved = trace_matching.learnt(problem, settings, rounds)
        cells, edge = solved.problem.cells, solved.posterior.edge
        found.append(_top(day, setup, cells, edge))
    chosen = solved.choice.edge
    who = np.where(chosen >= 0, cells.edge_customer[chosen], -1)
    return [*found, _accuracy(day, setup, who)]


def _top(day: MatchDay, setup, cells, edge) -> float:
    order = np.lexsort((edge, cells.edge_rummage))
    who = np.full(cells.rummages, -1)
    who[cells.edge_rummage[order]] = cells.edge_customer[order]
    return _accuracy(day, setup, who)


def _accuracy(day: MatchDay, setup, who) -> float:
    names = [*setup.customer_ids.to_pylist(), None]
    found = dict(zip(setup.rummage_ids.to_pylist(), [names[row] for row in who], strict=True))
    true = [name for name, who in day.true_customer.items() if who]
    return float(np.mean([found[name] == day.true_customer[name] for name in true]))
