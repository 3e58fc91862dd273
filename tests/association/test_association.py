"""Clocks, the graph in time, candidates and interactions."""

import dataclasses
import datetime as dt
import itertools
import math
import random

import numpy as np
import pyarrow as pa
import pytest

from storeday.association import (
    AssociationSettings,
    associate,
    assumed_offsets,
    interactions,
    store_times_us,
    time_graph,
)
from storeday.contracts import check, check_key, conform, empty, load_contract

SETTINGS = AssociationSettings()
START = dt.datetime(2026, 1, 5, 9, 0, tzinfo=dt.UTC)
STAMPS = {
    "store_id": "s",
    "business_date": dt.date(2026, 1, 5),
    "run_id": "run",
    "method_version": "0",
}


def at(second):
    return START + dt.timedelta(seconds=second)


def rummages(rows):
    """Rummages from (id, second)."""
    schema = pa.schema(
        [
            ("rummage_id", pa.string()),
            ("epc", pa.string()),
            ("reader_id", pa.string()),
            ("peak_time", pa.timestamp("us", tz="UTC")),
            ("started_at", pa.timestamp("us", tz="UTC")),
            ("ended_at", pa.timestamp("us", tz="UTC")),
            ("zone_id", pa.string()),
        ]
    )
    return pa.Table.from_pylist(
        [
            {
                "rummage_id": name,
                "epc": f"E{name}",
                "reader_id": "reader1",
                "peak_time": at(second),
                "started_at": at(second - 1),
                "ended_at": at(second + 1),
                "zone_id": None,
            }
            for name, second in rows
        ],
        schema,
    )


def actions(rows):
    """Actions from (id, customer, second, probability)."""
    schema = pa.schema(
        [
            ("action_id", pa.string()),
            ("camera_id", pa.string()),
            ("customer_id", pa.string()),
            ("peak_time", pa.timestamp("us", tz="UTC")),
            ("probability", pa.float64()),
            ("floor_x_m", pa.float64()),
            ("floor_y_m", pa.float64()),
            ("zone_id", pa.string()),
        ]
    )
    return pa.Table.from_pylist(
        [
            {
                "action_id": name,
                "camera_id": "cam1",
                "customer_id": customer,
                "peak_time": at(second),
                "probability": probability,
                "floor_x_m": float(len(name)),
                "floor_y_m": None,
                "zone_id": "shelf",
            }
            for name, customer, second, probability in rows
        ],
        schema,
    )


def offsets(reader_s=0.0):
    rows = assumed_offsets(["cam1", "reader1"], "cam1", START, SETTINGS)
    number = rows.column_names.index("offset_s")
    return rows.set_column(number, "offset_s", pa.array([0.0, reader_s]))


def random_day(seed, count):
    rng = np.random.default_rng(seed)
    # Whole seconds and few probabilities: ties are common.
    events = [(f"r{number}", int(rng.integers(0, 5 * count))) for number in range(count)]
    moves = [
        (
            f"a{number}",
            f"c{rng.integers(0, count // 2)}",
            int(rng.integers(0, 5 * count)),
            float(rng.choice([0.25, 0.5, 1.0])),
        )
        for number in range(2 * count)
    ]
    return events, moves


def shuffled(table, seed):
    return table.take(pa.array(np.random.default_rng(seed).permutation(table.num_rows)))


def as_dict(table, *columns):
    return [tuple(row[name] for name in columns) for row in table.to_pylist()]


def check_rows(table, name):
    contract = load_contract(name)
    full = conform(table, contract, STAMPS)
    check(full, contract)
    check_key(full, contract)


# Clocks


def test_assumed_offsets_say_how_little_they_know():
    rows = assumed_offsets(["till1", "cam1", "reader1"], "cam1", START, SETTINGS)
    check_rows(rows, "silver.clock_offsets")
    assert as_dict(rows, "device_id", "offset_s", "drift_ppm") == [
        ("cam1", 0.0, 0.0),
        ("reader1", 0.0, 0.0),
        ("till1", 0.0, 0.0),
    ]
    assert rows["std_error_s"].to_pylist() == pytest.approx(
        [0, 15 / math.sqrt(3), 15 / math.sqrt(3)]
    )
    assert set(rows["evidence"].to_pylist()) == {'{"method": "assumed"}'}


