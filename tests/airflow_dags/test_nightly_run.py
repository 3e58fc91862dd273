"""The nightly DAG, for real: `dag.test()`, spark-submit, local Spark, a small simulated inbox."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
JOBS_BIN = Path(os.environ.get("STOREDAY_JOBS_BIN", HERE.parents[1] / ".venv" / "bin"))
DATE = "2026-03-14"
# Reads the lake with the jobs' Python, in which delta-rs is.
PUBLISHED = """
import json, sys
from deltalake import DeltaTable
rows = DeltaTable(sys.argv[1] + "/ops/published_days").to_pyarrow_table().to_pylist()
reads = DeltaTable(sys.argv[1] + "/bronze/rfid_reads").to_pyarrow_table().group_by("store_id")
counts = reads.aggregate([("epc", "count")]).to_pylist()
print(json.dumps({"published": rows, "reads": counts}, default=str))
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("nightly")


@pytest.fixture(scope="module")
def ended(root):
    # A process of its own: the DAG's settings are read when it is parsed.
    command = [sys.executable, str(HERE / "run_nightly_dag.py"), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=580, check=False)
    assert not done.returncode, done.stdout[-3000:] + done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_the_nightly_dag_runs_through(ended):
    assert ended["state"] == "success"
    assert set(ended["tasks"].values()) == {"success"}
    assert {"chunk.ingest[0]", "chunk.see[0]", "chunk.understand[0]"} < set(ended["tasks"])


def test_what_is_there_at_the_deadline_is_published_as_partial(ended, root):
    command = [str(JOBS_BIN / "python"), "-c", PUBLISHED, str(root / "lake")]
    found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    days = {row["store_id"]: row for row in found["published"]}
    assert set(days) == {"marked", "late"}
    assert {row["business_date"] for row in days.values()} == {DATE}
    assert days["late"]["notes"].startswith("published before the inbox was complete")
    assert "inbox was complete" not in days["marked"]["notes"]
    assert all(row["epc_count"] > 1000 for row in found["reads"])


def test_an_alert_names_the_store_that_was_not_complete(ended, root):
    (alert,) = (root / "alerts").iterdir()
    told = json.loads(alert.read_text())
    assert told["lines"] == [f"late/{DATE}: inbox not complete"]
    assert DATE in told["subject"]
