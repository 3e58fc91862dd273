"""The runner, with stages made for the test and real tables."""

import datetime as dt
import os
from dataclasses import replace
from pathlib import Path

import pytest

from storeday.contracts import load_contract, table_from_columns
from storeday.lake import bundle
from storeday.lake.lake import Lake
from storeday.lake.store_day import StoreDay
from storeday.stages.ledger import Ledger
from storeday.stages.plan import Places, plan_days
from storeday.stages.runner import Runner
from storeday.stages.stage import Stage, file_stage, group_stage, quarantine_rows

pytestmark = pytest.mark.spark

TRACKLETS, QUARANTINE = "silver.tracklets", "ops.quarantine"
DATE = dt.date(2026, 11, 20)
T0 = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
MANIFEST = """\
store_id: {store}
versions:
  - valid_from: 2026-01-01
    timezone: Europe/Paris
    opening_hours: {{days: {{fri: ["09:00", "19:00"]}}}}
    floor_plan: {{width_m: 10, height_m: 8}}
"""


class Silent:
    """A reporter that keeps what it is told."""

    def __init__(self):
        self.done = []

    def stage_started(self, stage, days):
        pass

    def stage_done(self, stage, days, wall_s, rows, failures):
        self.done.append((stage, dict(failures)))


@pytest.fixture
def places(tmp_path):
    stores = tmp_path / "stores"
    stores.mkdir()
    for store in ("s1", "s2", "s3"):
        (stores / f"{store}.yaml").write_text(MANIFEST.format(store=store))
    return Places(str(tmp_path / "inbox"), str(stores), str(tmp_path / "lake"))


@pytest.fixture
def plans(places):
    days = [StoreDay(store, DATE) for store in ("s1", "s2", "s3")]
    return plan_days(places, days, None).plans


def tracklets(name, detections=3):
    columns = {
        "tracklet_id": [name],
        "camera_id": ["c1"],
        "started_at": [T0],
        "ended_at": [T0],
        "detections": [detections],
    }
    return table_from_columns(load_contract(TRACKLETS), columns)


def stage(work, name="track", writes=(TRACKLETS,)):
    return Stage(
        name, "understand", (), writes, lambda context: group_stage(context, [], parts, work)
    )


def parts(plan):
    return [""]


def run(lake, stages, plans):
    reporter = Silent()
    runner = Runner(lake, None, reporter, Ledger())
    return runner.run(stages, plans), reporter


def found(lake, store):
    rows = lake.read(TRACKLETS, [StoreDay(store, DATE)]).collect()
    return sorted(row["tracklet_id"] for row in rows)


def version(lake, table):
    log = Path(lake.path(table)) / "_delta_log"
    return max(int(entry.stem) for entry in log.glob("*.json"))


def test_a_failing_store_day_keeps_its_old_rows_and_leaves_the_others(spark, places, plans):
    lake = Lake(spark, places.lake)
    good = stage(lambda group, plan: {TRACKLETS: tracklets(f"{plan.day.store_id}-old")})
    outcome, _ = run(lake, [good], plans)
    assert not outcome.failures

    def poisoned(group, plan):
        if plan.day.store_id == "s2":
            raise ValueError("no such thing as s2")
        return {TRACKLETS: tracklets(f"{plan.day.store_id}-new")}

    later = stage(
        lambda group, plan: {TRACKLETS: tracklets(f"{plan.day.store_id}-newer")}, "identify"
    )
    outcome, _ = run(lake, [stage(poisoned), later], plans)
    assert list(outcome.failures) == [StoreDay("s2", DATE)]
    assert "ValueError: no such thing as s2" in outcome.failures[StoreDay("s2", DATE)]
    assert [found(lake, store) for store in ("s1", "s2", "s3")] == [
        ["s1-newer"],
        ["s2-old"],
        ["s3-newer"],
    ]
    ledger = lake.read_all("ops.runs").collect()
    failed = [row for row in ledger if row["status"] == "failed"]
    assert [(row["stage"], row["store_id"]) for row in failed] == [("track", "s2")]
    assert "no such thing as s2" in failed[0]["error"]
    # The failed store-day is left out of the later stage.
    assert sum(row["stage"] == "identify" for row in ledger) == 2
    assert len({row["attempt_id"] for row in ledger}) == 2
    # The driver's time, its JVM's included, is shared among the store-days of a job.
    assert all(0 < row["cpu_s"] <= 2 * os.cpu_count() * row["wall_s"] for row in ledger)
    assert all(row["peak_memory_mb"] > 200 for row in ledger)


def test_rows_that_break_their_contract_fail_before_anything_lands(spark, places, plans):
    lake = Lake(spark, places.lake)

    def broken(group, plan):
        points = table_from_columns(
            load_contract("silver.track_points"), {"detection_id": ["d"], "tracklet_id": [None]}
        )
        return {TRACKLETS: tracklets("t"), "silver.track_points": points}

    writes = (TRACKLETS, "silver.track_points")
    outcome, _ = run(lake, [stage(broken, writes=writes)], plans[:1])
    (reason,) = outcome.failures.values()
    assert "silver.track_points.tracklet_id: expected a value" in reason
    assert version(lake, TRACKLETS) == 0
    assert found(lake, "s1") == []


