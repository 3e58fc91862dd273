"""The whole job on days that lack something, by the command's own function, in one session."""

import datetime as dt
from pathlib import Path

import pytest

from storeday.commands.run_days import DONE, SOME_FAILED, WRONG_USE, Request, run_days
from storeday.contracts import load_contract, table_names
from storeday.lake.lake import Lake
from storeday.lake.store_day import StoreDay
from storeday.stages.plan import Places

pytestmark = pytest.mark.spark

DATE = dt.date(2026, 11, 20)
MANIFEST = (
    Path(__file__).resolve().parents[1] / "benchmarks" / "scenarios" / "empty_day.yaml"
).read_text()
HEADER = (
    "// Timestamp, EPC, TID, Antenna, RSSI, Frequency, Hostname, PhaseAngle, DopplerFrequency\n"
)
SALES = """\
time,register_id,receipt_id,epc,gtin,quantity,price
2026-11-20T15:00:00+01:00,till1,r1,,4006381333931,1,9.95
2026-11-20T15:01:00+01:00,till9,r2,,4006381333931,1,9.95
2026-11-20T15:02:00+01:00,till1,r3,,4006381333932,1,9.95
"""


def reads(seconds):
    """One tag that stands still, once a second; then it is shaken for a while."""
    start = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
    lines = [HEADER]
    for second in range(seconds):
        at = (start + dt.timedelta(seconds=second)).isoformat()
        shaken = 20 * (second % 3 - 1) if 600 <= second < 640 else 0
        rssi = -60 + 0.5 * (second % 2) + shaken / 2
        lines.append(f"{at},3034F4A2C80000000000000{second % 2},,1,{rssi},865.7,reader,,\n")
    lines.append("2026-11-20T09:00:00+00:00,3034,,1,+12,865.7,reader,,\n")
    lines.append("neither time nor tag\n")
    return "".join(lines)


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    root = tmp_path_factory.mktemp("odd")
    (root / "stores").mkdir()
    for store in ("reads", "nothing", "till"):
        text = MANIFEST.replace("store_id: empty", f"store_id: {store}")
        (root / "stores" / f"{store}.yaml").write_text(text)
    (root / "stores" / "broken.yaml").write_text("store_id: broken\nversions: [{}]\n")
    folder = root / "inbox" / "reads" / str(DATE)
    (folder / "rfid" / "rack").mkdir(parents=True)
    (folder / "rfid" / "rack" / "log.csv").write_text(reads(1_200))
    (folder / "rfid" / "unknown").mkdir()
    (folder / "rfid" / "unknown" / "log.csv").write_text(reads(1))
    (folder / "stray.txt").write_text("?")
    (folder / "_COMPLETE").write_text("")
    folder = root / "inbox" / "till" / str(DATE) / "sales"
    folder.mkdir(parents=True)
    (folder / "receipts.csv").write_text(SALES)
    return Places(str(root / "inbox"), str(root / "stores"), str(root / "lake"))


@pytest.fixture(scope="module")
def code(spark, places):
    return run_days(Request(places, ["reads", "nothing", "till", "broken"], [DATE]))


@pytest.fixture(scope="module")
def lake(spark, places, code):
    return Lake(spark, places.lake)


def rows(lake, table, store):
    return [row.asDict() for row in lake.read(table, [StoreDay(store, DATE)]).collect()]


def test_a_broken_manifest_does_not_keep_other_stores_from_running(code, lake):
    assert code == WRONG_USE
    published = {row["store_id"] for row in lake.read_all("ops.published_days").collect()}
    assert published == {"reads", "nothing", "till"}


def test_a_day_without_anything_says_so(lake):
    coverage = rows(lake, "gold.coverage", "nothing")
    reasons = {(row["subject_kind"], row["subject_id"]): row["reason"] for row in coverage}
    assert reasons["camera", "front"] == "no footage files"
    assert reasons["reader", "rack"] == "no reads"
    assert reasons["till", "till1"] == "no sales file"
    assert all(row["observed_s"] == 0 for row in coverage)
    # Eleven opening hours for two cameras, a reader, a till and three zones.
    assert len(coverage) == 11 * 7
    traffic = rows(lake, "gold.traffic_hourly", "nothing")
    assert len(traffic) == 11
    # Not seen is never zero.
    assert all(row["entries"] is None and row["observed_share"] == 0 for row in traffic)
    funnel = rows(lake, "gold.funnel_daily", "nothing")
    assert {row["customers"] for row in funnel} == {None}
    assert {row["basis"] for row in funnel} >= {"no reader was heard", "no sales file"}
    (published,) = rows(lake, "ops.published_days", "nothing")
    assert published["is_partial"]
    assert "till till1: no sales file" in published["notes"]


