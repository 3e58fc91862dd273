"""What is past its retention, on which day."""

import datetime as dt

import pytest

from storeday.manifest import StoreLayout
from storeday.privacy import due

DATE = dt.date(2026, 11, 20)


def _layout() -> StoreLayout:
    plain = {"width_px": 9, "height_px": 9, "purpose": "counting"}
    matrix = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    cameras = [
        {"id": name, "retention_days": days, "homography": matrix, **plain}
        for name, days in (("b", 0), ("a", 2))
    ]
    return StoreLayout.model_validate(
        {
            "store_id": "s1",
            "valid_from": "2026-01-01",
            "timezone": "UTC",
            "opening_hours": {"days": {}},
            "floor_plan": {"width_m": 9, "height_m": 9},
            "cameras": cameras,
            "privacy": {
                "embedding_retention_days": 1,
                "salt_retention_days": 3,
                "snapshot_retention_days": 2,
            },
        }
    )


@pytest.mark.parametrize(
    ("age_days", "cameras", "all_frames", "embeddings", "snapshots", "salt"),
    [
        (0, (), False, False, False, False),
        (1, ("b",), False, False, False, False),
        (2, ("b",), False, True, False, False),
        (3, ("a", "b"), True, True, True, False),
        (4, ("a", "b"), True, True, True, True),
    ],
)
def test_each_goes_the_day_after_its_last(
    age_days, cameras, all_frames, embeddings, snapshots, salt
):
    found = due(_layout(), DATE, DATE + dt.timedelta(days=age_days))
    assert (found.cameras, found.all_frames) == (cameras, all_frames)
    assert (found.embeddings, found.snapshots, found.salt) == (embeddings, snapshots, salt)


def test_a_store_without_cameras_keeps_no_frames():
    layout = _layout().model_copy(update={"cameras": []})
    assert not due(layout, DATE, DATE).all_frames
    assert due(layout, DATE, DATE + dt.timedelta(days=1)).all_frames
