from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from storeday.contracts import arrow_schema, check, check_key, conform, load_contract
from storeday.tracking import TrackingSettings, track_camera

SETTINGS = TrackingSettings()
START_US = int(datetime(2026, 3, 2, 9, tzinfo=UTC).timestamp() * 1e6)
STAMPS = {"store_id": "s1", "business_date": datetime(2026, 3, 2).date()}
SEED = 5


def detections(camera_id="door", people=3, frames=30):
    """People who stand side by side, five frames a second, names in no order."""
    random = np.random.default_rng(SEED)
    frame = np.repeat(np.arange(frames), people)
    x0 = np.tile(np.arange(people) * 300.0, frames)
    rows = len(frame)
    return pa.table(
        {
            "camera_id": [camera_id] * rows,
            "device_time": pa.array(START_US + frame * 200_000, pa.timestamp("us", tz="UTC")),
            "detection_id": [f"{camera_id}/{number}" for number in random.permutation(rows)],
            "x0": pa.array(x0, pa.float32()),
            "y0": pa.array(np.full(rows, 50.0), pa.float32()),
            "x1": pa.array(x0 + 80, pa.float32()),
            "y1": pa.array(np.full(rows, 250.0), pa.float32()),
            "score": pa.array(np.full(rows, 0.9), pa.float32()),
        }
    )


def test_tables_keep_their_contracts():
    tracks = track_camera(detections(), SETTINGS, str)
    for name, table in (("tracklets", tracks.tracklets), ("track_points", tracks.track_points)):
        contract = load_contract(f"silver.{name}")
        rows = conform(table, contract, STAMPS)
        check(rows, contract)
        check_key(rows, contract)


def test_every_person_is_a_tracklet_named_by_its_first_detection():
    table = detections()
    tracks = track_camera(table, SETTINGS, lambda name: f"<{name}>")
    assert tracks.tracklets["tracklet_id"].to_pylist() == [f"<tracklet/door/{n}>" for n in range(3)]
    assert tracks.tracklets["detections"].to_pylist() == [30, 30, 30]
    assert set(tracks.tracklets["started_at"].to_pylist()) == {table["device_time"][0].as_py()}
    assert set(tracks.tracklets["ended_at"].to_pylist()) == {table["device_time"][-1].as_py()}
    firsts = tracks.track_points["detection_id"].to_pylist()[::30]
    assert firsts == sorted(table["detection_id"].to_pylist()[:3])


def test_points_of_a_tracklet_are_one_person():
    table = detections()
    place = dict(zip(table["detection_id"].to_pylist(), table["x0"].to_pylist(), strict=True))
    points = track_camera(table, SETTINGS, str).track_points.to_pylist()
    places = {}
    for point in points:
        places.setdefault(point["tracklet_id"], set()).add(place[point["detection_id"]])
    assert sorted(places.values(), key=min) == [{0.0}, {300.0}, {600.0}]
    assert len(points) == table.num_rows


def test_order_of_rows_changes_nothing():
    print("seed", SEED)
    table = detections()
    tracks = track_camera(table, SETTINGS, str)
    order = np.random.default_rng(SEED).permutation(table.num_rows)
    assert track_camera(table.take(order), SETTINGS, str) == tracks


def test_same_boxes_twice_are_settled_by_their_names():
    table = detections(people=1)
    twin = table.set_column(2, "detection_id", pa.array([f"twin/{n}" for n in range(30)]))
    both = pa.concat_tables((table, twin))
    tracks = track_camera(both, SETTINGS, str)
    assert track_camera(both.slice(30), SETTINGS, str).tracklets.num_rows == 1
    order = np.random.default_rng(SEED).permutation(60)
    assert track_camera(both.take(order), SETTINGS, str) == tracks


def test_no_rows_give_empty_tables():
    tracks = track_camera(detections().slice(0, 0), SETTINGS, str)
    for name, table in (("tracklets", tracks.tracklets), ("track_points", tracks.track_points)):
        expected = arrow_schema(load_contract(f"silver.{name}"))
        assert table.num_rows == 0
        assert all(field.type == expected.field(field.name).type for field in table.schema)


def test_boxes_that_make_no_track_give_empty_tables():
    tracks = track_camera(detections(frames=1), SETTINGS, str)
    assert tracks.tracklets.num_rows == tracks.track_points.num_rows == 0


def test_several_cameras_are_refused():
    both = pa.concat_tables((detections("door"), detections("till")))
    with pytest.raises(ValueError, match="cameras door, till; expected one camera"):
        track_camera(both, SETTINGS, str)
