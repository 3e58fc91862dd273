"""Queues: a morning worked out by hand, and Erlang's formula against its sum."""

import math

import numpy as np
import pyarrow as pa
import pytest

from storeday.measures import Tills, queue_hourly, waits
from storeday.measures.erlang import erlang_c, lanes_needed, mean_wait_s


@pytest.fixture(scope="module")
def morning(hand):
    """Four who wait, one who passes, and the way out through the queue."""
    return hand.positions(
        ("a", "queue", 0, 59), ("a", "till", 60, 119), ("a", "queue", 120, 129),
        ("b", "queue", 30, 149), ("b", "till", 150, 179),
        ("c", "queue", 100, 399), ("c", "rack", 400, 420),
        ("d", "queue", 200, 209), ("d", "rack", 210, 240),
        ("e", "till", 500, 529),
    )  # fmt: skip


def receipts(hand, *tills):
    return pa.table(
        {
            "register_id": list(tills),
            "receipt_id": [f"r{number}" for number in range(len(tills))],
            "time": pa.array([hand.at(600)] * len(tills), hand.stamp),
        }
    )


def row_of(hand, morning, tills, **seen):
    found = waits(morning, ["queue"], ["till"], hand.settings)
    rows = queue_hourly(found, ["queue"], tills, hand.hours(1), hand.seen(["queue"], **seen))
    assert hand.keeps_its_promise(rows, "gold.queue_hourly")
    (row,) = rows.to_pylist()
    return row


def test_a_morning_by_hand(hand, morning):
    row = row_of(hand, morning, Tills(180.0, receipts(hand, "t1", "t2", "t2")))
    # Waits of 60, 120, 300 and 0 s; 480 s of waiting in an hour; a and b, then b and c at once.
    assert (row["joined"], row["length_max"], row["abandoned"]) == (4, 2, 1)
    assert row["length_mean"] == pytest.approx(480 / 3600)
    assert (row["wait_mean_s"], row["wait_p50_s"]) == (120, 90)
    assert row["wait_p90_s"] == pytest.approx(120 + 0.7 * 180)
    assert (row["over_target_share"], row["abandonment_rate"]) == (0.25, 0.25)
    # At the tills 60, 30 and 30 s; four an hour of 40 s each keep one till busy for 160 s.
    assert (row["service_mean_s"], row["tills_at_work"], row["receipts"]) == (40, 2, 3)
    assert row["lanes_needed"] == 1
    # Fay and Feuer's interval around 480 s of customers of 60, 120 and 300 s.
    assert row["length_mean_low"] < row["length_mean"] < row["length_mean_high"]
    assert row["length_mean_high"] * 3600 == pytest.approx(1650, abs=150)


def test_one_till_is_one_cashier(hand, morning):
    row = row_of(hand, morning, Tills(180.0, receipts(hand, "t1", "t1")))
    assert row["service_mean_s"] is None
    assert row["lanes_needed"] is None
    row = row_of(hand, morning, Tills(180.0, None))
    assert row["service_mean_s"] is row["tills_at_work"] is row["receipts"] is None


def test_not_seen_is_null_and_seen_without_anybody_is_zero(hand):
    nobody = hand.positions()
    row = row_of(hand, nobody, Tills(180.0))
    assert (row["joined"], row["length_mean"], row["wait_mean_s"]) == (0, 0.0, None)
    row = row_of(hand, nobody, Tills(180.0), film=(0, 0))
    assert row["joined"] is row["length_mean"] is None
    assert row["observed_share"] == 0


def test_the_end_of_a_wait_may_lie_in_another_hour(hand):
    found = waits(
        hand.positions(("a", "queue", 3590, 3619), ("a", "till", 3620, 3640)),
        ["queue"], ["till"], hand.settings,
    )  # fmt: skip
    rows = queue_hourly(
        found, ["queue"], Tills(180.0), hand.hours(2), hand.seen(["queue"], count=2)
    ).to_pylist()
    assert [row["joined"] for row in rows] == [1, 0]
    assert [row["length_mean"] * 3600 for row in rows] == pytest.approx([10, 20])


@pytest.mark.parametrize("servers", range(1, 12))
def test_erlang_against_its_sum(servers):
    load = 0.8 * servers
    terms = [load**k / math.factorial(k) for k in range(servers)]
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    assert erlang_c(load, servers) == pytest.approx(last / (sum(terms) + last))


def test_fewest_lanes():
    for per_hour in np.linspace(1, 500, 20):
        lanes = lanes_needed(per_hour, 75.0, 60.0)
        assert mean_wait_s(per_hour, 75.0, lanes) <= 60
        assert lanes == 1 or mean_wait_s(per_hour, 75.0, lanes - 1) > 60
