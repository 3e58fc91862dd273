"""Door, zones, flows, funnel, alerts, attributes: days worked out by hand."""

import numpy as np
import pyarrow as pa
import pytest

from storeday.contracts import empty, load_contract
from storeday.manifest import Limits, Zone
from storeday.measures import (
    STORE,
    Crowds,
    FunnelPeople,
    Goods,
    Passing,
    Stays,
    Watched,
    alerts,
    counted,
    demographics_hourly,
    funnel_daily,
    handlings,
    journeys,
    not_measured,
    traffic_hourly,
    zone_flows,
    zone_flows_hourly,
    zone_hourly,
    zone_paths,
)
from storeday.measures.intervals import (
    count_interval,
    median_interval,
    share_interval,
    sum_interval,
)


def crossings(hand, *rows):
    """Crossings of (customer, second, way)."""
    return pa.table(
        {
            "customer_id": pa.array([row[0] for row in rows], pa.string()),
            "time": pa.array([hand.at(row[1]) for row in rows], hand.stamp),
            "direction": pa.array([row[2] for row in rows], pa.string()),
        }
    )


def test_who_crossed_once_came_in_and_left(hand):
    been = hand.visits(("a", 10, 600), ("b", 20, 4000), ("c", 30, 700), ("piece", 100, 200))
    door = crossings(
        hand,
        ("a", 12, "in"), ("a", 598, "out"),
        ("b", 22, "in"),
        ("c", 300, "out"), ("c", 340, "in"), ("c", 690, "out"),
    )  # fmt: skip
    passing = Passing(door, been, np.array([hand.at(5).timestamp() * 1e6] * 6, np.int64))
    rows = traffic_hourly(been, hand.hours(2), hand.seen(count=2), passing)
    assert hand.keeps_its_promise(rows, "gold.traffic_hourly")
    one, two = rows.to_pylist()
    # a, b and c came in the first hour; b left in the second, unseen; c was out for a moment.
    assert (one["entries"], one["exits"], two["entries"], two["exits"]) == (3, 2, 0, 1)
    assert (one["door_entries"], one["door_exits"], one["re_entries"]) == (3, 3, 0)
    assert (one["visits_begun"], one["groups"], one["group_size_mean"]) == (4, 4, 1.0)
    # Six passed by, of whom three came in: Wilson's interval is 0.188 to 0.812.
    assert (one["passers_by"], one["capture_rate"]) == (6, 0.5)
    assert one["capture_rate_low"] == pytest.approx(0.188, abs=1e-3)
    # Presence of 591 + 671 + 101 s, and 3580 s of b.
    assert one["occupancy_mean"] == pytest.approx((591 + 671 + 101 + 3580) / 3600)
    assert one["occupancy_peak"] == 4


def test_coming_back_is_no_entry(hand):
    been = hand.visits(("a", 10, 600))
    door = crossings(hand, ("a", 10, "in"), ("a", 100, "out"), ("a", 200, "in"))
    (row,) = traffic_hourly(been, hand.hours(1), hand.seen(), Passing(door)).to_pylist()
    assert (row["entries"], row["re_entries"], row["exits"]) == (1, 1, 1)


@pytest.mark.parametrize(("way_in", "way_out"), [(True, True), (True, False), (False, False)])
def test_who_is_back_at_once_is_somebody_else(hand, way_in, way_out):
    been = hand.visits(("a", 10, 600))
    rows = [("a", 300, "out"), ("a", 304, "in")]
    rows += [("a", 10, "in")] * way_in + [("a", 600, "out")] * way_out
    (row,) = traffic_hourly(
        been, hand.hours(1), hand.seen(), Passing(crossings(hand, *rows))
    ).to_pylist()
    assert (row["entries"], row["exits"], row["re_entries"]) == (2, 2, 0)


