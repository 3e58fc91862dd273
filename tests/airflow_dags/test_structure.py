"""Every DAG loads, tells its operator what it must, and is built as the runbook says."""

import ast
import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

DAGS = Path(__file__).resolve().parents[2] / "airflow_dags"
NAMES = {"storeday_nightly", "storeday_late_files", "storeday_retention"}


def test_every_dag_loads(dag_bag):
    assert not dag_bag.import_errors
    assert set(dag_bag.dags) == NAMES


def test_dags_import_airflow_and_the_standard_library_only():
    for path in DAGS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [node.module]
            for module in modules:
                top = module.split(".")[0]
                allowed = top in {"airflow", "storeday_airflow"} or top in sys.stdlib_module_names
                assert allowed, f"{path}: {module}"


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_dag_tells_its_operator_everything(dag_bag, name):
    page = dag_bag.dags[name].doc_md
    for word in ("**Purpose.**", "**Inputs.**", "**Outputs.**", "**When it is red.**", "README.md"):
        assert word in page, f"{name}: {word}"


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_task_has_an_end_and_submits_are_tried_again(dag_bag, name):
    for task in dag_bag.dags[name].tasks:
        assert task.execution_timeout is not None, task.task_id
        if task.task_type == "SparkSubmitOperator":
            assert task.retries == 2
            assert task.retry_exponential_backoff
            assert task.pool in {"storeday_cpu", "storeday_gpu"}


def test_the_nightly_dag_pays_for_three_starts_of_spark_per_chunk(dag_bag):
    dag = dag_bag.dags["storeday_nightly"]
    submits = [task for task in dag.tasks if task.task_type == "SparkSubmitOperator"]
    assert [(task.task_id, task.pool) for task in submits] == [
        ("chunk.ingest", "storeday_cpu"),
        ("chunk.see", "storeday_gpu"),
        ("chunk.understand", "storeday_cpu"),
    ]
    assert dag.get_task("chunk.ingest").upstream_task_ids >= {"chunk.wait_for_inbox"}
    assert dag.get_task("chunk.see").upstream_task_ids >= {"chunk.ingest"}
    assert dag.get_task("chunk.understand").upstream_task_ids >= {"chunk.see"}
    outlets = {asset.name for asset in dag.get_task("announce").outlets}
    assert "storeday/gold/interactions" in outlets
    assert len(outlets) == 6


def moment(*parts):
    return dt.datetime(*parts, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("params", "partition", "logical", "zone", "expected"),
    [
        # Scheduled run and backfill: the partition. In Paris its instant is the day before, UTC.
        ({}, "2026-11-20", None, "Europe/Paris", "2026-11-20"),
        # By hand, with and without a date; the date wins over everything.
        ({"business_date": "2026-03-14"}, "2026-11-20", None, "Europe/Paris", "2026-03-14"),
        ({}, None, moment(2026, 11, 21, 0, 30), "Europe/Paris", "2026-11-20"),
        # dag.test(): neither partition nor date. In New York it is still the evening before.
        ({"business_date": None}, None, moment(2026, 11, 21, 3), "America/New_York", "2026-11-19"),
        ({}, None, moment(2026, 11, 20, 23, 30), "Europe/Paris", "2026-11-20"),
        ({}, None, moment(2026, 11, 20, 15, 30), "Asia/Tokyo", "2026-11-20"),
        # The night the clocks change.
        ({}, None, moment(2026, 3, 29, 0, 30), "Europe/Paris", "2026-03-28"),
    ],
)
def test_one_rule_gives_the_date_in_all_kinds_of_run(
    airflow_home, params, partition, logical, zone, expected
):
    from storeday_airflow.dates import business_date_of

    run = SimpleNamespace(partition_key=partition, logical_date=logical, run_after=logical)
    assert business_date_of(params, run, zone) == expected


def test_a_date_that_is_none_is_refused(airflow_home):
    from storeday_airflow.dates import business_date_of

    run = SimpleNamespace(partition_key=None, logical_date=None, run_after=moment(2026, 1, 1))
    with pytest.raises(ValueError, match="yesterday"):
        business_date_of({"business_date": "yesterday"}, run, "UTC")


