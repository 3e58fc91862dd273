import cv2
import numpy as np
import pytest

from storeday.labelling import limb_motion


def textured(seed=1):
    noise = np.random.default_rng(seed).integers(0, 256, (180, 320)).astype(np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 2)


def shifted(picture, box, dx):
    """A picture with the content of a box moved to the right."""
    x0, y0, x1, y1 = box
    moved = picture.copy()
    moved[y0:y1, x0 + dx : x1 + dx] = picture[y0:y1, x0:x1]
    return moved


BODY = np.array([[100.0, 20.0, 160.0, 160.0]])


def test_a_body_that_moves_as_a_whole_does_not_count():
    before = textured()
    walked = shifted(before, (80, 10, 200, 170), 4)
    assert limb_motion(before, walked, BODY)[0] < 0.1


def test_an_arm_that_moves_in_a_still_body_counts():
    before = textured()
    reached = shifted(before, (110, 40, 150, 80), 5)
    still, moving = (limb_motion(before, now, BODY)[0] for now in (before, reached))
    assert still < 0.1
    # 5 px against a hundredth of 140 px; the flow is smoothed at the arm's borders.
    assert moving == pytest.approx(5 / 1.4, rel=0.3)


def test_legs_do_not_count():
    before = textured()
    stepped = shifted(before, (110, 110, 150, 150), 5)
    assert limb_motion(before, stepped, BODY)[0] < 0.3


def test_no_boxes_and_boxes_too_small():
    picture = textured()
    assert limb_motion(picture, picture, np.zeros((0, 4))).shape == (0,)
    assert np.isnan(limb_motion(picture, picture, np.array([[5.0, 5, 9, 60]]))).all()


def test_pictures_of_two_sizes_are_refused():
    picture = textured()
    with pytest.raises(ValueError, match="expected one size"):
        limb_motion(picture[:90], picture, BODY)
