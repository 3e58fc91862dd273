"""Heads `yolov8` and `fastestdet`: what goes into the network, and what is read from it."""

import re

import cv2
import numpy as np
import pytest

from storeday.inference import InferenceSettings
from storeday.inference.fastestdet import Fastestdet
from storeday.inference.open_models import FAULTS_OF
from storeday.inference.yolov8 import Yolov8

CELLS = 16 + 4 + 1


def yolov8(tiny, output, **settings):
    session, spec, inner = tiny.recorded("yolov8", output, "RGB")
    return Yolov8(session, spec, InferenceSettings(**settings)), inner


def fastestdet(tiny, output, **settings):
    session, spec, inner = tiny.recorded("fastestdet", output, "RGB")
    return Fastestdet(session, spec, InferenceSettings(**settings)), inner


def test_yolov8_takes_pictures_in_the_middle_between_0_and_1(tiny):
    picture = np.random.default_rng(1).integers(0, 256, (64, 32, 3), dtype=np.uint8)
    head, inner = yolov8(tiny, np.zeros((1, 6, CELLS), np.float32))
    head.people([picture])
    expected = np.full((3, 32, 32), 114 / 255, np.float32)
    expected[:, :, 8:24] = cv2.resize(picture, (16, 32))[..., ::-1].transpose(2, 0, 1) / 255
    np.testing.assert_allclose(inner.given[0], expected, atol=1e-6)


def test_yolov8_boxes_come_in_pixels_of_the_picture(tiny):
    output = np.zeros((1, 6, CELLS), np.float32)
    output[0, :, 3] = [16, 16, 8, 16, 0.1, 0.9]
    output[0, :, 7] = [16, 17, 8, 16, 0.1, 0.8]  # the same person again
    output[0, :, 9] = [12, 4, 4, 4, 0.9, 0.0]  # a cat
    head, _ = yolov8(tiny, output)
    # 64 lines in 32, and 8 columns of grey at the left.
    ((boxes, scores),) = head.people([np.zeros((64, 32, 3), np.uint8)])
    np.testing.assert_allclose(boxes, [[8, 16, 24, 48]], rtol=1e-6)
    np.testing.assert_allclose(scores, [0.9], rtol=1e-6)


def test_fastestdet_takes_the_whole_picture_between_0_and_1(tiny):
    picture = np.random.default_rng(2).integers(0, 256, (64, 48, 3), dtype=np.uint8)
    head, inner = fastestdet(tiny, np.zeros((1, 7, 2, 2), np.float32))
    head.people([picture])
    expected = cv2.resize(picture, (32, 32))[..., ::-1].transpose(2, 0, 1) / 255
    np.testing.assert_allclose(inner.given[0], expected, atol=1e-6)


def test_fastestdet_boxes_come_in_pixels_of_the_picture(tiny):
    output = np.zeros((1, 7, 2, 2), np.float32)
    output[0, :, 1, 0] = [0.5, np.arctanh(0.5), 0, 0, -np.log(3), 0.2, 0.8]
    head, _ = fastestdet(tiny, output)
    ((boxes, scores),) = head.people([np.zeros((80, 40, 3), np.uint8)])
    # Centre at a quarter and a half of the sides; half as wide and a quarter as high.
    np.testing.assert_allclose(boxes, [[0, 30, 20, 50]], atol=1e-5)
    np.testing.assert_allclose(scores, [0.5**0.6 * 0.8**0.4], rtol=1e-6)


@pytest.mark.parametrize(
    ("head", "output", "said"),
    [
        ("yolov8", (1, 7, CELLS), f"output is .*expected batch x 6 x {CELLS}, for a list of 2"),
        ("fastestdet", (1, 7, 3, 2), r"output is .*expected batch x \(7, 2, 2\), for a list of 2"),
    ],
)
def test_a_model_that_does_not_fit_its_entry_is_named(head, output, said, tiny):
    session, spec, _ = tiny.recorded(head, np.zeros(output, np.float32), "RGB")
    (fault,) = FAULTS_OF[head](session, spec)
    assert re.search(said, fault)
    session, spec, _ = tiny.recorded(head, np.zeros(output, np.float32), "RGB", classes=["cat"])
    assert any("do not name 'person'" in fault for fault in FAULTS_OF[head](session, spec))
