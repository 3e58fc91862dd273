"""DAG `storeday_retention`: keeps the lake small and quick to read."""

import datetime as dt
from functools import partial

from airflow.sdk import DAG, CronTriggerTimetable
from storeday_airflow.alerts import StoreDayNotifier
from storeday_airflow.dates import business_date_of
from storeday_airflow.settings import RETENTION_CRON, ZONE, settings
from storeday_airflow.submits import DEFAULT_ARGS, submit

DOC = """
### storeday_retention

**Purpose.** Once a week: joins small files (OPTIMIZE) and removes the files of old versions
(VACUUM, after the retention time that stands in each table's contract).

**Inputs.** The lake. **Outputs.** The same rows in fewer files; old versions can no longer be read.

**When it is red.** Nothing is lost: tables stay as they are until the next run. The log names the
table.
`ConcurrentModification`: a store-day was being replaced; the retry gets through. Do not run it
while a backfill of the same months runs. Exit reasons: `airflow_dags/README.md`.
"""

with DAG(
    dag_id="storeday_retention",
    doc_md=DOC,
    schedule=CronTriggerTimetable(RETENTION_CRON, timezone=ZONE),
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    on_failure_callback=StoreDayNotifier(),
    user_defined_macros={
        "business_date": partial(business_date_of, zone=ZONE),
        "storeday_settings": settings,
    },
    tags=["storeday"],
) as dag:
    submit("maintain", "maintain_lake.py", ["--lake", "{{ storeday_settings()['lake'] }}"])


if __name__ == "__main__":
    dag.test()
