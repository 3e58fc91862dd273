"""Headline figures of several days or stores below each other."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from storeday.report.blocks import (
    FULLY_SEEN,
    NUMBER,
    TEXT,
    Cell,
    Grid,
    seen_words,
    words_cell,
)
from storeday.report.day_rows import DayRows
from storeday.report.headline import Figure
from storeday.report.matrix_chart import MatrixCell, matrix_chart
from storeday.report.words import count, hour_span, length

TRAFFIC, QUEUES = "gold.traffic_hourly", "gold.queue_hourly"
SHOWN = ("visitors", "receipts", "handled", "wait", "peak", "seen_cameras")
NOT_PUBLISHED = "not published"


def figure_grid(
    rows: Sequence[tuple[Cell, Mapping[str, Figure] | None]], first: str, caption: str
) -> Grid:
    """The table.

    Args:
        rows: First cell and figures of each row; None where a day is not published.
        first: Heading of the first column.
        caption: What the table shows.
    """
    most = {
        key: max((f[key].value or 0.0 for _, f in rows if f is not None), default=0.0)
        for key in ("visitors", "receipts", "handled", "wait")
    }
    labels = {
        key: next((f[key].label for _, f in rows if f is not None), key.capitalize())
        for key in SHOWN
    }
    body = []
    for name, figures in rows:
        if figures is None:
            body.append((name, *[Cell(NOT_PUBLISHED, -2.0)] * len(SHOWN)))
        else:
            body.append((name, *[_cell(figures[key], most.get(key, 0.0)) for key in SHOWN]))
    columns = ((first, TEXT), *((labels[key], NUMBER) for key in SHOWN))
    return Grid(caption, columns, tuple(body))


def _cell(figure: Figure, most: float) -> Cell:
    least = "≥ " if figure.is_lower_bound else ""
    words = f"{least}{figure.words}{f' {figure.unit}' if figure.unit else ''}"
    bar = figure.value / most if figure.value is not None and most > 0 else None
    order = -1.0 if figure.value is None else figure.value
    return Cell(words, order, bar, figure.comparison)


def traffic_matrix(rows: Sequence[tuple[str, DayRows]], label: str) -> Markup | None:
    """Customers who came in by row and hour; None where nothing is known."""
    fields = []
    for name, day in rows:
        cells = {}
        for row in day.rows(TRAFFIC):
            if row["hour_start"] in {hour.interval.start for hour in day.hours}:
                value = row["entries"]
                told = "not seen" if value is None else f"{count(value)} came in"
                lines = [f"{name}, {hour_span(row['local_hour'])}", told]
                if value is not None and row["observed_share"] < FULLY_SEEN:
                    lines.append(seen_words(row["observed_share"]))
                cells[row["local_hour"]] = MatrixCell(value, "\n".join(lines))
        fields.append((name, cells))
    return _matrix(fields, label)


def waiting_matrix(rows: Sequence[tuple[str, DayRows]], label: str) -> Markup | None:
    """Mean wait by row and hour, the longest of several queues; None where there is no queue."""
    fields = []
    for name, day in rows:
        cells: dict[int, MatrixCell] = {}
        hours = {hour.interval.start for hour in day.hours}
        for row in day.rows(QUEUES):
            if row["hour_start"] not in hours:
                continue
            is_seen = row["length_mean"] is not None
            value = (row["wait_mean_s"] or 0.0) if is_seen else None
            before = cells.get(row["local_hour"])
            if before is not None and (before.value or 0.0) >= (value or 0.0):
                continue
            told = f"{length(value)} mean wait" if is_seen else "not seen"
            tip = f"{name}, {hour_span(row['local_hour'])}\n{told}"
            cells[row["local_hour"]] = MatrixCell(value, tip)
        fields.append((name, cells))
    return _matrix(fields, label)


def _matrix(fields: list[tuple[str, dict[int, MatrixCell]]], label: str) -> Markup | None:
    columns = sorted({hour for _, cells in fields for hour in cells})
    if not columns:
        return None
    return matrix_chart([field for field in fields if field[1]], columns, label)


def name_cell(name: str, note: str = "", order: float | None = None) -> Cell:
    """The first cell of a row."""
    plain = words_cell(name, note)
    return Cell(plain.text, order, note=plain.note)
