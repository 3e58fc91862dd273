"""Lays a store out: furniture, zones, places to stand, devices; and writes its manifest.

From the front (y = 0) to the back: entrance on the left, queue in the middle and tills on the
right; racks in rows, each with its display zone; fitting rooms at the back on the left, the
staff's corner on the right.

Conventions: metres as in the manifest; boxes as x0, y0, x1, y1.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import yaml
from numpy.typing import NDArray

from storeday.manifest import (
    Antenna,
    Camera,
    Checkout,
    FloorPlan,
    OpeningHours,
    Reader,
    ReaderLog,
    StoreLayout,
    Zone,
)
from storeday.manifest.store import WEEKDAYS
from storeday.simulate.places import Places, make_places
from storeday.simulate.rig import camera_rigs, floor_homography, masks_over
from storeday.simulate.routes import Routes, make_routes
from storeday.simulate.scenario import Scenario, ScenarioError
from storeday.simulate.world import Racks

Floats = NDArray[np.float64]

RACK_WIDTH_M, RACK_DEPTH_M, AISLE_M = 1.6, 0.6, 1.5
# Every third piece is a table, the others are rails with hanging goods.
RAIL_HEIGHT_M, TABLE_HEIGHT_M = 1.35, 0.9
SIDE_M, BACK_M = 0.95, 2.7
CABIN_WIDTH_M, CABIN_DEPTH_M = 1.2, 1.3
COUNTER_WIDTH_M, COUNTER_HEIGHT_M, TILL_PITCH_M = 0.6, 1.0, 1.1
ENTRANCE_WIDTH_M, ENTRANCE_DEPTH_M = 2.4, 1.4
CATEGORIES = ("jackets", "shirts", "knitwear", "trousers", "dresses", "accessories")


@dataclass(frozen=True)
class Store:
    """A store before anybody has come in.

    Attributes:
        layout: Layout with true calibration.
        racks: Furniture: racks that hold products, then the till's counter.
        display_racks: How many of `racks` hold products.
        places: Where people stand.
        routes: The ways between places.
    """

    layout: StoreLayout
    racks: Racks
    display_racks: int
    places: Places
    routes: Routes


def make_store(scenario: Scenario) -> Store:
    """Lays out the store of a scenario.

    Raises:
        ScenarioError: The floor does not hold the racks, cabins or tills that are wanted; all
            faults at once.
    """
    width, depth = scenario.store.width_m, scenario.store.depth_m
    faults = [*_rack_faults(scenario), *_cabin_faults(scenario)]
    if faults:
        raise ScenarioError("\n".join(f"{scenario.name}: {fault}" for fault in faults))
    displays, counter, cabins = _display_boxes(scenario), _counter(scenario), _cabins(scenario)
    boxes = np.vstack([displays, counter])
    blocks = boxes
    if len(cabins):
        strip = np.append(cabins[:, :2].min(axis=0), cabins[:, 2:].max(axis=0))
        blocks = np.vstack([boxes, strip])
    places = make_places(displays, counter, cabins, scenario.store.tills, (width, depth))
    tables = np.arange(len(displays)) % 3 == 2
    racks = Racks(
        x_m=boxes[:, 0],
        y_m=boxes[:, 1],
        width_m=boxes[:, 2] - boxes[:, 0],
        depth_m=boxes[:, 3] - boxes[:, 1],
        height_m=np.append(np.where(tables, TABLE_HEIGHT_M, RAIL_HEIGHT_M), COUNTER_HEIGHT_M),
        zone_id=(*(f"display-{rack + 1}" for rack in range(len(displays))), "checkout"),
    )
    return Store(
        layout=_layout(scenario, displays, counter, cabins),
        racks=racks,
        display_racks=len(displays),
        places=places,
        routes=make_routes(places.points_m, blocks, (width, depth), places.doors),
    )


def manifest_text(layout: StoreLayout) -> str:
    """A layout as the text of a manifest that `storeday.manifest.load_manifest` reads."""
    version = layout.model_dump(mode="json", exclude_none=True)
    store_id = version.pop("store_id")
    document = {"store_id": store_id, "versions": [version]}
    return yaml.dump(document, Dumper=_PlainDumper, sort_keys=False, width=100)


class _PlainDumper(yaml.SafeDumper):
    """Manifests must not hold aliases."""

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


def _room_for_racks(scenario: Scenario) -> tuple[float, int, int]:
    """Depth that the front takes, and how many columns and rows of racks fit behind it."""
    store = scenario.store
    front = 2.3 + TILL_PITCH_M * store.tills
    columns = math.floor((store.width_m - 2 * SIDE_M + AISLE_M) / (RACK_WIDTH_M + AISLE_M))
    rows = math.floor((store.depth_m - front - BACK_M + AISLE_M) / (RACK_DEPTH_M + AISLE_M))
    return front, max(columns, 0), max(rows, 0)


def _rack_faults(scenario: Scenario) -> list[str]:
    store = scenario.store
    _, columns, rows = _room_for_racks(scenario)
    if store.racks <= columns * rows:
        return []
    return [
        f"store.racks is {store.racks}; a floor of {store.width_m} x {store.depth_m} m with "
        f"{store.tills} tills holds {columns * rows}"
    ]


def _cabin_faults(scenario: Scenario) -> list[str]:
    store = scenario.store
    # The staff's corner and a way to it are left free.
    room = max(math.floor((store.width_m - 3.8) / CABIN_WIDTH_M), 0)
    if store.fitting_rooms <= room:
        return []
    return [
        f"store.fitting_rooms is {store.fitting_rooms}; the back wall of {store.width_m} m "
        f"holds {room}"
    ]


def _display_boxes(scenario: Scenario) -> Floats:
    store = scenario.store
    front, columns, _ = _room_for_racks(scenario)
    # No more rows than the racks fill, spread over the depth.
    rows = math.ceil(store.racks / columns)
    row, column = np.divmod(np.arange(store.racks), columns)
    span = columns * (RACK_WIDTH_M + AISLE_M) - AISLE_M
    x0 = (store.width_m - span) / 2 + column * (RACK_WIDTH_M + AISLE_M)
    room = store.depth_m - front - BACK_M - rows * RACK_DEPTH_M
    gap = min(room / max(rows - 1, 1), 1.4 * AISLE_M) if rows > 1 else 0.0
    y0 = front + (room - gap * (rows - 1)) / 2 + row * (RACK_DEPTH_M + gap)
    return np.column_stack([x0, y0, x0 + RACK_WIDTH_M, y0 + RACK_DEPTH_M])


def _counter(scenario: Scenario) -> Floats:
    right = scenario.store.width_m - 1.4
    return np.array(
        [right - COUNTER_WIDTH_M, 0.7, right, 0.7 + TILL_PITCH_M * scenario.store.tills]
    )


def _cabins(scenario: Scenario) -> Floats:
    store = scenario.store
    left = 0.3 + CABIN_WIDTH_M * np.arange(store.fitting_rooms)
    back = np.full(len(left), store.depth_m)
    return np.column_stack([left, back - CABIN_DEPTH_M, left + CABIN_WIDTH_M, back])


def _layout(scenario: Scenario, displays: Floats, counter: Floats, cabins: Floats) -> StoreLayout:
    store = scenario.store
    weekday = WEEKDAYS[store.business_date.weekday()]
    zones = _zones(scenario, displays, counter, cabins)
    return StoreLayout(
        store_id=store.store_id,
        valid_from=store.business_date,
        timezone=store.timezone,
        opening_hours=OpeningHours(days={weekday: (store.opens, store.closes)}),
        floor_plan=FloorPlan(
            width_m=store.width_m,
            height_m=store.depth_m,
            obstacles_m=[_corners(box) for box in [*displays.tolist(), counter.tolist()]],
        ),
        zones=zones,
        cameras=_cameras(scenario, cabins),
        readers=_readers(scenario, displays, cabins),
        checkouts=[
            Checkout(register_id=f"till-{till + 1}", zone="checkout") for till in range(store.tills)
        ],
        is_simulated=True,
    )


def _zones(scenario: Scenario, displays: Floats, counter: Floats, cabins: Floats) -> list[Zone]:
    store = scenario.store
    middle = 0.22 * store.width_m
    half = ENTRANCE_WIDTH_M / 2
    queue_top = counter[3] + 0.35
    zones = [
        _zone("entrance", "entrance", (middle - half, 0.0, middle + half, ENTRANCE_DEPTH_M)),
        _zone("queue", "queue", (middle + half + 0.1, 0.3, counter[0] - 0.9, queue_top)),
        _zone("checkout", "checkout", (counter[0] - 0.9, 0.3, store.width_m, queue_top)),
        _zone(
            "staff",
            "staff_only",
            (store.width_m - 2.0, store.depth_m - 1.4, store.width_m, store.depth_m),
        ),
    ]
    if len(cabins):
        area = (0.1, store.depth_m - 2.2, cabins[-1, 2] + 1.0, store.depth_m - CABIN_DEPTH_M)
        zones.append(_zone("fitting-area", "other", area))
    zones += [
        _zone(f"fitting-{index + 1}", "fitting_room", tuple(cabin))
        for index, cabin in enumerate(cabins.tolist())
    ]
    reach = AISLE_M / 2
    for rack, box in enumerate(displays.tolist()):
        around = (box[0] - reach, box[1] - reach, box[2] + reach, box[3] + reach)
        zones.append(
            _zone(f"display-{rack + 1}", "display", around, CATEGORIES[rack % len(CATEGORIES)])
        )
    return zones


def _zone(zone_id: str, kind: str, box: tuple[float, ...], category: str = "") -> Zone:
    return Zone.model_validate(
        {
            "id": zone_id,
            "name": zone_id.replace("-", " "),
            "kind": kind,
            "category": category,
            "polygon_m": _corners(box),
        }
    )


def _corners(box: Sequence[float]) -> list[tuple[float, float]]:
    x0, y0, x1, y1 = (round(float(value), 4) for value in box)
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def _cameras(scenario: Scenario, cabins: Floats) -> list[Camera]:
    return [
        Camera.model_validate(
            {
                "id": rig.camera_id,
                "width_px": rig.width_px,
                "height_px": rig.height_px,
                "homography": floor_homography(rig).tolist(),
                "masks": masks_over(rig, cabins),
                "purpose": "Simulated camera: people counting and handling of goods.",
            }
        )
        for rig in camera_rigs(scenario)
    ]


def _readers(scenario: Scenario, displays: Floats, cabins: Floats) -> list[Reader]:
    """Readers whose antennas share the racks, neighbours together, in equal parts."""
    knobs = scenario.readers
    total = knobs.count * knobs.antennas
    over_cabins = knobs.fitting_antenna and len(cabins) > 0 and total > 1
    shares = np.array_split(np.arange(len(displays)), max(total - int(over_cabins), 1))
    antennas = []
    for number in range(total):
        if over_cabins and number == total - 1:
            boxes = cabins
            zones = [f"fitting-{index + 1}" for index in range(len(cabins))]
        else:
            racks = shares[number]
            # More antennas than racks: the rest hang over the last one.
            boxes = displays[racks] if len(racks) else displays[-1:]
            zones = [f"display-{rack + 1}" for rack in racks]
        centre = (boxes[:, :2] + boxes[:, 2:]).mean(axis=0) / 2
        antennas.append(
            Antenna(
                port=number % knobs.antennas + 1,
                x_m=round(float(centre[0]), 3),
                y_m=round(float(centre[1]), 3),
                zones=zones,
            )
        )
    return [
        Reader(
            id=f"reader-{index + 1}",
            log=ReaderLog(format=knobs.log_format),
            antennas=antennas[index * knobs.antennas : (index + 1) * knobs.antennas],
        )
        for index in range(knobs.count)
    ]
