"""Parts of the annotated video: boxes between detections, blocks, outlines."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from made_day import layout

from storeday.report.person_boxes import box_at, shown_names, tracks_of
from storeday.report.pixelation import background_of, hide_box, hide_motion, in_blocks
from storeday.report.zone_outlines import outlines_in_view

START = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)


def detections(*rows):
    """Rows of id, second and left edge; boxes are 10 wide and 20 high."""
    return pa.table({
        "detection_id": [row[0] for row in rows],
        "device_time": pa.array(
            [START + dt.timedelta(seconds=row[1]) for row in rows], pa.timestamp("us", tz="UTC")
        ),
        "x0": [float(row[2]) for row in rows],
        "y0": [0.0] * len(rows),
        "x1": [row[2] + 10.0 for row in rows],
        "y1": [20.0] * len(rows),
    })  # fmt: skip


def at(seconds):
    return round((START.timestamp() + seconds) * 1e6)


def points(**owners):
    return pa.table({
        "detection_id": pa.array(list(owners), pa.string()),
        "tracklet_id": pa.array(list(owners.values()), pa.string()),
    })  # fmt: skip


def test_boxes_run_straight_between_detections_in_any_order():
    (track,) = tracks_of(detections(("b", 1, 10), ("a", 0, 0)), points(a="t", b="t"))
    assert track.tracklet_id == "t"
    assert box_at(track, at(0.3)).tolist() == pytest.approx([3, 0, 13, 20])
    assert box_at(track, at(1.2)).tolist() == [10, 0, 20, 20]
    assert box_at(track, at(1.4)) is None


def test_a_long_gap_is_not_bridged():
    (track,) = tracks_of(detections(("a", 0, 0), ("b", 5, 100)), points(a="t", b="t"))
    assert box_at(track, at(2.5)) is None


def test_detections_without_a_tracklet_are_people_too():
    tracks = tracks_of(detections(("a", 0, 0), ("b", 0, 50)), points())
    assert [track.tracklet_id for track in tracks] == ["", ""]
    assert all(box_at(track, at(0.1)) is not None for track in tracks)


def test_no_detections_are_no_people():
    assert tracks_of(detections(), points()) == []


def test_staff_have_no_name_of_their_own():
    rows = pa.table({"tracklet_id": ["t", "u"], "customer_id": ["customer-1", "employee-1"]})
    assert shown_names(rows, ["employee-1"]) == {"t": "custom", "u": "staff"}


def test_blocks_have_the_mean_of_their_pixels():
    draw = np.random.default_rng(5)
    picture = draw.integers(0, 256, (24, 36, 3), np.uint8)
    blocks = in_blocks(picture, 6)
    for y in range(0, 24, 6):
        for x in range(0, 36, 6):
            part = picture[y : y + 6, x : x + 6].reshape(-1, 3).mean(axis=0)
            np.testing.assert_allclose(blocks[y, x], part, atol=1)
            assert (blocks[y : y + 6, x : x + 6] == blocks[y, x]).all()


def test_a_box_that_reaches_outside_or_lies_there_is_no_fault():
    picture = np.zeros((50, 50, 3), np.uint8)
    for box in ([-20, -20, 30, 30], [40, 40, 90, 90], [70, 70, 90, 90], [10, 10, 10, 10]):
        hide_box(picture, np.array(box, float))


def test_what_stands_still_is_left_and_what_moved_is_hidden():
    draw = np.random.default_rng(2)
    ground = draw.integers(60, 200, (120, 160, 3), np.uint8)
    pictures = []
    for number in range(9):
        frame = ground.copy()
        frame[40:90, 12 * number : 12 * number + 20] = draw.integers(0, 256, (50, 20, 3), np.uint8)
        pictures.append(frame)
    background = background_of(pictures)
    hidden = pictures[4].copy()
    hide_motion(hidden, background)
    assert not (hidden[45:85, 52:64] == pictures[4][45:85, 52:64]).all(axis=2).mean() > 0.05
    np.testing.assert_array_equal(hidden[:, 120:], ground[:, 120:])


def test_a_background_needs_pictures():
    with pytest.raises(ValueError, match="no pictures"):
        background_of([])


def test_outlines_are_where_the_floor_is_in_the_picture():
    outlines = dict(outlines_in_view(layout(), "front"))
    # The camera looks straight down, 9 mm a pixel; it sees the left 9 m, up to y = 0 m below.
    corners = np.array([[1, 3], [5, 3], [5, 5], [1, 5]]) / 0.009
    corners[:, 1] = 1000 - corners[:, 1]
    for corner in corners:
        assert np.linalg.norm(outlines["Coats"] - corner, axis=1).min() < 1e-6
    assert "Fitting rooms" not in outlines
