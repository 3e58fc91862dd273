"""Full disk, no permission, a withdrawn model: a clear error, and old tables as they were."""

import datetime as dt
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from storeday.commands.outcomes import read_outcome
from storeday.commands.run_days import DONE, SOME_FAILED, WRONG_USE, Request, run_days
from storeday.lake.lake import Lake
from storeday.lake.store_day import StoreDay
from storeday.stages.plan import Places

HERE = Path(__file__).resolve().parent
MANIFEST = (HERE.parent / "benchmarks" / "scenarios" / "empty_day.yaml").read_text()
DAY = StoreDay("a", dt.date(2026, 11, 20))
HEADER = "time,register_id,receipt_id,epc,gtin,quantity,price\n"


def sale(receipt):
    return f"2026-11-20T15:00:00+01:00,till1,{receipt},,4006381333931,1,9.95\n"


@pytest.fixture
def small_disk(tmp_path):
    """A disk of a few megabytes, where the system lets us mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)]
    if os.getuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no permission to mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def places(tmp_path, small_disk):
    (tmp_path / "stores").mkdir()
    text = MANIFEST.replace("store_id: empty", "store_id: a")
    (tmp_path / "stores" / "a.yaml").write_text(text)
    lake = str(small_disk / "lake")
    return Places(str(tmp_path / "inbox"), str(tmp_path / "stores"), lake, str(tmp_path / "salts"))


def put(places, *receipts):
    folder = Path(places.inbox_of(DAY)) / "sales"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "till.csv").write_text(HEADER + "".join(map(sale, receipts)))


@pytest.mark.spark
def test_a_disk_that_is_full_or_read_only_leaves_old_tables_intact(
    spark, places, small_disk, tmp_path
):
    def run(code):
        outcome = tmp_path / "outcome.json"
        outcome.unlink(missing_ok=True)
        asked = Request(places, ["a"], [DAY.business_date], ["parse"], outcome=str(outcome))
        assert run_days(asked) == code
        return read_outcome(str(outcome))[DAY].reason

    def sold():
        rows = Lake(spark, places.lake).read("bronze.sales", [DAY]).collect()
        return sorted(row["receipt_id"] for row in rows)

    put(places, "r1")
    assert run(DONE) == ""
    put(places, "r1", "r2")
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as out:
        try:
            while True:
                out.write(b"\0" * 4096)
        except OSError:
            pass
    assert "No space left on device" in run(SOME_FAILED)
    assert sold() == ["r1"]
    filler.unlink()
    assert run(DONE) == ""
    assert sold() == ["r1", "r2"]
    put(places, "r1", "r2", "r3")
    remount = ["mount", "-o", "remount", "-o"]
    subprocess.run([*remount, "ro", str(small_disk)], check=True)
    assert "Read-only file system" in run(SOME_FAILED)
    assert sold() == ["r1", "r2"]
    subprocess.run([*remount, "rw", str(small_disk)], check=True)
    assert run(DONE) == ""
    assert sold() == ["r1", "r2", "r3"]


def test_a_withdrawn_model_is_told_before_anything_runs(tmp_path, caplog):
    spec = importlib.util.spec_from_file_location(
        "tiny_models", HERE.parent / "inference" / "conftest.py"
    )
    tiny = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = tiny
    spec.loader.exec_module(tiny)
    (tmp_path / "stores").mkdir()
    (tmp_path / "stores" / "a.yaml").write_text(MANIFEST.replace("store_id: empty", "store_id: a"))
    model = tiny.write_detector(tmp_path / "tiny.onnx")
    tiny.write_manifest(tmp_path / "models.yaml", [tiny.detector_entry(model)])
    model.unlink()
    places = Places(str(tmp_path / "inbox"), str(tmp_path / "stores"), str(tmp_path / "lake"))
    asked = Request(places, ["a"], [DAY.business_date], models=str(tmp_path / "models.yaml"))
    assert run_days(asked) == WRONG_USE
    assert "tiny.onnx" in caplog.text
    assert not (tmp_path / "lake").exists()
