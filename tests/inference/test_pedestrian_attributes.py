"""Head `pedestrian_attributes` on a tiny real model whose logits can be worked out."""

import numpy as np
import pytest

from storeday.inference import InferenceSettings, ModelError, infer_frames, load_models, open_models
from storeday.inference.crop_runner import DEVIATION, MEAN
from storeday.inference.pedestrian_attributes import named_probabilities

SETTINGS = InferenceSettings()


def manifest(tiny, folder, batch="batch", **changes):
    entries = [
        tiny.detector_entry(tiny.write_detector(folder / "detector.onnx", batch)),
        tiny.attributes_entry(tiny.write_attributes(folder / "bodies.onnx", batch), **changes),
    ]
    return tiny.write_manifest(folder / "m.yaml", entries)


@pytest.mark.parametrize("batch", [1, 3, "batch"])
def test_every_person_is_told_of_by_name(batch, tiny, tmp_path):
    models = open_models(load_models(manifest(tiny, tmp_path, batch)), SETTINGS)
    levels = [60, 240, 0, 150]
    frames = [(level, tiny.jpeg(tiny.grey(level))) for level in levels]
    for level, people in infer_frames(frames, models, SETTINGS):
        assert len(people.attributes) == len(people.scores) == int(level > 0)
        for told in people.attributes:
            norms = zip(MEAN, DEVIATION, strict=True)
            mean = np.mean([(level / 255 - m) / d for m, d in norms])
            adult = 1 / (1 + np.exp(-4 * mean))
            assert told["age"]["adult"] == pytest.approx(adult, abs=0.03)
            assert told["age"]["child"] == pytest.approx(1 - adult, abs=0.03)
            assert told["sex"] == {"female": 0.5, "male": 0.5}


def test_without_such_a_model_nothing_is_told(tiny, tmp_path):
    models = open_models(load_models(manifest(tiny, tmp_path)).without("attributes"), SETTINGS)
    ((_, people),) = infer_frames([(0, tiny.jpeg(tiny.grey(99)))], models, SETTINGS)
    assert people.attributes is None


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        (["age=adult", "age=child"], "expected batch x 2, one per class"),
        (["age=adult", "adult", "-"], "class 'adult'; expected attribute=value"),
        (["age=adult", "sex=a|b|c", "-"], "class 'sex=a|b|c'; expected"),
        (["-", "-", "-"], "no class is used"),
        (["age=adult", "age=adult", "-"], "a class is named twice"),
    ],
)
def test_an_entry_that_does_not_fit_is_refused(classes, words, tiny, tmp_path):
    with pytest.raises(ModelError) as error:
        load_models(manifest(tiny, tmp_path, classes=classes))
    assert words in str(error.value)


def test_classes_that_are_not_used_say_nothing():
    logits = np.array([3.0, -100.0, 100.0], np.float32)
    assert named_probabilities(logits, ["-", "bag=yes|no", "-"]) == {"bag": {"yes": 0.0, "no": 1.0}}
