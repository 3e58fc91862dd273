"""Visits to zones and flows between them: by hand, and against walking every second."""

import datetime as dt
import itertools
from collections import Counter, defaultdict

import numpy as np
import pyarrow as pa
import pytest

from storeday.contracts import check, check_key, conform, empty, load_contract
from storeday.floor.calendar import Interval, business_day, local_hours
from storeday.measures import (
    MeasureSettings,
    Records,
    coverage,
    journeys,
    zone_flows,
    zone_hourly,
)

SETTINGS = MeasureSettings()
NINE = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
STAMPS = {
    "store_id": "s",
    "business_date": dt.date(2026, 1, 5),
    "run_id": "r",
    "method_version": "0",
}
STAMP = pa.timestamp("us", tz="UTC")


def at(second):
    return NINE + dt.timedelta(seconds=second)


def positions(rows):
    """Positions from (customer, second, zone)."""
    return pa.table(
        {
            "customer_id": pa.array([row[0] for row in rows], pa.string()),
            "time": pa.array([at(row[1]) for row in rows], STAMP),
            "zone_id": pa.array([row[2] for row in rows], pa.string()),
        }
    )


def handled(rows):
    """Interactions from (second, zone)."""
    return pa.table(
        {
            "time": pa.array([at(row[0]) for row in rows], STAMP),
            "zone_id": pa.array([row[1] for row in rows], pa.string()),
            "customer_id": pa.nulls(len(rows), pa.string()),
            "probability": pa.array([0.5] * len(rows)),
        }
    )


def flows(places, been, stations, span, cover, settings):
    """Flows of customers as they were seen."""
    seen_ones = journeys(places, been, stations, settings)
    return zone_flows(seen_ones, seen_ones, span, cover)


def visits(rows):
    """Visits from (customer, first second, last second, censored start, censored end)."""
    return pa.table(
        {
            "customer_id": pa.array([row[0] for row in rows], pa.string()),
            "entered_at": pa.array([at(row[1]) for row in rows], STAMP),
            "left_at": pa.array([at(row[2]) for row in rows], STAMP),
            "is_censored_start": pa.array([row[3] for row in rows], pa.bool_()),
            "is_censored_end": pa.array([row[4] for row in rows], pa.bool_()),
        }
    )


def hours(count):
    return list(local_hours(Interval(at(0), at(3600 * count)), "UTC"))


def seen(film, zones, reads=None, count=2):
    """Coverage with one camera that sees all zones, open all the time."""
    footage = {"cam1": [Interval(at(start), at(end)) for start, end in film]}
    stretches = {
        reader: [Interval(at(start), at(end)) for start, end in parts]
        for reader, parts in (reads or {}).items()
    }
    records = Records(footage, stretches, {}, list(zones), {"cam1": set(zones)})
    return coverage(records, hours(count), Interval(at(0), at(3600 * count)), SETTINGS)


def stay(customer, zone, start, end):
    return [(customer, second, zone) for second in range(start, end)]


def check_rows(table, name):
    contract = load_contract(name)
    full = conform(table, contract, STAMPS)
    check(full, contract)
    check_key(full, contract)


