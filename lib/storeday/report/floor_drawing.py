"""The floor plan as SVG: the outline, the zones and their names.

The drawing's unit is a metre; y runs down as SVG has it, so that the plan's lower left corner is at
the lower left.
"""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from storeday.manifest import StoreLayout, Zone
from storeday.report.svg import number, tag, text

# Room around the floor, and the height of letters, in metres per metre of the longer side.
MARGIN_SHARE, LETTER_SHARE = 0.008, 0.017
# A letter's width by its height, about, in the sans-serif faces of all systems.
LETTER_WIDTH = 0.56
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
    labels = []
    for zone in layout.zones:
        if zone.kind in QUIET_KINDS:
            continue
        name = fitting(zone.name or zone.id, zone, frame.letter_m)
        if not name:
            continue
        x, y = frame.point(*middle(zone))
        labels.append(text(x, y + frame.letter_m / 3, name, "name", "middle"))
    return tag("g", {"class": "names", "aria-hidden": "true"}, labels)


def fitting(name: str, zone: Zone, letter_m: float) -> str:
    """A name, cut to what fits the width of a zone; empty where too little of it would.

    Args:
        name: The name.
        zone: The zone that it stands in.
        letter_m: Height of letters.
    """
    xs = [corner[0] for corner in zone.polygon_m]
    letters = int((max(xs) - min(xs)) / (LETTER_WIDTH * letter_m))
    if len(name) <= letters:
        return name
    return f"{name[: letters - 1]}…" if letters >= LEAST_LETTERS else ""


def zone_path(zone: Zone, frame: FloorFrame) -> str:
    """A zone's outline as path data."""
    places = [frame.point(*corner) for corner in zone.polygon_m]
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in places) + "Z"
