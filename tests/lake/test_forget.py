"""Forgetting: nothing of a store-day's frames, embeddings or salt is left in any file."""

import datetime as dt
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storeday.commands.forget import DELETIONS, ForgetRequest, forget, run_forget
from storeday.contracts import load_contract, table_from_columns
from storeday.lake.forget import forget_rows
from storeday.lake.lake import Lake
from storeday.lake.lease_keeper import LeaseKeeper
from storeday.lake.lease_log import LeaseLog
from storeday.lake.salts import default_salts, load_or_make_salt
from storeday.lake.scratch import sweep
from storeday.lake.store_day import StoreDay
from storeday.stages.plan import Places

pytestmark = pytest.mark.spark

OLD, NEW = dt.date(2026, 11, 20), dt.date(2026, 11, 23)
TODAY = dt.date(2026, 11, 24)
MANIFEST = """
store_id: s1
versions:
  - valid_from: 2026-01-01
    timezone: UTC
    opening_hours: {days: {}}
    floor_plan: {width_m: 10, height_m: 10}
    cameras:
      - {id: a, width_px: 9, height_px: 9, purpose: counting, retention_days: 1,
         homography: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}
      - {id: b, width_px: 9, height_px: 9, purpose: counting, retention_days: 7,
         homography: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}
    privacy: {embedding_retention_days: 2, salt_retention_days: 3}
"""


@pytest.fixture
def lake(spark, tmp_path: Path) -> Lake:
    (tmp_path / "stores").mkdir()
    (tmp_path / "stores" / "s1.yaml").write_text(MANIFEST)
    return Lake(spark, str(tmp_path / "lake"))


def _request(lake: Lake, **changes) -> ForgetRequest:
    places = Places("", str(Path(lake.root).parent / "stores"), lake.root)
    return ForgetRequest(places, TODAY, **changes)