def test_a_reference_that_is_no_device_is_refused():
    with pytest.raises(ValueError, match="'cam9' is not among the devices: cam1"):
        assumed_offsets(["cam1"], "cam9", START, SETTINGS)


def test_store_times_use_the_row_of_their_time_and_its_drift():
    table = pa.table(
        {
            "device_id": ["b", "a", "a"],
            "valid_from": [at(0), at(100), at(0)],
            "offset_s": [1.0, 20.0, 10.0],
            "drift_ppm": [0.0, 1e4, 0.0],
        }
    )
    seconds = [-50, 0, 99, 100, 200, 5]
    origin = int(START.timestamp()) * 1_000_000
    times = origin + np.array(seconds) * 1_000_000
    devices = pa.array(["a", "a", "a", "a", "a", "b"])
    found = (store_times_us(times, devices, table) - origin) / 1e6
    # 100 s at 10,000 ppm after the second row began are 1 s more.
    assert found.tolist() == [-60, -10, 89, 80, 200 - 20 - 1, 4]
    order = np.random.default_rng(0).permutation(6)
    again = store_times_us(times[order], devices.take(pa.array(order)), table.take([2, 0, 1]))
    assert ((again - origin) / 1e6).tolist() == found[order].tolist()


def test_a_device_without_offset_is_named():
    with pytest.raises(ValueError, match=r"device 'reader9' has no row.*cam1, reader1"):
        store_times_us(np.array([0]), pa.array(["reader9"]), offsets())


# The graph


@pytest.mark.parametrize("seed", range(5))
def test_edges_are_those_within_the_gate(seed):
    rng = np.random.default_rng(seed)
    rummage_us = rng.integers(0, 200, 40) * 1_000_000
    action_us = np.sort(rng.integers(0, 200, 60)) * 1_000_000
    potentiality = rng.choice([0.0, 0.3, 1.0], 60)
    graph = time_graph(rummage_us, action_us, potentiality, SETTINGS)
    expected = {
        (i, j): math.exp(-abs(r - a) / 8e6) * p
        for (i, r), (j, (a, p)) in itertools.product(
            enumerate(rummage_us), enumerate(zip(action_us, potentiality, strict=True))
        )
        if abs(r - a) <= 20e6 and p > 0
    }
    found = dict(
        zip(
            zip(graph.rummage.tolist(), graph.action.tolist(), strict=True),
            graph.weight,
            strict=True,
        )
    )
    assert found == pytest.approx(expected)
    assert list(found) == sorted(found)


@pytest.mark.parametrize("probability", [float("nan"), None, 1.5, -0.1])
def test_probabilities_that_are_none_are_refused(probability):
    with pytest.raises(ValueError, match=r"action_events.probability is .* in 1 of 2 rows"):
        associate(
            rummages([("r", 0)]),
            actions([("a", "x", 0, 0.5), ("b", "y", 0, probability)]),
            SETTINGS,
        )


# Candidates


def test_weights_and_probabilities_by_hand():
    found = associate(
        rummages([("r1", 0)]),
        actions([("a1", "x", 8, 0.5), ("a2", "x", 16, 1.0), ("a3", "y", -4, 0.2)]),
        SETTINGS,
    )
    # x: max(0.5 / e, 1 / e^2) = 0.1839 by a1; y: 0.2 / sqrt(e) = 0.1213; nobody 0.077.
    weights = [0.5 / math.e, 0.2 / math.sqrt(math.e), 0.077]
    rows = found.match_candidates
    check_rows(rows, "silver.match_candidates")
    assert as_dict(rows, "customer_id", "action_id", "is_chosen", "component_id") == [
        ("x", "a1", True, "r1"),
        ("y", "a3", False, "r1"),
        (None, None, False, "r1"),
    ]
    assert rows["probability"].to_pylist() == pytest.approx([w / sum(weights) for w in weights])
    assert rows["log_likelihood_ratio"].to_pylist() == pytest.approx(
        [math.log(w / 0.077) for w in weights]
    )
    assert as_dict(found.unmatched_actions, "action_id", "reason") == [
        ("a3", "lost_to_another"),
        ("a2", "lost_to_another"),
    ]


