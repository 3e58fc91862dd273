"""A Sankey diagram of moves between zones: where they came from on the left, where to on the right.

Heights are proportional to moves. All moves are in it; those too small to tell apart are drawn and
told together, so that heights still add up.
"""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from storeday.report.flow_moves import Move, ends_of, with_rest
from storeday.report.svg import NARROW, WIDE, both, drawing, mark, number, tag
from storeday.report.words import count, share

GAP, ROW = 13.0, 40.0
# Room for names on either side, as a share of the width.
COLUMN_SHARE = {WIDE: 0.2, NARROW: 0.3}
# Letters of a name that fit there, beside an amount of so many digits.
LETTERS, DIGITS = {WIDE: 28, NARROW: 11}, 2
BAR = 9.0
LEAST_HEIGHT, MOST_HEIGHT = 260.0, 900.0
# More zones than these make a ball of wool: the rest is one.
MOST_ZONES = 12
# Links below this share of all moves are too thin to be pointed at one by one.
TOLD_ALONE_FROM = 0.004


def sankey(moves: Sequence[Move], most_zones: int = MOST_ZONES) -> Markup:
    """The diagram, in both widths.

    Args:
        moves: Moves, at least one.
        most_zones: Zones that keep their names.
    """
    kept = with_rest(moves, most_zones)
    return both(lambda width: _diagram(kept, width))


def _diagram(moves: Sequence[Move], width: float) -> Markup:
    sources, targets = ends_of(moves)
    rows = max(len(sources), len(targets))
    height = min(MOST_HEIGHT, max(LEAST_HEIGHT, rows * ROW))
    every = sum(move.moves for move in moves)
    scale = (height - GAP * (rows - 1)) / every
    left = _tops(sources, moves, "source", scale)
    right = _tops(targets, moves, "target", scale)
    links = _links(moves, left, right, (scale, every, width))
    nodes = [
        *_nodes(sources, moves, "source", (left, scale, every, width)),
        *_nodes(targets, moves, "target", (right, scale, every, width)),
    ]
    label = "Moves between zones: where customers came from, and where they went next"
    return drawing(
        (width, height + GAP), label, [tag("g", {"class": "links"}, links), *nodes], "sankey"
    )


def _total(name: str, moves: Sequence[Move], side: str) -> float:
    return sum(move.moves for move in moves if getattr(move, side) == name)


def _tops(names: Sequence[str], moves: Sequence[Move], side: str, scale: float) -> dict[str, float]:
    tops, y = {}, 0.0
    for name in names:
        tops[name] = y
        y += _total(name, moves, side) * scale + GAP
    return tops


def _links(
    moves: Sequence[Move],
    left: Mapping[str, float],
    right: Mapping[str, float],
    scale: tuple[float, float, float],
) -> list[Markup]:
    per_move, every, width = scale
    used_left, used_right = dict(left), dict(right)
    order_left, order_right = list(left), list(right)
    links = []
    for move in sorted(
        moves, key=lambda each: (order_left.index(each.source), order_right.index(each.target))
    ):
        thick = move.moves * per_move
        y0, y1 = used_left[move.source], used_right[move.target]
        used_left[move.source] += thick
        used_right[move.target] += thick
        attributes = {
            "d": _ribbon((y0, y1), thick, width),
            "class": "flow",
            "data-from": move.source,
            "data-to": move.target,
        }
        is_told = move.moves / every >= TOLD_ALONE_FROM
        links.append(mark("path", attributes, move.tip) if is_told else tag("path", attributes))
    return links


def _ribbon(tops: tuple[float, float], thick: float, width: float) -> str:
    (y0, y1), column = tops, COLUMN_SHARE[width] * width
    x0, x1 = column + BAR, width - column - BAR
    bend = (x0 + x1) / 2
    top = f"M{number(x0)} {number(y0)}C{number(bend)} {number(y0)} {number(bend)} {number(y1)} "
    side = f"{number(x1)} {number(y1)}L{number(x1)} {number(y1 + thick)}"
    low0, low1 = number(y0 + thick), number(y1 + thick)
    return f"{top}{side}C{number(bend)} {low1} {number(bend)} {low0} {number(x0)} {low0}Z"


def _nodes(
    names: Sequence[str],
    moves: Sequence[Move],
    side: str,
    drawn: tuple[Mapping[str, float], float, float, float],
) -> list[Markup]:
    tops, scale, every, width = drawn
    column = COLUMN_SHARE[width] * width
    is_left = side == "source"
    nodes = []
    for name in names:
        amount = _total(name, moves, side)
        called = next(
            getattr(move, f"{side}_name") for move in moves if getattr(move, side) == name
        )
        tall, top = amount * scale, tops[name]
        bar = {
            "x": column if is_left else width - column - BAR,
            "y": top,
            "width": BAR,
            "height": max(1.0, tall),
            "class": "node",
            "data-zone": name,
        }
        word = "left" if is_left else "reached"
        tip = f"{called}\n{count(amount)} moves {word} it\n{share(amount / every)} of all moves"
        x = column - 8 if is_left else width - column + 8
        words = [
            _cut(called, LETTERS[width] - max(0, len(count(amount)) - DIGITS)),
            tag("tspan", {"class": "amount", "dx": 6}, [count(amount)]),
        ]
        label = tag(
            "text",
            {
                "x": x,
                "y": top + tall / 2 + 4,
                "class": "label",
                "text-anchor": "end" if is_left else "start",
            },
            words,
        )
        nodes.extend([mark("rect", bar, tip), label])
    return nodes


def _cut(name: str, letters: int) -> str:
    return name if len(name) <= letters else f"{name[: letters - 1]}…"
