"""Colours and cut of people's clothes, hair and skin, drawn from the seed of their look.

Equal seeds look alike, up to body height. Staff wear the store's uniform (one bright vest over dark
trousers) over their own skin and hair.

Colours are BGR in 0..255, as OpenCV takes them.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

Colour = tuple[float, float, float]

# Everyday clothes: mostly dark, grey and blue, some bright ones.
TOPS: tuple[Colour, ...] = (
    (38, 36, 36), (62, 48, 40), (96, 92, 90), (150, 148, 146), (214, 214, 212), (92, 62, 40),
    (140, 100, 70), (44, 40, 120), (50, 50, 170), (60, 96, 60), (70, 110, 140), (150, 190, 210),
    (120, 70, 110), (60, 150, 200), (170, 150, 90), (190, 180, 230),
)  # fmt: skip
BOTTOMS: tuple[Colour, ...] = (
    (34, 32, 32), (60, 46, 38), (104, 76, 52), (128, 100, 76), (80, 80, 82), (96, 130, 150),
    (60, 72, 70), (40, 34, 50),
)  # fmt: skip
SKINS: tuple[Colour, ...] = (
    (176, 196, 232), (150, 176, 220), (124, 152, 200), (92, 122, 172), (62, 88, 132), (46, 62, 96),
)  # fmt: skip
HAIRS: tuple[Colour, ...] = (
    (22, 22, 24), (30, 38, 50), (40, 60, 88), (80, 130, 170), (150, 152, 154), (32, 44, 96),
)  # fmt: skip
SHOES: tuple[Colour, ...] = ((28, 28, 30), (50, 60, 80), (190, 190, 190), (90, 40, 40))
# A vest that nobody of the customers' palette wears.
UNIFORM: Colour = (40, 190, 235)
UNIFORM_BOTTOM: Colour = (44, 38, 36)


@dataclass(frozen=True)
class Look:
    """What a person wears.

    Attributes:
        top: Colour of the upper garment.
        vest: Colour over the trunk; the uniform's for staff, else the top's.
        bottom: Colour of trousers or skirt.
        skin: Colour.
        hair: Colour.
        shoes: Colour.
        has_long_sleeves: Whether the forearms are covered.
        has_long_hair: Whether the hair reaches the shoulders.
        has_skirt: Whether a skirt is worn in place of trousers.
        build: Width against the average body.
    """

    top: Colour
    vest: Colour
    bottom: Colour
    skin: Colour
    hair: Colour
    shoes: Colour
    has_long_sleeves: bool
    has_long_hair: bool
    has_skirt: bool
    build: float


def look_of(look: int, is_staff: bool, person: int) -> Look:
    """The clothes of a look.

    Args:
        look: Seed; equal for lookalikes.
        is_staff: Whether the uniform is worn.
        person: Index, which gives staff of one uniform their own skin and hair.

    Example:
        >>> look_of(3, False, 1) == look_of(3, False, 2)
        True
    """
    rng = np.random.default_rng([abs(look), person + 1 if is_staff else 0])
    top, bottom = _of(rng, TOPS), _of(rng, BOTTOMS)
    skin, hair, shoes = _of(rng, SKINS), _of(rng, HAIRS), _of(rng, SHOES)
    long_sleeves, long_hair, skirt = rng.random(3) < (0.65, 0.4, 0.15)
    return Look(
        top=top,
        vest=UNIFORM if is_staff else top,
        bottom=UNIFORM_BOTTOM if is_staff else bottom,
        skin=skin,
        hair=hair,
        shoes=shoes,
        has_long_sleeves=bool(long_sleeves),
        has_long_hair=bool(long_hair),
        has_skirt=bool(skirt) and not is_staff,
        build=float(rng.uniform(0.92, 1.12)),
    )


@lru_cache(maxsize=4096)
def garment_colour(seed: int) -> Colour:
    """Colour of a garment on a rack or in a hand."""
    rng = np.random.default_rng([7, abs(seed)])
    return _of(rng, TOPS)


def _of(rng: np.random.Generator, palette: tuple[Colour, ...]) -> Colour:
    chosen = np.array(palette[rng.integers(len(palette))]) * rng.uniform(0.85, 1.15)
    blue, green, red = np.clip(chosen + rng.normal(0, 5, 3), 8, 245)
    return float(blue), float(green), float(red)
