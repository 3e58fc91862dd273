"""Charts over the hours of a day: bars, a line, ranges of earlier days, hatching where unseen.

One drawing per measure, all with the same hours below each other.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from storeday.report.svg import both, drawing, mark, number, tag, text
from storeday.report.words import count

HEIGHT = 190.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 8.0, 14.0, 26.0
# A label below an hour needs so much room.
LABEL = 22.0
# Share of an hour's width that its bar takes.
BAR_SHARE = 0.62


@dataclass(frozen=True)
class HourValue:
    """One hour of a chart.

    Attributes:
        label: What stands below it.
        value: The bar; None where it was not seen.
        interval: Ends of the 95 % interval of the value; None where there is none.
        peak: A dot above the bar; None for none.
        usual: Least and most of earlier days; None where there are none.
        tip: Its numbers, in lines.
        is_partly_seen: Whether the value is a lower bound.
    """

    label: str
    value: float | None
    tip: str
    interval: tuple[float, float] | None = None
    peak: float | None = None
    usual: tuple[float, float] | None = None
    is_partly_seen: bool = False


def hour_chart(values: Sequence[HourValue], label: str, kind: str = "") -> Markup:
    """The drawing, in both widths.

    Args:
        values: Hours in order, at least one.
        label: What it shows, in words.
        kind: Class of the drawing.
    """
    return both(lambda width: _chart(values, label, kind, width))


def _chart(values: Sequence[HourValue], label: str, kind: str, width: float) -> Markup:
    top, step = axis(max((_most(value) for value in values), default=0.0))
    parts = [_rule(tick * step, top, width) for tick in range(round(top / step) + 1)]
    slot = (width - LEFT - RIGHT) / len(values)
    every = max(1, math.ceil(LABEL / slot))
    for place, value in enumerate(values):
        x = LEFT + place * slot
        if place % every == 0:
            parts.append(text(x + slot / 2, HEIGHT - 8, value.label, "tick", "middle"))
        parts.extend(_hour(value, x, slot, top))
    return drawing((width, HEIGHT), label, parts, f"hour-chart {kind}")


def axis(most: float) -> tuple[float, float]:
    """Upper end and step of an axis that reaches an amount, in round numbers.

    Example:
        >>> axis(87), axis(0), axis(3.2)
        ((100.0, 25.0), (1.0, 1.0), (4.0, 1.0))
    """
    if most <= 0:
        return 1.0, 1.0
    size = 1.0
    while True:
        for step in (size, 2 * size, 2.5 * size, 5 * size):
            # Whole things are counted: no step between two numbers of them.
            if step == 2.5:
                continue
            ticks = -(-most // step)
            if ticks <= 4:
                return float(ticks * step), float(step)
        size *= 10


def _most(value: HourValue) -> float:
    seen = [value.value, value.peak, *(value.interval or ()), *(value.usual or ())]
    return max((each for each in seen if each is not None), default=0.0)


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top


def _rule(value: float, top: float, width: float) -> Markup:
    y = _y(value, top)
    line = {"x1": LEFT, "x2": width - RIGHT, "y1": y, "y2": y}
    words = text(LEFT - 8, y + 4, count(value, 0 if value == int(value) else 1), "tick", "end")
    return tag("g", {"class": "rule"}, [tag("line", line), words])


def _hour(value: HourValue, x: float, slot: float, top: float) -> list[Markup]:
    wide = slot * BAR_SHARE
    left, middle = x + (slot - wide) / 2, x + slot / 2
    floor = _y(0, top)
    if value.value is None:
        hatched = {"x": x + 1, "width": slot - 2, "y": TOP, "height": floor - TOP}
        return [mark("rect", {**hatched, "class": "unseen"}, value.tip)]
    y = _y(value.value, top)
    bar = {"x": left, "width": wide, "y": y, "height": max(0.0, floor - y), "rx": 2}
    inner = [tag("rect", {**bar, "class": "bar"})]
    if value.interval is not None:
        low, high = (_y(each, top) for each in value.interval)
        inner.append(
            tag(
                "path", {"class": "whisker", "d": f"M{number(middle)} {number(low)}V{number(high)}"}
            )
        )
    if value.peak is not None:
        inner.append(
            tag("circle", {"class": "peak", "cx": middle, "cy": _y(value.peak, top), "r": 3.5})
        )
    if value.usual is not None:
        low, high = (_y(each, top) for each in value.usual)
        tall = max(3.0, low - high)
        usual = {"x": x + slot * 0.06, "width": slot * 0.88, "y": (low + high - tall) / 2}
        inner.append(tag("rect", {**usual, "height": tall, "class": "usual", "rx": 1.5}))
    hit = {"x": x, "width": slot, "y": TOP, "height": floor - TOP, "class": "hit"}
    kind = "hour partly" if value.is_partly_seen else "hour"
    return [mark("g", {"class": kind}, value.tip, [tag("rect", hit), *inner])]
