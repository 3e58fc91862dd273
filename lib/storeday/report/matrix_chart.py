"""Amounts by row and hour as a field of coloured cells, all on one scale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from storeday.report.palette import level
from storeday.report.svg import NARROW, WIDE, both, drawing, mark, text

LEFT = {WIDE: 150.0, NARROW: 92.0}
ROW, GAP, FOOT = 30.0, 2.0, 22.0
LETTERS = {WIDE: 20, NARROW: 12}
# A label below a column needs so much room.
LABEL = 24.0


@dataclass(frozen=True)
class MatrixCell:
    """One cell.

    Attributes:
        value: The amount; None where it was not seen.
        tip: Its numbers, in lines.
    """

    value: float | None
    tip: str


def matrix_chart(
    rows: Sequence[tuple[str, Mapping[int, MatrixCell]]], columns: Sequence[int], label: str
) -> Markup:
    """The drawing, in both widths.

    Args:
        rows: Name and cells by column of each row; a cell that is not there was not expected.
        columns: Local hours, in order; at least one.
        label: What it shows, in words.
    """
    values = [cell.value for _, cells in rows for cell in cells.values()]
    most = max((value for value in values if value is not None), default=0.0)
    return both(lambda width: _field(rows, columns, (label, most), width))


def _field(
    rows: Sequence[tuple[str, Mapping[int, MatrixCell]]],
    columns: Sequence[int],
    told: tuple[str, float],
    width: float,
) -> Markup:
    label, most = told
    slot = (width - LEFT[width]) / len(columns)
    parts: list[Markup] = []
    for number, (name, cells) in enumerate(rows):
        y = number * ROW
        shown = name if len(name) <= LETTERS[width] else f"{name[: LETTERS[width] - 1]}…"
        parts.append(text(0, y + ROW / 2 + 4, shown, "label"))
        for place, column in enumerate(columns):
            if column in cells:
                cell = cells[column]
                kind = (
                    "unseen" if cell.value is None else f"h{level(cell.value, most, is_even=True)}"
                )
                box = {"x": LEFT[width] + place * slot + GAP / 2, "y": y + GAP / 2, "rx": 2}
                size = {"width": slot - GAP, "height": ROW - GAP, "class": kind}
                parts.append(mark("rect", {**box, **size}, cell.tip))
    every = max(1, -int(-LABEL // slot))
    for place, column in enumerate(columns):
        if place % every == 0:
            middle = LEFT[width] + (place + 0.5) * slot
            parts.append(text(middle, len(rows) * ROW + 15, f"{column:02d}", "tick", "middle"))
    return drawing((width, len(rows) * ROW + FOOT), label, parts, "matrix")
