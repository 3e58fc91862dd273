import numpy as np
import pytest

from storeday.inference.boxes import iou_matrix, kept_boxes, suppress


def overlap(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def suppressed(boxes, scores, iou):
    order = sorted(range(len(boxes)), key=lambda n: (-scores[n], n))
    kept = []
    for n in order:
        if all(overlap(boxes[n], boxes[k]) <= iou for k in kept):
            kept.append(n)
    return kept


@pytest.mark.parametrize("seed", range(30))
def test_suppression_is_that_of_a_plain_loop(seed):
    print("seed", seed)
    rng = np.random.default_rng(seed)
    count = int(rng.integers(0, 60))
    low = rng.integers(0, 40, (count, 2))
    boxes = np.concatenate([low, low + rng.integers(5, 30, (count, 2))], axis=1).astype(np.float32)
    scores = rng.choice([0.2, 0.4, 0.5, 0.9], count).astype(np.float32)
    assert suppress(boxes, scores, 0.4).tolist() == suppressed(boxes, scores, 0.4)


def test_overlaps_are_those_of_single_pairs():
    rng = np.random.default_rng(8)
    low = rng.uniform(0, 50, (20, 2))
    boxes = np.concatenate([low, low + rng.uniform(1, 40, (20, 2))], axis=1).astype(np.float32)
    expected = [[overlap(a, b) for b in boxes.astype(float)] for a in boxes.astype(float)]
    np.testing.assert_allclose(iou_matrix(boxes), expected, atol=1e-5)


def test_boxes_are_cut_at_the_picture_and_those_outside_it_go():
    boxes = np.array([[-5, 2, 8, 9], [30, 0, 40, 5], [1, 1, 4, 90]], np.float32)
    found, scores = kept_boxes(boxes, np.array([0.4, 0.9, 0.6], np.float32), (10, 20, 3), 0.65)
    assert found.tolist() == [[1, 1, 4, 10], [0, 2, 8, 9]]
    np.testing.assert_allclose(scores, [0.6, 0.4])


def test_no_box_is_no_box():
    found, scores = kept_boxes(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), (9, 9), 0.5)
    assert found.shape == (0, 4)
    assert scores.shape == (0,)
