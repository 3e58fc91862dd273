"""The project's own heads, on outputs made by hand and on crops whose pixels can be counted."""

import cv2
import numpy as np
import pytest

from storeday.inference import SHIPPED, InferenceSettings, ModelSpec, load_models, manifest_path
from storeday.inference.centre_grid import CentreGrid
from storeday.inference.centre_grid import spec_faults as grid_faults
from storeday.inference.crop_heads import (
    HANDLING_ROOM,
    CropEmbedding,
    CropLogit,
    embedding_faults,
    logit_faults,
)
from storeday.inference.crops import framed, window
from storeday.inference.sessions import Session

WIDTH, HEIGHT = 64, 32
CELLS = 16 * 8


class Recorder:
    """Takes the place of ONNX Runtime: keeps what it is given, answers by a function of it."""

    def __init__(self, answer):
        self.answer, self.given = answer, []

    def run(self, _, feeds):
        self.given.append(feeds["pixels"].copy())
        return [self.answer(feeds["pixels"])]


def spec(role, head, classes=(), order="BGR", size=(WIDTH, HEIGHT)):
    return ModelSpec(
        role=role,
        head=head,
        file="none.onnx",
        sha256="0" * 64,
        licence="none",
        domain="simulated",
        input_width_px=size[0],
        input_height_px=size[1],
        channel_order=order,
        classes=classes,
    )


def session(answer, output, batch=None, size=(WIDTH, HEIGHT)):
    inner = Recorder(answer)
    shape = (batch, 3, size[1], size[0])
    return Session(inner, "pixels", shape, (output,), ("CPUExecutionProvider",)), inner


def grid_of(cells, **settings):
    """A detector that gives these cells for its first picture and nothing for others."""

    def answer(pixels):
        rows = np.zeros((len(pixels), CELLS, 5), np.float32)
        rows[0, : len(cells)] = cells
        return rows

    made, inner = session(answer, (None, CELLS, 5))
    entry = spec("person_detector", "centre_grid", ("person",))
    return CentreGrid(made, entry, InferenceSettings(**settings)), inner


def test_boxes_come_in_pixels_of_the_picture_best_first():
    grid, inner = grid_of([[8, 4, 16, 28, 0.4], [40, 2, 50, 30, 0.9], [0, 0, 9, 9, 0.05]])
    boxes, scores = grid.people([np.zeros((64, 128, 3), np.uint8)])[0]
    assert boxes.tolist() == [[80, 4, 100, 60], [16, 8, 32, 56]]
    assert scores == pytest.approx([0.9, 0.4])
    assert inner.given[0].shape == (8, 3, HEIGHT, WIDTH)


def test_boxes_end_at_the_picture_and_doubles_go():
    grid, _ = grid_of([[-9, 4, 16, 40, 0.9], [-9, 4, 17, 40, 0.8], [60, 30, 90, 50, 0.7]])
    boxes, scores = grid.people([np.zeros((32, 64, 3), np.uint8)])[0]
    assert boxes.tolist() == [[0, 4, 16, 32], [60, 30, 64, 32]]
    assert scores == pytest.approx([0.9, 0.7])


def test_a_box_beside_the_picture_is_nobody():
    grid, _ = grid_of([[40, 4, 50, 30, 0.9]])
    # A tall picture fills only the left of the input.
    boxes, _ = grid.people([np.zeros((64, 32, 3), np.uint8)])[0]
    assert boxes.shape == (0, 4)


def test_every_picture_has_its_own_answer():
    grid, _ = grid_of([[8, 4, 16, 28, 0.4]])
    found = grid.people([np.zeros((32, 64, 3), np.uint8)] * 3)
    assert [len(boxes) for boxes, _ in found] == [1, 0, 0]


@pytest.mark.parametrize(
    ("output", "classes", "match"),
    [
        ((None, 7, 5), ("person",), "expected batch x 128 x 5"),
        ((None, CELLS, 6), ("person",), "expected batch x 128 x 5"),
        ((None, CELLS, 5), ("cat",), "classes are cat; expected person alone"),
        ((None, CELLS, 5), (), "classes are none; expected person alone"),
    ],
)
def test_a_grid_that_does_not_fit_is_named(output, classes, match):
    made, _ = session(None, output)
    (fault,) = grid_faults(made, spec("person_detector", "centre_grid", classes))
    assert match in fault
    assert grid_faults(*good_grid()) == []


def good_grid():
    made, _ = session(None, (None, CELLS, 5))
    return made, spec("person_detector", "centre_grid", ("person",))


def striped(level):
    """Left third blue, middle green, right red, at one level."""
    picture = np.zeros((60, 90, 3), np.uint8)
    for channel in range(3):
        picture[:, 30 * channel : 30 * (channel + 1), channel] = level
    return picture


