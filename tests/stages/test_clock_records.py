"""Which earlier day's clocks are taken as known, and that a second run takes the same."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from storeday.commands.run_days import DONE, Request, run_days
from storeday.contracts import load_contract, table_from_columns
from storeday.lake.lake import Lake
from storeday.lake.store_day import StoreDay
from storeday.stages.clock_records import (
    known_clocks,
    latest_records,
    record_of,
    with_record,
)
from storeday.stages.plan import Places, plan_days

FIRST, SECOND, THIRD = (dt.date(2026, 11, day) for day in (19, 20, 21))
OFFSETS, PUBLISHED, RUNS = "silver.clock_offsets", "ops.published_days", "ops.runs"
MANIFEST = (
    Path(__file__).resolve().parents[1] / "benchmarks" / "scenarios" / "empty_day.yaml"
).read_text()
HANDLING = '{"method": "handling"}'


def offsets(date, rack_s, std_error_s=0.2):
    devices = ["back", "front", "rack", "till1"]
    return table_from_columns(
        load_contract(OFFSETS),
        {
            "device_id": devices,
            "reference_id": ["front"] * 4,
            "valid_from": [dt.datetime(date.year, date.month, date.day, 3, tzinfo=dt.UTC)] * 4,
            "offset_s": [1 / 3, 0.0, rack_s, 0.0],
            "drift_ppm": [0.0, 0.0, 10.0, 0.0],
            "std_error_s": [std_error_s, 0.0, std_error_s, 8.66],
            "evidence": [HANDLING, HANDLING, HANDLING, '{"method": "assumed"}'],
        },
    )


@pytest.fixture
def places(tmp_path):
    (tmp_path / "stores").mkdir()
    for store in ("with", "without"):
        text = MANIFEST.replace("store_id: empty", f"store_id: {store}")
        if store == "without":
            text += "    thresholds: {association: {clock_prior: none}}\n"
        (tmp_path / "stores" / f"{store}.yaml").write_text(text)
    return Places(str(tmp_path / "inbox"), str(tmp_path / "stores"), str(tmp_path / "lake"))


def test_a_record_gives_back_every_digit_and_leaves_out_what_was_assumed():
    known = known_clocks(record_of(offsets(FIRST, 0.1 + 0.2), FIRST))
    assert known.business_date == FIRST
    assert known.rows["device_id"].to_pylist() == ["back", "front", "rack"]
    assert known.rows["offset_s"].to_pylist() == [1 / 3, 0.0, 0.1 + 0.2]
    assert known.rows["valid_from"].to_pylist()[0] == dt.datetime(2026, 11, 19, 3, tzinfo=dt.UTC)
    nothing = offsets(FIRST, 1.0).slice(3)
    assert known_clocks(record_of(nothing, FIRST)).rows.num_rows == 0


def test_the_last_record_of_a_run_that_was_done_counts():
    names = ("stage", "status", "started_at", "attempt_id", "priors")
    rows = [
        ("calibrate", "done", 1, "a", "old"),
        ("calibrate", "done", 2, "b", "new"),
        ("calibrate", "failed", 3, "c", "broken"),
        ("publish", "done", 4, "d", None),
        ("calibrate", "done", 5, "e", None),
    ]
    day = {"store_id": "s", "business_date": FIRST}
    runs = pa.Table.from_pylist([day | dict(zip(names, row, strict=True)) for row in rows])
    assert latest_records(runs) == {StoreDay("s", FIRST): "new"}
    assert latest_records(runs.slice(0, 0)) == {}


def test_other_clocks_are_another_run(places):
    (plan,) = plan_days(places, [StoreDay("with", SECOND)], None).plans
    none = with_record(plan, '{"clocks": null, "why": "backfill"}')
    assert none.run_id == plan.run_id
    one, other = (with_record(plan, record_of(offsets(FIRST, rack), FIRST)) for rack in (7.0, 8.0))
    assert len({plan.run_id, one.run_id, other.run_id}) == 3
    assert with_record(plan, one.priors) == one


@pytest.mark.spark
def test_a_second_run_takes_the_same_clocks_whatever_became_of_the_day_before(spark, places):
    lake = Lake(spark, places.lake)
    for store in ("with", "without"):
        put(lake, StoreDay(store, FIRST), 7.0)
    first = clocks(places, lake, "with", SECOND)
    # A day of drift at 10 ppm, from 03:00 to the start of the next day.
    assert first["rack"]["offset_s"] == pytest.approx(7.0 + 10e-6 * 86_400, abs=0.01)
    evidence = json.loads(first["rack"]["evidence"])
    assert evidence == {"method": "prior", "prior": "2026-11-19"}
    assert json.loads(first["till1"]["evidence"])["method"] == "assumed"
    put(lake, StoreDay("with", FIRST), -3.0)
    assert clocks(places, lake, "with", SECOND) == first
    # A backfill uses what the store-day was made with, and nothing where it never ran.
    assert clocks(places, lake, "with", SECOND, "none") == first
    put(lake, StoreDay("with", SECOND), -3.0)
    assert clocks(places, lake, "with", THIRD, "none")["rack"]["offset_s"] == 0.0
    assert clocks(places, lake, "with", THIRD)["rack"]["offset_s"] == 0.0
    # From day to day the day before counts, and that is recorded in its turn.
    chained = clocks(places, lake, "with", THIRD, "chain")
    assert chained["rack"]["offset_s"] == pytest.approx(-3.0 + 10e-6 * 86_400, abs=0.01)
    assert clocks(places, lake, "with", THIRD) == chained
    # A store may do without.
    assert clocks(places, lake, "without", SECOND)["rack"]["offset_s"] == 0.0
    told = {
        (row["store_id"], row["business_date"]): json.loads(row["priors"])
        for row in lake.read_all(RUNS).orderBy("started_at").collect()
    }
    assert told["without", SECOND] == {"clocks": None, "why": "setting"}
    assert told["with", THIRD]["clocks"]["business_date"] == "2026-11-20"


def put(lake, day, rack_s):
    """A published store-day with measured clocks."""
    columns = {"published_at": [dt.datetime(2026, 11, 22, tzinfo=dt.UTC)], "is_partial": [False]}
    columns |= {"notes": pa.nulls(1, pa.string())}
    published = table_from_columns(load_contract(PUBLISHED), columns)
    published = published.append_column("run_id", pa.array(["r"]))
    published = published.append_column("method_version", pa.array(["0"]))
    lake.replace_from_arrow(OFFSETS, offsets(day.business_date, rack_s), day)
    lake.replace_from_arrow(PUBLISHED, published, day)


def clocks(places, lake, store, date, mode="last"):
    request = Request(places, [store], [date], stages=["calibrate"], has_reports=False)
    assert run_days(replace(request, clock_prior=mode)) == DONE
    rows = lake.read(OFFSETS, [StoreDay(store, date)]).collect()
    return {row["device_id"]: row.asDict() for row in rows}
