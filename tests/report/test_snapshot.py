"""Pictures of moments: nobody can be told, and they stay small."""

import cv2
import numpy as np
import pytest

from storeday.report.snapshot import (
    LEAST_BACKGROUND_FRAMES,
    MASKED,
    MOST_BYTES,
    WIDEST_PX,
    background,
    decoded,
    snapshot,
)

SHAPE = (360, 640, 3)
# Two people: the first is found by the detector, the second is not.
FOUND, MISSED = (100, 60, 160, 260), (400, 80, 460, 280)


def empty_room() -> np.ndarray:
    room = np.full(SHAPE, 120, np.uint8)
    room[300:] = 90
    return room


def striped(picture: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """A person in fine stripes of 3 px: what blocks of 6 px and more cannot keep."""
    x0, y0, x1, y1 = box
    stripes = np.where(np.arange(x1 - x0) % 6 < 3, 255, 0).astype(np.uint8)
    picture[y0:y1, x0:x1] = stripes[None, :, None]
    return picture


def contrast(jpeg: bytes, box: tuple[int, int, int, int]) -> float:
    """Mean difference of neighbours within a box of the frame, in the small picture."""
    x0, y0, x1, y1 = (round(edge * WIDEST_PX / SHAPE[1]) for edge in box)
    part = decoded(jpeg)[y0 + 3 : y1 - 3, x0 + 3 : x1 - 3].astype(float)
    return float(np.abs(np.diff(part, axis=1)).mean())


def test_everybody_is_hidden_whether_the_detector_found_them_or_not():
    frame = striped(striped(empty_room(), FOUND), MISSED)
    small = cv2.resize(frame, (320, 180), interpolation=cv2.INTER_AREA)
    plain = cv2.imencode(".jpg", small)[1].tobytes()
    made = snapshot(frame, np.array([FOUND], float), [], empty_room())
    for box in (FOUND, MISSED):
        assert contrast(plain, box) > 40
        # Blocks of 10 px over stripes of 6: means differ a little, the stripes are gone.
        assert contrast(made, box) < 15
    # The frame itself is left as it was.
    assert (frame == striped(striped(empty_room(), FOUND), MISSED)).all()


def test_somebody_who_stands_in_the_background_too_is_hidden_by_the_box():
    frame = striped(empty_room(), FOUND)
    shown = snapshot(frame, np.zeros((0, 4)), [], frame)
    hidden = snapshot(frame, np.array([FOUND], float), [], frame)
    assert contrast(hidden, FOUND) < 8
    assert contrast(shown, FOUND) > 40


def test_masked_parts_are_painted_over():
    mask = np.array([[320, 0], [640, 0], [640, 360], [320, 360]], float)
    picture = decoded(snapshot(empty_room(), np.zeros((0, 4)), [mask], empty_room()))
    assert np.abs(picture[20:160, 180:300].astype(int) - MASKED).max() <= 3
    assert np.abs(picture[20:120, 20:140].astype(int) - 120).max() <= 3


def test_pictures_are_small_in_size_and_bytes():
    noise = np.random.default_rng(3).integers(0, 256, (1080, 1920, 3)).astype(np.uint8)
    made = snapshot(noise, np.zeros((0, 4)), [], noise)
    assert decoded(made).shape == (180, WIDEST_PX, 3)
    assert len(made) <= MOST_BYTES


def test_one_that_cannot_be_made_small_is_left_out(monkeypatch):
    monkeypatch.setattr("storeday.report.snapshot.MOST_BYTES", 200)
    assert snapshot(empty_room(), np.zeros((0, 4)), [], empty_room()) is None


def test_the_background_needs_several_frames_of_one_shape():
    jpeg = cv2.imencode(".jpg", empty_room())[1].tobytes()
    other = cv2.imencode(".jpg", empty_room()[:200])[1].tobytes()
    few = [jpeg] * (LEAST_BACKGROUND_FRAMES - 1)
    assert background([*few, other, other], SHAPE) is None
    assert background([*few, jpeg], SHAPE).shape == SHAPE
    with pytest.raises(ValueError, match="no JPEG"):
        background([b"text"], SHAPE)
    with pytest.raises(ValueError, match="background has shape"):
        snapshot(empty_room(), np.zeros((0, 4)), [], empty_room()[:200])
