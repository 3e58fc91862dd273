"""Who is in reach of which goods."""

import numpy as np
import pyarrow as pa
import pytest

from storeday.association import Reach, Shop
from storeday.association.shop import members_of, rummages_of

BOX = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 1.0], [0.0, 1.0]])
PLACES = np.array([[1.0, 0.5], [1.0, 2.0], [1.0, 2.2], [9.0, 9.0], [np.nan, np.nan]])


@pytest.mark.parametrize(
    ("area", "rows"),
    [
        (Reach({"a": BOX}), [0, 1, 4]),
        (Reach({"a": BOX, "b": BOX + 8.0}), [0, 1, 3, 4]),
        (Reach(place_m=(1.0, 5.5)), [1, 2, 4]),
        (Reach(), [0, 1, 2, 3, 4]),
    ],
    ids=["zone", "two zones", "antenna", "anywhere"],
)
def test_members(area, rows):
    (found,) = members_of(PLACES, [area], 1.0)
    assert found.rows.tolist() == rows
    assert np.isnan(found.away_m[-1])


def test_distances_go_to_the_middle_of_the_nearest_zone():
    (found,) = members_of(PLACES, [Reach({"a": BOX, "b": BOX + 8.0})], 1.0)
    assert found.away_m[:3].round(3).tolist() == [0.0, 1.5, 0.5]


def test_homes_and_zones_count_only_where_the_antenna_reads():
    shop = Shop(
        {("r", 1): Reach({"a": BOX, "b": BOX + 8.0}), ("r", 2): Reach({"b": BOX + 8.0})},
        {"E1": (1.0, 0.5), "E2": (9.0, 8.5)},
        {"E1": "a", "E3": "b"},
    )
    events = pa.table(
        {
            "reader_id": ["r"] * 4 + ["other"],
            "antenna": [1, 2, 1, 1, 7],
            "epc": ["E1", "E1", "E2", "E3", "E1"],
            "score": pa.array([1.0, None, 1.0, 1.0, 1.0]),
        }
    )
    rummages, areas = rummages_of(events, np.arange(5.0), shop, 1.0)
    # E1 read by antenna 2 has been carried off: its home says nothing.
    assert np.isnan(rummages.place_m[:, 0]).tolist() == [False, True, False, True, False]
    assert [set(areas[area].zones_m) for area in rummages.area] == [
        {"a"},
        {"b"},
        {"a", "b"},
        {"b"},
        set(),
    ]
    assert np.isnan(rummages.score[1])