def _vectors(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((3, 64)).round(5).astype(np.float32)


def _write_embeddings(lake: Lake, date: dt.date, seed: int) -> None:
    nine = dt.datetime.combine(date, dt.time(9), dt.UTC)
    rows = table_from_columns(
        load_contract("silver.embeddings"),
        {
            "camera_id": ["a"] * 3,
            "device_time": [nine] * 3,
            "detection_id": [f"d{number}" for number in range(3)],
            "embedding": pa.array(_vectors(seed).tolist(), pa.list_(pa.float32())),
        },
    )
    lake.replace_from_arrow("silver.embeddings", rows, StoreDay("s1", date))


def _holds(folder: str | Path, seed: int) -> bool:
    """Whether a file below the folder holds a stretch of the vectors, as bytes or as values."""
    wanted = _vectors(seed)
    stretches = [wanted[1, first : first + 4].tobytes() for first in range(0, 64, 4)]
    for path in Path(folder).rglob("*"):
        if not path.is_file():
            continue
        content = path.read_bytes()
        if any(stretch in content for stretch in stretches):
            return True
        if path.suffix == ".parquet":
            table = pq.read_table(path, partitioning=None)
            if "embedding" in table.column_names:
                values = np.array(table["embedding"].to_pylist(), np.float32)
                if np.isclose(values[:, None], wanted[None]).all(axis=2).any():
                    return True
    return False


def _checkpoint(lake: Lake, table: str) -> list[Path]:
    """Has Delta write a checkpoint of a table's log, as it does every ten commits."""
    log = lake.spark._jvm.org.apache.spark.sql.delta.DeltaLog
    path = lake.path(table)
    log.forTable(lake.spark._jsparkSession, path).checkpoint()
    return list(Path(path, "_delta_log").glob("*.checkpoint*.parquet"))


def test_no_byte_of_an_embedding_is_left_and_other_days_stand(lake):
    for seed in (1, 2):
        _write_embeddings(lake, OLD, seed)
    _write_embeddings(lake, NEW, 3)
    assert _checkpoint(lake, "silver.embeddings")
    assert _holds(lake.root, 1)
    assert _holds(lake.root, 2)
    receipts = forget(lake, _request(lake))
    assert not receipts.faults
    assert _checkpoint(lake, "silver.embeddings")
    for seed in (1, 2):
        assert not _holds(Path(lake.root).parent, seed)
    assert _holds(lake.root, 3)
    (row,) = [row for row in receipts.rows if row["subject"] == "silver.embeddings"]
    assert (row["business_date"], row["rows"], row["reason"]) == (OLD, 3, "retention")
    # Two versions, each a file and its checksum.
    assert row["files"] == 4
    kept = lake.read("silver.embeddings", [StoreDay("s1", NEW)]).count()
    assert kept == 3
    assert lake.read_all(DELETIONS).count() == len(receipts.rows)


# A run that sends embeddings through Spark's shuffle and is killed: Java's process first, which
# would tidy up otherwise.
SPILLING = """
import os, signal, sys
from storeday.lake.session import spark_session
spark = spark_session("spilling", "local[1]", {"spark.shuffle.compress": "false"})
rows = spark.read.format("delta").load(sys.argv[1]).repartition(3).cache()
assert rows.count() == 3
print(os.environ["TMPDIR"], flush=True)
os.kill(spark._jvm.java.lang.ProcessHandle.current().pid(), signal.SIGKILL)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_run_spilled_goes_with_the_next_one(lake, tmp_path):
    _write_embeddings(lake, OLD, 7)
    spills = tmp_path / "tmp"
    spills.mkdir()
    killed = subprocess.run(
        [sys.executable, "-c", SPILLING, lake.path("silver.embeddings")],
        env={**os.environ, "TMPDIR": str(spills)}, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
    assert Path(killed.stdout.strip()).parent == spills
    assert _holds(spills, 7)
    # What every session, that of `forget` too, does before it starts.
    assert sweep(spills)
    assert run_forget(_request(lake, at_once=True, stores=["s1"], dates=[OLD])) == 0
    assert not _holds(tmp_path, 7)


def test_frames_go_by_camera_and_salts_last(lake):
    day = StoreDay("s1", OLD)
    nine = dt.datetime.combine(OLD, dt.time(9), dt.UTC)
    jpegs = [b"\xff\xd8 camera a " * 9, b"\xff\xd8 camera b " * 9]
    rows = table_from_columns(
        load_contract("bronze.frames"),
        {
            "camera_id": ["a", "b"],
            "segment": ["a.mp4", "b.mp4"],
            "pts_us": [0, 0],
            "device_time": [nine] * 2,
            "width": [9, 9],
            "height": [9, 9],
            "source_width": [9, 9],
            "source_height": [9, 9],
            "jpeg": jpegs,
            "motion": [0.0, 0.0],
            "reason": ["detail"] * 2,
        },
    )
    lake.replace_from_arrow("bronze.frames", rows, day)
    salts = default_salts(lake.root)
    salt = load_or_make_salt(salts, day)
    receipts = forget(lake, _request(lake))
    subjects = {row["subject"]: row for row in receipts.rows}
    assert subjects["bronze.frames"]["cameras"] == "a"
    assert subjects["salt"]["files"] == 1
    assert [row.camera_id for row in lake.read("bronze.frames", [day]).collect()] == ["b"]
    held = [path.read_bytes() for path in Path(lake.root).rglob("*.parquet")]
    assert not any(b"camera a" in content for content in held)
    assert any(b"camera b" in content for content in held)
    everything = [path.read_bytes() for path in Path(lake.root).parent.rglob("*") if path.is_file()]
    assert not any(salt in content for content in everything)
    assert load_or_make_salt(salts, day) != salt
    load_or_make_salt(salts, StoreDay("s1", NEW))
    assert not forget(lake, _request(lake, stores=["s2"])).rows


def test_forgetting_twice_writes_no_second_receipt(lake):
    _write_embeddings(lake, OLD, 4)
    assert forget(lake, _request(lake)).rows
    assert not forget(lake, _request(lake)).rows


def test_at_once_needs_names_and_then_asks_no_age(lake):
    _write_embeddings(lake, NEW, 5)
    assert run_forget(_request(lake, at_once=True)) == 2
    assert _holds(lake.root, 5)
    assert run_forget(_request(lake, at_once=True, stores=["s1"], dates=[NEW])) == 0
    assert not _holds(lake.root, 5)
    assert {row.reason for row in lake.read_all(DELETIONS).collect()} == {"request"}


def test_a_store_without_a_manifest_is_named_and_keeps_its_rows(lake, caplog):
    _write_embeddings(lake, OLD, 6)
    Path(lake.root).parent.joinpath("stores", "s1.yaml").unlink()
    assert run_forget(_request(lake)) == 1
    assert "s1/2026-11-20: nothing forgotten" in caplog.text
    assert _holds(lake.root, 6)


def test_tables_that_keep_days_together_are_refused(lake):
    with pytest.raises(ValueError, match="partitioned by"):
        forget_rows(lake, "gold.interactions", StoreDay("s1", OLD))


def test_a_store_day_that_a_run_holds_is_left_alone_and_named(lake, caplog):
    _write_embeddings(lake, OLD, 7)
    day = StoreDay("s1", OLD)
    with LeaseKeeper(LeaseLog(lake.spark, lake.root), "night", [day]):
        assert run_forget(_request(lake)) == 1
        assert "s1/2026-11-20: nothing forgotten: run night" in caplog.text
        assert _holds(lake.root, 7)
    assert run_forget(_request(lake)) == 0
    assert not _holds(lake.root, 7)


def _write_snapshots(lake: Lake, date: dt.date, jpeg: bytes) -> None:
    nine = dt.datetime.combine(date, dt.time(9), dt.UTC)
    rows = table_from_columns(
        load_contract("silver.snapshots"),
        {
            "interaction_id": ["i"],
            "camera_id": ["a"],
            "device_time": [nine],
            "people": [1],
            "jpeg": [jpeg],
        },
    )
    lake.replace_from_arrow("silver.snapshots", rows, StoreDay("s1", date))


def test_pictures_of_interactions_go_out_of_the_lake_and_out_of_the_report(lake, caplog):
    jpegs = {date: b"\xff\xd8 " + str(date).encode() * 40 for date in (OLD, NEW)}
    reports = {}
    for date, jpeg in jpegs.items():
        _write_snapshots(lake, date, jpeg)
        reports[date] = Path(f"{lake.root.removeprefix('file:')}-reports/s1/{date}.html")
        reports[date].parent.mkdir(parents=True, exist_ok=True)
        reports[date].write_bytes(jpeg)
    receipts = forget(lake, _request(lake, at_once=True, stores=["s1"], dates=[OLD]))
    (row,) = receipts.rows
    assert (row["subject"], row["rows"], row["reason"]) == ("silver.snapshots", 1, "request")
    held = [path.read_bytes() for path in Path(lake.root).rglob("*.parquet")]
    assert not any(jpegs[OLD][:60] in content for content in held)
    assert any(jpegs[NEW][:60] in content for content in held)
    # The day is not published, so there is nothing to write the report from: it is gone.
    assert not reports[OLD].exists()
    assert "its report is gone and was not written anew" in caplog.text
    assert reports[NEW].exists()
    assert not forget(lake, _request(lake)).rows


def test_what_bodies_told_goes_out_of_customers_and_out_of_detections(lake):
    nine = dt.datetime.combine(OLD, dt.time(9), dt.UTC)
    told = '{"age": {"a word of a body": 0.9}}'
    judged = table_from_columns(
        load_contract("silver.detections"),
        {
            "camera_id": ["a"], "device_time": [nine], "detection_id": ["d"], "x0": [0.0],
            "y0": [0.0], "x1": [1.0], "y1": [1.0], "score": [0.9], "is_cut": [False],
            "floor_x_m": [1.0], "floor_y_m": [1.0], "floor_error_m": [0.1], "attributes": [told],
        },
    )  # fmt: skip
    customers = table_from_columns(
        load_contract("silver.customer_attributes"),
        {"customer_id": ["c"], "attribute": ["age"], "value": ["a word of a body"],
         "probability": [0.9], "detections": [1]},
    )  # fmt: skip
    day = StoreDay("s1", OLD)
    lake.replace_from_arrow("silver.detections", judged, day)
    lake.replace_from_arrow("silver.customer_attributes", customers, day)
    held = [path.read_bytes() for path in Path(lake.root).rglob("*.parquet")]
    assert sum(b"a word of a body" in content for content in held) == 2
    receipts = forget(lake, _request(lake))
    assert {row["subject"]: row["rows"] for row in receipts.rows} == {
        "silver.detections": 1, "silver.customer_attributes": 1,
    }  # fmt: skip
    (row,) = lake.read("silver.detections", [day]).collect()
    assert (row.detection_id, row.attributes) == ("d", None)
    held = [path.read_bytes() for path in Path(lake.root).rglob("*.parquet")]
    assert not any(b"a word of a body" in content for content in held)
    assert not forget(lake, _request(lake)).rows
