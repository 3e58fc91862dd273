"""Average precision: against a slow count over all thresholds, and by hand."""

import numpy as np
import pytest

from storeday.inference.boxes import iou_matrix
from storeday.training.average_precision import average_precision


def boxes(rng, count):
    low = rng.uniform(0, 80, (count, 2))
    return np.hstack([low, low + rng.uniform(5, 40, (count, 2))])


def slow(cases, least_iou):
    """Area under the envelope, each threshold matched anew by the rules of VOC."""
    wanted = sum(int(asked.sum()) for *_, asked in cases)
    edges = sorted({score for _, scores, *_ in cases for score in scores}, reverse=True)
    curve = []
    for edge in edges:
        hits = false = 0
        for found, scores, true, asked in cases:
            taken = set()
            for row in np.argsort(-scores, kind="stable"):
                if scores[row] < edge:
                    continue
                fits = [
                    (bool(asked[column]), iou_matrix(found[row : row + 1], true)[0, column], column)
                    for column in range(len(true))
                    if column not in taken
                    and iou_matrix(found[row : row + 1], true)[0, column] >= least_iou
                ]
                if not fits:
                    false += 1
                    continue
                is_asked, _, column = max(fits)
                if is_asked:
                    taken.add(column)
                    hits += 1
        curve.append((hits / wanted, hits / max(hits + false, 1)))
    area, before = 0.0, 0.0
    for index, (recall, _) in enumerate(curve):
        area += (recall - before) * max(precision for _, precision in curve[index:])
        before = recall
    return area


@pytest.mark.parametrize("seed", range(20))
def test_equals_the_area_under_the_curve_of_all_thresholds(seed):
    rng = np.random.default_rng(seed)
    cases = []
    for _ in range(4):
        true = boxes(rng, 5)
        near = true[rng.random(5) < 0.7] + rng.normal(0, 2, 4)
        found = np.vstack([near, boxes(rng, 3)])
        cases.append((found, rng.permutation(1000)[: len(found)] / 1000, true, rng.random(5) < 0.8))
    # Scores that are equal in two pictures have no order; these differ.
    cases = [(f, s + 0.0001 * n, t, a) for n, (f, s, t, a) in enumerate(cases)]
    assert average_precision(cases) == pytest.approx(slow(cases, 0.5), abs=1e-9)


def test_who_is_not_asked_for_neither_counts_nor_makes_false():
    true = np.array([[0, 0, 10, 20], [30, 0, 40, 20.0]])
    asked = np.array([True, False])
    both = (true, np.array([0.5, 0.9]), true, asked)
    assert average_precision([both]) == 1.0
    assert average_precision([(true[:1], np.array([0.5]), true, asked)]) == 1.0


def test_a_second_box_of_one_person_is_false():
    true = np.array([[0, 0, 10, 20], [50, 0, 60, 20.0]])
    found = true[[0, 0, 1]]
    case = (found, np.array([0.9, 0.8, 0.7]), true, np.array([True, True]))
    assert average_precision([case]) == pytest.approx((1 + 2 / 3) / 2)


def test_without_anybody_there_is_no_figure():
    nothing = np.zeros((0, 4))
    assert np.isnan(average_precision([(nothing, np.zeros(0), nothing, np.zeros(0, bool))]))
    some = np.array([[0, 0, 10, 20.0]])
    assert average_precision([(nothing, np.zeros(0), some, np.ones(1, bool))]) == 0
