import itertools

import numpy as np
import pyarrow as pa
import pytest

from storeday.inference import InferenceSettings, infer_frames, load_models, open_models
from storeday.inference.crop_runner import DEVIATION, MEAN

SETTINGS = InferenceSettings(providers="cpu", batch=4, score_threshold=0.01)


def opened(tiny, folder, batch, with_appearance=True):
    detector = tiny.write_detector(folder / "detector.onnx", batch)
    entries = [tiny.detector_entry(detector)]
    if with_appearance:
        entries.append(tiny.embedder_entry(tiny.write_embedder(folder / "looks.onnx", batch)))
    return open_models(load_models(tiny.write_manifest(folder / "models.yaml", entries)), SETTINGS)


@pytest.mark.parametrize("batch", [1, 3, "batch"])
@pytest.mark.parametrize("count", [1, 4, 11])
def test_every_frame_keeps_its_key_and_its_own_people(batch, count, tiny, tmp_path):
    models = opened(tiny, tmp_path, batch)
    levels = [int(level) for level in np.random.default_rng(1).integers(20, 250, count)]
    frames = [(f"frame {n}", tiny.jpeg(tiny.grey(level))) for n, level in enumerate(levels)]
    found = list(infer_frames(frames, models, SETTINGS))
    assert [key for key, _ in found] == [key for key, _ in frames]
    for level, (_, people) in zip(levels, found, strict=True):
        np.testing.assert_allclose(people.scores, [level / 255], atol=2 / 255)
        np.testing.assert_allclose(people.boxes, [[4, 16, 20, 24]], atol=1e-4)
        mean = np.mean([(level / 255 - m) / d for m, d in zip(MEAN, DEVIATION, strict=True)])
        expected = np.array([mean, 1]) / np.hypot(mean, 1)
        np.testing.assert_allclose(people.embeddings, [expected], atol=0.02)


def test_boxes_are_in_pixels_of_each_jpeg(tiny, tmp_path):
    models = opened(tiny, tmp_path, "batch")
    frames = [(side, tiny.jpeg(tiny.grey(200, side))) for side in (32, 320, 64)]
    for side, people in infer_frames(frames, models, SETTINGS):
        expected = np.array([[4, 16, 20, 24]]) * side / 32
        np.testing.assert_allclose(people.boxes, expected, rtol=1e-4)


def test_a_crop_is_where_the_box_is(tiny, tmp_path):
    models = opened(tiny, tmp_path, 1)
    picture = tiny.grey(0)
    picture[16:24, 4:20] = 255
    ((_, people),) = infer_frames([(0, tiny.jpeg(picture))], models, SETTINGS)
    white = np.mean([(1 - m) / d for m, d in zip(MEAN, DEVIATION, strict=True)])
    np.testing.assert_allclose(people.embeddings[0, 0], white / np.hypot(white, 1), atol=0.02)


def test_colours_reach_the_model_in_its_order(tiny, tmp_path):
    models = opened(tiny, tmp_path, 1)
    picture = tiny.grey(0)
    picture[:, :] = (200, 100, 50)  # blue, green, red
    ((_, people),) = infer_frames([(0, tiny.jpeg(picture))], models, SETTINGS)
    rgb = (50, 100, 200)
    mean = np.mean([(v / 255 - m) / d for v, m, d in zip(rgb, MEAN, DEVIATION, strict=True)])
    np.testing.assert_allclose(people.embeddings[0, 0], mean / np.hypot(mean, 1), atol=0.02)


def test_frames_without_people_have_empty_arrays(tiny, tmp_path):
    models = opened(tiny, tmp_path, "batch")
    ((_, people),) = infer_frames([(0, tiny.jpeg(tiny.grey(0)))], models, SETTINGS)
    assert people.boxes.shape == (0, 4)
    assert people.scores.shape == (0,)
    assert people.embeddings.shape == (0, 2)
    assert people.embeddings.dtype == np.float32


@pytest.mark.parametrize("batch", [1, 3, "batch"])
def test_handling_is_told_of_every_person(batch, tiny, tmp_path):
    entries = [
        tiny.detector_entry(tiny.write_detector(tmp_path / "detector.onnx", batch)),
        tiny.handling_entry(tiny.write_handling(tmp_path / "hands.onnx", batch)),
    ]
    models = open_models(load_models(tiny.write_manifest(tmp_path / "m.yaml", entries)), SETTINGS)
    levels = [30, 200, 90, 0]
    frames = [(level, tiny.jpeg(tiny.grey(level))) for level in levels]
    for level, people in infer_frames(frames, models, SETTINGS):
        expected = [level - 128] if level else []
        np.testing.assert_allclose(people.handling_logits, expected, atol=1)
        assert people.embeddings is None


def test_no_appearance_model_no_embeddings(tiny, tmp_path):
    models = opened(tiny, tmp_path, 1, with_appearance=False)
    ((_, people),) = infer_frames([(0, tiny.jpeg(tiny.grey(99)))], models, SETTINGS)
    assert people.embeddings is None


def test_no_frames_no_people(tiny, tmp_path):
    assert list(infer_frames([], opened(tiny, tmp_path, "batch"), SETTINGS)) == []


def test_takes_arrow_buffers(tiny, tmp_path):
    models = opened(tiny, tmp_path, 1)
    column = pa.array([tiny.jpeg(tiny.grey(128))], pa.binary())
    ((_, people),) = infer_frames([(0, column[0].as_buffer())], models, SETTINGS)
    assert len(people.scores) == 1


@pytest.mark.parametrize("content", [b"", b"no picture", b"\xff\xd8\xff\xe0"])
def test_a_frame_that_is_no_jpeg_is_named(content, tiny, tmp_path):
    models = opened(tiny, tmp_path, "batch")
    frames = [("good", tiny.jpeg(tiny.grey(50))), ("bad", content)]
    with pytest.raises(ValueError, match="frame bad is no JPEG"):
        list(infer_frames(frames, models, SETTINGS))


def test_reads_only_a_little_ahead(tiny, tmp_path):
    models = opened(tiny, tmp_path, 1)
    counter = itertools.count()
    frame = tiny.jpeg(tiny.grey(50))
    endless = ((n, frame) for n in counter)
    found = infer_frames(endless, models, SETTINGS)
    assert [key for key, _ in itertools.islice(found, 5)] == [0, 1, 2, 3, 4]
    assert next(counter) < 12
    found.close()
