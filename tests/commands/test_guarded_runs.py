"""Runs that must not do harm: sealed and held store-days, parts in a row, backfills."""

import datetime as dt
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from storeday import __version__
from storeday.commands import backfill as backfill_module
from storeday.commands.backfill import Stretch, run_backfill, worst
from storeday.commands.outcomes import read_outcome
from storeday.commands.run_days import BUSY, DONE, SEALED, WRONG_USE, Request, run_days
from storeday.lake.lake import Lake
from storeday.lake.lease_keeper import LeaseKeeper
from storeday.lake.lease_log import LeaseLog
from storeday.lake.store_day import StoreDay
from storeday.stages import ledger, plan
from storeday.stages.plan import Places

pytestmark = pytest.mark.spark

DATE = dt.date(2026, 11, 20)
MANIFEST = (
    Path(__file__).resolve().parents[1] / "benchmarks" / "scenarios" / "empty_day.yaml"
).read_text()
SALES = """\
time,register_id,receipt_id,epc,gtin,quantity,price
2026-11-20T15:00:00+01:00,till1,r1,,4006381333931,1,9.95
2026-11-20T15:02:00+01:00,till1,r2,,4006381333931,2,9.95
"""
# Enough to make tables, check inputs and publish; the other stages have nothing to do here.
PARTS = ["index", "parse", "publish"]
A, B = StoreDay("a", DATE), StoreDay("b", DATE)


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    root = tmp_path_factory.mktemp("guarded")
    (root / "stores").mkdir()
    for store in ("a", "b"):
        text = MANIFEST.replace("store_id: empty", f"store_id: {store}")
        (root / "stores" / f"{store}.yaml").write_text(text)
        folder = root / "inbox" / store / str(DATE) / "sales"
        folder.mkdir(parents=True)
        (folder / "till.csv").write_text(SALES)
    return Places(str(root / "inbox"), str(root / "stores"), str(root / "lake"))


def request(places, **more):
    return Request(places, ["a", "b"], [DATE], **{"stages": PARTS, **more})


def version(lake, table):
    log = Path(lake.path(table)) / "_delta_log"
    return max(int(entry.stem) for entry in log.glob("*.json"))


def sold(lake, day):
    return sorted(row["receipt_id"] for row in lake.read("bronze.sales", [day]).collect())


def published(lake):
    rows = lake.read_all("ops.published_days").collect()
    return {row["store_id"]: row["run_id"] for row in rows}


def test_parts_follow_each_other_and_a_retry_resumes(spark, places, tmp_path, caplog):
    first, second = str(tmp_path / "o" / "index.json"), str(tmp_path / "o" / "parse.json")
    broken = Path(places.manifest_of("b"))
    text = broken.read_text()
    broken.write_text("store_id: b\n")
    assert run_days(request(places, stages=["index"], outcome=first)) == WRONG_USE
    ends = read_outcome(first)
    assert (ends[A].status, ends[B].status) == ("done", "wrong")
    broken.write_text(text)
    # What is not done in a part is left out of the next.
    parse = request(places, stages=["parse"], after=first, outcome=second, incomplete=["b"])
    assert run_days(parse) == WRONG_USE
    ends = read_outcome(second)
    assert ends[A].status == "done"
    assert ends[B].reason.startswith("left out: ")
    lake = Lake(spark, places.lake)
    assert (sold(lake, A), sold(lake, B)) == (["r1", "r2"], [])
    # The retry runs what is not done, and that alone.
    assert run_days(request(places, stages=["index"], outcome=first)) == DONE
    assert run_days(parse) == DONE
    assert sold(lake, B) == ["r1", "r2"]
    runs = [(row["store_id"], row["stage"]) for row in lake.read_all("ops.runs").collect()]
    assert sorted(runs) == [("a", "index"), ("a", "parse"), ("b", "index"), ("b", "parse")]
    assert not read_outcome(second)[B].is_complete
    # Nothing is left: Spark is not asked.
    with caplog.at_level("INFO", logger="storeday"):
        assert run_days(parse) == DONE
    assert "done by an earlier try of this run" in caplog.text


def test_a_store_day_that_another_run_holds_is_left_alone(spark, places, tmp_path):
    lake = Lake(spark, places.lake)
    runs = lake.read_all("ops.runs").count()
    with LeaseKeeper(LeaseLog(spark, places.lake), "other", [B]):
        outcome = str(tmp_path / "outcome.json")
        assert run_days(request(places, stages=["index"], outcome=outcome)) == BUSY
    ends = read_outcome(outcome)
    assert ends[A].status == "done"
    assert "run other on" in ends[B].reason
    assert lake.read_all("ops.runs").count() == runs + 1
    # It is free again.
    with LeaseKeeper(LeaseLog(spark, places.lake), "next", [A, B]) as keeper:
        assert not keeper.busy


def test_what_is_gone_from_the_inbox_stays_in_the_lake(spark, places, monkeypatch, tmp_path):
    """Run, forget, empty the inbox, bump the version, backfill: rows unchanged."""
    lake = Lake(spark, places.lake)
    assert run_days(request(places)) == DONE
    was = published(lake)
    shutil.rmtree(Path(places.inbox_of(A)))
    (Path(places.salts_or_default) / "a" / f"{DATE}.salt").unlink()
    for module in (plan, ledger, backfill_module):
        monkeypatch.setattr(module, "__version__", "9.9.9")
    monkeypatch.setattr(
        backfill_module, "run_days", lambda asked, console: run_days(replaced(asked), console)
    )

    def replaced(asked):
        import dataclasses

        return dataclasses.replace(asked, stages=PARTS)

    stretch = Stretch(DATE, DATE)
    versions = {table: version(lake, table) for table in ("bronze.sales", "ops.published_days")}
    console = Console(file=(tmp_path / "plan").open("w"), width=400)
    assert run_backfill(request(places), Stretch(DATE, DATE, is_dry=True), console) == DONE
    told = (tmp_path / "plan").read_text()
    assert "a/2026-11-20  sealed: sealed: sales/till.csv is gone" in told
    assert f"b/2026-11-20  run: made by version {__version__}, now 9.9.9" in told
    assert versions == {table: version(lake, table) for table in versions}
    assert run_backfill(request(places), stretch, console) == DONE
    now = published(lake)
    assert now["a"] == was["a"]
    assert now["b"] != was["b"]
    assert sold(lake, A) == ["r1", "r2"]
    # Asked for by name it is refused, too, and no new salt was made.
    assert run_days(request(places, stages=["parse"])) == SEALED
    assert sold(lake, A) == ["r1", "r2"]
    assert not (Path(places.salts_or_default) / "a" / f"{DATE}.salt").exists()
    # The second backfill finds nothing to do.
    console = Console(file=(tmp_path / "again").open("w"), width=400)
    assert run_backfill(request(places), stretch, console) == DONE
    assert "1 current, 1 sealed" in (tmp_path / "again").read_text()
    # The operator may accept the loss.
    assert run_days(request(places, stages=["parse"], allow_loss=True)) == DONE
    assert sold(lake, A) == []
    assert sold(lake, B) == ["r1", "r2"]


def test_wrong_stretches_are_refused(places):
    tomorrow = DATE + dt.timedelta(days=1)
    assert run_backfill(request(places), Stretch(tomorrow, DATE)) == WRONG_USE
    assert len(Stretch(DATE, tomorrow).dates()) == 2
    assert worst([0, 4, 3]) == 4
