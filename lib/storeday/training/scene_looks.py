"""Random clothes, surfaces and light for training: domain randomisation.

What is never the same twice cannot be learnt by heart (Tobin et al., IROS 2017, arXiv:1703.06907):
colours of bodies and of the shop are drawn far more widely than the simulator draws them, flat
shapes of bodies' colours hang about that are nobody, and the camera's picture is made darker,
softer, noisier or more colourful.

Conventions: pictures BGR, uint8.
"""

import colorsys
import dataclasses

import cv2
import numpy as np
from numpy.typing import NDArray

from storeday.simulate.render_looks import Colour, Look, look_of
from storeday.simulate.render_scene import Scene

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

# Share of people in the simulator's own clothes; the others wear any colour.
PALETTE_SHARE = 0.5
# Flat shapes on walls, floor and goods that are no people.
SHAPES = 12


def random_look(rng: np.random.Generator, is_staff: bool) -> Look:
    """What somebody wears: of the simulator's palette, or of any colours."""
    look = look_of(int(rng.integers(1, 2**31)), is_staff, int(rng.integers(1000)))
    if rng.random() < PALETTE_SHARE:
        return look
    top = _colour(rng)
    return dataclasses.replace(
        look,
        top=top,
        vest=_colour(rng) if is_staff or rng.random() < 0.2 else top,
        bottom=_colour(rng),
        hair=_colour(rng, saturation=0.4, darkest=0.05),
        shoes=_colour(rng),
        build=float(rng.uniform(0.85, 1.35)),
    )


def recoloured(scene: Scene, rng: np.random.Generator) -> Scene:
    """A scene whose floor, furniture and walls have other colours, with shapes that are nobody."""
    floor = scene.is_floor
    goods = (scene.near > 0).astype(np.float32) * (1 - floor)
    masks = (floor, goods, np.maximum(1 - floor - goods, 0))
    changes = [_change(rng, is_goods) for is_goods in (False, True, False)]
    shapes = _shapes(rng, (*floor.shape, 3))
    lamplight, daylight = (
        _overlaid(_changed(picture, masks, changes), *shapes)
        for picture in (scene.lamplight, scene.daylight)
    )
    return dataclasses.replace(scene, lamplight=lamplight, daylight=daylight)


def through_camera(picture: Bytes, rng: np.random.Generator) -> Bytes:
    """A frame as another camera would have given it: exposure, gamma, tint, softness, noise."""
    values = picture.astype(np.float32) / 255
    values = values ** np.float32(rng.uniform(0.7, 1.5)) * np.float32(rng.uniform(0.6, 1.3))
    values *= rng.uniform(0.9, 1.1, 3).astype(np.float32)
    grey = values.mean(axis=2, keepdims=True)
    values = grey + np.float32(rng.uniform(0.3, 1.4)) * (values - grey)
    if rng.random() < 0.3:
        values = cv2.GaussianBlur(values, (0, 0), float(rng.uniform(0.5, 1.4)))
    values += rng.normal(0, rng.uniform(0, 0.02), values.shape).astype(np.float32)
    return np.asarray(np.clip(values * 255, 0, 255), np.uint8)


def _colour(rng: np.random.Generator, saturation: float = 1.0, darkest: float = 0.08) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(
        rng.random(), saturation * rng.random() ** 1.5, rng.uniform(darkest, 1.0)
    )
    return 8 + 237 * blue, 8 + 237 * green, 8 + 237 * red


def _change(rng: np.random.Generator, is_goods: bool) -> tuple[float, Floats]:
    """Factor of the colourfulness, and gain of each channel."""
    tint = rng.uniform(0.45, 1.3) * rng.uniform(0.75, 1.25, 3)
    return float(rng.uniform(0.2, 2.8 if is_goods else 1.5)), tint.astype(np.float32)


def _changed(
    picture: Bytes, masks: tuple[Floats, ...], changes: list[tuple[float, Floats]]
) -> Floats:
    values = picture.astype(np.float32)
    grey = values.mean(axis=2, keepdims=True)
    made = np.zeros_like(values)
    for mask, (colourful, gain) in zip(masks, changes, strict=True):
        made += mask[:, :, None] * (grey + colourful * (values - grey)) * gain
    return made


def _shapes(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Colours, and how opaque they are."""
    colours, opaque = np.zeros(shape, np.float32), np.zeros(shape[:2], np.float32)
    for _ in range(int(rng.integers(0, SHAPES))):
        centre = rng.uniform(0, 1, 2) * (shape[1], shape[0])
        axes = rng.uniform(4, 45, 2)
        angle, strength = float(rng.uniform(0, 180)), float(rng.uniform(0.3, 1.0))
        if rng.random() < 0.5:
            corners = cv2.boxPoints((tuple(centre), tuple(2 * axes), angle)).astype(np.int32)
            cv2.fillConvexPoly(colours, corners, _colour(rng))
            cv2.fillConvexPoly(opaque, corners, strength)
        else:
            ellipse = (tuple(centre), tuple(2 * axes), angle)
            cv2.ellipse(colours, ellipse, _colour(rng), -1)
            cv2.ellipse(opaque, ellipse, strength, -1)
    return colours, opaque[:, :, None]


def _overlaid(values: Floats, colours: Floats, opaque: Floats) -> Bytes:
    return np.asarray(np.clip(values + opaque * (colours - values), 0, 255), np.uint8)
