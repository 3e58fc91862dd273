"""One way to start a job of storeday, and what its exit codes mean for a retry."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import Context, RetryDecision, RetryPolicy

from storeday_airflow.dates import BUSINESS_DATE
from storeday_airflow.settings import CONNECTION, CPU_POOL, GPU_POOL, SPARK_SUBMIT, template

PLACES = ("--inbox", template("inbox"), "--stores", template("manifests"))
LAKE = ("--lake", template("lake"), "--salts", template("salts"))
# A retry cannot help: wrong usage or manifest, sealed store-days.
HOPELESS = {2: "wrong usage or manifest", 4: "sealed store-days"}


class JobRetries(RetryPolicy):
    """Retries what may pass: not a wrong manifest, not a sealed store-day."""

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,
        max_tries: int,
        context: Context | None = None,
    ) -> RetryDecision:
        """Decides by the job's exit code."""
        code = exit_code_in(str(exception))
        if code in HOPELESS:
            return RetryDecision.fail(f"exit code {code}: {HOPELESS[code]}; see the runbook")
        return RetryDecision.default()

    def serialize(self) -> dict[str, Any]:
        """It has no settings."""
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> "JobRetries":
        """It has no settings."""
        return cls()


def exit_code_in(message: str) -> int | None:
    """The job's exit code in the Spark provider's message; None where it names none."""
    found = re.search(r"Error code is: (\d+)", message)
    return int(found[1]) if found else None


def submit(
    task_id: str, job: str, arguments: Sequence[Any], needs_gpu: bool = False, **more: Any
) -> SparkSubmitOperator:
    """A task that submits a job.

    Args:
        task_id: Id of the task.
        job: File in the folder of jobs.
        arguments: The job's arguments, templates among them.
        needs_gpu: Whether it takes a slot of the GPU pool, and that pool's Spark properties.
        more: Arguments of the operator.
    """
    kind = "gpu" if needs_gpu else "cpu"
    return SparkSubmitOperator(
        task_id=task_id,
        conn_id=CONNECTION,
        spark_binary=SPARK_SUBMIT,
        application=f"{template('jobs')}/{job}",
        application_args=list(arguments),
        properties_file=template(f"spark_properties_{kind}"),
        env_vars={"PYSPARK_PYTHON": template("python")},
        name=f"storeday {task_id} {BUSINESS_DATE}",
        pool=GPU_POOL if needs_gpu else CPU_POOL,
        retry_policy=JobRetries(),
        **more,
    )


# Three tries over three quarters of an hour; a lease of a run that died lasts five minutes.
DEFAULT_ARGS: dict[str, Any] = {
    "owner": "storeday",
    "retries": 2,
    "retry_delay": dt.timedelta(minutes=10),
    "retry_exponential_backoff": True,
    "max_retry_delay": dt.timedelta(hours=1),
    "execution_timeout": dt.timedelta(hours=8),
}
