"""Days of any size for speed: rummages, about three customers in reach of each, and their
traces."""

import numpy as np

from storeday.association.cells import Members, Problem, Rummages, Traces, find_cells
from storeday.association.model import assumed_model, learn, weigh
from storeday.association.trace_matching import solve

AREAS = 16
DAY_S = 36_000.0
# More rummages than this are a day of several shops of one size.
RUMMAGES_PER_SHOP = 10_000
GATE_S = 20.0
VISIT_S = 60.0


def problem(rummages: int, seed: int, in_reach: float = 2.0) -> Problem:
    """A day's problem with about `in_reach` customers for each rummage."""
    rng = np.random.default_rng(seed)
    shops = max(1, rummages // RUMMAGES_PER_SHOP)
    areas = AREAS * shops
    # Stretches of presence of one minute; those within the gate on either side count as well.
    visits = round(areas * DAY_S * in_reach / (VISIT_S + 2 * GATE_S))
    begin = rng.uniform(0, DAY_S, visits)
    area = rng.integers(0, areas, visits)
    count = int(VISIT_S)
    customer = np.repeat(np.arange(visits), count)
    time_s = np.repeat(np.floor(begin), count) + np.tile(np.arange(count), visits) + 0.5
    evidence = np.exp(rng.normal(-1.0, 1.5, len(time_s)))
    place = rng.uniform(0, 6, (len(time_s), 2))
    # Each rummage has a handler, whose trace shows it.
    handler = rng.integers(0, visits, rummages)
    moment = rng.integers(5, count - 5, rummages)
    row = handler * count + moment
    evidence[row] = np.exp(rng.normal(4.0, 1.5, rummages))
    traces = Traces(customer, time_s, evidence, place, np.zeros(len(time_s), np.int64))
    events = Rummages(
        time_s[row] + rng.normal(0, 3, rummages),
        area[handler],
        place[row] + rng.normal(0, 0.5, (rummages, 2)),
        rng.normal(1.5, 1, rummages),
        # Five rummages a tag.
        rng.integers(0, max(1, rummages // 5), rummages),
    )
    of_row = np.repeat(area, count)
    order = np.argsort(of_row, kind="stable")
    cut = np.searchsorted(of_row[order], np.arange(areas + 1))
    members = [
        Members(rows, np.full(len(rows), np.nan))
        for rows in (order[cut[one] : cut[one + 1]] for one in range(areas))
    ]
    cells = find_cells(traces, events, members, GATE_S)
    return Problem(traces, events, cells, members)


def match(day: Problem) -> np.ndarray:
    """Everything from cells to choices: learning, weighing, posteriors, components, Hungarian."""
    cells = find_cells(day.traces, day.rummages, day.members, GATE_S)
    day = Problem(day.traces, day.rummages, cells, day.members)
    model = learn(assumed_model(GATE_S, 1, day.rummages.score), day)
    return solve(day, weigh(model, day)).choice.edge
