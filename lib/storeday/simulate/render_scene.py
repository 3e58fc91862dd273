"""What a camera sees of an empty store: floor, walls, lamps, racks full of garments.

Every pixel's ray is cast once per camera against the room and the racks, which are upright boxes;
patterns are functions of the place that is hit. Two pictures come out, one by lamplight and one by
daylight through the front, which a day mixes as its light changes.

Conventions: metres as in the manifest; pictures BGR, uint8; the front of the store is y = 0.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from storeday.simulate import render_surfaces as surfaces
from storeday.simulate.render_view import NEAREST_M, View, to_image
from storeday.simulate.world import Racks, World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

# Rays per pixel along each side.
OVERSAMPLING = 2
CEILING_M, CABIN_M = 3.0, 2.1
# Rows of rays that are cast at a time.
BAND = 64
# Side of the cells in which the floor's distance to furniture is kept.
CELL_M = 0.05


@dataclass(frozen=True)
class Scene:
    """The still part of a camera's picture.

    Attributes:
        lamplight: Shape (h, w, 3).
        daylight: Shape (h, w, 3).
        near: 1 / depth in m of racks and cabins, zero elsewhere, shape (h, w), float32: what may
            stand in front of people.
        is_floor: 1.0 where the floor is seen, shape (h, w), float32.
    """

    lamplight: Bytes
    daylight: Bytes
    near: NDArray[np.float32]
    is_floor: NDArray[np.float32]


@dataclass(frozen=True)
class _Boxes:
    """Upright boxes: lower and upper corners, shape (r, 3); `kind` 0 rack, 1 cabin, shape (r,)."""

    low: Floats
    high: Floats
    kind: Ints


def make_scene(world: World, view: View, seed: int) -> Scene:
    """Renders the empty store. Cost: rays x boxes in sight of them; see the README."""
    boxes = _boxes(world)
    floor_m = (world.layout.floor_plan.width_m, world.layout.floor_plan.height_m)
    room = np.array([*floor_m, max(CEILING_M, view.centre_m[2] + 0.3)])
    edges, gloom = _edges(view, boxes), _gloom(floor_m, boxes)
    height, width = view.height_px * OVERSAMPLING, view.width_px * OVERSAMPLING
    lamp = np.empty((height, width, 3), np.float32)
    day = np.empty_like(lamp)
    near = np.zeros((height, width), np.float32)
    floor = np.zeros((height, width), np.float32)
    for top in range(0, height, BAND):
        rows = slice(top, min(top + BAND, height))
        rays = _rays(view, rows, width)
        depth, surface, box = _hit(view.centre_m, rays, room)
        _hit_boxes(view.centre_m, rays, (depth, surface, box), boxes, edges - (0, top, 0, top))
        place = (view.centre_m + rays * depth[:, :, None]).reshape(-1, 3)
        flat = surface.ravel()
        colour = _paint(place, flat, box.ravel(), boxes, seed)
        shade = _occlusion(place, flat, gloom) * np.where(flat == 0, 0.86, 1.0)
        shape = (rows.stop - rows.start, width, 3)
        lamp[rows] = (colour * (shade * _lamps(place, flat))[:, None]).reshape(shape)
        day[rows] = (colour * (shade * _window(place, flat))[:, None]).reshape(shape)
        near[rows] = np.where(box >= 0, 1 / np.maximum(depth, NEAREST_M), 0.0)
        floor[rows] = surface == 2
    size = (view.width_px, view.height_px)
    return Scene(
        lamplight=_picture(lamp, size),
        daylight=_picture(day, size),
        near=near[OVERSAMPLING // 2 :: OVERSAMPLING, OVERSAMPLING // 2 :: OVERSAMPLING].copy(),
        is_floor=cv2.resize(floor, size, interpolation=cv2.INTER_AREA).astype(np.float32),
    )


def _boxes(world: World) -> _Boxes:
    racks: Racks = world.racks
    low = np.column_stack([racks.x_m, racks.y_m, np.zeros(len(racks.x_m))])
    size = np.column_stack([racks.width_m, racks.depth_m, racks.height_m])
    cabins = [
        np.array(zone.polygon_m, np.float64)
        for zone in world.layout.zones
        if zone.kind == "fitting_room"
    ]
    lower = [np.append(corners.min(axis=0), 0.0) for corners in cabins]
    upper = [np.append(corners.max(axis=0), CABIN_M) for corners in cabins]
    return _Boxes(
        low=np.vstack([low, *lower]),
        high=np.vstack([low + size, *upper]),
        kind=np.append(np.zeros(len(low), np.int64), np.ones(len(cabins), np.int64)),
    )


def _edges(view: View, boxes: _Boxes) -> Ints:
    """Columns and rows of rays that may hit each box: x0, y0, x1, y1, shape (r, 4)."""
    size = np.array([view.width_px, view.height_px]) * OVERSAMPLING
    corners = np.stack(
        [
            np.where(np.array([bits >> axis & 1 for axis in range(3)]), boxes.high, boxes.low)
            for bits in range(8)
        ],
        axis=1,
    )
    image, depth = to_image(view, corners)
    low = np.floor(image.min(axis=1) * OVERSAMPLING) - 1
    high = np.ceil(image.max(axis=1) * OVERSAMPLING) + 2
    # A box that reaches behind the camera may be anywhere; one that lies there is nowhere.
    crosses = (depth.min(axis=1) <= NEAREST_M)[:, None]
    behind = (depth.max(axis=1) <= NEAREST_M)[:, None]
    low, high = np.where(crosses, 0, low), np.where(crosses, size, high)
    edges = np.hstack([low, np.where(behind, 0, high)])
    return np.asarray(np.clip(edges, 0, np.tile(size, 2)), np.int64)


def _rays(view: View, rows: slice, width: int) -> Floats:
    across = (np.arange(width) + 0.5) / OVERSAMPLING
    down = (np.arange(rows.start, rows.stop) + 0.5) / OVERSAMPLING
    u, v = np.meshgrid(across, down)
    rays = np.stack([u, v, np.ones_like(u)], axis=2) @ view.ray.T
    return np.where(np.abs(rays) < 1e-9, 1e-9, rays)


def _hit(centre: Floats, rays: Floats, room: Floats) -> tuple[Floats, Ints, Ints]:
    """Depth, surface (2 floor, 3 ceiling or top, 0 and 1 upright), and -1 for no box."""
    far = np.where(rays > 0, (room - centre) / rays, (0.0 - centre) / rays)
    surface = far.argmin(axis=2)
    depth = np.maximum(far.min(axis=2), NEAREST_M)
    surface = np.where((surface == 2) & (rays[:, :, 2] > 0), 3, surface)
    return depth, surface, np.full(depth.shape, -1, np.int64)


def _hit_boxes(
    centre: Floats, rays: Floats, hit: tuple[Floats, Ints, Ints], boxes: _Boxes, edges: Ints
) -> None:
    """Replaces depth, surface and box, in place, where a box is nearer (Kay and Kajiya 1986)."""
    height, width = rays.shape[:2]
    for number, (x0, y0, x1, y1) in enumerate(np.clip(edges, 0, [width, height] * 2)):
        if x1 <= x0 or y1 <= y0:
            continue
        part = (slice(y0, y1), slice(x0, x1))
        depth, surface, box = (values[part] for values in hit)
        one = (boxes.low[number] - centre) / rays[part]
        other = (boxes.high[number] - centre) / rays[part]
        enter = np.minimum(one, other)
        begins, ends = enter.max(axis=2), np.maximum(one, other).min(axis=2)
        nearer = (begins < ends) & (begins > NEAREST_M) & (begins < depth)
        axis = enter.argmax(axis=2)
        depth[nearer] = begins[nearer]
        surface[nearer] = np.where(axis == 2, 3, axis)[nearer]
        box[nearer] = number


def _paint(place: Floats, surface: Ints, box: Ints, boxes: _Boxes, seed: int) -> Floats:
    colour = np.empty((len(place), 3))
    floor = surface == 2
    colour[floor] = surfaces.floor(place[floor], seed)
    wall = (box < 0) & (surface < 2)
    colour[wall] = surfaces.wall(place[wall])
    ceiling = (box < 0) & (surface == 3)
    colour[ceiling] = surfaces.ceiling(place[ceiling])
    for number in np.unique(box[box >= 0]):
        own = box == number
        low, high = boxes.low[number], boxes.high[number]
        if boxes.kind[number] == 1:
            colour[own] = surfaces.curtain(place[own], surface[own])
        elif high[2] < surfaces.TABLE_M:
            colour[own] = surfaces.table(
                place[own] - low, surface[own], high - low, seed + int(number)
            )
        else:
            colour[own] = surfaces.rack(
                place[own] - low, surface[own], high - low, seed + int(number)
            )
    return colour


def _gloom(floor_m: tuple[float, float], boxes: _Boxes) -> Floats:
    """Light left by furniture that keeps the ceiling's off, per cell of the floor: rows along y."""
    cells = [int(np.ceil(side / CELL_M)) + 1 for side in floor_m]
    free = np.ones((cells[1], cells[0]), np.uint8)
    for low, high in zip(boxes.low, boxes.high, strict=True):
        x0, y0 = np.maximum(np.floor(low[:2] / CELL_M), 0).astype(int)
        x1, y1 = np.maximum(np.ceil(high[:2] / CELL_M), 0).astype(int)
        free[y0:y1, x0:x1] = 0
    if free.all():
        return np.ones(free.shape)
    distance_m = cv2.distanceTransform(free, cv2.DIST_L2, 5).astype(np.float64) * CELL_M
    return np.asarray(1 - 0.45 * np.exp(-distance_m / 0.25))


def _occlusion(place: Floats, surface: Ints, gloom: Floats) -> Floats:
    column, row = np.floor(place[:, :2] / CELL_M).astype(np.int64).T
    column = np.clip(column, 0, gloom.shape[1] - 1)
    row = np.clip(row, 0, gloom.shape[0] - 1)
    return np.where(surface == 2, gloom[row, column], 1.0)


def _lamps(place: Floats, surface: Ints) -> Floats:
    pools = np.cos(2 * np.pi * (place[:, 0] - 0.3) / 2.4) * np.cos(
        2 * np.pi * (place[:, 1] - 0.3) / 2.4
    )
    return np.where(surface == 3, 1.0, 0.94 + 0.07 * pools) * (0.9 + 0.04 * place[:, 2])


def _window(place: Floats, surface: Ints) -> Floats:
    bright = 0.55 + 0.6 * np.exp(-place[:, 1] / 3.5)
    return np.where(surface == 3, 0.8 * bright, bright)


def _picture(colour: NDArray[np.float32], size: tuple[int, int]) -> Bytes:
    small = cv2.resize(colour, size, interpolation=cv2.INTER_AREA)
    return np.clip(cv2.GaussianBlur(small, (3, 3), 0.5), 0, 255).astype(np.uint8)
