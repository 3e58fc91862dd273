"""Matching by whole traces: what is found, what always holds, and days that lack something."""

import dataclasses
import importlib.util
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from storeday.association import AssociationSettings, Shop, TraceEvidence, associate
from storeday.association.cells import Cells, Members, Problem, Rummages, Traces, find_cells
from storeday.association.model import assumed_model, weigh
from storeday.association.trace_matching import solve
from storeday.contracts import check, check_key, conform, load_contract

SETTINGS = AssociationSettings()


def _made():
    path = Path(__file__).with_name("made_day.py")
    spec = importlib.util.spec_from_file_location("made_day", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


made = _made()


def match(tables, shop, settings=SETTINGS):
    return associate(
        tables.rummage_events,
        tables.action_events,
        settings,
        tables.clock_offsets,
        TraceEvidence(tables.handling_trace, shop),
    ).match_candidates


def shuffled(table, seed):
    return table.take(pa.array(np.random.default_rng(seed).permutation(table.num_rows)))


def accuracy(rows, truth):
    chosen = {row["rummage_id"]: row["customer_id"] for row in rows if row["is_chosen"]}
    true = [name for name, who in truth.items() if who]
    return np.mean([chosen[name] == truth[name] for name in true])


def test_most_rummages_find_their_customer():
    tables, shop, truth = made.made_day(1)
    found = match(tables, shop)
    assert accuracy(found.to_pylist(), truth) > 0.9
    contract = load_contract("silver.match_candidates")
    stamps = {"store_id": "s", "business_date": made.START.date()}
    full = conform(found, contract, stamps)
    check(full, contract)
    check_key(full, contract)


@pytest.mark.parametrize("seed", range(2, 4))
def test_probabilities_and_choices(seed):
    tables, shop, truth = made.made_day(seed)
    rows = match(tables, shop).to_pylist()
    for name in truth:
        own = [row for row in rows if row["rummage_id"] == name]
        assert sum(row["is_chosen"] for row in own) == 1
        total = sum(row["probability"] for row in own)
        assert 0.95 < total <= 1 + 1e-6
        assert own[-1]["customer_id"] is None
        # The solver may not abstain.
        chosen = next(row for row in own if row["is_chosen"])
        assert (chosen["customer_id"] is None) == (len(own) == 1)


def test_row_order_decides_nothing():
    tables, shop, _ = made.made_day(4)
    first = match(tables, shop)
    mixed = dataclasses.replace(
        tables,
        rummage_events=shuffled(tables.rummage_events, 1),
        handling_trace=shuffled(tables.handling_trace, 2),
    )
    assert match(mixed, shop).equals(first)


@pytest.mark.parametrize("side", ["trace", "rummages"])
def test_empty_sides(side):
    tables, shop, truth = made.made_day(5)
    if side == "trace":
        tables = dataclasses.replace(tables, handling_trace=tables.handling_trace.slice(0, 0))
        rows = match(tables, shop).to_pylist()
        assert {row["customer_id"] for row in rows} == {None}
        assert len(rows) == len(truth)
    else:
        tables = dataclasses.replace(tables, rummage_events=tables.rummage_events.slice(0, 0))
        assert match(tables, shop).num_rows == 0


def with_column(table, name, values):
    return table.set_column(table.column_names.index(name), name, values)


@pytest.mark.parametrize(
    ("name", "least"), [("handling_logit", 0.4), ("floor_x_m", 0.7), ("score", 0.85), ("shop", 0.7)]
)
def test_days_that_lack_something_are_matched_by_the_rest(name, least):
    """No handling model, places, scores, or knowledge of the shop: guessing would give 0.2."""
    tables, shop, truth = made.made_day(6)
    if name == "shop":
        shop = Shop()
    elif name == "score":
        nothing = pa.nulls(tables.rummage_events.num_rows, pa.float64())
        events = with_column(tables.rummage_events, name, nothing)
        tables = dataclasses.replace(tables, rummage_events=events)
    else:
        nothing = pa.nulls(tables.handling_trace.num_rows, pa.float64())
        trace = with_column(tables.handling_trace, name, nothing)
        tables = dataclasses.replace(tables, handling_trace=trace)
    assert accuracy(match(tables, shop).to_pylist(), truth) > least


def test_the_article_s_method_stays_selectable():
    tables, shop, _ = made.made_day(1)
    found = match(tables, shop, AssociationSettings(method="article"))
    # There are no action events, so that the article's method has nobody to name.
    assert {row["customer_id"] for row in found.to_pylist()} == {None}
    with pytest.raises(ValueError, match="method is 'best'; expected one of trace, article"):
        AssociationSettings(method="best")


def two_people(evidence, places=((1.0, 1.0), (1.0, 1.0)), rummages=1, at=10.0):
    """Two people side by side for twenty seconds; each one's evidence in one second."""
    time_s = np.tile(np.arange(20) + 0.5, 2)
    ratio = np.ones(40)
    ratio[10], ratio[30] = evidence
    traces = Traces(
        np.repeat([0, 1], 20), time_s, ratio, np.repeat(places, 20, axis=0), np.zeros(40, int)
    )
    events = Rummages(
        np.full(rummages, at),
        np.zeros(rummages, int),
        np.full((rummages, 2), 1.0),
        np.zeros(rummages),
    )
    members = [Members(np.arange(40), np.full(40, np.nan))]
    return Problem(traces, events, find_cells(traces, events, members, 8.0), members)


def solved(problem):
    return solve(problem, weigh(assumed_model(8.0, 1, problem.rummages.score), problem))


def probabilities(problem):
    found = solved(problem)
    cells = found.problem.cells
    table = np.zeros((cells.rummages, 2))
    np.add.at(table, (cells.edge_rummage, cells.edge_customer), found.posterior.edge)
    return table


def test_equal_evidence_is_an_even_draw():
    one, other = probabilities(two_people((50.0, 50.0)))[0]
    assert one == pytest.approx(other)


def test_more_evidence_and_less_distance_make_likelier():
    assert probabilities(two_people((50.0, 5.0)))[0, 0] > 0.7
    far = two_people((50.0, 50.0), places=((1.0, 1.0), (4.0, 1.0)))
    assert probabilities(far)[0, 0] > 0.8


def test_two_rummages_go_to_two_people_who_both_handled_something():
    """Alone, either would go to the first; one handling explains one of them."""
    found = solved(two_people((400.0, 120.0), rummages=2))
    table = probabilities(two_people((400.0, 120.0), rummages=2))
    alone = probabilities(two_people((400.0, 120.0)))
    assert table[0, 1] > alone[0, 1]
    assert found.problem.cells.edge_rummage[found.choice.edge].tolist() == [0, 1]


def test_one_person_may_take_several_things():
    found = solved(two_people((4000.0, 0.01), rummages=3))
    chosen = found.problem.cells.edge_customer[found.choice.edge]
    assert chosen.tolist() == [0, 0, 0]


def test_somebody_out_of_reach_changes_nothing():
    problem = two_people((50.0, 5.0))
    late = Traces(
        *(
            np.concatenate([values, more])
            for values, more in zip(
                dataclasses.astuple(problem.traces),
                ([2], [500.5], [9e9], [[1.0, 1.0]], [0]),
                strict=True,
            )
        )
    )
    members = [Members(np.arange(41), np.full(41, np.nan))]
    cells = find_cells(late, problem.rummages, members, 8.0)
    first = probabilities(problem)
    assert probabilities(Problem(late, problem.rummages, cells, members)).tolist() == first.tolist()


@pytest.mark.parametrize("seed", range(10))
def test_cells_by_enumeration(seed):
    rng = np.random.default_rng(seed)
    customer = np.sort(rng.integers(0, 5, 60))
    time_s = (
        np.concatenate(
            [
                np.sort(rng.choice(200, count, replace=False))
                for count in np.bincount(customer, minlength=5)
            ]
        )
        + 0.5
    )
    traces = Traces(customer, time_s, np.ones(60), np.zeros((60, 2)), np.zeros(60, int))
    events = Rummages(
        rng.uniform(0, 200, 20), rng.integers(0, 2, 20), np.zeros((20, 2)), np.zeros(20)
    )
    members = [Members(np.flatnonzero(rng.random(60) < 0.7), np.zeros(0)) for _ in range(2)]
    members = [Members(one.rows, one.rows.astype(float)) for one in members]
    cells = find_cells(traces, events, members, 15.0)
    found = set(zip(cells.rummage.tolist(), cells.row.tolist(), strict=True))
    expected = {
        (rummage, int(row))
        for rummage in range(20)
        for row in members[events.area[rummage]].rows
        if abs(events.time_s[rummage] - time_s[row]) <= 15.0
    }
    assert found == expected
    assert len(cells.row) == len(expected)
    assert (cells.away_m == cells.row).all()
    assert (traces.customer[cells.row] == cells.edge_customer[cells.edge]).all()
    assert np.allclose(events.time_s[cells.rummage] - time_s[cells.row], cells.lag_s)


def test_a_subset_of_cells_keeps_what_belongs_together():
    cells = Cells(3, np.array([0, 1, 1]), np.array([7, 8, 9]), np.array([0, 2, 3, 5]),
                  np.arange(5), np.arange(5.0), np.zeros(5))  # fmt: skip
    some = cells.subset(np.array([False, True, False, True, True]))
    assert some.edge_customer.tolist() == [7, 9]
    assert some.start.tolist() == [0, 1, 3]
    assert some.row.tolist() == [1, 3, 4]


def test_a_giant_component_is_solved_whole():
    from storeday.association import Graph, best_matching

    rng = np.random.default_rng(0)
    count = 2_000
    rummage = np.repeat(np.arange(count), 6)
    # Fewer places than rummages: there is contention all along the chain.
    action = np.clip(rummage // 2 + rng.integers(-4, 5, len(rummage)), 0, count // 2 - 1)
    key = np.unique(rummage * count + action)
    graph = Graph(count, count // 2, key // count, key % count, rng.uniform(0.1, 1, len(key)))
    found = best_matching(graph)
    assert np.bincount(found.component).max() > 1_900
    used = found.action[found.action >= 0]
    assert len(used) == len(set(used.tolist())) > 0.95 * count // 2


def test_what_two_cameras_saw_at_once_is_added_and_what_one_saw_twice_is_not():
    from storeday.association.sightings import Sightings, customer_traces

    # Camera 0 at 0.49 and 1.49 s, camera 1 at 0.51 s; both of its own seconds are cut together
    # with a clock that made one of camera 0's come late.
    us = np.array([490_000, 1_490_000, 1_510_000, 510_000])
    seen = Sightings(
        np.array([0, 0, 0, 1]),
        np.zeros(4, int),
        np.array([0, 0, 0, 1]),
        us,
        np.full((4, 4), 1.0),
        np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0], [2.0, 0.0]]),
        pa.array(["c"]),
        pa.array(["cam0", "cam1"]),
    )
    found = customer_traces(seen, us, 0)
    assert found.evidence == pytest.approx([np.exp(2.0), np.exp(1.0)])
    assert found.place_m[:, 0].tolist() == [1.0, 1.0]
    assert found.time_s == pytest.approx([0.5, 1.5], abs=0.02)
