import numpy as np

from storeday.tracking.boxes import loose_gate, similarity, to_centres, to_corners

SEED = 3


def random_boxes(rows, random):
    low = random.uniform(0, 100, (rows, 2))
    return np.concatenate((low, low + random.uniform(1, 60, (rows, 2))), axis=1)


def diou(one, other):
    """One pair, by the definition."""
    shared = max(0, min(one[2], other[2]) - max(one[0], other[0])) * max(
        0, min(one[3], other[3]) - max(one[1], other[1])
    )
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    distance = (
        (one[0] + one[2] - other[0] - other[2]) ** 2 + (one[1] + one[3] - other[1] - other[3]) ** 2
    ) / 4
    diagonal = (max(one[2], other[2]) - min(one[0], other[0])) ** 2 + (
        max(one[3], other[3]) - min(one[1], other[1])
    ) ** 2
    return shared / (sum(areas) - shared) - distance / diagonal


def test_similarity_equals_its_definition_pair_by_pair():
    print("seed", SEED)
    random = np.random.default_rng(SEED)
    one, other = random_boxes(20, random), random_boxes(30, random)
    expected = [[diou(left, right) for right in other] for left in one]
    np.testing.assert_allclose(similarity(one, other), expected, atol=1e-9)


def test_boxes_without_area_are_finite():
    point = np.array([[5.0, 5.0, 5.0, 5.0]])
    assert np.isfinite(similarity(point, point)).all()
    assert np.isfinite(to_centres(point)).all()


def test_no_boxes():
    assert similarity(np.empty((0, 4)), np.ones((3, 4))).shape == (0, 3)


def test_centres_and_back():
    boxes = random_boxes(50, np.random.default_rng(SEED))
    np.testing.assert_allclose(to_corners(to_centres(boxes)), boxes)


def test_loose_gate_is_the_similarity_of_a_moved_box():
    for moved in (0.05, 0.2, 0.5, 2.0):
        standing = np.array([[0.0, 0.0, 0.41, 1.0]])
        aside = standing + np.array([moved, 0, moved, 0])
        np.testing.assert_allclose(
            loose_gate(np.array([moved]), loosest=-1.0), similarity(standing, aside)[0]
        )
