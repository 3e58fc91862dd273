"""The whole job on real files, against what a person sees in them.

Two runs of the same store-day, the second by `spark-submit`: what the first one made is compared
with contact sheets and label files, what the second one made with the first.
"""

import datetime as dt
import gzip
import subprocess
import sys
from pathlib import Path

import pyarrow.compute as pc
import pytest
from real_day import (
    CLIPS,
    DATE,
    HALL_VISITS,
    STORE,
    itemtest_runs,
    labelled,
    stage_real_day,
    uci_epc,
    uci_trials,
)

from storeday.contracts import canonical, load_contract, table_names

deltalake = pytest.importorskip("deltalake")
pytestmark = [pytest.mark.real, pytest.mark.spark]

REPOSITORY = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
TIMEOUT_S = 900
TOLERANCE_S = 1.5


@pytest.fixture(scope="module")
def day(real, tmp_path_factory):
    return stage_real_day(real, tmp_path_factory.mktemp("realday"))


@pytest.fixture(scope="module")
def lake(day):
    """The lake after `storeday nightly`."""
    root = day.inbox.parent / "lake"
    subprocess.run(
        [str(BIN / "storeday"), "nightly", *arguments(day, root), "--master", "local[2]"],
        check=True,
        timeout=TIMEOUT_S,
    )
    return root


def arguments(day, root):
    return [
        "--inbox", str(day.inbox), "--stores", str(day.stores), "--lake", str(root),
        "--store", STORE, "--date", DATE, "--models", str(day.models),
    ]  # fmt: skip


def read(lake, table):
    return deltalake.DeltaTable(str(lake / load_contract(table).path)).to_pyarrow_table()


def of_camera(table, camera):
    return table.filter(pc.equal(table["camera_id"], camera))


def customers_of(lake, camera):
    """Customers seen by a camera, with first and last time."""
    tracklets = of_camera(read(lake, "silver.tracklets"), camera)
    joined = tracklets.join(read(lake, "silver.identities"), "tracklet_id")
    seen = joined.group_by("customer_id").aggregate([("started_at", "min"), ("ended_at", "max")])
    return seen.sort_by("started_at_min").to_pylist()


