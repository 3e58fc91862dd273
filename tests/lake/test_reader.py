"""Tables read by delta-rs, without a session."""

import datetime as dt

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import write_deltalake

from storeday.contracts import arrow_schema, conform, load_contract, table_from_columns
from storeday.lake.reader import of_date, read_store_days

TRAFFIC, RUNS = "gold.traffic_hourly", "ops.runs"
FRIDAY, SATURDAY = dt.date(2026, 11, 20), dt.date(2026, 11, 21)
DECEMBER = dt.date(2026, 12, 4)


def write(lake, store, date, entries, without=()):
    contract = load_contract(TRAFFIC)
    hour = dt.datetime.combine(date, dt.time(9), dt.UTC)
    rows = table_from_columns(
        contract,
        {"hour_start": [hour], "local_hour": [10], "entries": [entries], "observed_share": [1.0]},
    )
    stamps = {
        "store_id": store,
        "business_date": date,
        "run_id": "r",
        "method_version": "1",
    }
    stamped = conform(rows, contract, stamps).drop_columns(list(without))
    path = f"{lake}/{contract.path}"
    write_deltalake(path, stamped, mode="append", partition_by=list(contract.partition))


def test_only_the_store_days_asked_for_are_read(tmp_path):
    for store in ("s1", "s2"):
        for date in (FRIDAY, SATURDAY, DECEMBER):
            write(tmp_path, store, date, date.day)
    found = read_store_days(str(tmp_path), "s1", {TRAFFIC: [FRIDAY, DECEMBER]})[TRAFFIC]
    assert sorted(found["entries"].to_pylist()) == [4, 20]
    assert set(found["store_id"].to_pylist()) == {"s1"}
    assert of_date(found, FRIDAY)["entries"].to_pylist() == [20]


def test_columns_that_an_old_table_lacks_are_null(tmp_path):
    write(tmp_path, "s1", FRIDAY, 7, without=["groups", "passers_by"])
    found = read_store_days(str(tmp_path), "s1", {TRAFFIC: [FRIDAY]})[TRAFFIC]
    assert found.column_names == arrow_schema(load_contract(TRAFFIC)).names
    assert found["groups"].to_pylist() == [None]
    assert found.schema.field("groups").type == pa.int64()


def test_a_table_that_is_not_there_and_no_dates_are_empty(tmp_path):
    write(tmp_path, "s1", FRIDAY, 7)
    found = read_store_days(str(tmp_path), "s1", {TRAFFIC: [], RUNS: [FRIDAY]})
    assert [found[name].num_rows for name in (TRAFFIC, RUNS)] == [0, 0]
    assert found[RUNS].column_names == arrow_schema(load_contract(RUNS)).names


def test_conditions_leave_out_further_rows(tmp_path):
    write(tmp_path, "s1", FRIDAY, 7)
    write(tmp_path, "s1", SATURDAY, 9)
    many = {TRAFFIC: pc.field("entries") > 8}
    found = read_store_days(str(tmp_path), "s1", {TRAFFIC: [FRIDAY, SATURDAY]}, many)[TRAFFIC]
    assert found["entries"].to_pylist() == [9]
