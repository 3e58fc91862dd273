"""What a day says of itself: sold tags, sentinel tags, and the script of pick-ups."""

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

from storeday.audit.script import labelled_hour, pick_up_script, printable
from storeday.audit.self_checks import SelfRows, self_figures
from storeday.contracts import empty, load_contract

NINE = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)


def at(second):
    return NINE + dt.timedelta(seconds=second)


def positions(walks):
    """Rows of people in zones: customer, zone, first and last second."""
    rows = [
        (customer, at(second), zone)
        for customer, zone, first, last in walks
        for second in range(first, last)
    ]
    return pa.table(
        {
            "customer_id": [customer for customer, _, _ in rows],
            "time": [time for _, time, _ in rows],
            "zone_id": pa.array([zone for _, _, zone in rows], pa.string()),
        }
    )


def day(best="x", sentinels=("5E",), alarms=0, tills=0.0):
    """Two people at one rack; x takes the coat and pays for it, y leaves."""
    return SelfRows(
        sales=pa.table(
            {
                "epc": ["C0A7", None],
                "quantity": [1, 1],
                "register_id": ["till", "till"],
                "device_time": [at(300 + tills), at(310)],
            }
        ),
        interactions=pa.table(
            {
                "epc": ["C0A7", "C0A7"],
                "time": [at(20), at(50)],
                "best_customer_id": ["y", best],
                "zone_id": ["rack", "rack"],
            }
        ),
        positions=positions(
            [("x", "rack", 0, 100), ("y", "rack", 0, 100), ("x", "till", 280, 305)]
        ),
        rummage_events=pa.table({"epc": ["C0A7", "5E", "5E", "5E"][: 1 + alarms]}),
        till_zones=["till"],
        sentinel_epcs=list(sentinels),
        open_hours=10.0,
        clock_offsets=pa.table(
            {
                "device_id": ["till"],
                "reference_id": ["till"],
                "offset_s": [tills],
                "drift_ppm": [0.0],
                "valid_from": [NINE],
            }
        ),
    )


def test_the_last_handler_of_a_sold_tag_paid():
    by_handler, by_chance, _ = self_figures(day())
    assert (by_handler.value, by_handler.count) == (1.0, 1)
    assert by_chance.value == 0.5


def test_a_wrong_last_handler_was_not_at_the_till():
    assert self_figures(day(best="y"))[0].value == 0.0
    assert self_figures(day(best=None))[0].value == 0.0


def test_receipts_are_moved_to_store_time():
    """A till half an hour ahead, and known to be."""
    assert self_figures(day(tills=1800.0))[0].value == 1.0


def test_sentinels_count_alarms_per_tag_and_hour():
    alarm = self_figures(day(alarms=3))[2]
    assert alarm.value == pytest.approx(0.3)
    assert alarm.low < 0.3 < alarm.high
    none = self_figures(day())[2]
    assert none.value == 0.0
    # No alarm in ten tag-hours: fewer than 0.37 an hour, with 97.5 % confidence.
    assert none.high == pytest.approx(0.3689, abs=1e-3)


def test_nothing_to_check_is_said():
    rows = day(sentinels=())
    assert np.isnan(self_figures(rows)[2].value)
    nothing = SelfRows(
        sales=empty(load_contract("bronze.sales")),
        interactions=empty(load_contract("gold.interactions")),
        positions=empty(load_contract("silver.positions")),
        rummage_events=empty(load_contract("silver.rummage_events")),
        till_zones=[],
        sentinel_epcs=[],
        open_hours=0.0,
        clock_offsets=empty(load_contract("silver.clock_offsets")),
    )
    assert all(np.isnan(figure.value) for figure in self_figures(nothing))


PRODUCTS = pa.table(
    {
        "epc": pa.array([f"30A{number}" for number in range(6)] + [None], pa.string()),
        "sku": ["hat"] * 3 + ["coat"] * 3 + ["scarf"],
        "name": ["Hat"] * 3 + ["Coat"] * 3 + [None],
        "home_zone_id": ["hats"] * 3 + ["coats"] * 3 + ["coats"],
    }
)


def test_the_script_keeps_two_people_busy_for_an_hour():
    script = pick_up_script(PRODUCTS, ["hats", "coats"], NINE, seed=1)
    assert script.num_rows == 200
    people = script["customer"].to_pylist()
    assert people.count("A") == people.count("B") == 100
    times = script["time"].to_pylist()
    assert times == sorted(times)
    assert times[0] == NINE
    assert times[-1] < at(3600)
    for person in "AB":
        mine = [row for row in script.to_pylist() if row["customer"] == person]
        gaps = itertools.pairwise(mine)
        assert all(one["ended"] < other["time"] for one, other in gaps)
    home = dict(zip(PRODUCTS["sku"].to_pylist(), PRODUCTS["home_zone_id"].to_pylist(), strict=True))
    assert all(home[row["sku"]] == row["zone"] for row in script.to_pylist())


def test_the_script_has_easy_and_hard_turns():
    rows = pick_up_script(PRODUCTS, ["hats", "coats"], NINE, seed=1).to_pylist()
    a = [row for row in rows if row["customer"] == "A"]
    b = [row for row in rows if row["customer"] == "B"]
    at_once = [
        one["zone"] == other["zone"]
        for one, other in zip(a, b, strict=True)
        if one["time"] == other["time"]
    ]
    assert len(at_once) == 20
    assert all(at_once)
    apart = sum(one["zone"] != other["zone"] for one, other in zip(a, b, strict=True))
    assert apart == 40


def test_the_script_prints_and_says_what_is_missing():
    script = pick_up_script(PRODUCTS, ["hats", "coats"], NINE, seed=1)
    text = printable(script, ZoneInfo("Europe/Paris"))
    assert text.count("\n") == 202
    assert "10:00:00" in text
    assert "(scan the tag)" in text
    assert labelled_hour(NINE)["ended"].to_pylist() == [at(3600)]
    with pytest.raises(ValueError, match="no display zones"):
        pick_up_script(PRODUCTS, [], NINE)
    with pytest.raises(ValueError, match="no product has its home in shoes"):
        pick_up_script(PRODUCTS, ["shoes"], NINE)