def clip_start(camera):
    return dt.datetime.strptime(CLIPS[camera][1], "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)


def test_six_people_come_to_the_table_one_by_one(lake):
    """Six visits, each from when to when the contact sheet shows it.

    Frames are half a second apart, and a head alone at the picture's edge starts no track yet.
    """
    found = customers_of(lake, "hall")
    start = clip_start("hall")
    times = [
        (
            (row["started_at_min"] - start).total_seconds(),
            (row["ended_at_max"] - start).total_seconds(),
        )
        for row in found
    ]
    assert len(times) == len(HALL_VISITS), times
    for (first, last), (came, left) in zip(times, HALL_VISITS, strict=True):
        assert abs(first - came) <= TOLERANCE_S, (first, came)
        assert abs(last - left) <= TOLERANCE_S, (last, left)


def test_they_stand_at_the_table_when_the_table_is_visited(lake):
    hours = read(lake, "gold.zone_hourly")
    table = hours.filter(pc.equal(hours["zone_id"], "table"))
    assert pc.sum(table["visitors"]).as_py() == len(HALL_VISITS)
    actions = of_camera(read(lake, "silver.action_events"), "hall")
    assert set(actions["zone_id"].to_pylist()) == {"table"}
    for row in actions.to_pylist():
        second = (row["peak_time"] - clip_start("hall")).total_seconds()
        assert any(came <= second <= left for came, left in HALL_VISITS), second


def test_the_bottle_clip_holds_nobody(lake):
    """Hands come and go, and for a second the detector takes an arm for somebody: no visit."""
    arms = {row["customer_id"] for row in customers_of(lake, "bottles")}
    assert not arms & set(read(lake, "silver.visits")["customer_id"].to_pylist())
    hours = read(lake, "gold.zone_hourly")
    bottles = hours.filter(pc.equal(hours["zone_id"], "bottles"))
    assert pc.sum(bottles["visitors"]).as_py() == 0
    frames = of_camera(read(lake, "bronze.frames"), "bottles")
    # 39.9 s at two frames a second.
    assert 78 <= frames.num_rows <= 81


def test_three_shoppers_and_one_worker(lake):
    """All three shoppers are found; two pass so close that one of them may take over a track."""
    detections = of_camera(read(lake, "silver.detections"), "aisle")
    sure = detections.filter(pc.greater(detections["score"], 0.5))
    per_frame = sure.group_by("device_time").aggregate([("score", "count")])
    assert pc.max(per_frame["score_count"]).as_py() == 3
    assert 2 <= len(customers_of(lake, "aisle")) <= 3
    assert len(customers_of(lake, "warehouse")) == 1


def account_of(lake, reader):
    """What became of the records of a reader's logs, summed over its files."""
    logs = read(lake, "bronze.reader_logs")
    mine = logs.filter(pc.equal(logs["reader_id"], reader)).to_pylist()
    assert all(row["is_complete"] for row in mine)
    names = ("records", "reads", "rejects", "repeats", "foreign_reads", "sold_reads")
    account = {name: sum(row[name] for row in mine) for name in names}
    assert account["records"] == sum(count for name, count in account.items() if name != "records")
    return account


def test_every_itemtest_row_is_read_or_in_quarantine(real, lake):
    lines = sum(
        sum(1 for line in run.read_text().splitlines() if line and not line.startswith("//"))
        for run in itemtest_runs(real)
    )
    reads = read(lake, "bronze.rfid_reads")
    crate = reads.filter(pc.equal(reads["reader_id"], "crate"))
    quarantine = read(lake, "ops.quarantine")
    rejected = quarantine.filter(pc.starts_with(quarantine["source_file"], "rfid/crate"))
    account = account_of(lake, "crate")
    assert lines == account["records"] == 94_642
    assert (crate.num_rows, rejected.num_rows) == (account["reads"], account["rejects"])
    # Some tags of the runs have no label, and so no product.
    assert account["foreign_reads"] > 0
    assert set(crate["epc"].to_pylist()) <= labelled(real, "actual=")


def test_every_row_of_the_trials_is_read(real, day, lake):
    reads = read(lake, "bronze.rfid_reads")
    ward = reads.filter(pc.equal(reads["reader_id"], "ward"))
    quarantine = read(lake, "ops.quarantine")
    rejected = quarantine.filter(pc.starts_with(quarantine["source_file"], "rfid/ward"))
    assert len(uci_trials(real)) == 87
    account = account_of(lake, "ward")
    # Two rows are the row above once more.
    assert (account["records"], account["repeats"], account["foreign_reads"]) == (75_128, 2, 0)
    assert ward.num_rows + rejected.num_rows == 75_126
    rssi = 60.5 + 49.5
    for path in sorted((day.folder / "rfid" / "ward").iterdir()):
        raw = path.read_bytes()
        text = gzip.decompress(raw).decode() if path.suffix == ".gz" else raw.decode()
        rssi += sum(float(line.split(",")[5]) for line in text.splitlines())
    assert pc.sum(ward["rssi_dbm"].cast("float64")).as_py() == pytest.approx(rssi, rel=1e-6)


def test_moving_tags_have_more_high_windows_than_stationary_ones(real, lake):
    """Kept are a day's highest windows; a crate that moves as one is taken for passers-by."""
    windows = read(lake, "silver.rummage_windows")
    crate = windows.filter(pc.equal(windows["reader_id"], "crate"))
    rows = dict.fromkeys(labelled(real, "actual="), 0)
    for epc in crate["epc"].to_pylist():
        rows[epc] = rows.get(epc, 0) + 1
    moving = [rows[epc] for epc in labelled(real, "actual=moving__q=")]
    still = [rows[epc] for epc in labelled(real, "actual=stationary__")]
    above = sum((one > other) + 0.5 * (one == other) for one in moving for other in still)
    assert above / (len(moving) * len(still)) >= 0.8


def test_interactions_say_what_where_and_how_sure(real, lake):
    """Each tag that moved is an interaction; the footage is not of those who moved them."""
    interactions = read(lake, "gold.interactions")
    events = read(lake, "silver.rummage_events")
    rummages = [name for names in interactions["rummage_ids"].to_pylist() for name in names]
    assert sorted(rummages) == sorted(events["rummage_id"].to_pylist())
    assert set(interactions["epc"].to_pylist()) == set(events["epc"].to_pylist())
    assert set(interactions["calibrated_on"].to_pylist()) == {"none"}
    known = labelled(real, "actual=") | {uci_epc(trial.name) for trial in uci_trials(real)}
    for row in interactions.to_pylist():
        assert row["sku"] is not None
        assert row["epc"] in known
        assert (row["customer_id"] is None) == (row["unmatched_reason"] is not None)
    visitors = {row["customer_id"] for row in customers_of(lake, "hall")}
    named = interactions.filter(pc.is_valid(interactions["customer_id"]))
    assert set(named["customer_id"].to_pylist()) <= visitors


def test_coverage_says_what_was_not_there(lake):
    coverage = read(lake, "gold.coverage").to_pylist()
    tills = [row for row in coverage if row["subject_kind"] == "till"]
    assert tills
    assert all(row["observed_s"] == 0 and row["reason"] for row in tills)
    hall = [row for row in coverage if row["subject_id"] == "hall"]
    assert sum(row["observed_s"] for row in hall) == pytest.approx(139.4, abs=1.0)
    # Open from nine to seven: ten hours to be observed, whatever was.
    assert sum(row["expected_s"] for row in hall) == 36_000


def test_the_store_day_is_published_last(lake):
    published = read(lake, "ops.published_days").to_pylist()
    assert [(row["store_id"], str(row["business_date"])) for row in published] == [(STORE, DATE)]
    runs = read(lake, "ops.runs").to_pylist()
    assert {row["status"] for row in runs} == {"done"}
    assert {row["run_id"] for row in runs} == {published[0]["run_id"]}
    assert len(runs) == 11
    assert any("osnet" in row["models"] and "sha256" in row["models"] for row in runs)


def test_spark_delta_rs_and_duckdb_read_the_same_sums(spark, lake):
    duckdb = pytest.importorskip("duckdb")
    for table, column in [
        ("bronze.rfid_reads", "rssi_dbm"),
        ("silver.detections", "score"),
        ("gold.heatmap_hourly", "stay_s"),
        ("gold.coverage", "observed_s"),
    ]:
        path = str(lake / load_contract(table).path)
        by_spark = spark.read.format("delta").load(path).selectExpr(f"sum({column})").first()[0]
        reader = deltalake.DeltaTable(path)
        assert reader.protocol().min_reader_version == 1
        rows = reader.to_pyarrow_dataset()
        by_duckdb = duckdb.sql(f"SELECT sum({column}) FROM rows").fetchall()[0][0]
        by_arrow = pc.sum(rows.to_table()[column].cast("float64")).as_py()
        assert by_spark != 0
        assert by_duckdb == pytest.approx(by_spark, rel=1e-5)
        assert by_arrow == pytest.approx(by_spark, rel=1e-5)


def test_a_second_run_by_spark_submit_leaves_equal_rows(day, lake):
    """Also: at most one new version per table, two of the ledger."""
    compared = [
        name for name in table_names() if not name.startswith("ops.") or name == "ops.quarantine"
    ]
    before = {name: read(lake, name) for name in compared}
    # The job makes all tables but those of the audit, of forgetting and of exports.
    others = {"ops.audit_figures", "ops.deletions", "ops.label_exports"}
    made = [name for name in table_names() if name not in others]
    versions = {name: version(lake, name) for name in made}
    subprocess.run(
        [
            str(BIN / "spark-submit"), "--packages", "io.delta:delta-spark_4.2_2.13:4.4.0",
            "--master", "local[2]", "--driver-memory", "3g",
            str(REPOSITORY / "jobs" / "run_nightly.py"), *arguments(day, lake),
        ],
        check=True,
        timeout=TIMEOUT_S,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    for name in compared:
        contract = load_contract(name)
        again = canonical(read(lake, name), contract)
        assert again.equals(canonical(before[name], contract)), name
    for name in made:
        # The ledger is written before the day is published, and again with what publishing took.
        most = 2 if name == "ops.runs" else 1
        assert version(lake, name) <= versions[name] + most, name


def version(lake, table):
    return deltalake.DeltaTable(str(lake / load_contract(table).path)).version()
