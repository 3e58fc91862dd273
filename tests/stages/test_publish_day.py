"""Stage `publish` on a hand-made store-day, without Spark: what its tables say together."""

import datetime as dt

import pytest

from storeday.contracts import check, check_key, conform, load_contract, table_from_columns
from storeday.lake.groups import Group
from storeday.lake.store_day import StoreDay
from storeday.manifest import manifest_from_text
from storeday.stages.plan import DayPlan
from storeday.stages.publish import STAGE, publish
from storeday.stages.settings import settings_of

DATE = dt.date(2026, 11, 20)
NINE = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
MANIFEST = """\
store_id: s
versions:
  - valid_from: 2026-01-01
    timezone: UTC
    opening_hours: {days: {fri: ["09:00", "10:00"]}}
    floor_plan: {width_m: 12, height_m: 8}
    zones:
      - {id: street, kind: front, polygon_m: [[0, -2], [12, -2], [12, 0], [0, 0]]}
      - {id: door, kind: entrance, polygon_m: [[0, 0], [2, 0], [2, 1], [0, 1]]}
      - {id: rack, kind: display, category: coats, polygon_m: [[4, 3], [8, 3], [8, 6], [4, 6]]}
      - {id: queue, kind: queue, polygon_m: [[9, 3], [12, 3], [12, 6], [9, 6]]}
      - {id: till, kind: checkout, polygon_m: [[9, 0], [12, 0], [12, 2], [9, 2]]}
    cameras:
      - id: cam
        width_px: 1280
        height_px: 720
        homography: [[0.009375, 0, 0], [0, -0.0138889, 8], [0, 0, 1]]
        purpose: counting visitors
    checkouts: [{register_id: t1, zone: till}]
    limits: {queue_length: 1, queue_length_s: 10, queue_wait_s: 30}
"""
PLACES = {
    "street": (6, -1), "door": (1, 0.5), "rack": (6, 4.5), "queue": (10, 4.5), "till": (10, 1),
    None: (3, 2),
}  # fmt: skip
# Who was where from which second to which: two customers, one who passes, staff, and a piece.
DAY = {
    "a": [("street", 0, 9), ("door", 10, 19), ("rack", 20, 79), ("queue", 80, 139),
          ("till", 140, 159), ("door", 160, 169)],
    "b": [("door", 30, 39), ("rack", 40, 49), (None, 50, 99), ("queue", 100, 159),
          ("rack", 160, 165), ("door", 166, 175)],
    "passer": [("street", 50, 60)],
    "clerk": [("till", 0, 600)],
    "piece": [("rack", 300, 330)],
}  # fmt: skip


def at(second):
    return NINE + dt.timedelta(seconds=second)


def rows(name, **columns):
    return table_from_columns(load_contract(name), columns)


def silver(day):
    seconds = [
        (who, zone, second)
        for who, stays in day.items()
        for zone, first, last in stays
        for second in range(first, last + 1)
    ]
    ends = {who: (stays[0], stays[-1]) for who, stays in day.items()}
    crossing = [
        (who, stays[place][1 + place % 2], way)
        for who, stays in day.items()
        for place, way in ((0, "in"), (-1, "out"))
        if who in {"a", "b"}
    ]
    return {
        "silver.positions": rows(
            "silver.positions",
            customer_id=[who for who, _, _ in seconds],
            time=[at(second) for _, _, second in seconds],
            floor_x_m=[float(PLACES[zone][0]) for _, zone, _ in seconds],
            floor_y_m=[float(PLACES[zone][1]) for _, zone, _ in seconds],
            zone_id=[zone for _, zone, _ in seconds],
        ),
        "silver.visits": rows(
            "silver.visits",
            customer_id=list(ends),
            entered_at=[at(first[1]) for first, _ in ends.values()],
            left_at=[at(last[2]) for _, last in ends.values()],
            staff_probability=[float(who == "clerk") for who in ends],
            is_censored_start=[who not in {"a", "b"} for who in ends],
            is_censored_end=[who not in {"a", "b"} for who in ends],
        ),
        "silver.door_crossings": rows(
            "silver.door_crossings",
            customer_id=[who for who, _, _ in crossing],
            time=[at(second) for _, second, _ in crossing],
            direction=[way for _, _, way in crossing],
        ),
    }


def footage(minutes):
    each = {"camera_id": ["cam"], "segment": ["f.mp4"]}
    return {
        "bronze.footage_segments": rows(
            "bronze.footage_segments", **each, source_file=["f"], started_at=[at(-600)],
            duration_s=[60.0 * minutes], size_bytes=[1], status=["ok"],
        ),
        "bronze.decode_outcomes": rows(
            "bronze.decode_outcomes", **each, decoder=["pyav"], frames=[1], first_pts_us=[0],
            last_pts_us=[60_000_000 * minutes], lost_s=[0.0],
        ),
    }  # fmt: skip


