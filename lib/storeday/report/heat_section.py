"""The heatmap on the floor plan: three layers, hour by hour.

Colours are relative to what is shown, numbers absolute: on an absolute scale, nothing is ever red.
Cells with nobody stay white, cells that no camera saw are hatched.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup
from numpy.typing import NDArray

from storeday.report.blocks import Section
from storeday.report.day_rows import DayRows
from storeday.report.floor_drawing import (
    FloorFrame,
    floor_ground,
    frame_of,
    zone_labels,
    zone_outlines,
)
from storeday.report.palette import LEVELS, levels_of
from storeday.report.svg import number, tag
from storeday.report.unseen import Mask, cells_in_view, runs_path, unseen_cells
from storeday.report.words import hour_span

LAYERS = (
    ("visits", "Visitors", "customers in the cell, hour by hour"),
    ("stay_s", "Time stayed", "time customers spent in the cell"),
    ("pick_ups", "Picked up", "products handled at the cell"),
)
# The scale ends where all but one cell in fifty lie: a single hot cell must not drown the others.
SCALE_QUANTILE = 0.98
# Small drawings of all hours show cells of at least this side, so that they stay small.
SMALL_CELL_M = 1.0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class HeatGrid:
    """A day's heatmap as arrays.

    Attributes:
        cell_m: Side of a cell.
        values: By layer, shape (hours, rows, columns), rows from the lower edge up.
        unseen: Cells that no camera saw, by hour.
        hours: Local hour of each.
    """

    cell_m: float
    values: Mapping[str, Floats]
    unseen: list[Mask]
    hours: list[int]


def heat_section(day: DayRows) -> Section:
    """The section with the heatmap."""
    lead = (
        "Where customers were. Colours compare places with each other; point at a place for its "
        "numbers. Hatched: no camera saw it."
    )
    section = Section("floor", "On the floor", lead, "heat.html.j2")
    if not day.table("gold.heatmap_hourly").num_rows:
        return Section(section.id, section.title, missing=_why_empty(day))
    grid = heat_grid(day)
    frame = frame_of(day.layout)
    context = {
        "svg": _drawing(day, grid, frame),
        "layers": LAYERS,
        "hours": [hour_span(hour) for hour in grid.hours],
        "small": _small_drawings(grid, frame),
        "levels": range(LEVELS),
        "scale": _scale_end(grid.values["visits"].sum(axis=0)),
        "data": {**heat_data(grid), "zones": _zone_corners(day)},
    }
    return Section(section.id, section.title, lead, section.template, context)


def heat_grid(day: DayRows) -> HeatGrid:
    """The rows of `gold.heatmap_hourly` as arrays, with what was not seen."""
    rows = day.table("gold.heatmap_hourly")
    x, y = (rows[name].to_numpy().astype(int) for name in ("cell_x", "cell_y"))
    cell_m = _cell_side(rows["cell_x_m"].to_numpy(), x, rows["cell_y_m"].to_numpy(), y)
    plan = day.layout.floor_plan
    shape = (
        max(int(np.ceil(plan.height_m / cell_m - 1e-9)), int(y.max()) + 1),
        max(int(np.ceil(plan.width_m / cell_m - 1e-9)), int(x.max()) + 1),
    )
    hours = day.hours
    starts = pa.array([hour.interval.start for hour in hours], rows["hour_start"].type)
    hour = pc.fill_null(pc.index_in(rows["hour_start"], value_set=starts), -1).to_numpy()
    inside = (hour >= 0) & (x >= 0) & (y >= 0)
    values = {}
    for name, *_ in LAYERS:
        cube = np.zeros((len(hours), *shape))
        amount = rows[name].to_numpy(zero_copy_only=False).astype(float)
        np.add.at(cube, (hour[inside], y[inside], x[inside]), amount[inside])
        values[name] = cube
    unseen = unseen_cells(_fitted(day, cell_m, shape), _camera_seconds(day), shape)
    return HeatGrid(cell_m, values, unseen, [each.local_hour for each in hours])


def heat_data(grid: HeatGrid) -> dict[str, object]:
    """What the page's script needs, compact.

    Cells of an hour come in order, each as its distance from the one before, its visits, seconds
    and pick-ups; what was not seen as path data, hour by hour.
    """
    rows, columns = next(iter(grid.values.values())).shape[1:]
    masks = [runs_path(mask) for mask in grid.unseen]
    kinds = sorted(set(masks))
    return {
        "cell": grid.cell_m,
        "rows": rows,
        "columns": columns,
        "hours": [_hour_cells(grid, place) for place in range(len(grid.hours))],
        "labels": [hour_span(hour) for hour in grid.hours],
        "masks": kinds,
        "unseen": [kinds.index(mask) for mask in masks],
        "always": runs_path(np.logical_and.reduce(grid.unseen)) if grid.unseen else "",
    }


def _zone_corners(day: DayRows) -> list[tuple[str, list[float]]]:
    """Name and corners of each zone, x and y in turn, so that the script can name places."""
    names = day.zone_names()
    return [
        (names[zone.id], [float(edge) for corner in zone.polygon_m for edge in corner])
        for zone in day.layout.zones
    ]


def _hour_cells(grid: HeatGrid, hour: int) -> list[list[int]]:
    layers = [grid.values[name][hour].ravel() for name, *_ in LAYERS]
    used = np.flatnonzero(np.any([layer > 0 for layer in layers], axis=0))
    steps = np.diff(used, prepend=0)
    return [steps.tolist(), *[np.rint(layer[used]).astype(int).tolist() for layer in layers]]


def _why_empty(day: DayRows) -> str:
    if not day.layout.cameras:
        return "This store has no cameras, so nothing is known of places."
    if not any(seconds for hour in _camera_seconds(day) for seconds in hour.values()):
        return "No camera gave footage on this day: where people were was not seen."
    return "Cameras were on, and nobody was seen on the floor."


def _camera_seconds(day: DayRows) -> list[dict[str, float]]:
    by_hour: dict[object, dict[str, float]] = {}
    for row in day.rows("gold.coverage"):
        if row["subject_kind"] == "camera":
            hour = by_hour.setdefault(row["hour_start"], {})
            hour[str(row["subject_id"])] = float(row["observed_s"])
    return [by_hour.get(hour.interval.start, {}) for hour in day.hours]


def _cell_side(x_m: Floats, x: NDArray[np.int_], y_m: Floats, y: NDArray[np.int_]) -> float:
    """Side of a cell: edge by number, where the number is not 0."""
    numbers, edges = np.concatenate([x, y]), np.concatenate([x_m, y_m])
    named = numbers > 0
    return float(np.median(edges[named] / numbers[named])) if named.any() else 0.5


def _fitted(day: DayRows, cell_m: float, shape: tuple[int, int]) -> dict[str, Mask]:
    """Cells in view, on a grid that may be larger than the plan."""
    fitted = {}
    for camera, cells in cells_in_view(day.layout, cell_m).items():
        mask = np.zeros(shape, bool)
        rows, columns = min(shape[0], cells.shape[0]), min(shape[1], cells.shape[1])
        mask[:rows, :columns] = cells[:rows, :columns]
        fitted[camera] = mask
    return fitted


def _drawing(day: DayRows, grid: HeatGrid, frame: FloorFrame) -> Markup:
    width, height = frame.size
    always = runs_path(np.logical_and.reduce(grid.unseen)) if grid.unseen else ""
    layers = [
        floor_ground(frame),
        tag("g", {"class": "heat-unseen"}, [_cells_group(always, grid, frame, "unseen")]),
        tag("g", {"class": "heat-cells"}, _level_paths(_day_total(grid), grid, frame)),
        zone_outlines(day.layout, frame),
        zone_labels(day.layout, frame),
        tag("rect", {"class": "cursor", "width": 0, "height": 0}),
    ]
    return tag(
        "svg",
        {
            "viewBox": f"0 0 {number(width)} {number(height)}",
            "class": "drawing plan",
            "aria-hidden": "true",
            "style": f"--letter:{number(frame.letter_m)}px",
            "data-margin": frame.margin_m,
            "data-height": frame.height_m,
        },
        layers,
    )


def _day_total(grid: HeatGrid) -> Floats:
    return np.asarray(grid.values["visits"].sum(axis=0))


def _scale_end(values: Floats) -> float:
    """The amount at which the scale ends."""
    used = values[values > 0]
    return float(np.quantile(used, SCALE_QUANTILE, method="higher")) if used.size else 0.0


def _level_paths(
    values: Floats, grid: HeatGrid, frame: FloorFrame, end: float | None = None
) -> list[Markup]:
    """A path for each step of the scale."""
    top = _scale_end(values) if end is None else end
    levels = levels_of(values, top)
    return [
        _cells_group(runs_path((levels == step) & (values > 0)), grid, frame, f"h{step}")
        for step in range(LEVELS)
    ]


def _cells_group(path: str, grid: HeatGrid, frame: FloorFrame, kind: str) -> Markup:
    rows = next(iter(grid.values.values())).shape[1]
    x, y = frame.point(0, rows * grid.cell_m)
    place = f"translate({number(x)} {number(y)}) scale({number(grid.cell_m)})"
    return tag("path", {"class": kind, "d": path, "transform": place})


def _small_drawings(grid: HeatGrid, frame: FloorFrame) -> list[tuple[str, Markup]]:
    """Time stayed in every hour, on one scale, in larger cells."""
    step = max(1, round(SMALL_CELL_M / grid.cell_m))
    hours = [_coarser(hour, step) for hour in grid.values["stay_s"]]
    end = max((_scale_end(hour) for hour in hours), default=0.0)
    large = HeatGrid(grid.cell_m * step, {"stay_s": np.array(hours)}, [], grid.hours)
    width, height = frame.size
    drawings = []
    for local_hour, values, mask in zip(grid.hours, hours, grid.unseen, strict=True):
        hatched = _cells_group(runs_path(mask), grid, frame, "unseen")
        inner = [floor_ground(frame), hatched, *_level_paths(values, large, frame, end)]
        box = f"0 0 {number(width)} {number(height)}"
        attributes = {"viewBox": box, "class": "drawing small", "aria-hidden": "true"}
        drawings.append((hour_span(local_hour), tag("svg", attributes, inner)))
    return drawings


def _coarser(values: Floats, step: int) -> Floats:
    """Sums over blocks of cells."""
    rows, columns = values.shape
    padded = np.pad(values, ((0, -rows % step), (0, -columns % step)))
    blocks = padded.reshape(padded.shape[0] // step, step, padded.shape[1] // step, step)
    return np.asarray(blocks.sum(axis=(1, 3)))
