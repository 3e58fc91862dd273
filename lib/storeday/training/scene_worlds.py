"""Random shops, customers and cameras for training: other layouts than any scenario that ships.

Ranges are wider than those of the scenarios, so that a model that copes with all of them meets
nothing new in any one. They were set once and tuned to no held-out scene.

Conventions: metres and pixels as in `storeday.simulate`; one `numpy` generator decides everything.
"""

import dataclasses
import datetime as dt
import math

import numpy as np
from numpy.typing import NDArray

from storeday.simulate import Scenario, World, load_scenario
from storeday.simulate.people import make_world
from storeday.simulate.rig import CameraRig
from storeday.simulate.scenario import with_knobs

Floats = NDArray[np.float64]

# Minutes of a shop's day that are played for one scene.
OPEN_H = 0.12
# Mounting heights and lenses from low shelves to high ceilings, normal to very wide.
CAMERA_HEIGHT_M, FIELD_DEG, ROLL_DEG = (2.2, 3.8), (58.0, 105.0), 4.0
# Cameras hang this far from the walls at least.
WALL_M = 0.15
# Body heights: children of ten to very tall adults.
SHORTEST_M, TALLEST_M = 1.3, 2.05


def random_world(rng: np.random.Generator) -> World:
    """A few crowded minutes of a shop that nobody has seen."""
    seed = int(rng.integers(1, 2**31))
    racks = int(rng.integers(3, 20))
    store = {
        "store_id": "training",
        "width_m": float(rng.uniform(8, 20)),
        "depth_m": float(rng.uniform(7, 16)),
        "fitting_rooms": int(rng.integers(0, 3)),
        "opens": dt.time(int(rng.integers(8, 19))),
        "closes": dt.time(23),
        "closed_before_s": 20.0,
    }
    for fewer in range(racks, 0, -1):
        try:
            world, _, _ = make_world(_scenario(rng, {**store, "racks": fewer}), seed)
        except ValueError:  # too many racks for the floor, or none can be walked around
            continue
        return _with_heights(world, rng)
    # Some floors cannot be walked however few racks stand on them; another one is drawn.
    return random_world(rng)


def _scenario(rng: np.random.Generator, store: dict[str, object]) -> Scenario:
    opens = store["opens"]
    assert isinstance(opens, dt.time)
    store = {**store, "closes": dt.time(opens.hour, round(OPEN_H * 60))}
    return with_knobs(
        load_scenario("quiet_boutique"),
        store=store,
        customers={
            "per_hour": float(rng.uniform(60, 320)),
            "hour_weights": [1.0],
            "group_share": float(rng.uniform(0, 0.6)),
            "popularity_exponent": float(rng.uniform(0, 1.5)),
        },
        handling={"per_minute": float(rng.uniform(2, 5)), "take_share": 0.25},
        staff={"count": int(rng.integers(1, 4)), "handling_share": 0.3},
        tags={"per_rack": 12, "sentinels": 0},
        readers={"count": 0},
    )


def _with_heights(world: World, rng: np.random.Generator) -> World:
    """Bodies of more unequal height than the simulator's."""
    people = world.people
    height_m = np.clip(people.height_m + rng.normal(0, 0.1, len(people.look)), None, TALLEST_M)
    return dataclasses.replace(
        world, people=dataclasses.replace(people, height_m=np.maximum(height_m, SHORTEST_M))
    )


def random_camera(
    world: World, camera_id: str, size_px: tuple[int, int], rng: np.random.Generator
) -> CameraRig:
    """A camera anywhere over the floor, that looks at another place of it.

    Args:
        world: The shop.
        camera_id: A name.
        size_px: Width and height of its frames.
        rng: Source of chance.
    """
    floor = np.array([world.layout.floor_plan.width_m, world.layout.floor_plan.height_m])
    place = rng.uniform(WALL_M, floor - WALL_M)
    if rng.random() < 0.7:  # at a wall, as most cameras are
        axis = int(rng.integers(2))
        place[axis] = rng.choice([WALL_M, floor[axis] - WALL_M])
    target = place
    while np.hypot(*(target - place)) < 2.0:
        target = rng.uniform(0.15, 0.85, 2) * floor
    centre = np.append(place, rng.uniform(*CAMERA_HEIGHT_M))
    aim = np.append(target, rng.uniform(0.3, 1.4))
    focal = size_px[0] / 2 / math.tan(math.radians(rng.uniform(*FIELD_DEG)) / 2)
    roll = math.radians(rng.uniform(-ROLL_DEG, ROLL_DEG))
    projection = look_at(centre, aim, focal, roll, size_px)
    return CameraRig(camera_id, projection, *size_px, frames_per_s=5.0, gop_s=2.0)


def look_at(
    centre_m: Floats, aim_m: Floats, focal_px: float, roll_rad: float, size_px: tuple[int, int]
) -> Floats:
    """Projection of a pinhole at one place that looks at another.

    Args:
        centre_m: Place of the camera, shape (3,).
        aim_m: Point in the middle of its picture, shape (3,); not straight below.
        focal_px: Focal length.
        roll_rad: Turn about the optical axis.
        size_px: Width and height of its frames.

    Returns:
        World m -> px, homogeneous, shape (3, 4).

    Example:
        >>> matrix = look_at(np.array([0, 0, 3.0]), np.array([4.0, 0, 0]), 300, 0, (640, 360))
        >>> point = matrix @ [4.0, 0, 0, 1]
        >>> (point[:2] / point[2]).round().tolist(), point[2].round()
        ([320.0, 180.0], np.float64(5.0))
    """
    axis = (aim_m - centre_m) / np.linalg.norm(aim_m - centre_m)
    right = np.cross(axis, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    down = np.cross(axis, right)
    cos, sin = math.cos(roll_rad), math.sin(roll_rad)
    turn = np.vstack([cos * right + sin * down, cos * down - sin * right, axis])
    inner = np.array(
        [[focal_px, 0, size_px[0] / 2], [0, focal_px, size_px[1] / 2], [0, 0, 1]], np.float64
    )
    return np.asarray(inner @ np.column_stack([turn, -turn @ centre_m]))