def test_a_day_without_a_missed_crossing_is_not_beyond_doubt(hand):
    been = hand.visits(("a", 10, 600), ("b", 20, 700), ("c", 30, 800))
    door = crossings(
        hand,
        ("a", 10, "in"), ("a", 600, "out"),
        ("b", 20, "in"), ("b", 700, "out"),
        ("c", 30, "in"), ("c", 800, "out"),
    )  # fmt: skip
    (row,) = traffic_hourly(been, hand.hours(1), hand.seen(), Passing(door)).to_pylist()
    # Half a case in 3 + 1: 3 / 8 of a doubtful person, of variance 1 / 4: 1.96 * sqrt(3 / 32).
    assert (row["entries_low"], row["entries_high"]) == pytest.approx((2.400, 3.600), abs=1e-3)
    assert (row["exits_low"], row["exits_high"]) == pytest.approx((2.400, 3.600), abs=1e-3)


def test_nobody_came_and_no_interval_opens(hand):
    been = hand.visits(("a", 10, 600))
    door = crossings(hand, ("a", 10, "in"), ("a", 600, "out"))
    rows = traffic_hourly(been, hand.hours(2), hand.seen(count=2), Passing(door)).to_pylist()
    assert (rows[1]["entries"], rows[1]["entries_low"], rows[1]["entries_high"]) == (0, 0, 0)


def test_groups_come_once(hand):
    been = hand.visits(("a", 0, 60), ("b", 2, 60), ("c", 5, 60))
    been = been.append_column("group_id", pa.array(["g", "g", None], pa.string()))
    (row,) = traffic_hourly(been, hand.hours(1), hand.seen(), Passing(None, been)).to_pylist()
    assert (row["groups"], row["group_size_mean"], row["door_entries"]) == (2, 1.5, None)


def test_zone_by_hand(hand):
    places = hand.positions(("x", "rack", 0, 19), ("y", "rack", 100, 105), ("z", "rack", 200, 205))
    picked = pa.table(
        {
            "customer_id": pa.array(["z", None], pa.string()),
            "zone_id": ["rack", "rack"],
            "time": pa.array([hand.at(203), hand.at(300)], hand.stamp),
            "expected": [0.9, 0.4],
        }
    )
    rows = zone_hourly(
        places, picked, {"rack": []}, hand.hours(1), hand.seen(["rack"]), hand.settings
    )
    assert hand.keeps_its_promise(rows, "gold.zone_hourly")
    (row,) = rows.to_pylist()
    # x stayed 20 s, y walked by slowly, z handled something.
    assert (row["visitors"], row["entries"], row["first_visits"], row["engaged"]) == (3, 3, 3, 2)
    assert row["engagement_rate"] == pytest.approx(2 / 3)
    assert row["stay_s"] == 32
    assert (row["dwell_p50_s"], row["dwell_p50_low_s"], row["dwell_p50_high_s"]) == (6, 6, 20)
    assert (row["handled"], row["pick_ups"]) == (2, 1)
    assert row["handled_expected"] == pytest.approx(1.3)
    # Garwood's interval of three: 0.62 to 8.77.
    assert (row["visitors_low"], row["visitors_high"]) == pytest.approx((0.619, 8.767), abs=1e-3)


def walks(hand):
    """Five take one path, one another one across the hour, and one was never seen to come."""
    stays, been = [], []
    for number in range(5):
        name, start = f"w{number}", 100 * number
        stays += [(name, "a", start, start + 9), (name, "b", start + 20, start + 39)]
        been.append((name, start, start + 60))
    stays += [("x", "b", 3580, 3589), ("x", "a", 3700, 3719)]
    been.append(("x", 3570, 3800))
    seen = hand.visits(*been)
    stays.append(("u", "a", 50, 59))
    late = hand.visits(("u", 50, 60), is_open=(True, False))
    return journeys(
        hand.positions(*stays), pa.concat_tables([seen, late]), ["a", "b"], hand.settings
    )


