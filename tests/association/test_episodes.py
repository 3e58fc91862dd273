"""Episodes: repeated handling, put-backs, one holder at a time."""

import datetime as dt
import itertools

import numpy as np
import pyarrow as pa
import pytest

from storeday.association import AssociationSettings, InteractionRules, interactions
from storeday.association.episodes import episode_of, parted

START = dt.datetime(2026, 1, 5, 9, 0, tzinfo=dt.UTC)


def rows(parts, rules=None):
    """Interactions from (tag, second, customer, probability), each rummage 20 s long."""
    at = [START + dt.timedelta(seconds=second) for _, second, _, _ in parts]
    names = [f"r{number}" for number in range(len(parts))]
    ten = dt.timedelta(seconds=10)
    events = pa.table(
        {
            "rummage_id": names,
            "epc": [tag for tag, *_ in parts],
            "reader_id": ["reader1"] * len(parts),
            "peak_time": at,
            "started_at": [moment - ten for moment in at],
            "ended_at": [moment + ten for moment in at],
            "zone_id": ["shelf"] * len(parts),
        }
    )
    none = pa.nulls(2 * len(parts), pa.string())
    candidates = pa.table(
        {
            "rummage_id": names * 2,
            "customer_id": [who for *_, who, _ in parts] + [None] * len(parts),
            "action_id": none,
            "probability": [part[3] for part in parts] + [1 - part[3] for part in parts],
            "is_chosen": [True] * len(parts) + [False] * len(parts),
        }
    )
    actions = pa.table(
        {
            "action_id": ["a"],
            "camera_id": ["c"],
            "zone_id": ["z"],
            "floor_x_m": [0.0],
            "floor_y_m": [0.0],
        }
    )
    clocks = pa.table(
        {"device_id": ["reader1"], "offset_s": [0.0], "drift_ppm": [0.0], "valid_from": [START]}
    )
    return interactions(events, actions, candidates, clocks, {}, rules).to_pylist()


def test_repeated_handling_and_put_backs_are_one_episode():
    found = rows(
        [("A", 0, "x", 0.8), ("A", 60, "x", 0.9), ("A", 250, "x", 0.7), ("B", 60, "x", 0.8)]
    )
    assert [row["rummage_ids"] for row in found] == [["r0", "r1", "r2"], ["r3"]]
    first = found[0]
    assert first["interaction_id"] == "r1"
    assert first["probability"] == 0.9
    assert first["started_at"] == START - dt.timedelta(seconds=10)
    assert first["ended_at"] == START + dt.timedelta(seconds=260)


@pytest.mark.parametrize(
    "parts",
    [
        [("A", 0, "x", 0.8), ("A", 30, "y", 0.8), ("A", 60, "x", 0.8)],
        [("A", 0, "x", 0.8), ("A", 400, "x", 0.8)],
        [("A", 0, "x", 0.4), ("A", 30, "x", 0.4)],
        [("A", 0, None, 0.0), ("A", 30, None, 0.0)],
    ],
    ids=["somebody between", "too late", "not sure", "nobody"],
)
def test_what_is_not_one_episode(parts):
    found = rows(parts)
    assert len(found) == len(parts)


@pytest.mark.parametrize("seed", range(10))
def test_no_tag_has_two_holders_at_once(seed):
    rng = np.random.default_rng(seed)
    parts = [
        (
            str(rng.choice(["A", "B"])),
            int(rng.integers(0, 400)),
            [None, "x", "y", "z"][rng.integers(4)],
            float(rng.choice([0.3, 0.9])),
        )
        for _ in range(40)
    ]
    found = rows(parts, InteractionRules(episode_gap_s=float(rng.choice([5.0, 60.0]))))
    held = [row for row in found if row["customer_id"]]
    assert held
    for one, other in itertools.combinations(held, 2):
        if one["epc"] == other["epc"] and one["customer_id"] != other["customer_id"]:
            begin = max(one["started_at"], other["started_at"])
            assert min(one["ended_at"], other["ended_at"]) <= begin
    assert all(row["started_at"] <= row["time"] <= row["ended_at"] for row in found)
    assert sorted(name for row in found for name in row["rummage_ids"]) == sorted(
        f"r{number}" for number in range(40)
    )


def test_staff_are_no_customers():
    rules = InteractionRules(staff=frozenset({"x"}), calibrated_on="simulated")
    (one, other) = rows([("A", 0, "x", 0.8), ("B", 0, "y", 0.8)], rules)
    assert (one["customer_id"], one["best_customer_id"]) == (None, "x")
    assert one["unmatched_reason"] == "handled_by_staff"
    assert (other["customer_id"], other["unmatched_reason"]) == ("y", None)
    assert other["calibrated_on"] == "simulated"


def test_nothing_gives_nothing():
    none = np.zeros(0, np.int64)
    assert len(episode_of(none, none, none, 10.0)) == 0
    assert parted(none, none.reshape(0, 2), none.reshape(0, 2)).shape == (0, 2)


@pytest.mark.parametrize(
    ("name", "value"), [("calibrated_on", "hope"), ("episode_gap_s", -1.0), ("drift_sd_ppm", 0.0)]
)
def test_settings_without_meaning_are_refused(name, value):
    with pytest.raises(ValueError, match=f"{name} is .*{value}.*expected"):
        AssociationSettings(**{name: value})