def test_a_customers_second_action_takes_the_second_product():
    # Both rummages like a1 best; together (r1, a1), (r2, a2) weigh most.
    found = associate(
        rummages([("r1", 1), ("r2", 2)]),
        actions([("a1", "x", 0, 1.0), ("a2", "x", 10, 1.0)]),
        SETTINGS,
    )
    rows = [row for row in found.match_candidates.to_pylist() if row["is_chosen"]]
    assert [(row["rummage_id"], row["action_id"]) for row in rows] == [("r1", "a1"), ("r2", "a2")]
    # The evidence for x is that of a1 in both.
    weight = math.exp(-2 / 8)
    assert rows[1]["probability"] == pytest.approx(weight / (weight + 0.077))
    assert found.unmatched_actions.num_rows == 0
    assert {row["component_id"] for row in rows} == {"r1"}


def test_an_action_out_of_reach_says_so():
    found = associate(rummages([("r1", 0)]), actions([("a1", "x", 21, 1.0)]), SETTINGS)
    assert as_dict(found.match_candidates, "customer_id", "probability", "is_chosen") == [
        (None, 1.0, True)
    ]
    assert as_dict(found.unmatched_actions, "action_id", "reason") == [("a1", "no_rummage_in_time")]


@pytest.mark.parametrize(
    ("events", "moves"),
    [([], []), ([("r1", 0)], []), ([], [("a1", "x", 0, 0.5)])],
    ids=["nothing", "no actions", "no rummages"],
)
def test_empty_sides(events, moves):
    found = associate(rummages(events), actions(moves), SETTINGS, offsets())
    assert found.match_candidates.num_rows == len(events)
    assert found.unmatched_actions.num_rows == len(moves)
    check_rows(found.match_candidates, "silver.match_candidates")
    check_rows(found.unmatched_actions, "silver.unmatched_actions")
    rows = interactions(rummages(events), actions(moves), found.match_candidates, offsets(), {})
    check_rows(rows, "gold.interactions")
    assert as_dict(rows, "best_customer_id", "probability", "unmatched_reason") == [
        (None, 0.0, "nobody_in_view") for _ in events
    ]


def test_tables_of_an_empty_day():
    names = "rummage_events", "action_events", "match_candidates", "clock_offsets"
    events, moves, candidates, clocks = (empty(load_contract(f"silver.{name}")) for name in names)
    found = associate(events, moves, SETTINGS, clocks)
    assert found.match_candidates.num_rows == found.unmatched_actions.num_rows == 0
    rows = interactions(events, moves, candidates, clocks, {})
    assert rows.num_rows == 0
    check_rows(rows, "gold.interactions")


def test_clock_offsets_decide_who_was_near():
    events = rummages([("r1", 12)])
    moves = actions([("a1", "x", 0, 0.9), ("a2", "y", 12, 0.9)])
    near = {
        reader_s: associate(events, moves, SETTINGS, offsets(reader_s))
        .match_candidates["customer_id"][0]
        .as_py()
        for reader_s in (0.0, 12.0)
    }
    assert near == {0.0: "y", 12.0: "x"}


@pytest.mark.parametrize("seed", range(8))
def test_row_order_decides_nothing(seed):
    events, moves = random_day(seed, 40)
    first = associate(rummages(events), actions(moves), SETTINGS)
    random.Random(seed).shuffle(events)
    random.Random(seed).shuffle(moves)
    second = associate(rummages(events), actions(moves), SETTINGS)
    assert first.match_candidates.equals(second.match_candidates)
    assert first.unmatched_actions.equals(second.unmatched_actions)
    tables = [
        interactions(
            shuffled(rummages(events), seed + number),
            shuffled(actions(moves), seed + number),
            shuffled(first.match_candidates, seed + number),
            offsets(),
            {},
        )
        for number in range(2)
    ]
    assert tables[0].equals(tables[1])


