"""Boxes, ids, zones and events drawn into a picture."""

import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from storeday.report.pixelation import Picture, hide_box, hide_motion

Floats = NDArray[np.float64]

# Colours that all kinds of colour vision tell apart, blue, green, red (Okabe and Ito, 2008).
COLOURS = (
    (0, 159, 230),
    (233, 180, 86),
    (115, 158, 0),
    (66, 228, 240),
    (0, 94, 213),
    (167, 121, 204),
)
NOBODY = (170, 170, 170)
ZONE = (235, 235, 235)
GROUND = (24, 24, 24)
# Height of letters, by the picture's.
LETTER_SHARE = 1 / 42
# Height of OpenCV's plain letters at scale 1, px.
FONT_PX = 22
FONT = cv2.FONT_HERSHEY_SIMPLEX


@dataclass(frozen=True)
class Person:
    """Somebody in a picture.

    Attributes:
        box_px: x0, y0, x1, y1 in pixels of the picture.
        name: What stands above the box; empty for none.
        note: What the person is doing; empty for nothing.
    """

    box_px: Floats
    name: str = ""
    note: str = ""


@dataclass(frozen=True)
class Scene:
    """What is drawn into one picture.

    Attributes:
        people: People.
        zones: Name and outline (px, shape (k, 2)) of each zone in view.
        heading: What stands at the top.
        events: What happened lately, latest last.
    """

    people: Sequence[Person]
    zones: Sequence[tuple[str, Floats]]
    heading: str
    events: Sequence[str] = ()


def annotated(picture: Picture, scene: Scene, background: Picture | None) -> Picture:
    """A picture with what is known of it drawn in; the given one stays as it is.

    Args:
        picture: Height x width x 3, BGR.
        scene: What to draw.
        background: What stands still; people are hidden then. None shows people as they are.

    Returns:
        A picture of the same shape.
    """
    drawn = picture.copy()
    if background is not None:
        hide_motion(drawn, background)
        for person in scene.people:
            hide_box(drawn, person.box_px)
    for name, outline in scene.zones:
        points = np.rint(outline).astype(np.int32)
        cv2.polylines(drawn, [points], True, ZONE, 1, cv2.LINE_AA)
        _label(drawn, name, (float(outline[:, 0].mean()), float(outline[:, 1].mean())), ZONE)
    for person in scene.people:
        _draw_person(drawn, person)
    letter = _letter_px(drawn)
    _label(drawn, scene.heading, (letter / 2, letter * 1.5), (255, 255, 255))
    for line, words in enumerate(reversed(scene.events)):
        place = (letter / 2, drawn.shape[0] - letter * (0.7 + 1.6 * line))
        _label(drawn, words, place, COLOURS[3])
    return drawn


def colour_of(name: str) -> tuple[int, int, int]:
    """The colour of an id: the same in every picture, grey for none."""
    return COLOURS[zlib.crc32(name.encode()) % len(COLOURS)] if name else NOBODY


def plain_letters(words: str) -> str:
    """Words in the letters that OpenCV can draw: accents are taken off, what is left out is `?`.

    Example:
        >>> plain_letters("Écharpe – 83 %")
        'Echarpe - 83 %'
    """
    flat = unicodedata.normalize("NFKD", words.replace("–", "-").replace("·", "|"))
    bare = "".join(letter for letter in flat if not unicodedata.combining(letter))
    return bare.encode("ascii", "replace").decode()


def _draw_person(picture: Picture, person: Person) -> None:
    colour = colour_of(person.name)
    x0, y0, x1, y1 = (round(float(edge)) for edge in person.box_px)
    cv2.rectangle(picture, (x0, y0), (x1, y1), colour, 3 if person.note else 2, cv2.LINE_AA)
    words = ", ".join(part for part in (person.name, person.note) if part)
    if words:
        _label(picture, words, (float(x0), max(_letter_px(picture) * 1.3, y0 - 5.0)), colour)


def _label(
    picture: Picture, words: str, place: tuple[float, float], colour: tuple[int, int, int]
) -> None:
    """Words on a dark ground, so that they stand out from any picture.

    Args:
        picture: Drawn into.
        words: What to say.
        place: Lower left corner of the first letter, px.
        colour: Of the letters.
    """
    scale = _letter_px(picture) / FONT_PX
    said = plain_letters(words)
    (width, height), below = cv2.getTextSize(said, FONT, scale, 1)
    x, y = max(2, round(place[0])), round(place[1])
    corners = (x - 2, y - height - 3), (x + width + 2, y + below)
    cv2.rectangle(picture, *corners, GROUND, cv2.FILLED)
    cv2.putText(picture, said, (x, y), FONT, scale, colour, 1, cv2.LINE_AA)


def _letter_px(picture: Picture) -> float:
    return max(11.0, float(picture.shape[0]) * LETTER_SHARE)
