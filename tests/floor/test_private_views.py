"""Cameras must not look into fitting rooms."""

from typing import Any

import numpy as np
import pytest

from storeday.floor.private_views import private_view_faults
from storeday.manifest import StoreLayout
from storeday.simulate.scenario import load_scenario, scenario_names
from storeday.simulate.store import make_store

# Looks straight down: a pixel is 1 cm.
FROM_ABOVE = [(0.01, 0.0, 0.0), (0.0, 0.01, 0.0), (0.0, 0.0, 1.0)]
CABIN = [(2.0, 2.0), (3.0, 2.0), (3.0, 3.0), (2.0, 3.0)]


def _layout(**camera: Any) -> StoreLayout:
    seen = {"id": "cam", "width_px": 1000, "height_px": 1000, "purpose": "counting"}
    return StoreLayout.model_validate(
        {
            "store_id": "s1",
            "valid_from": "2026-01-01",
            "timezone": "UTC",
            "opening_hours": {"days": {}},
            "floor_plan": {"width_m": 10, "height_m": 10},
            "zones": [{"id": "cabin", "kind": "fitting_room", "polygon_m": CABIN}],
            "cameras": [{**seen, "homography": FROM_ABOVE, **camera}],
        }
    )


def test_a_camera_that_sees_into_a_cabin_is_named() -> None:
    (fault,) = private_view_faults(_layout())
    assert "camera 'cam'" in fault
    assert "'cabin'" in fault


def test_a_mask_over_the_cabin_is_enough() -> None:
    masks = [[(200.0, 200.0), (300.0, 200.0), (300.0, 300.0), (200.0, 300.0)]]
    assert private_view_faults(_layout(masks=masks)) == []


def test_half_a_mask_is_not() -> None:
    masks = [[(200.0, 200.0), (250.0, 200.0), (250.0, 300.0), (200.0, 300.0)]]
    assert len(private_view_faults(_layout(masks=masks))) == 1


@pytest.mark.parametrize(("edge_px", "faults"), [(190, 0), (220, 0), (240, 1)])
def test_a_sliver_at_the_border_is_forgiven(edge_px: int, faults: int) -> None:
    assert len(private_view_faults(_layout(width_px=edge_px))) == faults


def test_a_cabin_narrower_than_its_borders_counts_by_its_middle() -> None:
    layout = _layout()
    thin = [(2.0, 2.0), (2.2, 2.0), (2.2, 3.0), (2.0, 3.0)]
    zones = [layout.zones[0].model_copy(update={"polygon_m": thin})]
    assert len(private_view_faults(layout.model_copy(update={"zones": zones}))) == 1


def test_no_fitting_room_no_question() -> None:
    assert private_view_faults(_layout().model_copy(update={"zones": []})) == []


@pytest.mark.parametrize("name", scenario_names())
def test_simulated_cameras_look_elsewhere_or_are_masked(name: str) -> None:
    store = make_store(load_scenario(name))
    assert private_view_faults(store.layout) == []
    assert all(np.isfinite(mask).all() for camera in store.layout.cameras for mask in camera.masks)
