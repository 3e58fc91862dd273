"""People of frames as rows: handling's logit stands with its own box."""

import datetime as dt

import numpy as np

from storeday.floor.camera_view import camera_view
from storeday.inference import FramePeople, ModelManifest, ModelSpec
from storeday.lake.store_day import StoreDay
from storeday.manifest import Camera, Privacy, StoreLayout
from storeday.stages.people_tables import DETECTIONS, FrameKey, models_for, people_tables

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


def test_attributes_are_kept_only_where_the_manifest_allows_them():
    boxes = np.array([[100, 100, 140, 200], [200, 250, 240, 340], [300, 50, 330, 150]], np.float32)
    told = [{"age": {"adult": 0.9}}, {"age": {"adult": 0.5}}, {"age": {"adult": 0.1}}]
    people = FramePeople(boxes, np.ones(3, np.float32), None, None, told)
    found = [(FrameKey(DAY, "cam", 10**15, 1.0, 1.0), people)]
    views = {(DAY, "cam"): camera_view(CAMERA)}
    kept = people_tables(found, views, has_attributes=True)[DETECTIONS]
    assert kept["attributes"].to_pylist() == ['{"age": {"adult": 0.9}}', '{"age": {"adult": 0.1}}']
    assert people_tables(found, views)[DETECTIONS]["attributes"].to_pylist() == [None, None]


def test_models_of_attributes_do_not_look_where_no_manifest_allows_it():
    layout = StoreLayout(
        store_id="s", valid_from="2026-01-01", timezone="UTC",
        opening_hours={"days": {}}, floor_plan={"width_m": 9, "height_m": 9},
    )  # fmt: skip
    asking = layout.model_copy(update={"privacy": Privacy(demographics=True)})
    plain = {"file": "m", "sha256": "0" * 64, "licence": "MIT", "domain": "real",
             "input_width_px": 8, "input_height_px": 8, "channel_order": "RGB"}  # fmt: skip
    models = ModelManifest(
        folder="",
        models=(
            ModelSpec(role="person_detector", head="yolox", **plain),
            ModelSpec(role="attributes", head="pedestrian_attributes", **plain),
        ),
    )
    assert models_for(models, [layout]).of("attributes") is None
    assert models_for(models, [layout]).of("person_detector")
    assert models_for(models, [layout, asking]).of("attributes")
