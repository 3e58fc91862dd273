"""DAG `storeday_late_files`: runs store-days again whose inbox has grown, or that failed."""

import datetime as dt
from functools import partial

from airflow.sdk import DAG, CronPartitionTimetable, Param
from storeday_airflow.alerts import StoreDayNotifier
from storeday_airflow.dates import BUSINESS_DATE, business_date_of
from storeday_airflow.settings import LATE_CRON, ZONE, settings, template
from storeday_airflow.submits import DEFAULT_ARGS, LAKE, PLACES, submit

DOC = """
### storeday_late_files

**Purpose.** Files that came after the deadline, and store-days that failed at night: every day,
the store-days of the last `late_days` days that are missing, failed, or whose inbox has grown are
run again, and so are those made by an older version, other settings or another model. Store-days
that are as they should be cost nothing.

**Inputs.** As `storeday_nightly`. **Outputs.** As `storeday_nightly`, for the store-days it plans.

**When it is red.** The log of `run_again` holds the plan, and a line for each store-day that is
not done. The next day tries again. `storeday backfill --dry-run` prints the plan without running
it. Exit reasons: `airflow_dags/README.md`.
"""


with DAG(
    dag_id="storeday_late_files",
    doc_md=DOC,
    schedule=CronPartitionTimetable(LATE_CRON, timezone=ZONE, run_offset=-1, key_format="%Y-%m-%d"),
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    on_failure_callback=StoreDayNotifier(),
    params={
        "business_date": Param(
            None,
            type=["null", "string"],
            format="date",
            description="Last date; or yesterday",
        )
    },
    user_defined_macros={
        "business_date": partial(business_date_of, zone=ZONE),
        "first_date": lambda last, days: (
            dt.date.fromisoformat(last) - dt.timedelta(days=int(days) - 1)
        ).isoformat(),
        "all_stores": lambda: ",".join(
            store for stores in settings()["stores"].values() for store in stores
        ),
        "storeday_settings": settings,
    },
    tags=["storeday"],
) as dag:
    submit(
        "run_again",
        "run_backfill.py",
        [
            *PLACES,
            *LAKE,
            "--store",
            "{{ all_stores() }}",
            "--from",
            "{{ first_date(business_date(params, dag_run), storeday_settings()['late_days']) }}",
            "--to",
            BUSINESS_DATE,
            "--models",
            template("models"),
        ],
        needs_gpu=True,
    )


if __name__ == "__main__":
    dag.test()
