"""Products, pairs, try-ons and unpaid items: days worked out by hand."""

import math

import pyarrow as pa
import pytest
from scipy.stats import fisher_exact

from storeday.measures import (
    Goods,
    Handlings,
    handlings,
    product_engagement,
    product_pairs,
    tryons,
    unpaid_items,
    with_customers,
)

PRODUCTS = pa.table(
    {
        "sku": ["hat", "jeans", "shirt"],
        "name": ["Hat", "Jeans", "Shirt"],
        "category": ["tops", "bottoms", "tops"],
        "home_zone_id": ["z1", "z2", None],
    }
)


def found_handlings():
    """Two of the shirt, one of the jeans, and one of the jeans by staff."""
    interactions = pa.table(
        {
            "interaction_id": ["r1", "r2", "r3", "r4"],
            "customer_id": pa.array(["x", None, None, "y"], pa.string()),
            "sku": ["shirt", "shirt", "jeans", "jeans"],
            "unmatched_reason": [None, "nobody_likely_enough", "handled_by_staff", None],
        }
    )
    rows = [
        ("r1", "x", 0.8), ("r1", None, 0.2), ("r2", "x", 0.5), ("r2", "y", 0.5),
        ("r3", "s", 0.9), ("r4", "y", 0.6), ("r4", "s", 0.3), ("r4", None, 0.1),
    ]  # fmt: skip
    candidates = pa.table(
        {
            "rummage_id": [row[0] for row in rows],
            "customer_id": pa.array([row[1] for row in rows], pa.string()),
            "probability": [row[2] for row in rows],
        }
    )
    return handlings(interactions, candidates, ["s"])


def sold():
    return pa.table(
        {
            "sku": ["shirt", "hat", "jeans"],
            "receipt": ["t/1", "t/1", "t/2"],
            "quantity": [1, 2, -1],
        }
    )


def engagement(hand, **changes):
    values = {"tryons": None, "sold": sold(), "is_heard": True, "observed_share": 0.9}
    rows = product_engagement(Goods(PRODUCTS, found_handlings(), **(values | changes)))
    assert hand.keeps_its_promise(rows, "gold.product_engagement")
    return {row["product_id"]: row for row in rows.to_pylist()}


def test_engagement_by_hand(hand):
    found = engagement(hand)
    shirt, jeans, hat = found["shirt"], found["jeans"], found["hat"]
    assert (shirt["handled_seen"], jeans["handled_seen"], hat["handled_seen"]) == (2, 1, 0)
    # 0.8 and 1.0; 0.6, since staff and nobody are no customers.
    assert shirt["handled"] == pytest.approx(1.8)
    assert jeans["handled"] == pytest.approx(0.6)
    # x: one less 0.2 x 0.5, and y: 0.5.
    assert shirt["customers"] == pytest.approx(1.4)
    # The first is unsure by 0.8 x 0.2, the second was a customer's for sure.
    assert shirt["handled_low"] == pytest.approx(1.8 - 1.96 * 0.4, abs=1e-3)
    assert shirt["handled_high"] == 2
    assert [found[name]["bought"] for name in ("shirt", "jeans", "hat", "tops")] == [1, 0, 2, 3]
    assert shirt["conversion"] == pytest.approx(1 / 1.8)
    assert hat["conversion"] is None
    assert shirt["handled_not_bought"] == pytest.approx(0.8)
    assert [found[name]["handled_not_bought_rank"] for name in ("shirt", "jeans", "hat")] == [
        1,
        2,
        None,
    ]
    assert found["tops"]["handled"] == pytest.approx(1.8)
    assert found["bottoms"]["handled_not_bought_rank"] == 1
    assert (found["tops"]["level"], found["hat"]["home_zone_id"]) == ("category", "z1")
    assert hat["tried_on"] is None


def test_what_was_not_recorded_is_null(hand):
    found = engagement(hand, sold=None, is_heard=False)["shirt"]
    for name in ("handled", "handled_seen", "customers", "bought", "conversion"):
        assert found[name] is None
    worn = pa.table({"sku": ["shirt", "shirt"], "customer_id": ["x", None]})
    assert engagement(hand, tryons=worn)["tops"]["tried_on"] == 2


def pairs_day():
    """Six handled a and b, two a alone, two c alone, four of the six d as well."""
    who = [(f"c{number}", sku) for number in range(6) for sku in "ab"]
    who += [("c6", "a"), ("c7", "a"), ("c8", "c"), ("c9", "c")]
    who += [(f"c{number}", "d") for number in range(4)] + [(None, "b")]
    rows = pa.table(
        {
            "sku": [sku for _, sku in who],
            "customer_id": pa.array([name for name, _ in who], pa.string()),
        }
    )
    catalogue = pa.table({"sku": ["a"], "category": pa.array([None], pa.string())})
    return Goods(catalogue, Handlings(rows, rows), None, None, True, 1.0)


