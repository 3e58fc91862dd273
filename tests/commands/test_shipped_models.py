"""Where models of simulated pictures may be used, and `storeday models check`."""

import datetime as dt
import importlib.util
import sys
from pathlib import Path

import pytest
import yaml
from rich.console import Console
from typer.testing import CliRunner

from storeday.cli import app
from storeday.commands.models_check import check_models
from storeday.commands.run_days import WRONG_USE, Request, run_days
from storeday.inference import load_models, manifest_path, simulated_only
from storeday.manifest import StoreLayout
from storeday.simulate import load_scenario
from storeday.simulate.store import make_store, manifest_text
from storeday.stages.plan import Places

HERE = Path(__file__).resolve().parent
MANIFEST = (HERE.parent / "benchmarks" / "scenarios" / "empty_day.yaml").read_text()
DATE = dt.date(2026, 11, 20)


@pytest.fixture(scope="module")
def tiny():
    spec = importlib.util.spec_from_file_location(
        "tiny_shipped", HERE.parent / "inference" / "conftest.py"
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def shop(tmp_path):
    """A shop that is not simulated, with a file in its footage folder."""
    folder = tmp_path / "inbox" / "empty" / str(DATE) / "footage" / "front"
    folder.mkdir(parents=True)
    (folder / "20261120T090000Z.mp4").write_bytes(b"")
    (tmp_path / "stores").mkdir()
    (tmp_path / "stores" / "empty.yaml").write_text(MANIFEST)
    return Places(*(str(tmp_path / name) for name in ("inbox", "stores", "lake")))


def layout(**changes):
    version = {**yaml.safe_load(MANIFEST)["versions"][0], **changes}
    return StoreLayout(store_id="empty", **version)


def test_models_of_simulated_pictures_keep_to_simulated_stores(tiny, tmp_path):
    model = tiny.write_detector(tmp_path / "tiny.onnx")
    for domain, refused in (("simulated", True), ("real", False)):
        entry = tiny.detector_entry(model, domain=domain)
        models = load_models(tiny.write_manifest(tmp_path / "models.yaml", [entry]))
        assert bool(simulated_only(models, layout())) == refused
        assert simulated_only(models, layout(is_simulated=True)) == ""
    assert simulated_only(None, layout()) == ""


def test_a_real_store_day_is_refused_before_anything_runs(tiny, tmp_path, shop, caplog):
    entry = tiny.detector_entry(tiny.write_detector(tmp_path / "tiny.onnx"))
    file = tiny.write_manifest(tmp_path / "models.yaml", [entry])
    assert run_days(Request(shop, ["empty"], [DATE], models=str(file))) == WRONG_USE
    assert "person_detector tiny.onnx: domain is simulated, and store empty is not" in caplog.text
    assert not Path(shop.lake).exists()


@pytest.mark.spark
def test_by_demand_they_look_at_any(tiny, tmp_path, shop, spark):
    entry = tiny.detector_entry(tiny.write_detector(tmp_path / "tiny.onnx"))
    file = tiny.write_manifest(tmp_path / "models.yaml", [entry])
    asked = Request(shop, ["empty"], [DATE], ["index", "scout"], models=str(file), demo_models=True)
    assert run_days(asked) == 0


def test_simulated_manifests_say_that_they_are():
    text = manifest_text(make_store(load_scenario("demo")).layout)
    assert yaml.safe_load(text)["versions"][0]["is_simulated"] is True
    assert layout().is_simulated is False


def told(manifest, tmp_path):
    with (tmp_path / "told").open("w") as file:
        code = check_models(str(manifest), Console(file=file, width=200))
    return code, (tmp_path / "told").read_text()


def test_check_lists_what_is_as_declared(tiny, tmp_path):
    entries = [
        tiny.detector_entry(tiny.write_detector(tmp_path / "tiny.onnx")),
        tiny.embedder_entry(tiny.write_embedder(tmp_path / "looks.onnx")),
    ]
    code, text = told(tiny.write_manifest(tmp_path / "models.yaml", entries), tmp_path)
    assert code == 0
    assert "tiny.onnx" in text
    assert "looks.onnx" in text


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"sha256": "0" * 64}, "expected 0000"),
        ({"input_width_px": 64}, "expected batch x (3, 32, 64)"),
        ({"classes": ["cat", "dog", "person"]}, "for a list of 3 classes"),
    ],
)
def test_check_refuses_by_name(changes, match, tiny, tmp_path, caplog):
    entry = tiny.detector_entry(tiny.write_detector(tmp_path / "tiny.onnx"), **changes)
    code, text = told(tiny.write_manifest(tmp_path / "models.yaml", [entry]), tmp_path)
    assert (code, text) == (2, "")
    assert "person_detector tiny.onnx" in caplog.text
    assert match in caplog.text


def test_the_shipped_models_are_as_declared(tmp_path):
    code, text = told("shipped", tmp_path)
    assert code == 0
    assert "simulated" in text
    assert CliRunner().invoke(app, ["models", "check", "shipped"]).exit_code == 0
    for spec in load_models(manifest_path("shipped")).models:
        card = manifest_path("shipped").parent / f"{Path(spec.file).stem}.md"
        text = card.read_text("utf-8")
        for part in ("Data", "Figures", "Limits", "python -m storeday.training"):
            assert part in text, card
    size = sum(path.stat().st_size for path in manifest_path("shipped").parent.glob("*.onnx"))
    assert size < 6e6