def test_a_fault_that_kills_the_whole_job_is_narrowed_down(spark, places, plans):
    lake = Lake(spark, places.lake)

    def run_stage(context):
        if any(plan.day.store_id == "s3" for plan in context.plans):
            raise RuntimeError("the job fell over")
        return group_stage(
            context, [], parts, lambda group, plan: {TRACKLETS: tracklets(plan.day.store_id)}
        )

    fragile = Stage("track", "understand", (), (TRACKLETS,), run_stage)
    outcome, _ = run(lake, [fragile], plans)
    assert list(outcome.failures) == [StoreDay("s3", DATE)]
    assert "RuntimeError: the job fell over" in outcome.failures[StoreDay("s3", DATE)]
    assert found(lake, "s1") == ["s1"]
    assert found(lake, "s2") == ["s2"]


def test_store_days_together_give_what_they_give_apart(spark, places, plans, tmp_path):
    def work(group, plan):
        return {TRACKLETS: tracklets(plan.make_id("tracklet/c1/0"))}

    together, apart = Lake(spark, places.lake), Lake(spark, str(tmp_path / "apart"))
    run(together, [stage(work)], plans)
    for plan in plans:
        run(apart, [stage(work)], [plan])
    for store in ("s1", "s2", "s3"):
        assert found(together, store) == found(apart, store)
    assert len({found(together, store)[0] for store in ("s1", "s2", "s3")}) == 3


def test_quarantine_is_replaced_in_one_commit_by_the_stages_that_ran(spark, places, plans):
    lake = Lake(spark, places.lake)

    def rejecting(name, reason):
        def work(plan, path):
            import pyarrow as pa

            rejects = pa.table({"source_line": [1], "reason": [reason], "content": ["x"]})
            rows = quarantine_rows(name, path, rejects)
            yield {QUARANTINE: table_from_columns(load_contract(QUARANTINE), rows)}

        return Stage(
            name, "ingest", (), (),
            lambda context: file_stage(context, [(plan.day, "f") for plan in context.plans], work),
        )  # fmt: skip

    run(lake, [rejecting("index", "a"), rejecting("parse", "b")], plans[:2])
    assert version(lake, QUARANTINE) == 1
    run(lake, [rejecting("parse", "c")], plans[:1])
    rows = lake.read_all(QUARANTINE).collect()
    assert sorted((row["store_id"], row["stage"], row["reason"]) for row in rows) == [
        ("s1", "index", "a"),
        ("s1", "parse", "c"),
        ("s2", "index", "a"),
        ("s2", "parse", "b"),
    ]


def test_a_file_that_fails_half_way_leaves_nothing_of_its_store_day(spark, places, plans):
    lake = Lake(spark, places.lake)

    def work(plan, path):
        yield {TRACKLETS: tracklets(f"{plan.day.store_id}-{path}")}
        if plan.day.store_id == "s1" and path == "two":
            raise OSError("disk gone")

    items = [(plan.day, name) for plan in plans[:2] for name in ("one", "two")]
    broken = Stage(
        "decode", "see", (), (TRACKLETS,), lambda context: file_stage(context, items, work)
    )
    outcome, _ = run(lake, [broken], plans[:2])
    assert list(outcome.failures) == [StoreDay("s1", DATE)]
    assert found(lake, "s1") == []
    assert found(lake, "s2") == ["s2-one", "s2-two"]


def test_run_id_follows_from_inputs_settings_and_code_alone(places, plans, tmp_path):
    again = plan_days(places, [plans[0].day], None).plans[0]
    assert again.run_id == plans[0].run_id
    assert again.salt == plans[0].salt
    manifest = Path(places.stores) / "s1.yaml"
    text = manifest.read_text()
    manifest.write_text(text + "    thresholds: {measures: {cell_m: 1}}\n")
    changed = plan_days(places, [plans[0].day], None).plans[0]
    assert changed.settings.measures.cell_m == 1.0
    assert changed.run_id != plans[0].run_id
    manifest.write_text(text)
    folder = Path(places.inbox) / "s1" / str(DATE) / "sales"
    folder.mkdir(parents=True)
    (folder / "till.csv").write_text("time\n")
    assert plan_days(places, [plans[0].day], None).plans[0].run_id != plans[0].run_id


def test_faults_of_a_manifest_keep_its_own_store_days_from_running(places):
    (Path(places.stores) / "s2.yaml").write_text("store_id: s2\n")
    thresholds = "    thresholds: {measures: {cell_n: 1, cell_m: wide}, shoes: {size: 4}}\n"
    path = Path(places.stores) / "s3.yaml"
    path.write_text(path.read_text() + thresholds)
    days = [StoreDay(store, DATE) for store in ("s1", "s2", "s3", "s4")]
    planned = plan_days(places, days, None)
    assert [plan.day.store_id for plan in planned.plans] == ["s1"]
    assert "expected store_id and a list of versions" in planned.faults[days[1]]
    assert "measures.cell_n: no such setting" in planned.faults[days[2]]
    assert "measures.cell_m: expected float, found 'wide'" in planned.faults[days[2]]
    assert "thresholds.shoes: no such package" in planned.faults[days[2]]
    assert "no such manifest" in planned.faults[days[3]]


def test_notes_are_no_rows(spark):
    day = StoreDay("s1", DATE)
    notes = [bundle.note(day, "", bundle.CPU, 5)]
    frame = spark.createDataFrame([tuple(notes[0].to_pylist()[0].values())], bundle.SPARK_SCHEMA)
    assert bundle.unpack(frame, TRACKLETS).count() == 0


def test_plans_travel(plans):
    import pickle

    assert pickle.loads(pickle.dumps(plans[0])) == plans[0]
    assert replace(plans[0], salt=b"x" * 32).make_id("a") != plans[0].make_id("a")
    assert plans[0].salt.hex() not in repr(plans[0])
    assert repr(plans[0].salt) not in repr(plans[0])