def means(pixels):
    return pixels.mean(axis=(2, 3))


@pytest.mark.parametrize(("order", "channel"), [("BGR", 0), ("RGB", 2)])
def test_an_embedding_sees_the_box_alone_and_has_length_one(order, channel):
    made, inner = session(means, (None, 3), size=(16, 32))
    entry = spec("appearance", "crop_embedding", order=order, size=(16, 32))
    embedder = CropEmbedding(made, entry, InferenceSettings(batch=2))
    blue, red = [0, 0, 30, 60], [60, 0, 90, 60]
    boxes = np.array([blue, red, blue], np.float32)
    first, none, last = embedder.embed(
        [(striped(200), boxes), (striped(200), boxes[:0]), (striped(90), boxes[:1])]
    )
    expected = np.eye(3)[[channel, 2 - channel, channel]]
    assert first == pytest.approx(expected)
    assert none.shape == (0, 3)
    assert last == pytest.approx(expected[:1])
    assert [len(part) for part in inner.given] == [2, 2]


def test_a_logit_sees_room_around_the_box():
    size = (16, 48)  # of the box's own shape
    made, inner = session(lambda pixels: pixels.max(axis=(1, 2, 3))[:, None], (None, 1), size=size)
    entry = spec("handling", "crop_logit", ("handling",), size=size)
    handling = CropLogit(made, entry, InferenceSettings())
    picture = np.zeros((100, 100, 3), np.uint8)
    # A bright column just ahead of the box, within its room, and one beyond it.
    box = np.array([[40, 20, 60, 80]], np.float32)
    ahead = round(60 + HANDLING_ROOM * 20) - 1
    picture[20:80, ahead] = 255
    assert handling.logits([(picture, box)])[0][0] > 50
    picture[:] = 0
    picture[20:80, ahead + 3] = 255
    assert handling.logits([(picture, box)])[0][0] == 0
    assert handling.logits([(picture, box[:0])])[0].shape == (0,)
    assert inner.given[0].shape == (8, 3, 48, 16)


def test_a_window_keeps_its_shape_and_repeats_the_edge():
    picture = striped(200)
    wide = window(np.array([80, 10, 100, 20], np.float32), 0.0, 0.5)
    assert wide.tolist() == [80, -5, 100, 35]
    part = framed(picture, wide)
    assert part.shape == (40, 20, 3)
    assert (part[:, 10:] == picture[0, -1]).all()
    assert framed(picture, np.array([0, 0, 90, 60], np.float32)).tolist() == picture.tolist()


def test_a_crop_at_the_edge_is_what_lies_within():
    made, inner = session(means, (None, 3))
    entry = spec("appearance", "crop_embedding")
    CropEmbedding(made, entry, InferenceSettings(batch=1)).embed(
        [(striped(255), np.array([[75, 40, 90, 60]], np.float32))]
    )
    wanted = cv2.resize(striped(255)[40:60, 75:90], (WIDTH, HEIGHT))
    assert inner.given[0][0] == pytest.approx(wanted.transpose(2, 0, 1).astype(np.float32))


@pytest.mark.parametrize(
    ("faults", "role", "head", "output", "classes", "match"),
    [
        (embedding_faults, "appearance", "crop_embedding", (None, None), (), "x dimensions"),
        (embedding_faults, "appearance", "crop_embedding", (None, 4), ("hat",), "1 classes"),
        (logit_faults, "handling", "crop_logit", (None, 2), ("handling",), "expected batch x 1"),
        (logit_faults, "handling", "crop_logit", (None, 1), ("hat",), "classes are hat"),
    ],
)
def test_crop_models_that_do_not_fit_are_named(faults, role, head, output, classes, match):
    made, _ = session(None, output)
    (fault,) = faults(made, spec(role, head, classes))
    assert match in fault
    both = faults(made, spec(role, head, classes, size=(9, 9)))
    assert len(both) == 2
    assert "input is (None, 3, 32, 64); expected batch x (3, 9, 9)" in both[0]


@pytest.mark.parametrize(
    ("name", "roles"),
    [
        ("models.yaml", ["person_detector"]),
        ("with_handling.yaml", ["person_detector", "handling"]),
    ],
)
def test_manifests_that_ship_fit_their_models(name, roles):
    manifest = load_models(manifest_path(SHIPPED).with_name(name))
    assert [model.role for model in manifest.models] == roles
    assert {model.domain for model in manifest.models} == {"simulated"}
    for model in manifest.models:
        assert manifest.path_of(model.file).with_suffix(".md").is_file()