def test_flows_by_hour_and_paths(hand):
    found = walks(hand)
    cover = hand.seen(count=2)
    day = zone_flows(found, found, hand.hours(2), cover)
    hourly = zone_flows_hourly(found, found, hand.hours(2), cover)
    for rows, name in ((day, "gold.zone_flows"), (hourly, "gold.zone_flows_hourly")):
        assert hand.keeps_its_promise(rows, name)
    moves = {(r["from_zone_id"], r["to_zone_id"]): r["moves"] for r in day.to_pylist()}
    assert moves == {
        ("entrance", "a"): 5, ("entrance", "b"): 1, ("a", "b"): 5, ("b", "a"): 1,
        ("a", "exit"): 2, ("b", "exit"): 5, ("unseen", "a"): 1,
    }  # fmt: skip
    second = {
        (r["from_zone_id"], r["to_zone_id"]): (r["moves"], r["inflow_share"])
        for r in hourly.to_pylist()
        if r["local_hour"] == 10
    }
    assert second == {("b", "a"): (1, 1.0), ("a", "exit"): (1, 1.0)}
    (out,) = [r for r in day.to_pylist() if (r["from_zone_id"], r["to_zone_id"]) == ("a", "b")]
    assert (out["outflow_share"], out["inflow_share"]) == pytest.approx((5 / 7, 5 / 6))
    unseen = [r["moves_seen"] for r in day.to_pylist() if r["from_zone_id"] == "unseen"]
    assert unseen == [0]
    paths = zone_paths(found, 5, hand.hours(2), cover)
    assert hand.keeps_its_promise(paths, "gold.zone_paths")
    # Six were seen from coming to leaving; the one alone on its path is not told of.
    assert paths.select(["path", "rank", "visits"]).to_pylist() == [
        {"path": "a>b", "rank": 1, "visits": 5}
    ]
    assert paths["share"].to_pylist() == pytest.approx([5 / 6])


def funnel(hand, **changes):
    zones = [
        Zone(id=name, kind=kind, category=category, polygon_m=[(0, 0), (1, 0), (1, 1)])
        for name, kind, category in (
            ("rack", "display", "tops"),
            ("shelf", "display", "shoes"),
            ("cabin", "fitting_room", ""),
        )
    ]  # fmt: skip
    places = hand.positions(
        ("x", "rack", 0, 19), ("x", "cabin", 30, 60), ("y", "rack", 0, 9), ("z", "shelf", 0, 40)
    )
    interactions = pa.table(
        {
            "interaction_id": ["r"], "customer_id": ["x"], "sku": ["shirt"],
            "unmatched_reason": pa.array([None], pa.string()),
        }
    )  # fmt: skip
    candidates = pa.table({"rummage_id": ["r"], "customer_id": ["x"], "probability": [0.75]})
    goods = Goods(
        pa.table({"sku": ["shirt", "shoe"], "category": ["tops", "shoes"]}),
        handlings(interactions, candidates, []),
        None,
        pa.table({"sku": ["shoe", "shoe"], "receipt": ["1", "1"], "quantity": [1, 1]}),
        True,
        1.0,
    )
    values = {
        "passing": not_measured("no camera sees a zone of kind front"),
        "entering": counted(4, "crossings of the door"),
        "queued": counted(1, "waits in queue zones"),
        "is_seen": True,
        "observed_share": 1.0,
    } | changes
    rows = funnel_daily(FunnelPeople(places, zones, **values), goods, hand.settings)
    assert hand.keeps_its_promise(rows, "gold.funnel_daily")
    return {(r["category"], r["step"]): r for r in rows.to_pylist()}


def test_funnel_by_hand(hand):
    found = funnel(hand)
    steps = ("pass_by", "enter", "visit_zone", "stop", "handle", "try_on", "queue", "buy")
    store = [found["all", step]["customers"] for step in steps]
    assert store == [None, 4, 3, 2, 0.75, 1, 1, 1]
    assert found["all", "stop"]["share_of_entered"] == 0.5
    assert found["all", "visit_zone"]["share_of_previous"] == 0.75
    assert found["all", "enter"]["share_of_previous"] is None
    tops = [found["tops", step]["customers"] for step in ("visit_zone", "stop", "handle", "buy")]
    assert tops == [2, 1, 0.75, 0]
    shoes = [found["shoes", step]["customers"] for step in ("visit_zone", "stop", "handle", "buy")]
    assert shoes == [1, 1, 0, 1]
    assert found["shoes", "queue"]["customers"] is None
    assert found["all", "handle"]["customers_low"] == 0
    blind = funnel(hand, is_seen=False, entering=not_measured("dark"))
    assert blind["all", "visit_zone"]["customers"] is blind["all", "enter"]["customers"] is None


