"""Tags that are not the shop's goods never reach a table; days and damage around them."""

import datetime as dt
import gzip
import json

import pytest

from storeday.commands.run_days import DONE, Request, run_days
from storeday.contracts import load_contract
from storeday.lake.lake import Lake
from storeday.lake.store_day import StoreDay
from storeday.stages.plan import Places

pytestmark = pytest.mark.spark

DATES = [dt.date(2026, 11, day) for day in (18, 19, 20)]
MANIFEST = """\
store_id: {store}
versions:
  - valid_from: 2026-01-01
    timezone: Europe/Paris
    opening_hours: {{days: {{wed: ["09:00", "10:00"], thu: ["09:00", "10:00"]}}}}
    floor_plan: {{width_m: 10, height_m: 8}}
    readers:
      - id: rack
        log: {{format: impinj_iot}}
        antennas: [{{port: 1}}]
        sentinel_epcs: [{sentinel}]
    checkouts: [{{register_id: till1}}]
"""
COAT, HAT, LATER = (f"3034F4A2C80000000000000{number}" for number in (1, 2, 3))
SENTINEL, STRANGER = "3034F4A2C8000000000000F0", "E28011606000020A6681F23F"
PRODUCTS = f"""\
epc,gtin,sku,valid_from,valid_to
{COAT},,coat,,
{HAT},,hat,,
{LATER},,later,2026-11-20,
"""
SALES = "time,register_id,receipt_id,epc,quantity,price\n"


def event(epc, number=0, **changes):
    inner = {
        "epcHex": epc,
        "antennaPort": 1,
        "peakRssiCdbm": -6000,
        "lastSeenTime": f"2026-11-20T09:00:{number:02d}.000000Z",
    }
    outer = {"timestamp": "2026-11-20T09:00:00Z", "eventType": "tagInventory"}
    return json.dumps(outer | {"tagInventoryEvent": inner | changes})


def log():
    tags = (COAT, HAT, LATER, SENTINEL, STRANGER)
    lines = [event(tag, number) for number, tag in enumerate(tags)]
    lines += [event(STRANGER, 9), event(STRANGER, 8, peakRssiCdbm=1), event(COAT, 7)[:-9]]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    root = tmp_path_factory.mktemp("foreign")
    (root / "stores").mkdir()
    for store in ("shop", "bare", "torn"):
        text = MANIFEST.format(store=store, sentinel=SENTINEL)
        (root / "stores" / f"{store}.yaml").write_text(text)
        for date in DATES:
            folder = root / "inbox" / store / str(date)
            (folder / "rfid" / "rack").mkdir(parents=True)
            (folder / "rfid" / "rack" / "log.ndjson").write_text(log())
            (folder / "rfid" / "rack" / "junk.ndjson").write_bytes(bytes(range(256)) * 50)
            cut = gzip.compress(log().encode())[:-12]
            (folder / "rfid" / "rack" / "cut.ndjson.gz").write_bytes(cut)
            (folder / "sales").mkdir()
    (root / "stores" / "shop.products.csv").write_text(PRODUCTS)
    (root / "stores" / "torn.products.csv").write_text("no,such,columns\n1,2,3\n")
    for date, (tag, pieces) in zip(DATES, [(COAT, 1), (HAT, 1), (COAT, -1)], strict=True):
        text = f"{SALES}{date}T09:30:00+01:00,till1,r1,{tag},{pieces},9.95\n"
        (root / "inbox" / "shop" / str(date) / "sales" / "a.csv").write_text(text)
    return Places(str(root / "inbox"), str(root / "stores"), str(root / "lake"))


@pytest.fixture(scope="module")
def lake(spark, places):
    # The first two days in one run, the third in another: its earlier sales stand in the lake.
    for dates in (DATES[:2], DATES[2:]):
        request = Request(places, ["shop", "bare", "torn"], dates, stages=["parse"])
        assert run_days(request) == DONE
    return Lake(spark, places.lake)


def rows(lake, table, store, date):
    return [row.asDict() for row in lake.read(table, [StoreDay(store, date)]).collect()]


def tags(lake, store, date):
    found = rows(lake, "bronze.rfid_reads", store, date)
    return {row["epc"] for row in found if row["source_file"].endswith("log.ndjson")}


def test_only_goods_of_the_day_and_sentinels_are_kept(lake):
    # What is sold on the day itself was goods that day.
    assert tags(lake, "shop", DATES[0]) == {COAT, HAT, SENTINEL}
    # The coat was sold the day before, in the same run.
    assert tags(lake, "shop", DATES[1]) == {HAT, SENTINEL}
    # The hat was sold in the run before; the coat's return is of the day itself; one is new.
    assert tags(lake, "shop", DATES[2]) == {LATER, SENTINEL}


def test_without_a_products_file_all_tags_are_kept(lake):
    assert tags(lake, "bare", DATES[0]) == {COAT, HAT, LATER, SENTINEL, STRANGER}


def test_with_a_products_file_that_cannot_be_read_no_log_is(lake):
    assert tags(lake, "torn", DATES[0]) == set()
    reasons = {
        row["source_file"]: row["reason"] for row in rows(lake, "ops.quarantine", "torn", DATES[0])
    }
    assert "products file" in reasons["rfid/rack/log.ndjson"]
    assert "torn.products.csv" in reasons


def test_strangers_are_counted_and_named_nowhere(lake):
    for date, foreign, sold in zip(DATES, (2, 2, 1), (0, 1, 2), strict=True):
        logs = rows(lake, "bronze.reader_logs", "shop", date)
        (row,) = [log for log in logs if log["source_file"].endswith("log.ndjson")]
        assert row["records"] == 8
        assert (row["rejects"], row["foreign_tags"], row["sold_tags"]) == (2, foreign, sold)
        assert row["reads"] + row["foreign_reads"] + row["sold_reads"] == 6
        for table in ("bronze.rfid_reads", "bronze.reader_logs", "ops.quarantine"):
            assert STRANGER not in str(rows(lake, table, "shop", date))


def test_damaged_logs_cost_themselves(lake):
    for store in ("shop", "bare"):
        logs = {
            row["source_file"]: row for row in rows(lake, "bronze.reader_logs", store, DATES[0])
        }
        assert logs["rfid/rack/junk.ndjson"]["reads"] == 0
        assert logs["rfid/rack/junk.ndjson"]["rejects"] > 0
        assert not logs["rfid/rack/cut.ndjson.gz"]["is_complete"]
        found = {
            (row["source_file"], row["source_line"])
            for row in rows(lake, "ops.quarantine", store, DATES[0])
        }
        assert ("rfid/rack/cut.ndjson.gz", 0) in found
        assert ("rfid/rack/log.ndjson", 7) in found
        assert ("rfid/rack/log.ndjson", 8) in found


def test_a_second_run_gives_the_same_rows(lake, places):
    tables = ("bronze.rfid_reads", "bronze.reader_logs", "ops.quarantine")
    names = {table: [column.name for column in load_contract(table).columns] for table in tables}

    def all_rows():
        return {
            table: sorted(map(str, lake.read_all(table).select(*names[table]).collect()))
            for table in tables
        }

    before = all_rows()
    assert run_days(Request(places, ["shop"], DATES, stages=["parse"])) == DONE
    assert all_rows() == before