@pytest.mark.parametrize("seed", range(8))
def test_impossible_actions_change_nothing(seed):
    events, moves = random_day(seed, 40)
    first = associate(rummages(events), actions(moves), SETTINGS)
    # One too late for every rummage, one that is surely none, in the midst of the day.
    more = [*moves, ("late", "c0", 10_000, 1.0), ("none", "c1", 50, 0.0), ("new", "z", 60, 0.0)]
    second = associate(rummages(events), actions(more), SETTINGS)
    assert first.match_candidates.equals(second.match_candidates)
    added = second.unmatched_actions.num_rows - first.unmatched_actions.num_rows
    assert added == 3


@pytest.mark.parametrize("seed", range(8))
def test_what_always_holds(seed):
    events, moves = random_day(seed, 60)
    found = associate(rummages(events), actions(moves), SETTINGS)
    rows = found.match_candidates.to_pylist()
    check_rows(found.match_candidates, "silver.match_candidates")
    chosen = [row for row in rows if row["is_chosen"]]
    assert sorted(row["rummage_id"] for row in chosen) == sorted(name for name, _ in events)
    used = [row["action_id"] for row in chosen if row["action_id"]]
    left = found.unmatched_actions["action_id"].to_pylist()
    assert sorted(used + left) == sorted(move[0] for move in moves)
    owner = {move[0]: move[1] for move in moves}
    assert all(owner[row["action_id"]] == row["customer_id"] for row in rows if row["customer_id"])
    for name, _ in events:
        total = sum(row["probability"] for row in rows if row["rummage_id"] == name)
        assert 0.97 < total <= 1 + 1e-9


def test_unlikely_candidates_are_not_listed_unless_chosen():
    settings = dataclasses.replace(SETTINGS, min_probability=0.2)
    found = associate(
        rummages([("r1", 0), ("r2", 1)]),
        actions([("a1", "x", 0, 1.0), ("a2", "y", 15, 0.1), ("a3", "z", 16, 0.1)]),
        settings,
    )
    rows = as_dict(found.match_candidates, "rummage_id", "customer_id", "is_chosen")
    assert rows == [
        ("r1", "x", True),
        ("r1", None, False),
        ("r2", "x", False),
        ("r2", "y", True),
        ("r2", None, False),
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [("time_constant_s", 0.0), ("gate_s", -1.0), ("nobody_weight", 0.0), ("min_probability", 1.0)],
)
def test_settings_without_meaning_are_refused(name, value):
    with pytest.raises(ValueError, match=f"{name} is {value}; expected"):
        AssociationSettings(**{name: value})


# Interactions


def test_interactions_by_hand():
    events = rummages([("r1", 0), ("r2", 1), ("r3", 100), ("r4", 200)])
    moves = actions([("a1", "x", 0, 1.0), ("a22", "y", 112, 0.2)])
    found = associate(events, moves, SETTINGS)
    rows = interactions(
        events, moves, found.match_candidates, offsets(3.0), {"Er1": "shirt", "Er4": "hat"}
    )
    check_rows(rows, "gold.interactions")
    columns = ("interaction_id", "customer_id", "best_customer_id", "unmatched_reason", "sku")
    assert as_dict(rows, *columns) == [
        ("r1", "x", "x", None, "shirt"),
        # x's one action went to r1, but x is the likeliest still.
        ("r2", None, "x", "lost_to_another", None),
        # exp(-12 / 8) 0.2 = 0.045 against 0.077 for nobody.
        ("r3", None, "y", "nobody_likely_enough", None),
        ("r4", None, None, "nobody_in_view", "hat"),
    ]
    assert as_dict(rows, "action_id", "camera_id", "floor_x_m", "zone_id") == [
        ("a1", "cam1", 2.0, "shelf"),
        (None, None, None, None),
        ("a22", "cam1", 3.0, "shelf"),
        (None, None, None, None),
    ]
    assert rows["rummage_ids"].to_pylist() == [["r1"], ["r2"], ["r3"], ["r4"]]
    # The reader's clock is 3 s ahead.
    assert rows["time"].to_pylist() == [at(-3), at(-2), at(97), at(197)]
    assert rows["started_at"].to_pylist()[0] == at(-4)
    assert rows["ended_at"].to_pylist()[0] == at(-2)
    share = math.exp(-12 / 8) * 0.2
    assert rows["probability"].to_pylist()[2:] == pytest.approx([share / (share + 0.077), 0.0])


