"""Paths without holes, steady zones, pieces of visits joined: by hand, and what they never do."""

import time

import numpy as np
import pyarrow as pa
import pytest

from storeday.contracts.columns import floats, times_us
from storeday.manifest import Zone
from storeday.measures import MeasureSettings, walkers, whole_paths
from storeday.measures.steady_zones import ZoneSeconds, steady_zones

ZONES = [
    Zone(id="a", kind="display", polygon_m=[(0, 0), (3, 0), (3, 3), (0, 3)]),
    Zone(id="b", kind="display", polygon_m=[(3, 0), (6, 0), (6, 3), (3, 3)]),
    Zone(id="cabin", kind="fitting_room", polygon_m=[(8, 0), (9, 0), (9, 1), (8, 1)]),
]


def places(hand, *rows):
    """Positions of (customer, second, x, y)."""
    return pa.table(
        {
            "customer_id": pa.array([row[0] for row in rows], pa.string()),
            "time": pa.array([hand.at(row[1]) for row in rows], hand.stamp),
            "floor_x_m": pa.array([float(row[2]) for row in rows]),
            "floor_y_m": pa.array([float(row[3]) for row in rows]),
        }
    )


def zone_by_second(hand, rows):
    found = whole_paths(rows, ZONES, hand.settings)
    seconds = (times_us(found["time"]) // 10**6 - int(hand.at(0).timestamp())).tolist()
    return dict(zip(seconds, found["zone_id"].to_pylist(), strict=True))


def test_short_holes_are_walked_and_long_ones_waited_in_one_place(hand):
    rows = places(hand, ("x", 0, 1, 1), ("x", 4, 5, 1), ("x", 100, 5.2, 1), ("x", 150, 1, 1))
    found = zone_by_second(hand, rows)
    # From 0 to 4 along the way; from 4 to 100 nobody moved; then somewhere, nobody knows where.
    assert [found[second] for second in range(5)] == ["a", "a", "b", "b", "b"]
    assert set(range(5, 101)) <= set(found)
    assert not set(range(101, 150)) & set(found)


def test_who_vanishes_beside_a_cabin_was_inside(hand):
    rows = places(hand, ("x", 0, 7, 1), ("x", 300, 7.5, 1.5))
    found = zone_by_second(hand, rows)
    assert {found[second] for second in range(1, 300)} == {"cabin"}
    # Too short to undress, too far away, or gone for the day.
    for other in (("x", 15, 7.5, 1.5), ("x", 300, 1, 1), ("x", 3000, 7.5, 1.5)):
        assert "cabin" not in zone_by_second(hand, places(hand, ("x", 0, 7, 1), other)).values()


def test_jitter_goes_and_a_walk_stays(hand):
    rng = np.random.default_rng(1)
    rows = [("x", second, 1.5 + rng.normal(0, 0.3), 1.5) for second in range(120)]
    rows += [("y", second, 0.9 * second, 1.5) for second in range(8)]
    found = whole_paths(places(hand, *rows), ZONES, hand.settings)
    who = np.array(found["customer_id"].to_pylist())
    x = floats(found["floor_x_m"])
    assert x[who == "x"].std() < 0.2
    assert x[who == "y"] == pytest.approx(0.9 * np.arange(8))


def test_what_is_seen_every_second_stays_as_it_is(hand):
    still = MeasureSettings(steady_s=0, place_margin_m=0.0)
    rng = np.random.default_rng(2)
    rows = places(hand, *[("x", s, *rng.uniform(0, 6, 2)) for s in range(200)])
    found = whole_paths(rows, ZONES, still)
    assert found["floor_x_m"].to_pylist() == rows["floor_x_m"].to_pylist()
    order = pa.array(rng.permutation(200))
    assert whole_paths(rows.take(order), ZONES, still).equals(found)


def steady(zone, away, settings=None):
    zone = np.asarray(zone)
    seconds = ZoneSeconds(np.zeros(len(zone), int), np.arange(len(zone)), zone)
    return steady_zones(
        seconds,
        lambda rows, to: np.where(zone[rows] == to, 0.0, away),
        settings or MeasureSettings(),
    ).tolist()


def test_a_slip_is_taken_back_and_a_stay_is_not():
    slip = [0] * 20 + [1] * 6 + [0] * 10
    assert steady(slip, 0.3) == [0] * 36
    # Too far over the border; too long; nobody settled beside it.
    assert steady(slip, 0.8) == slip
    stay = [0] * 40 + [1] * 35
    assert steady(stay, 0.3) == stay
    walk = [0] * 4 + [1] * 3 + [0] * 5
    assert steady(walk, 0.3) == walk


def pieces(hand, *rows):
    """Positions and visits of (customer, start, end, x at start, x at end, came, left)."""
    positions = places(
        hand,
        *[(name, start, x0, 1) for name, start, _, x0, _, _, _ in rows],
        *[(name, end, x1, 1) for name, _, end, _, x1, _, _ in rows],
    )
    parts = [
        hand.visits((name, start, end), is_open=(not came, not left))
        for name, start, end, _, _, came, left in rows
    ]
    return walkers(positions, pa.concat_tables(parts), hand.settings)


def test_pieces_that_fit_are_joined(hand):
    found = pieces(
        hand,
        ("p1", 0, 100, 0, 5, True, False),
        ("p2", 110, 200, 6, 9, False, False),
        ("p3", 260, 400, 9, 0, False, True),
        ("q", 0, 300, 0, 1, True, True),
    )
    assert dict(zip(found.customers.to_pylist(), found.walker.to_pylist(), strict=True)) == {
        "p1": "p1", "p2": "p1", "p3": "p1", "q": "q",
    }  # fmt: skip
    (walk,) = [row for row in found.visits.to_pylist() if row["customer_id"] == "p1"]
    assert (walk["entered_at"], walk["left_at"]) == (hand.at(0), hand.at(400))
    assert not walk["is_censored_start"]
    assert not walk["is_censored_end"]
    assert found.joined == 2


def test_pieces_that_cannot_be_one_person_are_not(hand):
    found = pieces(
        hand,
        ("lost", 0, 100, 0, 5, True, False),
        ("far", 105, 200, 40, 0, False, True),
        ("late", 400, 500, 5, 0, False, True),
        ("came", 110, 200, 5, 0, True, True),
    )
    assert found.joined == 0
    assert found.visits.num_rows == 4


def test_each_end_goes_to_one_start_and_more_are_joined_before_closer_ones(hand):
    # Closest first would join b with x and leave a and y alone.
    found = pieces(
        hand,
        ("a", 0, 100, 0, 0, True, False),
        ("b", 0, 100, 0, 4, True, False),
        ("x", 103, 200, 4, 0, False, True),
        ("y", 110, 200, 18, 0, False, True),
    )
    named = dict(zip(found.customers.to_pylist(), found.walker.to_pylist(), strict=True))
    assert (named["x"], named["y"]) == ("a", "b")


@pytest.mark.parametrize("seed", range(5))
def test_walkers_are_fewer_and_lose_nobody(hand, seed):
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(60):
        start = int(rng.integers(0, 3000))
        came, left = rng.random(2) < 0.5
        rows.append((f"c{number:02d}", start, start + int(rng.integers(5, 300)),
                     *rng.uniform(0, 12, 2), bool(came), bool(left)))  # fmt: skip
    found = pieces(hand, *rows)
    names = {row[0] for row in rows}
    assert set(found.customers.to_pylist()) == names
    assert set(found.walker.to_pylist()) <= names
    assert found.visits.num_rows == 60 - found.joined
    kept = np.asarray(found.visits["is_censored_start"].to_numpy(), bool).sum()
    assert kept == sum(not row[5] for row in rows) - found.joined
    again = pieces(hand, *[rows[row] for row in rng.permutation(60)])
    assert again.visits.sort_by("customer_id").equals(found.visits.sort_by("customer_id"))


def test_a_full_day_takes_seconds(hand):
    rng = np.random.default_rng(0)
    customers, stay_s = 500, 1000
    start = np.repeat(rng.integers(0, 11 * 3600, customers), stay_s)
    second = start + np.tile(np.arange(stay_s), customers)
    rows = pa.table(
        {
            "customer_id": np.repeat([f"c{number:04d}" for number in range(customers)], stay_s),
            "time": pa.array(second * 10**6).cast(hand.stamp),
            "floor_x_m": np.repeat(rng.uniform(0, 40, customers * 25), 40)
            + rng.normal(0, 0.3, len(second)),
            "floor_y_m": rng.uniform(0, 3, len(second)),
        }
    )
    zones = [
        Zone(id=f"z{number}", kind="display",
             polygon_m=[(2 * number, 0), (2 * number + 2, 0), (2 * number + 2, 3), (2 * number, 3)])
        for number in range(20)
    ]  # fmt: skip
    started = time.perf_counter()
    found = whole_paths(rows, zones, hand.settings)
    elapsed_s = time.perf_counter() - started
    assert found.num_rows == len(second)
    print(f"{len(second)} positions: {elapsed_s:.2f} s")
    assert elapsed_s < 20
