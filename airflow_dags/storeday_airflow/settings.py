"""Where the DAGs' settings come from.

What decides the DAGs' shape is read from the environment when they are parsed; everything else
stands in the Airflow Variable `storeday`, as JSON, and is read when a task runs.
"""

import os
from typing import Any

from airflow.sdk import Variable

# When parsed.
ZONE = os.environ.get("STOREDAY_SCHEDULE_ZONE", "UTC")
NIGHTLY_CRON = os.environ.get("STOREDAY_NIGHTLY_CRON", "0 1 * * *")
LATE_CRON = os.environ.get("STOREDAY_LATE_CRON", "0 14 * * *")
RETENTION_CRON = os.environ.get("STOREDAY_RETENTION_CRON", "0 16 * * 0")
SPARK_SUBMIT = os.environ.get("STOREDAY_SPARK_SUBMIT", "spark-submit")
CONNECTION = os.environ.get("STOREDAY_SPARK_CONNECTION", "storeday_spark")
CPU_POOL = os.environ.get("STOREDAY_CPU_POOL", "storeday_cpu")
GPU_POOL = os.environ.get("STOREDAY_GPU_POOL", "storeday_gpu")

REQUIRED = ("stores", "inbox", "manifests", "lake", "outcomes", "jobs")
DEFAULTS: dict[str, Any] = {
    "models": "",
    # What runs the driver; on one machine the path of the jobs' own.
    "python": "python3",
    "salts": "",
    "spark_properties_cpu": "",
    "spark_properties_gpu": "",
    # One submit starts Spark once; 20 stores share it.
    "chunk_size": 20,
    "deadline": "06:00",
    # Uploads of footage come in segments of minutes; half an hour without one is the end.
    "quiet_minutes": 30,
    "poll_minutes": 5,
    "late_days": 7,
    "alerts": "",
    "alert_email": "",
}


def settings() -> dict[str, Any]:
    """The Variable `storeday`, with defaults.

    Raises:
        ValueError: Something required is missing, or a key is unknown; all faults at once.
    """
    given = Variable.get("storeday", deserialize_json=True)
    missing = [f"{key} is missing" for key in REQUIRED if not given.get(key)]
    unknown = [f"{key} is unknown" for key in given if key not in {*REQUIRED, *DEFAULTS}]
    if missing or unknown:
        raise ValueError(f"Airflow Variable storeday: {'; '.join(missing + unknown)}")
    return {**DEFAULTS, **given}


def template(key: str) -> str:
    """A template that gives one setting."""
    return f"{{{{ storeday_settings()['{key}'] }}}}"
