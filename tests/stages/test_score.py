"""The two passes of stage `score` without Spark: what the first gives is what the second takes."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from storeday.contracts import check, conform, load_contract
from storeday.lake.groups import Group
from storeday.lake.store_day import StoreDay
from storeday.stages.plan import Places, plan_days
from storeday.stages.score import EVENTS, NULLS, READS, STAGE, find_events, score_part

DATE = dt.date(2026, 11, 20)
DAY = StoreDay("s1", DATE)
NINE_US = int(dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC).timestamp() * 1e6)
MANIFEST = """\
store_id: s1
versions:
  - valid_from: 2026-01-01
    timezone: Europe/Paris
    opening_hours: {days: {fri: ["09:00", "19:00"]}}
    floor_plan: {width_m: 10, height_m: 8}
    zones: [{id: coats, kind: display, polygon_m: [[0, 0], [2, 0], [2, 2]]}]
    readers:
      - id: rack
        log: {format: itemtest_csv}
        antennas: [{port: 1, zones: [coats]}]
        sentinel_epcs: [AD00]
"""


@pytest.fixture
def plan(tmp_path):
    (tmp_path / "stores").mkdir()
    (tmp_path / "stores" / "s1.yaml").write_text(MANIFEST)
    places = Places(*(str(tmp_path / name) for name in ("inbox", "stores", "lake")))
    return plan_days(places, [DAY], None).plans[0]


def reads(shaken):
    """Two hours of twelve tags at rest, from 7:30 local on; one is shaken at 9:00 if asked."""
    rng = np.random.default_rng(1)
    rows = 12 * 7200
    time_s = np.sort(rng.uniform(-5400, 1800, rows))
    tag = rng.integers(0, 12, rows)
    rssi = -60 + rng.normal(0, 0.7, rows)
    held = (tag == 5) & (np.abs(time_s - 604) < 4) & shaken
    rssi[held] += rng.uniform(-15, 5, held.sum())
    return pa.table(
        {
            "reader_id": pa.repeat("rack", rows),
            "antenna": pa.array(np.ones(rows), pa.int32()),
            "epc": pa.array([f"AD{number:02X}" for number in tag]),
            "device_time": pa.array(NINE_US + (time_s * 1e6).astype(np.int64)).cast(
                pa.timestamp("us", tz="UTC")
            ),
            "rssi_dbm": pa.array(np.round(rssi * 2) / 2, pa.float32()),
            "phase_rad": pa.nulls(rows, pa.float64()),
            "frequency_mhz": pa.nulls(rows, pa.float64()),
            "read_count": pa.array(np.ones(rows), pa.int32()),
        }
    )


def both_passes(plan, table, earlier=()):
    first = score_part(Group(DAY, "rack/0", {READS: table}), plan)
    stamped = {}
    for name, rows in first.items():
        contract = load_contract(name)
        known = {column.name for column in contract.columns}
        stamps = {key: value for key, value in plan.stamps().items() if key in known}
        stamped[name] = conform(rows, contract, stamps)
        check(stamped[name], contract)
    return find_events(
        Group(DAY, "", {n: t for n, t in stamped.items() if t.num_rows}), plan, earlier
    )


def checked(plan, tables):
    assert set(tables) == set(STAGE.writes)
    for name, rows in tables.items():
        contract = load_contract(name)
        known = {column.name for column in contract.columns}
        stamps = {key: value for key, value in plan.stamps().items() if key in known}
        check(conform(rows, contract, stamps), contract)
    return tables


def test_a_shaken_tag_is_an_event_and_a_quiet_day_has_none(plan):
    quiet = checked(plan, both_passes(plan, reads(shaken=False)))
    # 12 tags, 50 minutes, 0.2 an hour: two are accepted, and a tail of so few hours is a rough one.
    assert quiet[EVENTS].num_rows <= 6
    shaken = checked(plan, both_passes(plan, reads(shaken=True), [5.0, 6.0]))
    events = [row for row in shaken[EVENTS].to_pylist() if row["epc"] == "AD05"]
    assert events
    event = max(events, key=lambda row: row["score"])
    assert abs(event["peak_time"].timestamp() * 1e6 - NINE_US - 604e6) < 4e6
    assert event["zone_id"] == "coats"
    assert 0.5 < event["probability"] <= 1
    calibration = shaken["silver.rummage_calibration"].to_pylist()
    assert "closed" in {row["source"] for row in calibration}
    assert all(row["threshold_drift"] is not None for row in calibration)


def test_a_day_without_reads_has_empty_tables(plan):
    tables = checked(plan, find_events(Group(DAY, "", {}), plan, ()))
    assert all(rows.num_rows == 0 for rows in tables.values())
    assert NULLS in tables
