"""Coverage: what was observed, hour by hour, against counting seconds."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from storeday.contracts import check, check_key, conform, load_contract
from storeday.floor.calendar import Interval, business_day, local_hours, opening_interval
from storeday.floor.camera_view import CameraView
from storeday.measures import (
    Fault,
    MeasureSettings,
    Records,
    coverage,
    read_stretches,
    zones_in_view,
)
from storeday.measures.stretches import union

SETTINGS = MeasureSettings()
STAMPS = {"store_id": "s", "business_date": dt.date(2026, 1, 5)}
NINE = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)


def part(start_s, end_s):
    return Interval(NINE + dt.timedelta(seconds=start_s), NINE + dt.timedelta(seconds=end_s))


def hours_of(start_h, end_h):
    return list(local_hours(part(start_h * 3600, end_h * 3600), "UTC"))


def rows_of(table):
    contract = load_contract("gold.coverage")
    full = conform(table, contract, {**STAMPS, "run_id": "r", "method_version": "0"})
    check(full, contract)
    check_key(full, contract)
    return {
        (row["subject_kind"], row["subject_id"], (row["hour_start"] - NINE).seconds // 3600): (
            row["expected_s"],
            row["observed_s"],
            row["reason"],
        )
        for row in table.to_pylist()
    }


def test_every_kind_by_hand():
    records = Records(
        # cam1 lacks 12 minutes of the second hour, but for a crack of 1 s between two files.
        footage={"cam1": [part(0, 1800), part(1801, 6480)], "cam2": [], "cam3": [part(0, 3590)]},
        # reader1: 30 minutes and, after a break, 10 more; reader2 heard one tag once.
        reads={
            "reader1": [part(0, 1800), part(3000, 3600)],
            "reader2": [part(5, 5)],
            "reader3": [],
        },
        tills={"till1": True, "till2": False},
        zones=["a", "b", "c", "d"],
        zones_seen={"cam1": {"a"}, "cam2": {"b"}, "cam3": {"a", "d"}},
    )
    rows = rows_of(coverage(records, hours_of(0, 2), part(0, 7200), SETTINGS))
    assert rows == {
        ("camera", "cam1", 0): (3600, 3600, None),
        ("camera", "cam1", 1): (3600, 2880, "footage for 48 of 60 minutes"),
        ("camera", "cam2", 0): (3600, 0, "no footage files"),
        ("camera", "cam2", 1): (3600, 0, "no footage files"),
        ("camera", "cam3", 0): (3600, 3590, "footage lacks 10 s"),
        ("camera", "cam3", 1): (3600, 0, "footage for 0 of 60 minutes"),
        ("reader", "reader1", 0): (3600, 2400, "reads for 40 of 60 minutes"),
        ("reader", "reader1", 1): (3600, 0, "reads for 0 of 60 minutes"),
        ("reader", "reader2", 0): (3600, 0, "reads for 0 of 60 minutes"),
        ("reader", "reader2", 1): (3600, 0, "reads for 0 of 60 minutes"),
        ("reader", "reader3", 0): (3600, 0, "no reads"),
        ("reader", "reader3", 1): (3600, 0, "no reads"),
        ("till", "till1", 0): (3600, 3600, None),
        ("till", "till1", 1): (3600, 3600, None),
        ("till", "till2", 0): (3600, 0, "no sales file"),
        ("till", "till2", 1): (3600, 0, "no sales file"),
        # a is seen by cam1 and cam3 together.
        ("zone", "a", 0): (3600, 3600, None),
        ("zone", "a", 1): (3600, 2880, "footage for 48 of 60 minutes"),
        ("zone", "b", 0): (3600, 0, "no footage files"),
        ("zone", "b", 1): (3600, 0, "no footage files"),
        ("zone", "c", 0): (3600, 0, "no camera sees it"),
        ("zone", "c", 1): (3600, 0, "no camera sees it"),
        ("zone", "d", 0): (3600, 3590, "footage lacks 10 s"),
        ("zone", "d", 1): (3600, 0, "footage for 0 of 60 minutes"),
    }


def test_closed_hours_have_a_row_only_where_something_was_observed():
    records = Records({"cam1": [part(3000, 4200)], "cam2": []}, {}, {"till1": True}, [], {})
    rows = rows_of(coverage(records, hours_of(0, 3), part(3600, 7200), SETTINGS))
    assert rows == {
        ("camera", "cam1", 0): (0, 600, None),
        ("camera", "cam1", 1): (3600, 600, "footage for 10 of 60 minutes"),
        ("camera", "cam2", 1): (3600, 0, "no footage files"),
        ("till", "till1", 1): (3600, 3600, None),
    }


def test_what_was_seen_while_closed_makes_up_for_nothing():
    # Open from the half hour on. cam1 films the whole hour, cam2 its first half, cam3 20 minutes of
    # either half.
    records = Records(
        {"cam1": [part(0, 3600)], "cam2": [part(0, 1800)], "cam3": [part(600, 3000)]},
        {},
        {},
        [],
        {},
    )
    rows = rows_of(coverage(records, hours_of(0, 1), part(1800, 7200), SETTINGS))
    assert rows == {
        ("camera", "cam1", 0): (1800, 3600, None),
        ("camera", "cam2", 0): (1800, 0, "footage for 0 of 30 minutes"),
        ("camera", "cam3", 0): (1800, 1200, "footage for 20 of 30 minutes"),
    }


def test_a_closed_day_and_an_empty_store():
    records = Records({"cam1": [part(0, 60)], "cam2": []}, {}, {"till1": True}, ["a"], {})
    rows = rows_of(coverage(records, hours_of(0, 2), None, SETTINGS))
    assert rows == {("camera", "cam1", 0): (0, 60, None)}
    nothing = coverage(Records({}, {}, {}, [], {}), hours_of(0, 2), part(0, 7200), SETTINGS)
    assert rows_of(nothing) == {}
    assert rows_of(coverage(records, [], None, SETTINGS)) == {}


@pytest.mark.parametrize(
    ("date", "count", "twos"), [(dt.date(2026, 3, 29), 23, 0), (dt.date(2026, 10, 25), 25, 2)]
)
def test_days_on_which_the_clocks_change(date, count, twos):
    midnight = dt.time(0)
    day = business_day(date, "Europe/Paris", midnight)
    opening = opening_interval(date, (midnight, midnight), "Europe/Paris")
    records = Records({"cam1": [day]}, {}, {}, [], {})
    table = coverage(records, list(local_hours(day, "Europe/Paris")), opening, SETTINGS)
    assert table.num_rows == count
    assert set(table["observed_s"].to_pylist()) == {3600.0}
    assert set(table["expected_s"].to_pylist()) == {3600.0}
    assert table["local_hour"].to_pylist().count(2) == twos
    rows_of(table)


@pytest.mark.parametrize("seed", range(10))
def test_against_counting_seconds(seed):
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, 3 * 3600, 12)
    stretches = [(int(start), int(start + rng.integers(0, 900))) for start in starts]
    opens, closes = sorted(rng.integers(0, 3 * 3600, 2).tolist())
    records = Records({"cam1": [part(*pair) for pair in stretches]}, {}, {}, [], {})
    settings = MeasureSettings(footage_gap_s=0.0)
    rows = rows_of(coverage(records, hours_of(0, 3), part(opens, closes), settings))
    for hour in range(3):
        seconds = range(hour * 3600, hour * 3600 + 3600)
        seen = {s for s in seconds if any(start <= s < end for start, end in stretches)}
        is_open = {s for s in seconds if opens <= s < closes}
        observed = len(seen & is_open) if len(seen & is_open) < len(is_open) else len(seen)
        if is_open or observed:
            assert rows["camera", "cam1", hour][:2] == (len(is_open), observed)
        else:
            assert ("camera", "cam1", hour) not in rows


def test_read_stretches_end_where_a_reader_falls_silent():
    rng = np.random.default_rng(0)
    times = [0, 10, 70, 131, 200, 1000]
    rows = [("r1", second) for second in times] + [("r2", 5), ("r2", 60)]
    order = rng.permutation(len(rows))
    reads = pa.table(
        {
            "reader_id": [rows[number][0] for number in order],
            "device_time": [NINE + dt.timedelta(seconds=rows[number][1]) for number in order],
        }
    )
    # Gaps of 60 s and less hold; 61, 69 and 800 s do not.
    assert read_stretches(reads, SETTINGS) == {
        "r1": [part(0, 70), part(131, 131), part(200, 200), part(1000, 1000)],
        "r2": [part(5, 60)],
    }
    assert read_stretches(reads.slice(0, 0), SETTINGS) == {}


def test_a_union_bridges_short_gaps_only():
    found = union([part(100, 110), part(0, 50), part(10, 20), part(52, 60)], 2.0)
    lengths = ((found.end_us - found.start_us) // 1_000_000).tolist()
    assert lengths == [60, 10]


def test_zones_in_view_are_those_whose_middle_is():
    # 100 px a metre, 400 x 300 px: the camera sees 4 m x 3 m from the origin.
    view = CameraView(np.diag([0.01, 0.01, 1.0]), 0.0, 400, 300, ())
    square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    polygons = {
        "near": square,
        "far": square + np.array([3.8, 0.0]),
        "half": square + np.array([3.2, 1.0]),
    }
    assert zones_in_view({"cam1": view}, polygons) == {"cam1": {"near", "half"}}
    assert zones_in_view({"cam1": view}, {}) == {"cam1": set()}
    # An L of three squares of 1 m: its middle is at 5 / 6 m, wherever its corners crowd.
    corners = [[0, 0], [2, 0], [2, 1], [1.5, 1], [1, 1], [1, 2], [0, 2]]
    crowded = np.array(corners, float) + np.array([3.1, 0.0])
    assert zones_in_view({"cam1": view}, {"L": crowded}) == {"cam1": {"L"}}
    assert zones_in_view({"cam1": view}, {"L": crowded + np.array([0.1, 0.0])}) == {"cam1": set()}


def test_known_faults_stand_in_the_reason_of_their_hours():
    faults = [
        Fault(part(1800, 3600), "a.mp4: frames cannot be decoded"),
        Fault(part(7200, 7200), "b.mp4: the file is empty"),
        *(Fault(part(10_900, 10_900 + n), f"c{n}.mp4: cut") for n in range(4)),
    ]
    records = Records(
        {"cam1": [part(0, 1800), part(3600, 7200)], "cam2": []}, {}, {}, [], {},
        {"cam1": faults, "cam2": [Fault(part(0, 0), "d.mp4: no video stream")]},
    )  # fmt: skip
    rows = rows_of(coverage(records, hours_of(0, 4), part(0, 14_400), SETTINGS))
    reasons = [rows["camera", "cam1", hour][2] for hour in range(4)]
    assert reasons == [
        "footage for 30 of 60 minutes; a.mp4: frames cannot be decoded",
        None,
        "footage for 0 of 60 minutes; b.mp4: the file is empty",
        "footage for 0 of 60 minutes; c0.mp4: cut; c1.mp4: cut; and 2 more",
    ]
    assert rows["camera", "cam2", 0][2] == "footage cannot be read; d.mp4: no video stream"
    assert rows["camera", "cam2", 1][2] == "footage cannot be read"