def by_zone_and_hour(table):
    check_rows(table, "gold.zone_hourly")
    return {
        (row["zone_id"], int((row["hour_start"] - NINE).total_seconds()) // 3600): row
        for row in table.to_pylist()
    }


def figures(row):
    names = ("visitors", "entries", "dwell_p50_s", "dwell_p90_s")
    more = ("occupancy_mean", "occupancy_peak", "handled", "observed_share")
    return tuple(row[name] for name in names + more)


# By hand


def test_zone_hours_by_hand():
    rows = [
        # x: 20 s in a, 10 s unseen (bridged), 30 s in a: one visit of 60 s. Then 3 s in b: none.
        *stay("x", "a", 100, 120),
        *stay("x", "a", 130, 160),
        *stay("x", "b", 160, 163),
        # y: 40 s in a from second 110, then 11 s away: a second visit of 10 s.
        *stay("y", "a", 110, 150),
        *stay("y", "a", 161, 171),
        # z: from 20 s before the hour to 30 s after it: begins in the first, visits both.
        *stay("z", "a", 3580, 3630),
    ]
    table = zone_hourly(
        positions(rows),
        handled([(105, "a"), (3605, "a"), (3606, None), (9999, "a")]),
        {"a": ["reader1"], "b": []},
        hours(2),
        # The camera misses the second half of the second hour; reader1 was heard in the first only.
        seen([(0, 5400)], ["a", "b"], {"reader1": [(0, 3600)]}),
        SETTINGS,
    )
    found = by_zone_and_hour(table)
    assert set(found) == {("a", 0), ("a", 1), ("b", 0), ("b", 1)}
    # Stays begun in hour 0: 10, 40, 50, 60 s; median 45, 90th percentile 50 + 0.7 x 10 = 57.
    # Person-seconds: x 60, y 40 + 10, z 20: 130. Two at a time at most.
    assert figures(found["a", 0]) == pytest.approx((3, 4, 45, 57, 130 / 3600, 2, 1, 1.0))
    # Hour 1: z's 30 s; the one product handled is counted although no reader was heard.
    assert figures(found["a", 1]) == (1, 0, None, None, 30 / 1800, 1, 1, 0.5)
    # b: seen, and but for x's three seconds empty. No reader: nothing is known of handling.
    assert figures(found["b", 0]) == (0, 0, None, None, 3 / 3600, 1, None, 1.0)
    assert figures(found["b", 1]) == (0, 0, None, None, 0.0, 0, None, 0.5)


def test_not_seen_is_null_and_empty_is_zero():
    table = zone_hourly(
        positions([]),
        handled([]),
        {"a": ["reader1"]},
        hours(2),
        seen([(0, 3600)], ["a"], {"reader1": [(3600, 7200)]}),
        SETTINGS,
    )
    found = by_zone_and_hour(table)
    assert figures(found["a", 0]) == (0, 0, None, None, 0.0, 0, None, 1.0)
    assert figures(found["a", 1]) == (None, None, None, None, None, None, 0, 0.0)


def test_who_is_seen_where_no_camera_should_see_is_counted_as_a_lower_bound():
    table = zone_hourly(
        positions(stay("x", "a", 0, 10)),
        handled([]),
        {"a": []},
        hours(1),
        seen([], ["a"]),
        SETTINGS,
    )
    (row,) = [row for row in by_zone_and_hour(table).values() if row["visitors"] is not None]
    assert figures(row) == (1, 1, 10, 10, None, 1, None, 0.0)


def test_a_short_absence_elsewhere_does_not_end_a_visit_but_a_visit_elsewhere_does():
    rows = [
        # 4 s in b on the way: one visit to a, of 24 s.
        *stay("x", "a", 0, 10),
        *stay("x", "b", 10, 14),
        *stay("x", "a", 14, 24),
        # 6 s in b: three visits.
        *stay("y", "a", 100, 110),
        *stay("y", "b", 110, 116),
        *stay("y", "a", 116, 126),
    ]
    table = zone_hourly(
        positions(rows), handled([]), {"a": [], "b": []}, hours(1), seen([], ["a", "b"]), SETTINGS
    )
    found = by_zone_and_hour(table)
    assert (found["a", 0]["entries"], found["b", 0]["entries"]) == (3, 1)
    # a: 10, 10, 24 s.
    assert found["a", 0]["dwell_p50_s"] == 10
    # Seconds in b are not counted in a too: 10 + 10 + 10 + 10 person-seconds, one at a time.
    assert found["a", 0]["occupancy_peak"] == 1


def test_flows_by_hand():
    rows = [
        # x: door, a, b, out. The door is no station.
        *stay("x", "door", 0, 8),
        *stay("x", "a", 10, 30),
        *stay("x", "b", 32, 50),
        *stay("x", "door", 52, 60),
        # y: a, a long way between zones, a again: one station.
        *stay("y", "a", 10, 20),
        *[("y", second, None) for second in range(20, 80)],
        *stay("y", "a", 80, 90),
        # z: comes in, walks through b in 3 s and leaves.
        *stay("z", "b", 5, 8),
        # y again, as a second visit to the store.
        *stay("y", "b", 1000, 1010),
        # Outside every visit: in none.
        *stay("z", "a", 2000, 2010),
        *stay("nobody", "a", 2000, 2010),
    ]
    table = flows(
        positions(rows),
        visits(
            [
                ("x", 0, 60, False, False),
                ("y", 10, 90, True, False),
                ("z", 0, 10, False, False),
                ("y", 1000, 1010, False, True),
            ]
        ),
        ["a", "b"],
        hours(2),
        seen([(0, 5400)], ["a", "b"]),
        SETTINGS,
    )
    check_rows(table, "gold.zone_flows")
    found = {
        (row["from_zone_id"], row["to_zone_id"]): (
            row["moves"],
            row["outflow_share"],
            row["inflow_share"],
        )
        for row in table.to_pylist()
    }
    assert found == {
        ("a", "b"): (1, 1 / 2, 1 / 2),
        ("a", "exit"): (1, 1 / 2, 1 / 3),
        ("b", "exit"): (1, 1 / 2, 1 / 3),
        ("b", "unseen"): (1, 1 / 2, 1.0),
        ("entrance", "a"): (1, 1 / 3, 1 / 2),
        ("entrance", "b"): (1, 1 / 3, 1 / 2),
        ("entrance", "exit"): (1, 1 / 3, 1 / 3),
        ("unseen", "a"): (1, 1.0, 1 / 2),
    }
    # 90 of 120 minutes.
    assert set(table["observed_share"].to_pylist()) == {0.75}


def test_empty_days():
    nothing = zone_hourly(
        empty(load_contract("silver.positions")),
        empty(load_contract("gold.interactions")),
        {},
        [],
        empty(load_contract("gold.coverage")),
        SETTINGS,
    )
    assert nothing.num_rows == 0
    check_rows(nothing, "gold.zone_hourly")
    none = flows(
        empty(load_contract("silver.positions")),
        empty(load_contract("silver.visits")),
        ["a"],
        [],
        empty(load_contract("gold.coverage")),
        SETTINGS,
    )
    assert none.num_rows == 0
    check_rows(none, "gold.zone_flows")


def test_the_hour_that_comes_twice():
    midnight = dt.time(0)
    day = business_day(dt.date(2026, 10, 25), "Europe/Paris", midnight)
    span = list(local_hours(day, "Europe/Paris"))
    # Ten seconds in each hour of the day.
    rows = [
        {"customer_id": f"c{number}", "time": hour.interval.start + dt.timedelta(seconds=second)}
        for number, hour in enumerate(span)
        for second in range(10)
    ]
    table = pa.Table.from_pylist([{**row, "zone_id": "a"} for row in rows])
    records = Records({"cam1": [day]}, {}, {}, ["a"], {"cam1": {"a"}})
    rows = zone_hourly(
        table,
        handled([]),
        {"a": []},
        span,
        coverage(records, span, day, SETTINGS),
        SETTINGS,
    )
    check_rows(rows, "gold.zone_hourly")
    assert rows.num_rows == 25
    assert set(rows["entries"].to_pylist()) == {1}
    assert rows["local_hour"].to_pylist()[:5] == [0, 1, 2, 2, 3]


# Against an oracle


def random_day(seed):
    """Customers who wander between three zones and nowhere, seen three seconds of four.

    Their times crowd around the border of the two hours.
    """
    rng = np.random.default_rng(seed)
    rows, spans = [], []
    for number in range(12):
        start = int(rng.integers(3300, 3600))
        length = int(rng.integers(1, 300))
        zone = rng.choice(["a", "b", "c", None])
        for second in range(start, start + length):
            if rng.random() < 0.15:
                zone = rng.choice(["a", "b", "c", None])
            if rng.random() < 0.75 or second in (start, start + length - 1):
                rows.append((f"c{number}", second, zone))
        spans.append((f"c{number}", start, start + length - 1, number % 2 == 0, number % 3 == 0))
    order = rng.permutation(len(rows))
    return [rows[place] for place in order], spans


def runs_by_second(rows):
    """Presence: a second counts for a zone if the last and the next row, not far apart, agree."""
    by_customer = defaultdict(dict)
    for customer, second, zone in rows:
        if zone is not None:
            by_customer[customer][second] = zone
    runs = defaultdict(list)
    for customer, zones in by_customer.items():
        for second in range(min(zones), max(zones) + 1):
            before = max(s for s in zones if s <= second)
            after = min(s for s in zones if s >= second)
            near = after - before - 1 <= SETTINGS.bridge_gap_s
            if not (near and zones[before] == zones[after]):
                continue
            last = runs[customer][-1] if runs[customer] else None
            if last and last[2] == second and last[0] == zones[before]:
                last[2] = second + 1
            else:
                runs[customer].append([zones[before], second, second + 1])
    return runs


def stays_of(runs):
    stays = []
    for customer in sorted(runs):
        kept = []
        for zone, start, end in runs[customer]:
            if end - start < SETTINGS.min_zone_visit_s:
                continue
            if kept and kept[-1][0] == zone and start - kept[-1][2] <= SETTINGS.bridge_gap_s:
                kept[-1][2] = end
            else:
                kept.append([zone, start, end])
        stays += [(customer, *item) for item in kept]
    return stays


def quantile(values, share):
    place = share * (len(values) - 1)
    low = int(place)
    values = sorted(values)
    high = min(low + 1, len(values) - 1)
    return values[low] + (place - low) * (values[high] - values[low])


@pytest.mark.parametrize("seed", range(12))
def test_zone_hours_against_every_second(seed):
    rows, _ = random_day(seed)
    runs = runs_by_second(rows)
    stays = stays_of(runs)
    present = Counter(
        (zone, second)
        for parts in runs.values()
        for zone, start, end in parts
        for second in range(start, end)
    )
    table = zone_hourly(
        positions(rows),
        handled([]),
        {"a": [], "b": [], "c": []},
        hours(2),
        seen([(0, 7200)], ["a", "b", "c"]),
        SETTINGS,
    )
    found = by_zone_and_hour(table)
    assert len(found) == 6
    for (zone, hour), row in found.items():
        begin, end = hour * 3600, hour * 3600 + 3600
        began = [s[3] - s[2] for s in stays if s[1] == zone and begin <= s[2] < end]
        visitors = {s[0] for s in stays if s[1] == zone and s[2] < end and s[3] > begin}
        counts = [present[zone, second] for second in range(begin, end)]
        assert row["visitors"] == len(visitors)
        assert row["entries"] == len(began)
        assert row["occupancy_mean"] == pytest.approx(sum(counts) / 3600)
        assert row["occupancy_peak"] == max(counts)
        expected = [quantile(began, share) for share in (0.5, 0.9)] if began else [None, None]
        assert [row["dwell_p50_s"], row["dwell_p90_s"]] == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(12))
