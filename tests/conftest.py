"""Shared fixtures: one Spark session per test run, and the real data where it is."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    """A local session with two cores, as small as Spark goes."""
    from storeday.lake.session import spark_session

    warehouse = tmp_path_factory.mktemp("warehouse")
    session = spark_session(
        "storeday tests",
        master="local[2]",
        conf={
            "spark.sql.shuffle.partitions": "2",
            "spark.sql.warehouse.dir": str(warehouse),
            "spark.driver.memory": "3g",
        },
    )
    yield session
    session.stop()


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of real footage, models, logs and tracking truth."""
    folder = Path(os.environ.get("STOREDAY_REAL", REPOSITORY.parent / "shared" / "real"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set STOREDAY_REAL")
    return folder
