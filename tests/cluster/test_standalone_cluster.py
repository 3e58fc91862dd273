"""A backfill on a real standalone cluster of two workers on the loopback, started and stopped here.

Finds what one process cannot: functions that do not travel, files that are only on the driver, and
leases and commits through several executors.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pyspark
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.spark]

REPOSITORY = Path(__file__).resolve().parents[2]
HOME = Path(pyspark.__file__).parent
BIN = Path(sys.executable).parent
MANIFEST = (REPOSITORY / "tests/benchmarks/scenarios/empty_day.yaml").read_text()
DATES = ("2026-11-20",)
SALES = """\
time,register_id,receipt_id,epc,gtin,quantity,price
{date}T15:00:00+01:00,till1,r1,,4006381333931,1,9.95
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def daemon(log, *words):
    """One of Spark's daemons, for as long as the block runs."""
    environment = {
        **os.environ,
        "SPARK_HOME": str(HOME),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m",
    }
    with log.open("w") as out:
        process = subprocess.Popen(
            [str(HOME / "bin" / "spark-class"), *words],
            stdout=out,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def wait_for(log, words, seconds=90):
    for _ in range(seconds * 4):
        if words in log.read_text():
            return
        time.sleep(0.25)
    raise AssertionError(f"{words!r} not in {log}: {log.read_text()[-2000:]}")


@pytest.fixture
def cluster(tmp_path):
    """Address of a master with two workers of one core each."""
    port = free_port()
    address = f"spark://127.0.0.1:{port}"
    logs = [tmp_path / f"{name}.log" for name in ("master", "worker1", "worker2")]
    master = ("org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", str(port))
    worker = ("org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--cores", "1")
    worker += ("--memory", "1g", "--webui-port", "0")
    with daemon(logs[0], *master, "--webui-port", "0"):
        wait_for(logs[0], "I have been elected leader")
        with (
            daemon(logs[1], *worker, "--work-dir", str(tmp_path / "work1"), address),
            daemon(logs[2], *worker, "--work-dir", str(tmp_path / "work2"), address),
        ):
            for log in logs[1:]:
                wait_for(log, "Successfully registered with master")
            yield address


@pytest.fixture
def places(tmp_path):
    (tmp_path / "stores").mkdir()
    for store in ("a", "b"):
        text = MANIFEST.replace("store_id: empty", f"store_id: {store}")
        (tmp_path / "stores" / f"{store}.yaml").write_text(text)
        for date in DATES:
            folder = tmp_path / "inbox" / store / date / "sales"
            folder.mkdir(parents=True)
            (folder / "till.csv").write_text(SALES.format(date=date))
    return tmp_path


def backfill(address, root, *more):
    settings = {
        "spark.master": address,
        "spark.jars.packages": "io.delta:delta-spark_4.2_2.13:4.4.0",
        "spark.executor.memory": "512m",
        "spark.driver.memory": "1g",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.databricks.delta.snapshotPartitions": "2",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
        "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    }
    properties = root / "spark.conf"
    properties.write_text("".join(f"{key} {settings[key]}\n" for key in settings))
    command = [
        str(BIN / "spark-submit"), "--properties-file", str(properties),
        str(REPOSITORY / "jobs/run_backfill.py"),
        "--inbox", str(root / "inbox"), "--stores", str(root / "stores"),
        "--lake", str(root / "lake"), "--from", DATES[0], "--to", "2026-11-21", *more,
    ]  # fmt: skip
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable, "COLUMNS": "400"}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=560, check=False, env=environment
    )


@pytest.mark.timeout(1200)
def test_a_backfill_runs_on_two_workers_and_stops_where_all_is_done(cluster, places):
    from deltalake import DeltaTable

    done = backfill(cluster, places)
    told = done.stdout + done.stderr
    assert done.returncode == 0, told[-4000:]
    assert "2 no input, 2 run" in told
    rows = DeltaTable(places / "lake/ops/published_days").to_pyarrow_table().to_pylist()
    found = {(row["store_id"], str(row["business_date"])) for row in rows}
    assert found == {(store, date) for store in ("a", "b") for date in DATES}
    sales = DeltaTable(places / "lake/bronze/sales").to_pyarrow_table()
    assert sales.num_rows == 2
    # Both workers had an executor.
    for work in ("work1", "work2"):
        assert list((places / work).glob("app-*/*")), work
    ledger = DeltaTable(places / "lake/ops/runs").to_pyarrow_table().to_pylist()
    assert {row["status"] for row in ledger} == {"done"}
    assert all(json.loads(row["models"]) == [] for row in ledger)
    again = backfill(cluster, places, "--dry-run")
    assert again.returncode == 0
    assert "2 current, 2 no input" in again.stdout + again.stderr