def test_flows_against_every_second_and_what_flows_in_flows_out(seed):
    rows, spans = random_day(seed)
    paths = defaultdict(list)
    for customer, zone, _, _ in stays_of(runs_by_second(rows)):
        if not paths[customer] or paths[customer][-1] != zone:
            paths[customer].append(zone)
    expected = Counter()
    for customer, _, _, start_open, end_open in spans:
        path = [
            "unseen" if start_open else "entrance",
            *paths[customer],
            "unseen" if end_open else "exit",
        ]
        expected.update(itertools.pairwise(path))
    table = flows(
        positions(rows),
        visits(spans),
        ["a", "b", "c"],
        hours(2),
        seen([(0, 7200)], ["a", "b", "c"]),
        SETTINGS,
    )
    check_rows(table, "gold.zone_flows")
    found = {(row["from_zone_id"], row["to_zone_id"]): row["moves"] for row in table.to_pylist()}
    assert found == dict(expected)
    out, into = Counter(), Counter()
    shares_out, shares_in = Counter(), Counter()
    for row in table.to_pylist():
        out[row["from_zone_id"]] += row["moves"]
        into[row["to_zone_id"]] += row["moves"]
        shares_out[row["from_zone_id"]] += row["outflow_share"]
        shares_in[row["to_zone_id"]] += row["inflow_share"]
    assert all(out[zone] == into[zone] for zone in "abc")
    assert list(shares_out.values()) == pytest.approx([1.0] * len(shares_out))
    assert list(shares_in.values()) == pytest.approx([1.0] * len(shares_in))
    assert out["entrance"] == sum(not row[3] for row in spans)
    assert into["exit"] == sum(not row[4] for row in spans)


@pytest.mark.parametrize("seed", range(4))
def test_row_order_decides_nothing(seed):
    rows, spans = random_day(seed)
    cover = seen([(0, 7200)], ["a", "b", "c"])
    order = np.random.default_rng(seed + 100).permutation(len(rows))
    results = []
    for people, been in ((rows, spans), ([rows[i] for i in order], spans[::-1])):
        results.append(
            (
                zone_hourly(
                    positions(people),
                    handled([]),
                    {"a": [], "b": [], "c": []},
                    hours(2),
                    cover,
                    SETTINGS,
                ),
                flows(positions(people), visits(been), ["a", "b", "c"], hours(2), cover, SETTINGS),
            )
        )
    assert results[0][0].equals(results[1][0])
    assert results[0][1].equals(results[1][1])


@pytest.mark.parametrize(
    ("name", "value"), [("cell_m", 0.0), ("min_zone_visit_s", -1.0), ("max_read_gap_s", -0.5)]
)
def test_settings_without_meaning_are_refused(name, value):
    with pytest.raises(ValueError, match=f"{name} is {value}; expected"):
        MeasureSettings(**{name: value})
