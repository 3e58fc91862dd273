"""People of frames as rows: handling's logit stands with its own box."""

import datetime as dt

import numpy as np

from storeday.floor.camera_view import camera_view
from storeday.inference import FramePeople
from storeday.lake.store_day import StoreDay
from storeday.manifest import Camera
from storeday.stages.people_tables import DETECTIONS, FrameKey, people_tables

DAY = StoreDay("s", dt.date(2026, 3, 14))
# Feet below row 300 are not looked at.
MASK = [(0, 300), (640, 300), (640, 360), (0, 360)]
CAMERA = Camera(
    id="cam",
    width_px=640,
    height_px=360,
    homography=[(0.01, 0, 0), (0, -0.01, 3.6), (0, 0, 1)],
    purpose="counting",
    masks=[MASK],
)


def tables(logits):
    boxes = np.array([[100, 100, 140, 200], [200, 250, 240, 340], [300, 50, 330, 150]], np.float32)
    scores = np.array([0.9, 0.8, 0.7], np.float32)
    people = [FramePeople(boxes, scores, None, logits), FramePeople(boxes[:0], scores[:0], None)]
    if logits is not None:
        people[1] = FramePeople(boxes[:0], scores[:0], None, logits[:0])
    found = [(FrameKey(DAY, "cam", 10**15 + n, 1.0, 1.0), one) for n, one in enumerate(people)]
    return people_tables(found, {(DAY, "cam"): camera_view(CAMERA)})[DETECTIONS]


def test_a_logit_stays_with_its_box_where_another_is_masked():
    rows = tables(np.array([-1.5, 9.0, 2.25], np.float32))
    assert rows["x0"].to_pylist() == [100.0, 300.0]
    assert rows["handling_logit"].to_pylist() == [-1.5, 2.25]


def test_without_a_model_of_handling_nothing_is_said():
    assert tables(None)["handling_logit"].to_pylist() == [None, None]