def published(day, minutes=80):
    layout = manifest_from_text(MANIFEST, "s.yaml", DATE)
    plan = DayPlan(
        StoreDay("s", DATE), "", layout, settings_of(layout), (), {}, None, "r", bytes(32)
    )
    found = publish(Group(plan.day, "", {**silver(day), **footage(minutes)}), plan, NINE)
    assert set(found) == set(STAGE.writes)
    for name, table in found.items():
        contract = load_contract(name)
        stamps = {key: value for key, value in plan.stamps().items()
                  if key in {column.name for column in contract.columns}}  # fmt: skip
        full = conform(table, contract, stamps)
        check(full, contract)
        check_key(full, contract)
    return {name: table.to_pylist() for name, table in found.items()}


@pytest.fixture(scope="module")
def found():
    return published(DAY)


def test_customers_are_counted_without_staff_passers_and_pieces(found):
    (row,) = [row for row in found["gold.traffic_hourly"] if row["local_hour"] == 9]
    assert (row["entries"], row["exits"], row["door_entries"]) == (2, 2, 2)
    # Of the two seen in front, one came in; the other one who came in was not seen there.
    assert (row["passers_by"], row["capture_rate"]) == (2, 1.0)
    assert row["occupancy_peak"] == 2
    zones = {row["zone_id"]: row for row in found["gold.zone_hourly"] if row["local_hour"] == 9}
    # a was there for 60 s, b for 10 and again for 6: neither the piece nor the clerk counts.
    assert (zones["rack"]["visitors"], zones["rack"]["entries"]) == (2, 3)
    assert zones["rack"]["stay_s"] == 76
    assert zones["rack"]["engaged"] == 1
    assert zones["till"]["visitors"] == 1
    assert zones["street"]["visitors"] == 0
    cells = {(row["cell_x"], row["cell_y"]): row["stay_s"] for row in found["gold.heatmap_hourly"]}
    assert cells[12, 9] == 76


def test_ways_waits_and_funnel_of_the_same_day(found):
    flows = {
        (row["from_zone_id"], row["to_zone_id"]): row["moves"] for row in found["gold.zone_flows"]
    }
    assert flows == {
        ("entrance", "rack"): 2, ("rack", "queue"): 2, ("queue", "till"): 1, ("till", "exit"): 1,
        ("queue", "rack"): 1, ("rack", "exit"): 1,
    }  # fmt: skip
    (line,) = [row for row in found["gold.queue_hourly"] if row["local_hour"] == 9]
    # Both waited for 60 s, from 100 to 139 together; b gave up. Nothing is told of one till.
    assert (line["joined"], line["abandoned"], line["wait_p50_s"]) == (2, 1, 60)
    assert (line["over_target_share"], line["service_mean_s"]) == (1.0, None)
    steps = {
        row["step"]: row["customers"]
        for row in found["gold.funnel_daily"]
        if row["scope"] == "store"
    }
    assert steps == {
        "pass_by": 2, "enter": 2, "visit_zone": 2, "stop": 1, "handle": None, "try_on": None,
        "queue": 2, "buy": None,
    }  # fmt: skip
    (alert,) = found["gold.alerts"]
    assert (alert["alert"], alert["subject_id"], alert["duration_s"]) == (
        "queue_length",
        "queue",
        40,
    )
    assert alert["started_at"] == at(100)
    assert found["gold.zone_paths"] == []


def test_where_the_door_was_not_seen_nobody_is_a_piece():
    # Footage ends after a fifth of the hour: whoever was seen is all that is known.
    zones = {
        row["zone_id"]: row
        for row in published(DAY, minutes=22)["gold.zone_hourly"]
        if row["local_hour"] == 9
    }
    assert zones["rack"]["visitors"] == 3
    assert zones["rack"]["observed_share"] == pytest.approx(0.2)


def test_order_of_rows_decides_nothing():
    reversed_day = dict(reversed(list(DAY.items())))
    one, other = published(DAY), published(reversed_day)
    assert one.keys() == other.keys()
    for name in one:
        assert one[name] == other[name], name


def test_a_day_without_anybody():
    nobody = {who: stays for who, stays in DAY.items() if who == "clerk"}
    found = published(nobody)
    (row,) = [row for row in found["gold.traffic_hourly"] if row["local_hour"] == 9]
    assert (row["entries"], row["occupancy_mean"], row["passers_by"]) == (0, 0.0, 0)
    assert found["gold.heatmap_hourly"] == found["gold.zone_flows"] == []
    assert isinstance(found["ops.published_days"][0]["published_at"], dt.datetime)
