import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from storeday.contracts import empty, load_contract
from storeday.floor.calendar import Interval
from storeday.identity import (
    GroupSettings,
    IdentitySettings,
    Shop,
    StaffSettings,
    door_crossings,
    people_of_visits,
    staff_probabilities,
    visit_groups,
)

NINE = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
DOOR = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 1.0], [0.0, 1.0]])
NO_LOOKS = pa.array([], pa.string()), np.zeros((0, 0))


def walk(customer, start_s, places, zone=None):
    """One place a second."""
    return [
        {
            "customer_id": customer,
            "time": NINE + dt.timedelta(seconds=start_s + second),
            "floor_x_m": float(x),
            "floor_y_m": float(y),
            "zone_id": zone,
        }
        for second, (x, y) in enumerate(places)
    ]


def table(*walks):
    schema = pa.schema(
        [
            ("customer_id", pa.string()),
            ("time", pa.timestamp("us", tz="UTC")),
            ("floor_x_m", pa.float64()),
            ("floor_y_m", pa.float64()),
            ("zone_id", pa.string()),
        ]
    )
    return pa.Table.from_pylist([row for walked in walks for row in walked], schema=schema)


def crossings(*walks):
    found = door_crossings(table(*walks), [DOOR], IdentitySettings())
    return [(row["customer_id"], row["direction"]) for row in found.to_pylist()]


def test_in_and_out_are_counted_once_each():
    there = [(1, y) for y in range(8)]
    assert crossings(walk("a", 0, there + there[::-1])) == [("a", "in"), ("a", "out")]


def test_split_inside_is_no_crossing():
    there = [(1, y) for y in range(8)]
    assert crossings(walk("a", 0, there), walk("b", 20, there[::-1])) == [("a", "in"), ("b", "out")]
    assert crossings(walk("a", 0, there[4:])) == []


def test_who_stands_in_the_door_crosses_nothing():
    assert crossings(walk("a", 0, [(1, 0.5)] * 30)) == []


def test_who_comes_back_crosses_again():
    there = [(1, y) for y in range(8)]
    both = walk("a", 0, there + there[::-1]) + walk("a", 300, there)
    assert crossings(both) == [("a", "in"), ("a", "out"), ("a", "in")]


def comers(number):
    """People who come in one after the other, each seen first at half a metre behind the sill."""
    return [walk(f"c{one}", 200 * one, [(1, y + 0.5) for y in range(6)]) for one in range(number)]


@pytest.mark.parametrize(("deepest", "turns"), [(0.2, 1), (0.9, 0)])
def test_who_turns_as_deep_in_the_door_as_others_leave_has_crossed_it_twice(deepest, turns):
    there = [(1, y) for y in (5, 4, 3, 2, 1.2)]
    turned = walk("t", 5000, [*there, (1, deepest), *there[::-1]])
    found = crossings(*comers(12), turned)
    assert sorted(found[12:]) == [("t", "in"), ("t", "out")][: 2 * turns]


def test_a_turn_needs_a_day_to_compare_with():
    there = [(1, y) for y in (5, 4, 3, 2, 1.2)]
    assert len(crossings(*comers(5), walk("t", 5000, [*there, (1, 0.2), *there[::-1]]))) == 5


def test_who_turns_and_stays_at_the_door_is_counted_as_having_left():
    there = [(1, y) for y in (5, 4, 3, 2, 1.2)]
    found = crossings(*comers(12), walk("t", 5000, [*there, (1, 0.2), (1, 1.2)]))
    assert found[12:] == [("t", "out")]


def test_no_positions_or_doors():
    assert not len(door_crossings(table(), [DOOR], IdentitySettings()))
    assert crossings() == []
    there = table(walk("a", 0, [(1, y) for y in range(8)]))
    assert not len(door_crossings(there, [], IdentitySettings()))


def probabilities(*walks, opening=None, looks=None):
    kinds = {"back": "staff_only", "till": "checkout", "rack": "display"}
    found = staff_probabilities(table(*walks), kinds, opening, looks, StaffSettings())
    return {row["customer_id"]: row["staff_probability"] for row in found.to_pylist()}


