"""DAG `storeday_nightly`: one business date, from the inbox to published tables.

Its page (`doc_md`) tells the operator everything; README.md in this folder is the runbook.
"""

import datetime as dt
from functools import partial
from typing import Any

from airflow.sdk import (
    DAG,
    Asset,
    Context,
    CronPartitionTimetable,
    Param,
    TriggerRule,
    get_current_context,
    task,
    task_group,
)
from storeday_airflow.alerts import StoreDayNotifier, tell
from storeday_airflow.dates import BUSINESS_DATE, business_date_of
from storeday_airflow.inbox import InboxSensor
from storeday_airflow.outcomes import store_days, told
from storeday_airflow.settings import NIGHTLY_CRON, ZONE, settings, template
from storeday_airflow.submits import DEFAULT_ARGS, LAKE, PLACES, submit

DOC = """
### storeday_nightly

**Purpose.** Turns one closed business date of every store into gold tables.

**Inputs.** `<inbox>/<store>/<business_date>/` (footage, rfid, sales), the stores' manifests and
products files, the model manifest. A store's inbox is complete when it holds `_COMPLETE`, or when
its day is over and nothing has changed in it for `quiet_minutes`. At the `deadline` (06:00 by the
stores' own clock) what is there is run and published as partial, and an alert names those stores.

**Outputs.** All tables of the lake for those store-days; `ops.published_days` says which are
complete. Assets `storeday/gold/...` are updated once any store-day was published.

**Which date.** The parameter `business_date`; else the run's partition (scheduled runs, backfills);
else the day before the run. Backfill by Airflow: `airflow backfill create --dag-id storeday_nightly
--from-date 2026-11-01T00:00 --to-date 2026-11-12T23:59` (bounds are instants: a bare date loses the
last day). For long stretches `jobs/run_backfill.py` is cheaper: it plans what is missing or stale.

**When it is red.**
`ingest`, `see`, `understand` (one map index per chunk of stores): the log's last lines name each
store-day with its reason. Store-days that failed are left out of the later parts; the others are
published all the same. A retry resumes: what is done is not run again. Exit codes: 1 a stage
failed, 2 wrong manifest or usage, 3 another run holds a store-day, 4 a store-day is sealed.
`verdict`: some store-day of the date is not done; its log names them all. The runbook has an entry
for every exit reason: `airflow_dags/README.md`.

**Running it again** is always safe: a store-day is replaced by equal rows, or stays as it was.
"""

GOLD = (
    "interactions",
    "heatmap_hourly",
    "zone_hourly",
    "zone_flows",
    "traffic_hourly",
    "coverage",
)
ASSETS = [Asset(f"storeday/gold/{name}") for name in GOLD]


def outcome_of(part: str) -> str:
    """A template: file in which a part says how each store-day of its chunk ended."""
    return f"{template('outcomes')}/{BUSINESS_DATE}/{part}/chunk-{{{{ ti.map_index }}}}.json"


with DAG(
    dag_id="storeday_nightly",
    doc_md=DOC,
    schedule=CronPartitionTimetable(
        NIGHTLY_CRON, timezone=ZONE, run_offset=-1, key_format="%Y-%m-%d"
    ),
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,
    max_active_runs=2,
    default_args=DEFAULT_ARGS,
    on_failure_callback=StoreDayNotifier(),
    params={
        "business_date": Param(
            None, type=["null", "string"], format="date", description="Date; the run's own if empty"
        )
    },
    user_defined_macros={
        "business_date": partial(business_date_of, zone=ZONE),
        "storeday_settings": settings,
    },
    tags=["storeday"],
) as dag:

    @task(retries=0, execution_timeout=dt.timedelta(minutes=5))
    def list_chunks() -> list[dict[str, str]]:
        """Chunks of stores of one time zone, so that each has one deadline."""
        given = settings()
        size = int(given["chunk_size"])
        return [
            {"stores": ",".join(stores[start : start + size]), "zone": zone}
            for zone, stores in sorted(given["stores"].items())
            for start in range(0, len(stores), size)
        ]

    @task_group
    def chunk(stores: str, zone: str) -> None:
        """One chunk of stores, from inbox to gold."""
        wait = InboxSensor(
            task_id="wait_for_inbox",
            stores=stores,
            zone=zone,
            business_date=BUSINESS_DATE,
            mode="reschedule",
            execution_timeout=dt.timedelta(hours=36),
        )

        @task(retries=0, execution_timeout=dt.timedelta(minutes=5))
        def alert_incomplete(incomplete: str) -> None:
            """Tells at the deadline which stores are published as partial."""
            if incomplete:
                date = business_date_of(
                    get_current_context()["params"], get_current_context()["dag_run"], ZONE
                )
                lines = [f"{store}/{date}: inbox not complete" for store in incomplete.split(",")]
                tell(f"storeday: deadline passed, {date} is published as partial", lines)

        common = [*PLACES, *LAKE, "--store", stores, "--date", BUSINESS_DATE]
        common += ["--incomplete", wait.output]

        def part(name: str, after: str, **more: Any) -> Any:
            arguments = [name, *common, "--outcome", outcome_of(name)]
            if after:
                arguments += ["--after", outcome_of(after)]
            if name == "see":
                arguments += ["--models", template("models")]
            return submit(name, "run_stage.py", arguments, **more)

        ingest = part("ingest", "")
        # Stores that failed in one part are left out of the next; the others go on.
        see = part("see", "ingest", needs_gpu=True, trigger_rule=TriggerRule.ALL_DONE)
        understand = part("understand", "see", trigger_rule=TriggerRule.ALL_DONE)
        wait >> ingest >> see >> understand
        alert_incomplete(wait.output)

    @task(trigger_rule=TriggerRule.ALL_DONE, outlets=ASSETS, retries=0,
          execution_timeout=dt.timedelta(minutes=5))  # fmt: skip
    def announce() -> None:
        """Says to other DAGs that gold tables have new rows; skipped if nothing was published."""
        from airflow.sdk.exceptions import AirflowSkipException  # noqa: PLC0415

        done = [item["store_id"] for item in _ended(get_current_context()) if _is_done(item)]
        if not done:
            raise AirflowSkipException("no store-day was published")
        print(f"{len(done)} store-days published: {', '.join(done)}")

    @task(trigger_rule=TriggerRule.ALL_DONE, retries=0,
          execution_timeout=dt.timedelta(minutes=5))  # fmt: skip
    def verdict() -> None:
        """Fails, and names them, if a store-day of the date is not done."""
        given = settings()
        ended = _ended(get_current_context())
        wanted = {store for stores in given["stores"].values() for store in stores}
        silent = sorted(wanted - {item["store_id"] for item in ended})
        lines = told(item for item in ended if not _is_done(item))
        lines += [f"{store}: no part of the job told of it" for store in silent]
        if lines:
            raise RuntimeError("store-days that are not done:\n" + "\n".join(lines))

    def _ended(context: Context) -> list[dict[str, Any]]:
        date = business_date_of(context["params"], context["dag_run"], ZONE)
        return store_days(settings()["outcomes"], date)

    def _is_done(item: dict[str, Any]) -> bool:
        return bool(item["status"] == "done" and item["part"] == "understand")

    chunks = chunk.expand_kwargs(list_chunks())
    chunks >> announce()
    chunks >> verdict()


if __name__ == "__main__":
    dag.test()
