"""Runs the nightly DAG by `dag.test()` on a small simulated inbox, with local Spark.

Used by the test and by the benchmark; started in the scheduler's environment:

    .venv-airflow/bin/python tests/airflow_dags/run_nightly_dag.py FOLDER

Prints one JSON line: the run's state, each task's, seconds.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DAGS = REPOSITORY / "airflow_dags"
DATE = "2026-03-14"
# The jobs' environment: storeday, Spark, pandas 2.
JOBS_BIN = Path(os.environ.get("STOREDAY_JOBS_BIN", REPOSITORY / ".venv" / "bin"))


def prepare(root: Path) -> None:
    """Writes inbox and stores, and says where everything is."""
    subprocess.run(
        [JOBS_BIN / "python", REPOSITORY / "tests/airflow_dags/make_inbox.py", root], check=True
    )
    properties = {
        "spark.master": "local[2]",
        "spark.driver.memory": "2g",
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.jars.packages": "io.delta:delta-spark_4.2_2.13:4.4.0",
        "spark.sql.shuffle.partitions": "2",
        "spark.databricks.delta.snapshotPartitions": "2",
        # A minute of work is over before the second compiler has paid for itself.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    (root / "spark.conf").write_text("".join(f"{key} {properties[key]}\n" for key in properties))
    variable = {
        "stores": {"Europe/Paris": ["marked", "late"]},
        "inbox": str(root / "inbox"),
        "manifests": str(root / "stores"),
        "lake": str(root / "lake"),
        "salts": str(root / "salts"),
        "outcomes": str(root / "outcomes"),
        "alerts": str(root / "alerts"),
        "jobs": str(REPOSITORY / "jobs"),
        "python": str(JOBS_BIN / "python"),
        "spark_properties_cpu": str(root / "spark.conf"),
        "spark_properties_gpu": str(root / "spark.conf"),
        # The late store's files are as old as this run: only its marker would complete it.
        "quiet_minutes": 600,
        "poll_minutes": 0.1,
    }
    home = root / "airflow"
    os.environ.update(
        {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            "AIRFLOW_CONN_STOREDAY_SPARK": json.dumps({"conn_type": "spark", "host": "local[2]"}),
            "AIRFLOW_VAR_STOREDAY": json.dumps(variable),
            "STOREDAY_SCHEDULE_ZONE": "Europe/Paris",
            "STOREDAY_SPARK_SUBMIT": os.environ.get(
                "STOREDAY_SPARK_SUBMIT", str(JOBS_BIN / "spark-submit")
            ),
        }
    )
    sys.path[:0] = [str(DAGS)]


def make_pools() -> None:
    from airflow.models.pool import Pool
    from airflow.utils.db import initdb

    initdb()
    for name in ("storeday_cpu", "storeday_gpu"):
        Pool.create_or_update_pool(name, slots=1, description="", include_deferred=False)


def main(root: Path, date: str = DATE) -> dict:
    root.mkdir(parents=True, exist_ok=True)
    prepare(root)
    make_pools()
    import storeday_nightly

    started = time.perf_counter()
    run = storeday_nightly.dag.test(run_conf={"business_date": date} if date else None)
    tasks = {
        f"{ti.task_id}[{ti.map_index}]" if ti.map_index >= 0 else ti.task_id: str(ti.state)
        for ti in run.get_task_instances()
    }
    seconds = round(time.perf_counter() - started, 1)
    return {"state": str(run.state), "tasks": tasks, "seconds": seconds}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
