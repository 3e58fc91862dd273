"""Patterns of floors, walls, curtains, racks and tables, as functions of the place that a ray hits.

Conventions: places in m, shape (n, 3), of the world for the room and from the lower corner for
furniture; surfaces 0 and 1 upright across x and y, 2 floor, 3 top or ceiling; colours BGR in
0..255, shape (n, 3).
"""

import numpy as np
from numpy.typing import NDArray

from storeday.simulate.render_looks import TOPS

Floats = NDArray[np.float64]

TILE_M, GROUT_M = 0.6, 0.012
# Lower furniture is a table with folded stacks, higher one hangs garments.
TABLE_M = 1.1
GARMENT_PITCH_M, STACK_PITCH_M = 0.075, 0.3
RAIL_M = 0.07

FLOOR_BGR, GROUT_BGR = (150.0, 162.0, 172.0), (118.0, 126.0, 132.0)
WALL_BGR, SKIRTING_BGR = (188.0, 196.0, 202.0), (92.0, 96.0, 102.0)
CEILING_BGR, LAMP_BGR = (170.0, 172.0, 174.0), (250.0, 252.0, 252.0)
WOOD_BGR, RAIL_BGR, VOID_BGR = (88.0, 118.0, 150.0), (150.0, 150.0, 152.0), (52.0, 54.0, 58.0)
CURTAIN_BGR = (96.0, 70.0, 92.0)
# Goods hang in each other's shade and are seen edge on: less colour and contrast than on a person.
# In a trial of 752 bodies over 60 px, mostly seen, on five scenarios, YOLOX-nano found 57 % before
# goods in full colour, 66 % at a half and, with deeper folds (`render_raster.FOLD_DEPTH`), 70 % at
# a half and 76 % at 0.35; other seeds are in the README.
SHADE_BGR, GOODS_COLOUR = (105.0, 108.0, 110.0), 0.35


def floor(place: Floats, seed: int) -> Floats:
    """Tiles of their own shade, with grain and grout."""
    tile = np.floor(place[:, :2] / TILE_M).astype(np.int64)
    inside = place[:, :2] / TILE_M - tile
    grout = (np.minimum(inside, 1 - inside).min(axis=1) * TILE_M) < GROUT_M / 2
    shade = 0.92 + 0.12 * _hash(tile[:, 0], tile[:, 1], seed)
    grain = np.floor(place[:, :2] / 0.03).astype(np.int64)
    shade = shade + 0.05 * (_hash(grain[:, 0], grain[:, 1], seed + 1) - 0.5)
    return np.where(grout[:, None], GROUT_BGR, np.array(FLOOR_BGR) * shade[:, None])


def wall(place: Floats) -> Floats:
    """Panels, a skirting board, a poster every four metres."""
    along = place[:, 0] + place[:, 1]
    panel = 1 - 0.06 * ((along % 1.2) < 0.02)
    poster = ((along % 4.0) < 1.1) & (place[:, 2] > 1.5) & (place[:, 2] < 2.3)
    colour = np.array(WALL_BGR) * panel[:, None]
    dye = np.array(TOPS)[(np.floor(along / 4.0).astype(np.int64) * 5) % len(TOPS)]
    colour = np.where(poster[:, None], 0.5 * dye + 70, colour)
    return np.where(place[:, 2:] < 0.1, SKIRTING_BGR, colour)


def ceiling(place: Floats) -> Floats:
    """Square lamps."""
    lamp = ((place[:, 0] % 2.4) < 0.6) & ((place[:, 1] % 2.4) < 0.6)
    return np.where(lamp[:, None], LAMP_BGR, CEILING_BGR)


def curtain(place: Floats, surface: NDArray[np.int64]) -> Floats:
    """Folds."""
    along = np.where(surface == 0, place[:, 1], place[:, 0])
    folds = 0.85 + 0.15 * np.sin(along * 2 * np.pi / 0.14)
    top = surface == 3
    return np.where(top[:, None], VOID_BGR, np.array(CURTAIN_BGR) * folds[:, None])


def rack(inside: Floats, surface: NDArray[np.int64], size: Floats, seed: int) -> Floats:
    """Garments on a rail: slices along the long side, a gap above the floor, the rail on top."""
    long_axis = int(size[1] > size[0])
    along, up = inside[:, long_axis], inside[:, 2]
    end = surface == 1 - (1 - long_axis)
    along = np.where(end, 0.02 + 0.1 * inside[:, 1 - long_axis], along)
    number = np.floor(along / GARMENT_PITCH_M).astype(np.int64)
    across = along / GARMENT_PITCH_M - number
    # Runs of neighbours are one article in several sizes.
    article = np.floor(number / 4 + _hash(number // 16, number * 0, seed)).astype(np.int64)
    dye = np.array(TOPS)[(_hash(article, article * 0, seed + 1) * len(TOPS)).astype(np.int64)]
    folds = 0.62 + 0.38 * np.sin(np.pi * across) + 0.08 * np.sin(up * 9 + 40 * across)
    hem = 0.32 + 0.35 * _hash(article, article * 0 + 1, seed) * (size[2] > 1.3)
    colour = dye * folds[:, None] * (0.75 + 0.25 * up / size[2])[:, None]
    colour = np.where(((up < hem) & (surface < 2))[:, None], VOID_BGR, colour)
    rail = (up > size[2] - RAIL_M) & (surface < 2)
    return _shaded(np.where(rail[:, None], RAIL_BGR, colour))


def table(inside: Floats, surface: NDArray[np.int64], size: Floats, seed: int) -> Floats:
    """Folded stacks on a table top, wood below."""
    cell = np.floor(inside[:, :2] / STACK_PITCH_M).astype(np.int64)
    share = inside[:, :2] / STACK_PITCH_M - cell
    stack = (np.abs(share - 0.5).max(axis=1) < 0.4) & (surface == 3)
    pick = _hash(cell[:, 0], cell[:, 1], seed)
    dye = np.array(TOPS)[(pick * len(TOPS)).astype(np.int64)] * (0.8 + 0.3 * share[:, 1:])
    wood = np.array(WOOD_BGR) * (0.8 + 0.2 * (inside[:, 2:] / size[2]))
    return _shaded(np.where(stack[:, None], dye, wood))


def _shaded(colour: Floats) -> Floats:
    """Furniture with its goods, less colourful."""
    shade = np.array(SHADE_BGR)
    return np.asarray(shade + GOODS_COLOUR * (colour - shade))


def _hash(first: NDArray[np.int64], second: NDArray[np.int64], seed: int) -> Floats:
    """A number in [0, 1) per pair of integers, the same on every machine."""
    mixed = (
        first.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        + second.astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
        + np.uint64(abs(seed) * 0x165667B19E3779F9 % 2**64)
    )
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    return np.asarray((mixed >> np.uint64(40)).astype(np.float64) / 2**24)