def test_pairs_by_hand(hand):
    rows = product_pairs(pairs_day(), 5)
    assert hand.keeps_its_promise(rows, "gold.product_pairs")
    (row,) = rows.to_pylist()
    names = ("product_a_id", "product_b_id", "customers_both", "customers_a", "customers_b")
    assert [row[name] for name in names] == ["a", "b", 6, 8, 6]
    assert row["customers_any"] == 10
    # By chance 8 x 6 / 10 = 4.8 would handle both.
    assert row["lift"] == pytest.approx(1.25)
    # Of C(10, 6) = 210 choices of six, C(8, 6) = 28 lie within the eight.
    assert row["p_value"] == pytest.approx(2 * 28 / 210)
    assert not row["is_significant"]
    one_sided = fisher_exact([[6, 2], [0, 2]], alternative="greater").pvalue
    assert row["p_value"] == pytest.approx(2 * one_sided)
    assert product_pairs(pairs_day(), 7).num_rows == 0


def test_a_strong_pair_stands_out(hand):
    who = [(f"c{number}", sku) for number in range(20) for sku in "ab"]
    who += [(f"d{number}", "c") for number in range(40)]
    rows = pa.table({"sku": [sku for _, sku in who], "customer_id": [name for name, _ in who]})
    catalogue = pa.table({"sku": ["a"], "category": ["all"]})
    goods = Goods(catalogue, Handlings(rows, rows), None, None, True, 1.0)
    (row,) = product_pairs(goods, 5).to_pylist()
    assert row["is_significant"]
    assert row["lift"] == pytest.approx(3.0)


def strengths(hand, rows):
    """Steps of (tag, antenna, second, dBm)."""
    return pa.table(
        {
            "reader_id": ["r"] * len(rows),
            "antenna": [row[1] for row in rows],
            "epc": [row[0] for row in rows],
            "device_time": pa.array([hand.at(row[2]) for row in rows], hand.stamp),
            "rssi_dbm": [float(row[3]) for row in rows],
            "read_count": [2] * len(rows),
        }
    )


def test_tryons_by_hand(hand):
    rows = []
    for step in range(0, 600, 10):
        inside = 200 <= step < 320
        # The coat hangs at antenna 1 and is taken to the cabin for two minutes; a rail beside the
        # cabin holds the hat all day.
        rows.append(("coat", 1, step, -70 if inside else -50))
        rows.append(("coat", 2, step + 1, -55 if inside else -65))
        rows.append(("hat", 2, step, -50))
    found = tryons(strengths(hand, rows), {("r", 2): "cabin"}, str, hand.settings)
    assert hand.keeps_its_promise(found, "silver.tryons")
    (row,) = found.to_pylist()
    assert (row["epc"], row["zone_id"], row["reads"]) == ("coat", "cabin", 24)
    assert row["started_at"] == hand.at(201)
    assert (row["ended_at"] - row["started_at"]).total_seconds() == pytest.approx(120, abs=0.1)


def test_a_tryon_is_of_whoever_handled_the_tag_last_before(hand):
    found = tryons(
        strengths(hand, [("coat", 1, step, -50) for step in range(0, 600, 10)]
                  + [("coat", 2, step, -40) for step in range(300, 400, 10)]),
        {("r", 2): "cabin"}, str, hand.settings,
    )  # fmt: skip
    handled = pa.table(
        {
            "epc": ["coat", "coat", "coat"],
            "customer_id": pa.array(["x", "y", None], pa.string()),
            "time": pa.array([hand.at(100), hand.at(200), hand.at(290)], hand.stamp),
        }
    )
    us = [
        found[name].cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy()
        for name in ("started_at", "ended_at")
    ]
    assert with_customers(found, tuple(us), handled, hand.settings)["customer_id"].to_pylist() == [
        "y"
    ]


def test_unpaid_items_by_hand(hand):
    handled = pa.table(
        {
            "epc": ["back", "gone", "gone", "sold", "worn"],
            "sku": ["s"] * 5,
            "time": pa.array([hand.at(second) for second in (10, 20, 900, 30, 40)], hand.stamp),
        }
    )
    last = pa.table(
        {
            "epc": ["back", "gone", "sold", "worn"],
            "reader_id": ["r"] * 4,
            "antenna": [1, 1, 1, 2],
            "device_time": pa.array(
                [hand.at(second) for second in (7200, 1000, 1000, 7200)], hand.stamp
            ),
        }
    )
    rows = unpaid_items(
        handled, last, ["sold"], {("r", 1): "rack"}, ("counting shrinkage", 1.0), hand.settings
    )
    assert hand.keeps_its_promise(rows, "gold.unpaid_items")
    # One fell silent, the other was last heard by an antenna over no rack.
    assert rows["epc"].to_pylist() == ["gone", "worn"]
    assert rows["last_handled_time"].to_pylist()[0] == hand.at(900)
    assert rows["last_zone_id"].to_pylist() == ["rack", None]
    assert not math.isnan(rows["observed_share"][0].as_py())
