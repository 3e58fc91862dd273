"""`storeday audit` on a simulated day's lake, and `storeday audit-script`."""

import datetime as dt
import json

import pyarrow.csv as pa_csv
import pytest
from rich.console import Console
from typer.testing import CliRunner

from storeday.cli import app
from storeday.commands.audit import days_with_truth
from storeday.commands.run_audit import AuditRequest, run_audit
from storeday.commands.run_days import DONE, WRONG_USE, Request, run_days
from storeday.commands.simulate import simulate
from storeday.lake.lake import Lake
from storeday.lake.store_day import StoreDay
from storeday.stages.plan import Places

SEED = 6


def request(made, lake, out, **changes):
    fields = {
        "lake": lake,
        "truth": made.truth,
        "itself": False,
        "stores": "",
        "only_stores": [],
        "only_dates": [],
        "out": out,
        **changes,
    }
    return AuditRequest(**fields)


@pytest.mark.spark
def test_audit_measures_prints_and_writes(spark, tmp_path, capsys):
    made = simulate("demo", SEED, tmp_path, "events", None, Console(stderr=True))
    places = Places(str(made.inbox), str(made.stores), str(tmp_path / "lake"))
    day = StoreDay(made.store_id, made.business_date)
    run = Request(places, [made.store_id], [made.business_date], from_stage="calibrate")
    assert run_days(run) == DONE
    out = tmp_path / "audit.json"
    assert run_audit(request(made, places.lake, out)) == DONE
    shown = capsys.readouterr().out
    assert "matching_accuracy" in shown
    assert "simulated" in shown
    document = json.loads(out.read_text("utf-8"))
    (audited,) = document["store_days"]
    assert audited["audited_against"] == "simulated"
    figures = {figure["name"]: figure["value"] for figure in audited["figures"]}
    # At this level detectors are imperfect and people are followed perfectly; some of the dozen
    # customers are taken for staff.
    assert 0.8 < figures["rummage_recall"] <= 1.0
    assert 0.0 < figures["visitor_error"] < 0.3
    assert 0.6 < figures["idf1"] < 1.0
    assert 0.0 < figures["heatmap_zone_hour_tv"] < 0.6
    assert figures["matching_accuracy"] < 0.999
    lake = Lake(spark, places.lake)
    rows = lake.read("ops.audit_figures", [day]).collect()
    assert {row["figure"]: row["value"] for row in rows} == pytest.approx(figures, abs=1e-6)

    # Again: the day's rows are replaced, and those of another kind of audit stay.
    own = {"truth": None, "itself": True, "stores": str(made.stores)}
    own |= {"only_stores": [made.store_id], "only_dates": [made.business_date]}
    assert run_audit(request(made, places.lake, out, **own)) == DONE
    assert run_audit(request(made, places.lake, out)) == DONE
    rows = lake.read("ops.audit_figures", [day]).collect()
    kinds = [row["audited_against"] for row in rows]
    assert kinds.count("simulated") == len(figures)
    assert kinds.count("itself") == 3


def test_wrong_requests_are_refused(tmp_path, caplog):
    (tmp_path / "truth" / "s1" / "2026-01-05").mkdir(parents=True)
    made = type("Made", (), {"truth": tmp_path / "truth"})()
    out = tmp_path / "audit.json"
    both = request(made, "lake", out, itself=True)
    assert run_audit(both) == WRONG_USE
    assert run_audit(request(made, "lake", out, truth=None, itself=True)) == WRONG_USE
    assert run_audit(request(made, "lake", out, only_stores=["s2"])) == WRONG_USE
    assert not out.exists()


def test_truth_folders_are_found(tmp_path):
    (tmp_path / "s1" / "2026-01-05").mkdir(parents=True)
    (tmp_path / "s1" / "notes").mkdir()
    assert days_with_truth(tmp_path) == [StoreDay("s1", dt.date(2026, 1, 5))]
    with pytest.raises(FileNotFoundError, match="no truth"):
        days_with_truth(tmp_path / "s1")


def test_the_script_writes_a_form_that_is_truth(tmp_path):
    made = simulate("demo", SEED, tmp_path, "footage", 0.01, Console(stderr=True))
    command = [
        "audit-script", "--stores", str(made.stores), "--store", made.store_id,
        "--starts", f"{made.business_date}T08:00", "--truth", str(tmp_path / "labels"),
    ]  # fmt: skip
    result = CliRunner().invoke(app, command)
    assert result.exit_code == DONE, result.output
    assert result.output.count("scan the tag") <= 200
    folder = tmp_path / "labels" / made.store_id / str(made.business_date)
    assert pa_csv.read_csv(folder / "interactions.csv").num_rows == 200
    from storeday.audit.truth import read_truth

    truth = read_truth(folder)
    assert set(truth.interactions["customer"].to_pylist()) == {"A", "B"}
    assert truth.labelled.num_rows == 1
    assert not truth.is_simulated
