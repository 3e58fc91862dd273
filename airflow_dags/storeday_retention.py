"""DAG `storeday_retention`: keeps the lake small and quick to read."""

import datetime as dt
from functools import partial

from airflow.sdk import DAG, CronTriggerTimetable
from storeday_airflow.alerts import StoreDayNotifier
from storeday_airflow.dates import business_date_of
from storeday_airflow.settings import RETENTION_CRON, ZONE, settings, template
from storeday_airflow.submits import DEFAULT_ARGS, LAKE, submit

DOC = """
### storeday_retention

**Purpose.** Once a week: destroys frames, embeddings and salts past the retention that the
manifests state (`forget`), then joins small files and removes the files of old versions
(`maintain`).

**Inputs.** The lake, the salts, the stores' manifests. **Outputs.** One receipt per thing
destroyed in `ops.deletions`; the other tables' rows as they were, in fewer files. Old versions can
no longer be read.

**When it is red.** `forget`: the log names each store-day of which nothing was forgotten, and the
fault of its manifest; correct it and clear the task, since what should be gone is still there.
`maintain`: nothing is lost, tables stay as they are until the next run; `ConcurrentModification`
means that a store-day was being replaced, and the retry gets through. Keep it away from the hours
of the nightly run and of backfills. Exit reasons: `airflow_dags/README.md`.
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
    forget = submit("forget", "run_forget.py", ["--stores", template("manifests"), *LAKE])
    maintain = submit("maintain", "maintain_lake.py", ["--lake", template("lake")])
    forget >> maintain


if __name__ == "__main__":
    dag.test()
