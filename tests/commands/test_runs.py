"""`storeday runs`: what is told of the ledger, read without Spark."""

import datetime as dt
import json

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from typer.testing import CliRunner

from storeday.cli import app
from storeday.contracts import arrow_schema, load_contract

CONTRACT = load_contract("ops.runs")
TODAY = dt.datetime.now(dt.UTC)
# A lake of an older version lacks what was added since.
SINCE_ADDED = {"layout_sha256", "products_state"}


@pytest.fixture
def lake(tmp_path):
    """Six nights of two stages over two stores; the last one slow in one stage, failed in one."""
    rows = [
        _row(night, stage, store)
        for night in range(6)
        for stage in ("track", "publish")
        for store in ("s1", "s2")
    ]
    schema = pa.schema([field for field in arrow_schema(CONTRACT) if field.name not in SINCE_ADDED])
    table = pa.Table.from_pylist(rows, schema=schema)
    write_deltalake(str(tmp_path / CONTRACT.path), table, partition_by=list(CONTRACT.partition))
    return tmp_path


def _row(night, stage, store):
    is_last = night == 5
    started_at = TODAY - dt.timedelta(days=5 - night, minutes=10 if stage == "track" else 5)
    date = (started_at - dt.timedelta(days=1)).date()
    is_failed = is_last and stage == "publish" and store == "s2"
    return {
        "store_id": store,
        "business_date": date,
        "business_month": f"{date:%Y-%m}",
        "attempt_id": f"night{night}",
        "stage": stage,
        "run_id": "r",
        "status": "failed" if is_failed else "done",
        "started_at": started_at,
        "wall_s": 100.0 if is_last and stage == "track" else 10.0,
        "cpu_s": 4.0,
        "peak_memory_mb": 800.0,
        "rows_in": 1000,
        "rows_out": 20,
        "store_days": 2,
        "code_version": "0.1.0",
        "settings_sha256": "abcdef0123",
        "models": "[]",
        "error": "Traceback\nValueError: no till" if is_failed else None,
    }


def told(lake, *words):
    ended = CliRunner().invoke(app, ["runs", "--lake", str(lake), *words])
    assert ended.exit_code == 0, ended.output
    return ended.output


def test_starts_of_the_last_days_are_told_stage_by_stage(lake):
    output = told(lake, "--days", "1.5")
    assert "run night3" not in output
    assert "run night4" in output
    assert "code 0.1.0, settings abcdef01" in output
    (slow,) = [line.split() for line in output.splitlines() if line.endswith(" SLOW")]
    assert slow == ["track", "2", "0", "100.0", "10.0", "8.0", "800", "2,000", "40", "SLOW"]
    date = (TODAY - dt.timedelta(days=1, minutes=5)).date()
    assert f"publish s2/{date} FAILED: ValueError: no till" in output
    assert "took 100.0 s for 2 store-days, usually 10.0 s" in output


def test_only_what_was_asked_for(lake, tmp_path):
    assert "night4" not in told(lake, "--slow")
    assert told(lake, "--store", "s3").strip() == "nothing ran"
    path = tmp_path / "runs.json"
    told(lake, "--days", "9", "--store", "s1,s3", "--out", str(path))
    items = json.loads(path.read_text())
    assert len(items) == 12
    assert [(item["stage"], item["attempt_id"]) for item in items if item["is_slow"]] == [
        ("track", "night5")
    ]


def test_a_lake_that_is_not_there_yet(tmp_path):
    assert told(tmp_path / "lake").strip() == "nothing ran"
