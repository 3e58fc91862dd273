"""The floor plan as SVG: the outline, the zones and their names.

The drawing's unit is a metre; y runs down as SVG has it, so that the plan's lower left corner is at
the lower left.
"""

import textwrap
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from storeday.manifest import StoreLayout, Zone
from storeday.report.svg import number, tag

# Room around the floor, and the height of letters, in metres per metre of the longer side.
MARGIN_SHARE, LETTER_SHARE = 0.008, 0.017
# A letter's width by its height, about, in the sans-serif faces of all systems.
LETTER_WIDTH = 0.56
# Heights of letters that are tried, by the full one: a choice, looked at 1280 pixels wide. A phone
# draws the plan too small for names of any height; marks and the zone table tell them there.
LETTER_SIZES = (1.0, 0.85, 0.7)
# From line to line, by the height of letters.
LINE_HEIGHT = 1.15
# Fewer letters of a name tell nothing.
LEAST_LETTERS = 6
# Zones that stand for furniture or rooms; people are led to others by their kind.
QUIET_KINDS = frozenset({"staff_only", "other"})


@dataclass(frozen=True)
class FloorFrame:
    """How the floor lies in a drawing.

    Attributes:
        width_m: Width of the floor.
        height_m: Height of the floor.
    """

    width_m: float
    height_m: float

    @property
    def margin_m(self) -> float:
        """Room around the floor."""
        return MARGIN_SHARE * max(self.width_m, self.height_m)

    @property
    def letter_m(self) -> float:
        """Height of letters."""
        return LETTER_SHARE * max(self.width_m, self.height_m)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the drawing."""
        return self.width_m + 2 * self.margin_m, self.height_m + 2 * self.margin_m

    def point(self, x_m: float, y_m: float) -> tuple[float, float]:
        """Place in the drawing of a place on the floor."""
        return self.margin_m + x_m, self.margin_m + self.height_m - y_m


def frame_of(layout: StoreLayout) -> FloorFrame:
    """The frame of a layout's floor."""
    return FloorFrame(layout.floor_plan.width_m, layout.floor_plan.height_m)


def middle(zone: Zone) -> tuple[float, float]:
    """Middle of a zone's corners, in metres on the floor."""
    corners: NDArray[np.float64] = np.array(zone.polygon_m, float)
    low, high = corners.min(axis=0), corners.max(axis=0)
    return float((low[0] + high[0]) / 2), float((low[1] + high[1]) / 2)


def floor_ground(frame: FloorFrame) -> Markup:
    """The floor itself."""
    x, y = frame.point(0, frame.height_m)
    return tag(
        "rect",
        {"class": "floor", "x": x, "y": y, "width": frame.width_m, "height": frame.height_m},
    )


def zone_outlines(layout: StoreLayout, frame: FloorFrame) -> Markup:
    """Outlines of all zones."""
    return tag(
        "g",
        {"class": "zones", "aria-hidden": "true"},
        [
            tag(
                "path",
                {"d": zone_path(zone, frame), "class": f"zone {zone.kind}", "data-zone": zone.id},
            )
            for zone in layout.zones
        ],
    )


def zone_labels(layout: StoreLayout, frame: FloorFrame) -> Markup:
    """Names of all zones, in their middle, as far as they fit."""
    labels: list[Markup] = []
    for zone in layout.zones:
        if zone.kind not in QUIET_KINDS:
            labels += _label(zone, frame)
    return tag("g", {"class": "names", "aria-hidden": "true"}, labels)


def _label(zone: Zone, frame: FloorFrame) -> list[Markup]:
    lines, letter_m = fitting(zone.name or zone.id, zone, frame.letter_m)
    x, y = frame.point(*middle(zone))
    first = y + letter_m / 3 - LINE_HEIGHT * letter_m * (len(lines) - 1) / 2
    style = None if letter_m == frame.letter_m else f"font-size:{number(letter_m)}px"
    return [
        tag(
            "text",
            {
                "x": x,
                "y": first + LINE_HEIGHT * letter_m * place,
                "class": "name" if letter_m == frame.letter_m else "name fine",
                "text-anchor": "middle",
                "style": style,
            },
            [line],
        )
        for place, line in enumerate(lines)
    ]


def fitting(name: str, zone: Zone, letter_m: float) -> tuple[list[str], float]:
    """A name as it fits into a zone: on several lines, then in smaller letters, then cut.

    Args:
        name: The name.
        zone: The zone that it stands in.
        letter_m: Height of letters.

    Returns:
        Lines, and the height of their letters; no lines where too little of the name would fit.
    """
    corners: NDArray[np.float64] = np.array(zone.polygon_m, float)
    width_m, height_m = (corners.max(axis=0) - corners.min(axis=0)).tolist()
    for share in LETTER_SIZES:
        letters = int(width_m / (LETTER_WIDTH * letter_m * share))
        lines = textwrap.wrap(name, letters, break_long_words=False) if letters > 0 else [name]
        is_narrow = all(len(line) <= letters for line in lines)
        if is_narrow and (
            len(lines) == 1 or len(lines) * LINE_HEIGHT * letter_m * share <= height_m
        ):
            return lines, letter_m * share
    if letters < LEAST_LETTERS:
        return [], letter_m
    return [f"{name[: letters - 1]}…"], letter_m * share


def zone_path(zone: Zone, frame: FloorFrame) -> str:
    """A zone's outline as path data."""
    places = [frame.point(*corner) for corner in zone.polygon_m]
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in places) + "Z"