def test_the_solvers_choice_comes_first_and_the_likeliest_rival_second():
    candidates = pa.table(
        {
            "rummage_id": ["r1"] * 5,
            "customer_id": ["y", None, "z", "w", "x"],
            "action_id": ["a2", None, "a3", "a4", "a1"],
            "probability": [0.2, 0.05, 0.3, 0.3, 0.15],
            "is_chosen": [False, False, False, False, True],
        }
    )
    moves = actions([("a1", "x", 0, 1.0)])
    (row,) = interactions(rummages([("r1", 0)]), moves, candidates, offsets(), {}).to_pylist()
    assert row["best_customer_id"] == "x"
    assert row["probability"] == 0.15
    # w and z are as likely; the smaller id comes first.
    assert (row["runner_up_customer_id"], row["runner_up_probability"]) == ("w", 0.3)
    assert row["unmatched_reason"] == "nobody_likely_enough"


def test_one_half_is_not_enough():
    candidates = pa.table(
        {
            "rummage_id": ["r1", "r1"],
            "customer_id": ["x", None],
            "action_id": ["a1", None],
            "probability": [0.5, 0.5],
            "is_chosen": [True, False],
        }
    )
    rows = interactions(
        rummages([("r1", 0)]), actions([("a1", "x", 0, 1.0)]), candidates, offsets(), {}
    )
    assert as_dict(rows, "customer_id", "unmatched_reason") == [(None, "nobody_likely_enough")]


def test_the_rummages_zone_goes_before_the_actions():
    events = rummages([("r1", 0)])
    number = events.column_names.index("zone_id")
    events = events.set_column(number, "zone_id", pa.array(["rack"]))
    moves = actions([("a1", "x", 0, 1.0)])
    found = associate(events, moves, SETTINGS)
    rows = interactions(events, moves, found.match_candidates, offsets(), {})
    assert rows["zone_id"].to_pylist() == ["rack"]


def test_fifty_thousand_rummages_take_seconds():
    import time

    rng = np.random.default_rng(0)
    count = 50_000
    span_s = 36 * count
    stamp = pa.timestamp("us", tz="UTC")
    seconds = rng.uniform(0, span_s, count)
    times = pa.array((seconds * 1e6).astype(np.int64)).cast(stamp)
    events = pa.table({"rummage_id": [f"r{n}" for n in range(count)], "peak_time": times})
    near = np.concatenate([seconds + rng.normal(0, 5, count), rng.uniform(0, span_s, count)])
    moves = pa.table(
        {
            "action_id": [f"a{n}" for n in range(2 * count)],
            "customer_id": [f"c{n % 4000}" for n in range(2 * count)],
            "peak_time": pa.array((near * 1e6).astype(np.int64)).cast(stamp),
            "probability": rng.uniform(0.05, 1, 2 * count),
        }
    )
    started = time.process_time()
    found = associate(events, moves, SETTINGS)
    elapsed_s = time.process_time() - started
    assert 190_000 < found.match_candidates.num_rows < 230_000
    print(f"{count} rummages, {found.match_candidates.num_rows} rows: {elapsed_s:.2f} s")
    # 0.4 s of processor time measured; the limit leaves room for slower machines.
    assert elapsed_s < 5