def test_alerts_by_hand(hand):
    second = int(hand.at(0).timestamp())
    starts, ends = np.array([0, 10, 20, 300, 300]), np.array([100, 110, 120, 310, 320])
    people = Stays(np.arange(5), np.zeros(5, int), second + starts, second + ends)
    queue_hours = empty(load_contract("gold.queue_hourly"))
    cover = hand.seen(["rack"], count=3, film=(0, 4500))
    watched = Watched(
        Crowds(people, ["queue"]), Crowds(people, ["rack"]), Crowds(people, [STORE]),
        queue_hours, cover, -0.4, 0.4,
    )  # fmt: skip
    limits = Limits(
        queue_length=2, queue_length_s=60, occupancy=1, zone_occupancy={"rack": 2},
        observed_share=0.9, threshold_drift=0.3,
    )  # fmt: skip
    rows = alerts(watched, limits, hand.hours(3))
    assert hand.keeps_its_promise(rows, "gold.alerts")
    told = [
        (r["alert"], r["subject_id"], (r["started_at"] - hand.at(0)).total_seconds(),
         r["duration_s"], r["worst_value"])
        for r in rows.to_pylist()
    ]  # fmt: skip
    assert told == [
        # Less than nine tenths of the second hour, and nothing of the third: one alert each.
        ("low_coverage", "cam", 3600, 7200, 0.0),
        ("low_coverage", "rack", 3600, 7200, 0.0),
        ("occupancy", "rack", 20, 80, 3),
        ("occupancy", "store", 10, 100, 3),
        ("occupancy", "store", 300, 10, 2),
        ("queue_length", "queue", 20, 80, 3),
        ("threshold_drift", "store", 0, 10800, -0.4),
    ]
    assert alerts(watched, Limits(), hand.hours(3)).num_rows == 0
    assert alerts(watched, Limits(queue_length=2, queue_length_s=81), hand.hours(3)).num_rows == 0


def test_small_counts_are_hidden_and_cannot_be_worked_out(hand):
    names = [f"c{number}" for number in range(30)]
    been = hand.visits(*[(name, 10, 60) for name in names])
    known = pa.table(
        {
            "customer_id": names[:22],
            "attribute": ["band"] * 22,
            "value": ["child"] * 2 + ["adult"] * 14 + ["senior"] * 6,
        }
    )
    rows = demographics_hourly(been, known, 5, hand.hours(1), hand.seen())
    assert hand.keeps_its_promise(rows, "gold.demographics_hourly")
    shown = {
        r["value"]: (r["visitors"], r["unknown"], r["is_suppressed"]) for r in rows.to_pylist()
    }
    # Two children are hidden; with the six seniors, the next smallest, they cannot be told apart.
    assert shown == {"child": (None, 8, True), "senior": (None, 8, True), "adult": (14, 8, False)}
    nothing = demographics_hourly(been, known.slice(0, 0), 5, hand.hours(1), hand.seen())
    assert nothing.num_rows == 0


def test_intervals_against_the_books():
    # Garwood's for ten, Wilson's for five of ten, Thompson's for twenty.
    assert [round(float(end[0]), 2) for end in count_interval(np.array([10.0]))] == [4.80, 18.39]
    assert [round(float(end[0]), 3) for end in share_interval(np.array([5]), np.array([10]))] == [
        0.237,
        0.763,
    ]
    assert median_interval(np.arange(1.0, 21.0)) == (6.0, 15.0)
    assert np.isnan(median_interval(np.array([3.0]))).all()


@pytest.mark.parametrize("rate", [2.0, 10.0])
def test_intervals_of_sums_cover(rate):
    rng = np.random.default_rng(7)
    covered = []
    for _ in range(400):
        weights = rng.lognormal(3.9, 0.7, rng.poisson(rate))
        low, high = sum_interval(
            np.array([weights.sum()]), np.array([(weights**2).sum()]), np.exp(3.9 + 1.5 * 0.49)
        )
        covered.append(low[0] <= rate * np.exp(3.9 + 0.245) <= high[0])
    assert 0.92 <= np.mean(covered) <= 1.0