def test_a_day_with_reads_alone_finds_the_tag_that_was_shaken(lake):
    assert len(rows(lake, "bronze.rfid_reads", "reads")) == 1_200
    events = rows(lake, "silver.rummage_events", "reads")
    assert events
    for event in events:
        second = (event["peak_time"] - dt.datetime(2026, 11, 20, 9)).total_seconds()
        assert 590 <= second <= 650
    interactions = rows(lake, "gold.interactions", "reads")
    assert {row["unmatched_reason"] for row in interactions} == {"nobody_in_view"}
    assert {row["zone_id"] for row in interactions} == {"coats"}
    coverage = rows(lake, "gold.coverage", "reads")
    heard = sum(row["observed_s"] for row in coverage if row["subject_kind"] == "reader")
    assert heard == pytest.approx(1_199, abs=1)
    lacks = {(row["subject_kind"], row["lacks"]) for row in coverage if row["lacks"]}
    assert lacks == {("reader", "phase: phase_spread_rad is off")}


def test_what_could_not_be_read_is_in_quarantine_with_file_line_and_reason(lake):
    found = {
        (row["source_file"], row["source_line"]): row["reason"]
        for row in rows(lake, "ops.quarantine", "reads")
    }
    assert "12" in found["rfid/rack/log.csv", 1_202]
    assert ("rfid/rack/log.csv", 1_203) in found
    assert "readers are rack" in found["rfid/unknown/log.csv", 0]
    assert "expected footage/, rfid/ or sales/" in found["stray.txt", 0]
    assert len(found) == 4


def test_sales_are_read_line_by_line(lake):
    (sale,) = rows(lake, "bronze.sales", "till")
    assert (sale["receipt_id"], sale["gtin"], sale["price"]) == ("r1", "04006381333931", 9.95)
    found = {row["source_line"]: row["reason"] for row in rows(lake, "ops.quarantine", "till")}
    assert set(found) == {3, 4}
    funnel = {row["step"]: row["customers"] for row in rows(lake, "gold.funnel_daily", "till")}
    assert (funnel["buy"], funnel["handle"]) == (1.0, None)
    assert "till9" in found[3]


def test_every_table_is_there(lake):
    for name in table_names():
        assert lake.read_all(name).columns == [
            column.name for column in load_contract(name).columns
        ]


def test_footage_without_models_is_refused_before_anything_runs(spark, places, tmp_path):
    folder = tmp_path / "inbox" / "nothing" / str(DATE) / "footage" / "front"
    folder.mkdir(parents=True)
    (folder / "20261120T090000Z.mp4").write_bytes(b"")
    elsewhere = Places(str(tmp_path / "inbox"), places.stores, str(tmp_path / "lake"))
    assert run_days(Request(elsewhere, ["nothing"], [DATE])) == WRONG_USE
    assert not (tmp_path / "lake").exists()


def test_wrong_names_are_refused(places):
    assert run_days(Request(places, ["nothing"], [DATE], stages=["cook"])) == WRONG_USE
    assert run_days(Request(places, ["no'store"], [DATE])) == WRONG_USE
    assert run_days(Request(places, ["nothing"], [DATE], models="nowhere.yaml")) == WRONG_USE


def test_footage_that_cannot_be_opened_is_a_gap_not_a_failure(spark, places, tmp_path):
    folder = tmp_path / "inbox" / "nothing" / str(DATE) / "footage" / "front"
    folder.mkdir(parents=True)
    (folder / "20261120T090000Z.mp4").write_bytes(b"")
    (folder / "lunch.mp4").write_bytes(b"")
    elsewhere = Places(str(tmp_path / "inbox"), places.stores, str(tmp_path / "lake"))
    request = Request(elsewhere, ["nothing"], [DATE], stages=["index", "scout"])
    assert run_days(request) == DONE
    lake = Lake(spark, elsewhere.lake)
    (segment,) = rows(lake, "bronze.footage_segments", "nothing")
    assert segment["status"] == "unreadable"
    assert segment["reason"]
    (rejected,) = rows(lake, "ops.quarantine", "nothing")
    assert rejected["source_file"] == "footage/front/lunch.mp4"
    assert rows(lake, "silver.decode_plan", "nothing") == []


def test_failing_store_days_give_exit_code_one(spark, places, monkeypatch, tmp_path):
    salts = tmp_path / "salts"
    (salts / "nothing").mkdir(parents=True)
    broken = Places(places.inbox, places.stores, str(tmp_path / "lake"), str(salts))
    from storeday.stages import runner

    def fall_over(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(runner, "_summarise", fall_over)
    assert run_days(Request(broken, ["nothing"], [DATE], stages=["index"])) == SOME_FAILED
    runs = Lake(spark, broken.lake).read_all("ops.runs").collect()
    assert [row["status"] for row in runs] == ["failed"]
    assert "no space left on device" in runs[0]["error"]
