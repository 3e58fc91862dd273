"""Seconds between looks: on the straight way, across looks alone, and in one tracklet alone."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from storeday.identity import IdentitySettings, with_seconds_between

NINE_US = round(dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC).timestamp() * 1e6)
STAMP = pa.timestamp("us", tz="UTC")
SETTINGS = IdentitySettings()


def stamps(seconds):
    return pa.array(NINE_US + np.rint(np.array(seconds, float) * 1e6).astype(np.int64)).cast(STAMP)


def seen(rows, cut=()):
    """Detections and points of rows (tracklet, camera, second, x)."""
    ids = [f"d{number}" for number in range(len(rows))]
    detections = pa.table(
        {
            "detection_id": ids,
            "camera_id": [row[1] for row in rows],
            "device_time": stamps([row[2] for row in rows]),
            "floor_x_m": pa.array([row[3] for row in rows], pa.float64()),
            "floor_y_m": np.full(len(rows), 2.0),
            "floor_error_m": np.full(len(rows), 0.3),
            "is_cut": [number in cut for number in range(len(rows))],
            "handling_logit": np.full(len(rows), 1.0),
        }
    )
    points = pa.table({"tracklet_id": [row[0] for row in rows], "detection_id": ids})
    owners = {row[0]: row[1] for row in rows}
    tracklets = pa.table({"tracklet_id": list(owners), "camera_id": list(owners.values())})
    return detections, points, tracklets


def looks(*rows):
    """Looks as (camera, second, is_kept)."""
    return pa.table(
        {
            "camera_id": pa.array([row[0] for row in rows], pa.string()),
            "device_time": stamps([row[1] for row in rows]),
            "is_kept": pa.array([row[2] for row in rows], pa.bool_()),
        }
    )


def filled(rows, looked, **options):
    """Filled rows as tracklet, camera, second and x."""
    detections, points, tracklets = seen(rows, **options)
    whole, whole_points = with_seconds_between(detections, points, tracklets, looked, SETTINGS)
    assert whole.slice(0, len(rows)).equals(detections.select(whole.column_names))
    assert whole_points.slice(0, len(rows)).equals(points)
    owner = {row["detection_id"]: row["tracklet_id"] for row in whole_points.to_pylist()}
    found = whole.slice(len(rows)).to_pylist()
    assert all(row["handling_logit"] is None and not row["is_cut"] for row in found)
    return [
        (
            owner[row["detection_id"]],
            row["camera_id"],
            (row["device_time"].timestamp() * 1e6 - NINE_US) / 1e6,
            round(row["floor_x_m"], 6),
        )
        for row in found
    ]


WALK = [("t", "cam", 0.0, 0.0), ("t", "cam", 2.0, 2.0), ("t", "cam", 6.0, 2.0)]
KEPT = looks(*(("cam", second, True) for second in (0.0, 2.0, 4.0, 6.0)))


def test_seconds_between_looks_lie_on_the_straight_way():
    assert filled(WALK, KEPT) == [
        ("t", "cam", 1.5, 1.5),
        ("t", "cam", 3.5, 2.0),
        ("t", "cam", 4.5, 2.0),
        ("t", "cam", 5.5, 2.0),
    ]


@pytest.mark.parametrize(
    "looked",
    [
        looks(),
        looks(*(("cam", second, False) for second in (0.0, 2.0, 6.0))),
        looks(*(("other", second, True) for second in (0.0, 2.0, 6.0))),
    ],
)
def test_nothing_is_filled_in_where_frames_were_decoded(looked):
    assert filled(WALK, looked) == []


def test_longer_absences_stay_absences():
    far = [("t", "cam", 0.0, 0.0), ("t", "cam", 5.0, 2.0)]
    assert filled(far, looks(("cam", 0.0, True), ("cam", 5.0, True))) == []


def test_one_tracklet_is_not_joined_to_another():
    two = [("t", "cam", 0.0, 0.0), ("u", "cam", 2.0, 2.0)]
    assert filled(two, KEPT) == []


def test_boxes_that_are_cut_off_say_nothing_of_the_place():
    assert filled(WALK, KEPT, cut={1}) == []
    assert [row[2] for row in filled(WALK, KEPT, cut={2})] == [1.5]


@pytest.mark.parametrize("seed", range(10))
def test_every_second_is_filled_once(seed):
    print("seed", seed)
    rng = np.random.default_rng(seed)
    rows, kept = [], []
    for track in range(4):
        camera = f"cam{track % 2}"
        times = np.cumsum(rng.uniform(0.2, 6.0, 12))
        rows += [(f"t{track}", camera, float(at), float(at)) for at in times]
        kept += [(camera, float(at), bool(rng.random() < 0.7)) for at in times]
    found = filled(rows, looks(*kept))
    # Everybody walks at 1 m/s, so that the place is the time.
    assert all(abs(x - second) < 1e-3 for _, _, second, x in found)
    there = {(track, int(second)) for track, _, second, _ in rows}
    new = [(track, int(second)) for track, _, second, _ in found]
    assert len(new) == len(set(new))
    assert not there & set(new)
