"""The Spark session.

Three ways to get one: a session that is already there is used as it is; under `spark-submit` the
cluster's settings stand and only what storeday cannot do without is added; otherwise a local
session is made, with Delta's jars resolved by name.
"""

import os
import sys
from collections.abc import Mapping

from delta import configure_spark_with_delta_pip
from pyspark.sql import SparkSession

from storeday.lake.scratch import scratch_folder

REQUIRED = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    # All times are UTC; local hours are computed, never left to a session's zone.
    "spark.sql.session.timeZone": "UTC",
    # Spark 4.2.0 hangs for ever on a plain Python UDF over a Parquet scan (SPARK-58241).
    "spark.sql.execution.pythonUDF.arrow.enabled": "false",
    # Rows with JPEGs: small batches halve the time and keep a worker's memory flat.
    "spark.sql.execution.arrow.maxBytesPerBatch": "8m",
    "spark.ui.showConsoleProgress": "false",
}

# On one machine: the defaults are made for clusters, and spend most of a small day on empty tasks.
ONE_MACHINE = {
    "spark.sql.shuffle.partitions": "4",
    # The default rebuilds a table's state in 50 tasks at every commit.
    "spark.databricks.delta.snapshotPartitions": "2",
    # The default lists the files of each table that VACUUM cleans in 10,000 tasks.
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "8",
}

LOCAL = {
    **ONE_MACHINE,
    "spark.ui.enabled": "false",
    "spark.driver.memory": "4g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


def spark_session(
    app_name: str, master: str = "local[*]", conf: Mapping[str, str] | None = None
) -> SparkSession:
    """A session that can read and write the lake.

    Args:
        app_name: Name shown by Spark.
        master: Master of a session that has to be made here.
        conf: Settings that override the defaults of a session that has to be made here.
    """
    active = SparkSession.getActiveSession()
    if active is not None:
        return active
    builder = SparkSession.Builder().appName(app_name)
    for key, value in REQUIRED.items():
        builder = builder.config(key, value)
    if _is_submitted():
        return _quiet(_fitted(builder.getOrCreate()))
    # Workers must run the interpreter that runs the driver.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = builder.master(master)
    for key, value in _with_scratch({**LOCAL, **(conf or {})}).items():
        builder = builder.config(key, value)
    return _quiet(configure_spark_with_delta_pip(builder).getOrCreate())


def _with_scratch(conf: Mapping[str, str]) -> dict[str, str]:
    """Settings that keep Spark's temporary files in this run's folder."""
    folder = str(scratch_folder())
    options = conf.get("spark.driver.extraJavaOptions", "")
    return {
        "spark.local.dir": folder,
        **conf,
        "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={folder} {options}".strip(),
    }


def _fitted(spark: SparkSession) -> SparkSession:
    """Settings for one machine, where spark-submit was given a local master and no others."""
    given = spark.sparkContext.getConf()
    if str(spark.sparkContext.master).startswith("local"):
        for key, value in ONE_MACHINE.items():
            if not given.contains(key):
                spark.conf.set(key, value)
    return spark


def _is_submitted() -> bool:
    return "PYSPARK_GATEWAY_PORT" in os.environ


def _quiet(spark: SparkSession) -> SparkSession:
    spark.sparkContext.setLogLevel(os.environ.get("STOREDAY_SPARK_LOG_LEVEL", "ERROR"))
    return spark
