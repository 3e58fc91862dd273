import dataclasses
import pickle

import numpy as np
import onnxruntime
import pytest

from storeday.inference import InferenceSettings, ModelError, load_models, open_models
from storeday.inference.providers import (
    CPU,
    CUDA,
    TENSORRT,
    has_gpu,
    provider_order,
    require,
)
from storeday.inference.sessions import open_session

ALL = (TENSORRT, CUDA, CPU)


@pytest.fixture
def detector(tiny, tmp_path):
    return tiny.write_detector(tmp_path / "tiny.onnx")


def manifest(tiny, detector, *others, **changes):
    entries = [tiny.detector_entry(detector, **changes), *others]
    return tiny.write_manifest(detector.parent / "models.yaml", entries)


def test_loads_what_fits(tiny, detector, tmp_path):
    embedder = tiny.write_embedder(tmp_path / "looks.onnx")
    loaded = load_models(manifest(tiny, detector, tiny.embedder_entry(embedder)))
    assert [spec.role for spec in loaded.models] == ["person_detector", "appearance"]
    assert loaded.of("handling") is None
    assert tiny.sha256(detector) in loaded.as_json()
    assert pickle.loads(pickle.dumps(loaded)) == loaded


def test_the_digest_depends_on_models_and_not_on_where_they_lie(tiny, detector, tmp_path):
    first = load_models(manifest(tiny, detector))
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    copy = folder / "renamed.onnx"
    copy.write_bytes(detector.read_bytes())
    assert load_models(manifest(tiny, copy)).digest() == first.digest()
    assert load_models(manifest(tiny, copy, domain="real")).digest() != first.digest()


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"sha256": "ab" * 32}, "person_detector tiny.onnx: tiny.onnx has sha256 .*expected abab"),
        ({"file": "gone.onnx"}, "person_detector gone.onnx: .* does not exist"),
        ({"classes": ["cat", "dog", "person"]}, "output is .*7.*expected .* 21 x 8.* 3 classes"),
        ({"classes": ["cat", "dog"]}, "classes do not name 'person'; found cat, dog"),
        ({"input_width_px": 64}, r"input is \(None, 3, 32, 32\); expected batch x \(3, 32, 64\)"),
        ({"colour": "BGR"}, "models.0.colour: Extra inputs are not permitted"),
        ({"domain": "unreal"}, "models.0.domain: .*'real' or 'simulated'"),
        ({"head": "osnet"}, "head 'osnet' does not fit; for this role: yolox"),
        ({"role": "handling"}, "no person_detector"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(changes, match, tiny, detector):
    with pytest.raises(ModelError, match=match):
        load_models(manifest(tiny, detector, **changes))


def test_all_faults_come_at_once(tiny, detector, tmp_path):
    embedder = tiny.write_embedder(tmp_path / "looks.onnx")
    wrong = tiny.embedder_entry(embedder, input_width_px=9, classes=["hat"])
    with pytest.raises(ModelError) as error:
        load_models(manifest(tiny, detector, wrong, sha256="ab" * 32))
    lines = str(error.value).splitlines()
    assert [("tiny.onnx" in line, "looks.onnx" in line) for line in lines] == [
        (True, False),
        (False, True),
        (False, True),
    ]


def test_a_role_is_given_once(tiny, detector):
    with pytest.raises(ModelError, match="person_detector is given 2 times"):
        load_models(manifest(tiny, detector, tiny.detector_entry(detector)))


def test_weights_beside_a_model_have_to_be_listed(tiny, detector):
    weights = detector.with_name("tiny.onnx.data")
    weights.write_bytes(b"weights")
    with pytest.raises(ModelError, match=r"tiny\.onnx\.data lies beside it and is not listed"):
        load_models(manifest(tiny, detector))
    listed = [{"file": weights.name, "sha256": tiny.sha256(weights)}]
    assert load_models(manifest(tiny, detector, data_files=listed))
    weights.write_bytes(b"others")
    with pytest.raises(ModelError, match=r"tiny\.onnx\.data has sha256"):
        load_models(manifest(tiny, detector, data_files=listed))


def test_a_file_that_is_no_model_is_refused(tiny, tmp_path):
    file = tmp_path / "tiny.onnx"
    file.write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"tiny\.onnx: ONNX Runtime cannot load it"):
        load_models(manifest(tiny, file))


