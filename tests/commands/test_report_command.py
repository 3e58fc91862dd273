"""`storeday report`: from tables to files, and what it says where it cannot."""

import datetime as dt
import sys
from pathlib import Path

import pytest
from deltalake import write_deltalake

from storeday.commands.report import DONE, SOME_FAILED, WRONG_USE, ReportRequest, report_days
from storeday.contracts import load_contract
from storeday.lake.store_day import StoreDay
from storeday.stages.day_report import write_day_reports

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "report"))

from made_day import DATE, MANIFEST, layout, made_inputs

STORE = "rue_haute"


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    """A lake with a full day and two of its weekday before it, and the store's manifest."""
    root = tmp_path_factory.mktemp("lake")
    inputs = made_inputs()
    for day in (inputs.today, *inputs.earlier):
        for name, rows in day.tables.items():
            contract = load_contract(name)
            path = str(root / "lake" / contract.path)
            write_deltalake(path, rows, mode="append", partition_by=list(contract.partition))
    (root / "stores").mkdir()
    (root / "stores" / f"{STORE}.yaml").write_text(MANIFEST)
    return root


def request(lake, stores=(STORE,), dates=(DATE,), out=""):
    return ReportRequest(str(lake / "lake"), str(lake / "stores"), stores, dates, out)


def test_a_report_lies_beside_the_lake_and_knows_days_before(lake):
    assert report_days(request(lake)) == DONE
    page = (lake / "lake-reports" / STORE / f"{DATE}.html").read_text("utf-8")
    assert "Friday 20 November 2026" in page
    assert "Changes are against the median of Fri 13 Nov and Fri 6 Nov" in page


def test_a_day_that_is_not_published_keeps_the_others(lake, tmp_path, caplog):
    unknown = DATE + dt.timedelta(days=1)
    code = report_days(request(lake, dates=(unknown, DATE), out=str(tmp_path)))
    assert code == SOME_FAILED
    assert [path.name for path in (tmp_path / STORE).iterdir()] == [f"{DATE}.html"]


def test_a_store_without_manifest_is_wrong_use(lake, tmp_path):
    assert report_days(request(lake, stores=("nowhere",), out=str(tmp_path))) == WRONG_USE
    assert not list(tmp_path.iterdir())


@pytest.mark.spark
def test_tasks_write_the_same_file_and_tell_what_failed(lake, tmp_path, spark):
    days = {
        StoreDay(STORE, DATE): layout(),
        StoreDay(STORE, DATE + dt.timedelta(days=1)): layout(),
    }
    faults = write_day_reports(spark, str(lake / "lake"), days, str(tmp_path))
    assert [str(day) for day in faults] == [f"{STORE}/{DATE + dt.timedelta(days=1)}"]
    assert "not published" in next(iter(faults.values()))
    report_days(request(lake))
    beside = lake / "lake-reports" / STORE / f"{DATE}.html"
    assert (tmp_path / STORE / f"{DATE}.html").read_bytes() == beside.read_bytes()


@pytest.mark.parametrize(
    ("switch", "name", "words"),
    [
        ("--week", f"{STORE}/{DATE}-week.html", "6 of 7 days not published"),
        ("--chain", f"chain-{DATE}.html", "1 store"),
    ],
)
def test_the_verb_writes_pages_over_days_and_over_stores(lake, tmp_path, switch, name, words):
    from typer.testing import CliRunner

    from storeday.cli import app

    places = ["--lake", str(lake / "lake"), "--stores", str(lake / "stores")]
    asked = ["--store", STORE, "--date", str(DATE), "--out", str(tmp_path), switch]
    result = CliRunner().invoke(app, ["report", *places, *asked])
    assert result.exit_code == DONE, result.output
    assert words in (tmp_path / name).read_text("utf-8")
