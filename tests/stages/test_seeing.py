"""Scouting, decoding and inference through Spark: fixed, by key frames, and fused, on one day."""

import datetime as dt
import importlib.util
import sys
from pathlib import Path

import pytest

from storeday.commands.run_days import DONE, WRONG_USE, Request, run_days
from storeday.lake.lake import Lake
from storeday.lake.store_day import StoreDay
from storeday.stages.plan import Places
from storeday.stages.registry import select_stages

DATE = dt.date(2026, 11, 20)
DAY = StoreDay("s1", DATE)
HERE = Path(__file__).resolve().parent
MANIFEST = (HERE.parent / "benchmarks" / "scenarios" / "empty_day.yaml").read_text()
SEE = ("index", "scout", "decode", "infer")


def sibling(folder):
    """The module of another folder's fixtures."""
    spec = importlib.util.spec_from_file_location(
        f"{folder}_clips", HERE.parent / folder / "conftest.py"
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Two clips of one camera, the second one cut short; a model that sees somebody everywhere."""
    clips, tiny = sibling("footage"), sibling("inference")
    root = tmp_path_factory.mktemp("seeing")
    folder = root / "inbox" / "s1" / str(DATE) / "footage" / "front"
    folder.mkdir(parents=True)
    (root / "stores").mkdir()
    clips.write_clip(folder / "20261120T100000Z.mp4", clips.EVEN, options=clips.B_FRAMES)
    whole = clips.write_clip(root / "whole.mkv", clips.EVEN, options=clips.B_FRAMES)
    half = whole.read_bytes()[: whole.stat().st_size * 6 // 10]
    (folder / "20261120T110000Z.mkv").write_bytes(half)
    model = tiny.write_detector(root / "tiny.onnx")
    tiny.write_manifest(root / "models.yaml", [tiny.detector_entry(model)])
    return Places(str(root / "inbox"), str(root / "stores"), str(root / "lake"))


@pytest.fixture(scope="module")
def see(spark, places):
    """Runs the seeing stages with some settings; gives the lake's rows by table."""

    def run(scout="fixed", stages=SEE, models=True, **choices):
        text = MANIFEST.replace("store_id: empty", "store_id: s1")
        text += f"    thresholds: {{footage: {{scout: {scout}, frames_per_s: 5.0}}}}\n"
        # The tiny model knows simulated pictures only.
        text += "    is_simulated: true\n"
        (Path(places.stores) / "s1.yaml").write_text(text)
        file = str(Path(places.stores).parent / "models.yaml") if models else ""
        request = Request(places, ["s1"], [DATE], stages=stages, models=file, **choices)
        assert run_days(request) == DONE
        lake = Lake(spark, places.lake)
        return lambda table: [row.asDict() for row in lake.read(table, [DAY]).collect()]

    return run


def ids(rows):
    return sorted(row["detection_id"] for row in rows)


@pytest.mark.spark
def test_fused_or_not_the_same_people_are_seen_at_the_same_times(see):
    read = see(stages=(*SEE, "publish"))
    apart = ids(read("silver.detections"))
    outcomes = sorted(map(str, read("bronze.decode_outcomes")))
    assert len(apart) == len(set(apart)) == len(read("bronze.frames")) > 30
    hours = [row for row in read("gold.coverage") if row["subject_id"] == "front"]
    said = [row["reason"] for row in hours if row["observed_s"]]
    assert any("20261120T110000Z.mkv: the container ends before" in text for text in said)
    read = see(fused=True)
    assert ids(read("silver.detections")) == apart
    assert read("bronze.frames") == []
    assert sorted(map(str, read("bronze.decode_outcomes"))) == outcomes


@pytest.mark.spark
@pytest.mark.parametrize("fused", [False, True])
def test_by_key_frames_each_moment_is_seen_once(fused, see):
    read = see("keyframes", fused=fused)
    looks = read("silver.scout_looks")
    kept = {row["device_time"] for row in looks if row["is_kept"]}
    found = read("silver.detections")
    assert len(ids(found)) == len(set(ids(found)))
    times = {row["device_time"] for row in found}
    assert kept <= times
    # Nobody is near a door, a queue or a rack that was heard: looks are all there is.
    assert kept == times
    plan = read("silver.decode_plan")
    assert {(row["from_us"], row["reason"]) for row in plan} == {(0, "scout")}
    outcomes = {row["segment"][9:13]: row for row in read("bronze.decode_outcomes")}
    assert outcomes["1000"]["gaps"] is None
    assert "ends before" in outcomes["1100"]["gaps"]


@pytest.mark.spark
def test_without_models_the_rate_is_fixed_and_the_log_says_so(see, caplog):
    with caplog.at_level("INFO", logger="storeday"):
        read = see("keyframes", stages=("index", "scout", "decode"), models=False)
    assert any("no models, so a fixed rate of 5 frames/s" in text for text in caplog.messages)
    assert {row["reason"] for row in read("silver.decode_plan")} == {"detail"}
    assert read("silver.scout_looks") == []
    assert len(read("bronze.frames")) > 30


def test_fused_stands_in_for_both_stages_or_is_refused():
    names = [stage.name for stage in select_stages(fused=True)]
    assert names.index("decode_infer") == names.index("scout") + 1
    assert not {"decode", "infer"} & set(names)
    assert [stage.name for stage in select_stages(["score"], fused=True)] == ["score"]
    with pytest.raises(ValueError, match="only decode was asked for"):
        select_stages(["decode"], fused=True)
    with pytest.raises(ValueError, match="only infer was asked for"):
        select_stages(from_stage="infer", fused=True)


def test_fused_without_a_partner_is_wrong_use():
    request = Request(Places("i", "s", "l"), ["s1"], [DATE], stages=["infer"], fused=True)
    assert run_days(request) == WRONG_USE