@pytest.mark.parametrize("text", ["", "models: {}\nmore: 1", "models: [", "- 1"])
def test_a_manifest_that_is_none_is_refused(text, tmp_path):
    path = tmp_path / "models.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(ModelError, match=r"models\.yaml"):
        load_models(path)
    with pytest.raises(ModelError, match="no such model manifest"):
        load_models(tmp_path / "none.yaml")


def test_a_worker_checks_files_again(tiny, detector):
    loaded = load_models(manifest(tiny, detector))
    detector.write_bytes(detector.read_bytes() + b"\x00")
    with pytest.raises(ModelError, match=r"tiny\.onnx has sha256"):
        open_models(loaded, InferenceSettings(threads=7))


def test_a_process_opens_a_session_once(tiny, detector):
    loaded = load_models(manifest(tiny, detector))
    settings = InferenceSettings(providers="cpu")
    first, second = open_models(loaded, settings), open_models(loaded, settings)
    assert first.detector is not second.detector
    assert first.detector._session is second.detector._session
    more = open_models(loaded, InferenceSettings(providers="cpu", threads=2))
    assert more.detector._session is not first.detector._session
    assert first.providers == {"person_detector": (CPU,)}


@pytest.mark.parametrize(
    ("asked", "available", "gpu", "tensorrt", "order"),
    [
        ("auto", ALL, True, True, ALL),
        ("auto", ALL, True, False, (CUDA, CPU)),
        ("auto", ALL, False, False, (CPU,)),
        ("auto", (CPU,), True, True, (CPU,)),
        ("cpu", ALL, True, True, (CPU,)),
        ("cuda", ALL, False, False, (CUDA, CPU)),
        ("tensorrt", ALL, True, True, ALL),
    ],
)
def test_providers_are_asked_for_in_order(asked, available, gpu, tensorrt, order):
    assert provider_order(asked, available, gpu, tensorrt) == order


def test_a_provider_that_is_missing_is_refused_by_name():
    with pytest.raises(ModelError, match=f"'cuda' \\({CUDA}\\) was asked for.* has {CPU}"):
        provider_order("cuda", (CPU,), has_gpu=True, has_tensorrt=False)
    with pytest.raises(ModelError, match=f"'tensorrt' .*could not be started.*uses {CUDA}, {CPU}"):
        require("tensorrt", (CUDA, CPU))
    require("auto", (CPU,))


@pytest.mark.skipif(has_gpu(), reason="there is a GPU")
def test_cuda_by_name_is_refused_without_a_gpu(tiny, detector):
    loaded = load_models(manifest(tiny, detector))
    with pytest.raises(ModelError, match=r"'cuda'.*was asked for"):
        open_models(loaded, InferenceSettings(providers="cuda"))


@pytest.mark.skipif(has_gpu(), reason="there is a GPU")
def test_the_best_there_is_without_a_gpu_is_quiet(tiny, detector, capfd):
    assert onnxruntime.get_available_providers()
    opened = open_models(load_models(manifest(tiny, detector)), InferenceSettings(threads=3))
    assert opened.providers == {"person_detector": (CPU,)}
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("field", "value"),
    [("batch", 0), ("score_threshold", 1.0), ("nms_iou", 0.0), ("providers", "gpu")],
)
def test_senseless_settings_are_refused_by_name(field, value):
    with pytest.raises(ValueError, match=f"{field} is {value!r}"):
        InferenceSettings(**{field: value})


def test_bound_sessions_give_what_plain_ones_give(tiny, detector):
    path = tiny.write_detector(detector.parent / "bound.onnx")
    plain = open_session(path, (CPU,), threads=1)
    bound = dataclasses.replace(plain, is_bound=True)
    batch = np.random.default_rng(1).uniform(0, 255, (2, 3, tiny.SIDE, tiny.SIDE))
    batch = batch.astype(np.float32)
    for one, other in zip(plain.run(batch), bound.run(batch), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not plain.is_bound