def test_each_cue_of_staff():
    shopper = walk("shopper", 1000, [(3, 3)] * 300, "rack")
    day_long = walk("all day", 0, [(3, 3)] * 3500, "rack")
    behind = walk("behind", 0, [(3, 3)] * 300, "back")
    found = probabilities(shopper, day_long, behind)
    assert found["shopper"] < 0.05
    assert found["all day"] > 0.9
    assert found["behind"] > 0.5
    opens = round((NINE + dt.timedelta(seconds=600)).timestamp() * 1e6)
    early = walk("early", 0, [(3, 3)] * 300, "rack")
    hours = opens, opens + 3600 * 10**6
    assert probabilities(early, day_long, opening=hours)["early"] > 0.3
    assert probabilities(early, day_long)["early"] < 0.05


def test_looks_tell_a_fragment_by_those_whom_other_cues_show():
    random = np.random.default_rng(1)
    uniform, walks, names, vectors = random.normal(size=16), [], [], []
    for number in range(12):
        is_staff = number < 4
        name = f"{'staff' if is_staff else 'shopper'}{number}"
        seconds = 3500 if number < 3 else 100
        walks.append(walk(name, 10 * number, [(3, 3)] * seconds, "rack"))
        vector = uniform + 0.2 * random.normal(size=16) if is_staff else random.normal(size=16)
        names.append(name)
        vectors.append(vector / np.linalg.norm(vector))
    looks = pa.array(names), np.array(vectors)
    assert probabilities(*walks)["staff3"] < 0.05
    found = probabilities(*walks, looks=looks)
    assert found["staff3"] > 0.5
    assert max(value for name, value in found.items() if name.startswith("shopper")) < 0.1


def visit(customer, entered_s, left_s):
    return {
        "customer_id": customer,
        "entered_at": NINE + dt.timedelta(seconds=entered_s),
        "left_at": NINE + dt.timedelta(seconds=left_s),
        "is_censored_start": False,
        "is_censored_end": False,
    }


def visit_table(*rows):
    blank = empty(load_contract("silver.visits"))
    names = blank.schema.names
    return pa.Table.from_pylist(
        [{name: row.get(name) for name in names} for row in rows], schema=blank.schema
    )


def test_companions_are_a_group_and_strangers_are_not():
    path = [(3 + 0.05 * s, 3) for s in range(100)]
    beside = [(x, y + 1) for x, y in path]
    away = [(x, y + 9) for x, y in path]
    positions = table(
        walk("a", 0, path), walk("b", 2, beside), walk("c", 4, away), walk("d", 60, path)
    )
    rows = visit_table(*(visit(name, start, start + 100) for name, start in
                         (("a", 0), ("b", 2), ("c", 4), ("d", 60))))  # fmt: skip
    groups = visit_groups(rows, positions, str, GroupSettings()).to_pylist()
    assert groups == ["group/a", "group/a", None, None]
    assert visit_groups(rows.slice(0, 0), positions, str, GroupSettings()).to_pylist() == []


def test_visits_get_staff_and_groups_and_staff_are_in_no_group():
    path = [(3 + 0.05 * s, 3) for s in range(100)]
    positions = table(
        walk("a", 0, path), walk("b", 2, path), walk("s", 0, [(3, 3.5)] * 3500, "back")
    )
    rows = visit_table(
        visit("a", 0, 100), visit("b", 2, 102), visit("s", 0, 3500), visit("x", 0, 9)
    )
    shop = Shop({"back": "staff_only"}, Interval(NINE, NINE + dt.timedelta(hours=1)))
    found = people_of_visits(rows, positions, NO_LOOKS, shop, str).to_pylist()
    assert [row["group_id"] for row in found] == ["group/a", "group/a", None, None]
    assert found[2]["staff_probability"] > 0.9
    assert found[3]["staff_probability"] is None


def test_appearance_is_on_or_off():
    with pytest.raises(ValueError, match="appearance is 'maybe'; expected on or off"):
        IdentitySettings(appearance="maybe")