def test_airflows_own_backfill_makes_a_run_for_every_date(dag_bag, airflow_home):
    """Bounds are instants: the last day needs its time."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from storeday_airflow import dates

    for words in (["dags", "reserialize"], ["dags", "unpause", "storeday_nightly", "--yes"]):
        command([*words])
    command(
        ["backfill", "create", "--dag-id", "storeday_nightly", "--from-date", "2026-03-28T00:00",
         "--to-date", "2026-03-30T23:59"]
    )  # fmt: skip
    with create_session() as session:
        runs = session.query(DagRun).filter(DagRun.dag_id == "storeday_nightly").all()
        found = sorted(dates.business_date_of({}, run, "Europe/Paris") for run in runs)
        assert all(run.logical_date is None for run in runs)
    # Over the night the clocks change.
    assert found == ["2026-03-28", "2026-03-29", "2026-03-30"]


def command(words):
    program = Path(sys.executable).with_name("airflow")
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stdout[-2000:] + done.stderr[-2000:]


def touch(path, age_minutes, now):
    import os

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    seconds = now.timestamp() - 60 * age_minutes
    os.utime(path, (seconds, seconds))


LIMITS = {"quiet_minutes": 30, "deadline": "06:00", "poll_minutes": 5}


@pytest.fixture
def trigger(airflow_home, tmp_path):
    from storeday_airflow.inbox import InboxTrigger

    now = moment(2026, 11, 21, 2)
    touch(tmp_path / "marked/2026-11-20/rfid/r/a.csv", 1, now)
    touch(tmp_path / "marked/2026-11-20/_COMPLETE", 1, now)
    touch(tmp_path / "quiet/2026-11-20/rfid/r/a.csv", 40, now)
    touch(tmp_path / "busy/2026-11-20/footage/c/a.mp4", 40, now)
    touch(tmp_path / "busy/2026-11-20/footage/c/b.mp4", 5, now)
    stores = ["marked", "quiet", "busy", "silent"]

    def made(zone="Europe/Paris", stores=stores):
        return InboxTrigger(str(tmp_path), stores, "2026-11-20", zone, LIMITS)

    return made


def test_an_inbox_is_complete_by_its_marker_or_by_being_quiet(trigger):
    assert trigger().look(moment(2026, 11, 21, 2)) == (False, ["busy", "silent"])
    assert trigger(stores=["marked", "quiet"]).look(moment(2026, 11, 21, 2)) == (True, [])


def test_nothing_is_complete_by_being_quiet_before_its_day_is_over(trigger):
    # 18:00 in New York.
    now = moment(2026, 11, 20, 23)
    assert trigger("America/New_York", ["quiet"]).look(now) == (False, ["quiet"])
    assert trigger("America/New_York", ["marked"]).look(now) == (True, [])


def test_at_the_stores_own_deadline_waiting_is_over(trigger):
    assert trigger().look(moment(2026, 11, 21, 4, 59)) == (False, ["silent"])
    assert trigger().look(moment(2026, 11, 21, 5, 0)) == (True, ["silent"])
    assert trigger("America/New_York").look(moment(2026, 11, 21, 10, 59))[0] is False
    assert trigger("America/New_York").look(moment(2026, 11, 21, 11, 0))[0] is True


def test_the_trigger_travels_and_fires(trigger):
    import asyncio

    from storeday_airflow.inbox import InboxTrigger

    path, arguments = trigger(stores=["marked"]).serialize()
    assert path == "storeday_airflow.inbox.InboxTrigger"
    arguments = json.loads(json.dumps(arguments))

    async def first():
        async for event in InboxTrigger(**arguments).run():
            return event
        return None

    assert asyncio.run(first()).payload == {"incomplete": []}


@pytest.mark.parametrize(
    ("message", "action"),
    [
        ("Cannot execute: spark-submit x. Error code is: 1.", "DEFAULT"),
        ("Cannot execute: spark-submit x. Error code is: 2.", "FAIL"),
        ("Cannot execute: spark-submit x. Error code is: 3.", "DEFAULT"),
        ("Cannot execute: spark-submit x. Error code is: 4.", "FAIL"),
        ("connection refused", "DEFAULT"),
    ],
)
def test_what_cannot_pass_is_not_tried_again(airflow_home, message, action):
    from storeday_airflow.submits import JobRetries

    assert JobRetries().evaluate(RuntimeError(message), 1, 2).action.name == action


def test_settings_name_all_their_faults(airflow_home, monkeypatch):
    from storeday_airflow.settings import settings

    monkeypatch.setenv("AIRFLOW_VAR_STOREDAY", json.dumps({"stores": {"UTC": ["s"]}, "lak": "x"}))
    with pytest.raises(ValueError, match=r"inbox is missing.*lake is missing.*lak is unknown"):
        settings()


def test_alerts_name_the_store_days(airflow_home, tmp_path, monkeypatch):
    from storeday_airflow.alerts import StoreDayNotifier

    folder = tmp_path / "outcomes" / "2026-11-20"
    item = {"business_date": "2026-11-20", "run_id": "r", "is_complete": True, "reason": ""}
    parts = {
        "ingest": [{**item, "store_id": "s1", "status": "done"},
                   {**item, "store_id": "s2", "status": "failed", "reason": "T\nOSError: gone"}],
        "understand": [{**item, "store_id": "s1", "status": "done", "is_complete": False}],
    }  # fmt: skip
    for part, items in parts.items():
        (folder / part).mkdir(parents=True)
        (folder / part / "chunk-0.json").write_text(json.dumps({"store_days": items}))
    given = dict.fromkeys(("inbox", "manifests", "lake", "jobs"), "x")
    given |= {"stores": {"UTC": ["s1", "s2"]}, "outcomes": str(tmp_path / "outcomes")}
    given["alerts"] = str(tmp_path / "alerts")
    monkeypatch.setenv("AIRFLOW_VAR_STOREDAY", json.dumps(given))
    run = SimpleNamespace(partition_key="2026-11-20")
    StoreDayNotifier("night failed").notify({"params": {}, "dag_run": run})
    (alert,) = (tmp_path / "alerts").iterdir()
    told = json.loads(alert.read_text())
    assert told["subject"] == "night failed (2026-11-20)"
    assert told["lines"] == [
        "s1/2026-11-20: published as partial: its inbox was not complete",
        "s2/2026-11-20: failed in ingest: OSError: gone",
    ]
