"""These tests run in the environment of `make airflow`; elsewhere they are not collected."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest

if importlib.util.find_spec("airflow") is None:
    collect_ignore_glob = ["*"]
# Programs that the tests start.
collect_ignore = ["make_inbox.py", "run_nightly_dag.py"]

REPOSITORY = Path(__file__).resolve().parents[2]
DAGS = REPOSITORY / "airflow_dags"


@pytest.fixture(scope="session")
def airflow_home(tmp_path_factory):
    """An Airflow of its own: SQLite, no examples, our DAGs."""
    home = tmp_path_factory.mktemp("airflow")
    os.environ.update(
        {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            "STOREDAY_SCHEDULE_ZONE": "Europe/Paris",
            # Commands that tests start find what the DAGs import.
            "PYTHONPATH": str(DAGS),
        }
    )
    sys.path[:0] = [str(DAGS)]
    from airflow.utils.db import initdb

    initdb()
    return home


@pytest.fixture(scope="session")
def dag_bag(airflow_home):
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(str(DAGS))
