"""Handled against bought: a dot for each product, the middle of the range as a cross."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from storeday.report.hour_chart import axis
from storeday.report.svg import both, drawing, mark, number, tag, text
from storeday.report.words import count

HEIGHT = 420.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 18.0, 18.0, 44.0
# Names stand beside this many dots at most: those with most handling beyond sales.
MOST_NAMES = 6
# Width of a letter and height of a line, about.
LETTER, LINE = 7.2, 15.0


@dataclass(frozen=True)
class Dot:
    """One product.

    Attributes:
        name: What it is called.
        handled: How often it was handled.
        bought: Pieces sold.
        tip: Its numbers, in lines.
        rank: 1 for the most handled beyond what was bought; None where it is not ranked.
    """

    name: str
    handled: float
    bought: float
    tip: str
    rank: int | None = None


def quadrant(dots: Sequence[Dot]) -> Markup:
    """The drawing, in both widths.

    Args:
        dots: Products, at least one.
    """
    return both(lambda width: _plot(dots, width))


def _plot(dots: Sequence[Dot], width: float) -> Markup:
    right, step_x = axis(max(dot.handled for dot in dots))
    top, step_y = axis(max(dot.bought for dot in dots))
    parts = [*_axes((right, step_x), (top, step_y), width), *_halves(dots, (right, top), width)]
    for dot in sorted(dots, key=lambda dot: (-dot.handled, dot.name)):
        x, y = _x(dot.handled, right, width), _y(dot.bought, top)
        kind = "dot kept" if (dot.rank or MOST_NAMES + 1) <= MOST_NAMES else "dot"
        parts.append(mark("circle", {"class": kind, "cx": x, "cy": y, "r": 5}, dot.tip))
    parts.extend(_names(dots, (right, top), width))
    label = "Products by how often they were handled (across) and bought (up)"
    return drawing((width, HEIGHT), label, parts, "quadrant")


def _names(dots: Sequence[Dot], ends: tuple[float, float], width: float) -> list[Markup]:
    """Names of the first-ranked products, as far as they do not run into each other."""
    names: list[Markup] = []
    taken: list[tuple[float, float, float]] = []
    ranked = [dot for dot in dots if (dot.rank or MOST_NAMES + 1) <= MOST_NAMES]
    for dot in sorted(ranked, key=lambda dot: (dot.rank or 0, dot.name)):
        x, y = _x(dot.handled, ends[0], width), _y(dot.bought, ends[1]) - 8
        long = LETTER * len(dot.name)
        is_left = x + 9 + long > width
        start = x - 9 - long if is_left else x + 9
        is_free = all(
            start + long < other or start > other_end or abs(y - other_y) > LINE
            for other, other_end, other_y in taken
        )
        if is_free:
            taken.append((start, start + long, y))
            side = "end" if is_left else "start"
            names.append(text(x + (-9 if is_left else 9), y, dot.name, "dot-name", side))
    return names


def _x(value: float, right: float, width: float) -> float:
    return LEFT + (width - LEFT - RIGHT) * value / right


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top


def _axes(across: tuple[float, float], up: tuple[float, float], width: float) -> list[Markup]:
    (right, step_x), (top, step_y) = across, up
    parts = []
    for tick in range(round(top / step_y) + 1):
        y = _y(tick * step_y, top)
        parts.append(
            tag("line", {"class": "grid", "x1": LEFT, "x2": width - RIGHT, "y1": y, "y2": y})
        )
        parts.append(text(LEFT - 8, y + 4, count(tick * step_y), "tick", "end"))
    for tick in range(round(right / step_x) + 1):
        x = _x(tick * step_x, right, width)
        parts.append(text(x, HEIGHT - BOTTOM + 18, count(tick * step_x), "tick", "middle"))
    parts.append(text(width - RIGHT, HEIGHT - 6, "times handled →", "axis", "end"))
    parts.append(text(LEFT, TOP - 5, "↑ pieces bought", "axis"))
    return parts


def _halves(dots: Sequence[Dot], ends: tuple[float, float], width: float) -> list[Markup]:
    """Medians as a cross, and what the two telling corners mean."""
    right, top = ends
    x = _x(statistics.median(dot.handled for dot in dots), right, width)
    y = _y(statistics.median(dot.bought for dot in dots), top)
    upright = f"M{number(x)} {number(TOP)}V{number(HEIGHT - BOTTOM)}"
    cross = f"{upright}M{number(LEFT)} {number(y)}H{number(width - RIGHT)}"
    return [
        tag("path", {"class": "median", "d": cross}),
        text(width - RIGHT - 6, HEIGHT - BOTTOM - 8, "handled, seldom bought", "corner", "end"),
        text(width - RIGHT - 6, TOP + 14, "handled and bought", "corner", "end"),
    ]
