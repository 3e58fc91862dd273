"""Drawings as SVG text, escaped.

Lengths are in the drawing's own unit; numbers are cut to two decimals.
"""

from collections.abc import Callable, Iterable, Mapping

from markupsafe import Markup, escape

Attributes = Mapping[str, object]
# Widths of a drawing, about in pixels: on a desk or on paper, and on a phone.
WIDE, NARROW = 920.0, 360.0
# Elements without an end.
VOID = frozenset({"img"})


def tag(name: str, attributes: Attributes, children: Iterable[object] = ()) -> Markup:
    """An element.

    Args:
        name: Its name.
        attributes: Its attributes; those that are None are left out.
        children: Elements (`Markup`) and texts, which are escaped.

    Example:
        >>> str(tag("text", {"x": 1.2345, "class": None}, ["a < b"]))
        '<text x="1.23">a &lt; b</text>'
    """
    given = "".join(
        f' {key}="{escape(number(value) if isinstance(value, float) else value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Markup(f"<{name}{given}>")
    inner = "".join(str(escape(child)) for child in children)
    return Markup(f"<{name}{given}>{inner}</{name}>")


def number(value: float) -> str:
    """A number in as few letters as two decimals take.

    Example:
        >>> number(2.0), number(0.126), number(-0.001)
        ('2', '0.13', '0')
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def mark(name: str, attributes: Attributes, tip: str, children: Iterable[object] = ()) -> Markup:
    """An element that tells its numbers: on hover, on focus, and to a screen reader.

    Args:
        name: Its name.
        attributes: Its attributes.
        tip: What it tells; lines apart by newlines.
        children: What it holds.
    """
    spoken = tip.replace("\n", ", ")
    told = {"data-tip": tip, "aria-label": spoken, "role": "img", "tabindex": -1}
    return tag(name, {**attributes, **told}, children)


def drawing(
    size: tuple[float, float],
    label: str,
    children: Iterable[object],
    kind: str = "",
    letter: float | None = None,
) -> Markup:
    """A drawing that fits its place and can be walked through by keyboard.

    Args:
        size: Width and height, in the drawing's unit.
        label: What it shows, in words.
        children: Its elements.
        kind: Further classes.
        letter: Height of letters, where the drawing's unit is not a pixel.
    """
    return tag(
        "svg",
        {
            "viewBox": f"0 0 {number(size[0])} {number(size[1])}",
            "class": f"drawing {kind}".strip(),
            "role": "group",
            "aria-label": label,
            "data-marks": "",
            "style": None if letter is None else f"--letter:{number(letter)}px",
        },
        children,
    )


def both(draw: Callable[[float], Markup]) -> Markup:
    """A drawing in two widths, of which the page shows the one that fits.

    Args:
        draw: Draws it in a given width.
    """
    wide = tag("div", {"class": "wide"}, [draw(WIDE)])
    return wide + tag("div", {"class": "narrow"}, [draw(NARROW)])


def text(x: float, y: float, words: object, kind: str = "", anchor: str = "") -> Markup:
    """A line of text."""
    attributes = {"x": x, "y": y, "class": kind or None, "text-anchor": anchor or None}
    return tag("text", attributes, [words])
