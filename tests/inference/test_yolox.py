import cv2
import numpy as np
import pytest

from storeday.inference import InferenceSettings
from storeday.inference.yolox import Yolox, decode, grid


def detector(tiny, output, order="BGR", **settings):
    session, spec, inner = tiny.recorded("yolox", output, order)
    return Yolox(session, spec, InferenceSettings(**settings)), inner


def letterboxed(picture, side, is_rgb):
    """As YOLOX's authors describe it, pixel by pixel."""
    height, width = picture.shape[:2]
    ratio = min(side / height, side / width)
    small = cv2.resize(picture, (int(width * ratio), int(height * ratio)))
    expected = np.full((3, side, side), 114, np.float32)
    for y in range(small.shape[0]):
        for x in range(small.shape[1]):
            for channel in range(3):
                expected[channel, y, x] = small[y, x, 2 - channel if is_rgb else channel]
    return expected


@pytest.mark.parametrize("order", ["BGR", "RGB"])
def test_letterbox_stands_in_the_upper_left_corner(order, tiny):
    rng = np.random.default_rng(5)
    yolox, inner = detector(tiny, np.zeros((2, tiny.CELLS, 7), np.float32), order)
    # The second round has other proportions: nothing of the first may shine through.
    for shapes in (((90, 160), (64, 20)), ((64, 20), (32, 32)), ((20, 30), (7, 90))):
        pictures = [rng.integers(0, 256, (*shape, 3), dtype=np.uint8) for shape in shapes]
        yolox.people(pictures)
        for slot, picture in enumerate(pictures):
            expected = letterboxed(picture, tiny.SIDE, order == "RGB")
            np.testing.assert_array_equal(inner.given[slot], expected)


def test_boxes_are_decoded_cell_by_cell():
    rng = np.random.default_rng(6)
    cells = grid(64, 32)
    raw = rng.normal(0, 1, (len(cells), 4)).astype(np.float32)
    expected = []
    for stride in (8, 16, 32):
        for row in range(32 // stride):
            for column in range(64 // stride):
                dx, dy, width, height = raw[len(expected)].astype(float)
                x, y = (column + dx) * stride, (row + dy) * stride
                w, h = np.exp(width) * stride, np.exp(height) * stride
                expected.append([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
    np.testing.assert_allclose(decode(raw, cells), expected, rtol=1e-4, atol=1e-3)


def test_scores_of_persons_count_and_boxes_come_in_pixels_of_the_picture(tiny):
    output = np.zeros((1, tiny.CELLS, 7), np.float32)
    output[0, 0] = [0.5, 0.5, np.log(2), np.log(2), 0.8, 0.0, 0.5]
    output[0, 10] = [0.5, 0.5, 0, 0, 0.9, 0.9, 0.1]  # rather a cat
    output[0, 14] = [0.5, 0.5, np.log(2), 0, 1.0, 0.0, 0.9]  # x 12 to 28, the picture ends at 24
    yolox, _ = detector(tiny, output, score_threshold=0.1)
    # 64 lines in 32: everything is twice as large in the picture.
    ((boxes, scores),) = yolox.people([np.zeros((64, 48, 3), np.uint8)])
    np.testing.assert_allclose(scores, [0.9, 0.4], rtol=1e-6)
    np.testing.assert_allclose(boxes, [[24, 48, 48, 64], [0, 0, 24, 24]], rtol=1e-5)
    assert boxes.dtype == scores.dtype == np.float32


def test_boxes_outside_the_picture_are_dropped(tiny):
    output = np.zeros((1, tiny.CELLS, 7), np.float32)
    output[0, 3] = [0.5, 0.5, 0, 0, 1.0, 0.0, 0.9]  # x 24 to 32, where a slim picture has none
    yolox, _ = detector(tiny, output)
    ((boxes, scores),) = yolox.people([np.zeros((64, 40, 3), np.uint8)])
    assert boxes.shape == (0, 4)
    assert scores.shape == (0,)
