"""Where on the floor people were, hour by hour: rows of `gold.heatmap_hourly`."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from storeday.contracts import load_contract, table_from_columns
from storeday.contracts.columns import Ints, floats, position_in, texts, times_us
from storeday.floor.calendar import LocalHour
from storeday.floor.grid import cell_index
from storeday.manifest import FloorPlan
from storeday.measures.hour_seconds import typical_weight
from storeday.measures.hours import HourTable, hour_table
from storeday.measures.intervals import sum_interval
from storeday.measures.seen_share import camera_hours
from storeday.measures.settings import MeasureSettings


def heatmap_hourly(
    positions: pa.Table,
    interactions: pa.Table,
    hours: Sequence[LocalHour],
    coverage: pa.Table,
    plan: FloorPlan,
    settings: MeasureSettings,
) -> pa.Table:
    """Seconds, customers and pick-ups in each cell of the floor.

    Args:
        positions: Rows of `silver.positions`, in any order; may be empty. Each is one second.
        interactions: Rows of `gold.interactions`, staff left out, in any order; those without a
            place count nowhere.
        hours: All local hours of the business day. What lies outside them counts nowhere.
        coverage: Rows of `gold.coverage`, in any order.
        plan: Size of the floor. Places outside it count nowhere, those on its border do.
        settings: Settings.

    Returns:
        Rows of `gold.heatmap_hourly` by hour, row and column of the cell: those in which somebody
        was, or handled something. `observed_share` is that of all cameras in the hour.

    Example:
        >>> import datetime as dt
        >>> from storeday.floor.calendar import Interval, local_hours
        >>> from storeday.contracts import empty
        >>> nine = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
        >>> rows = heatmap_hourly(
        ...     pa.table({"customer_id": ["x", "x"], "floor_x_m": [0.6, 0.9],
        ...               "floor_y_m": [0.1, 0.2],
        ...               "time": [nine, nine + dt.timedelta(seconds=1)]}),
        ...     empty(load_contract("gold.interactions")),
        ...     list(local_hours(Interval(nine, nine + dt.timedelta(hours=1)), "UTC")),
        ...     empty(load_contract("gold.coverage")), FloorPlan(width_m=5, height_m=4),
        ...     MeasureSettings())
        >>> rows.select(["cell_x", "cell_y", "visits", "stay_s"]).to_pylist()
        [{'cell_x': 1, 'cell_y': 0, 'visits': 1, 'stay_s': 2.0}]
    """
    table = hour_table(hours)
    shape = _cells_along(plan.width_m, settings), _cells_along(plan.height_m, settings)
    cell = _cell(positions, times_us(positions["time"]), table, plan, settings)
    in_cell, seconds = _customer_cells(cell, texts(positions["customer_id"]))
    picked = _cell(interactions, times_us(interactions["time"]), table, plan, settings)
    cells = np.union1d(in_cell, picked[picked >= 0])
    slot, hits = np.searchsorted(cells, in_cell), np.searchsorted(cells, picked[picked >= 0])
    hour, row, column = np.unravel_index(cells, (max(len(table), 1), shape[1], shape[0]))
    share = camera_hours(coverage, table).pooled_share()
    stay_s, squares = (
        np.asarray(np.bincount(slot, weight, minlength=len(cells)), float)
        for weight in (seconds, seconds**2)
    )
    low, high = sum_interval(stay_s, squares, typical_weight(stay_s, squares))
    return table_from_columns(
        load_contract("gold.heatmap_hourly"),
        {
            "hour_start": table.starts(hour),
            "local_hour": table.local_hour[hour],
            "cell_x": column,
            "cell_y": row,
            "cell_x_m": column * settings.cell_m,
            "cell_y_m": row * settings.cell_m,
            "visits": np.bincount(slot, minlength=len(cells)),
            "stay_s": stay_s,
            "stay_low_s": low,
            "stay_high_s": high,
            "pick_ups": np.bincount(hits, minlength=len(cells)),
            "observed_share": share[hour],
        },
    )


def _customer_cells(cell: Ints, customers: pa.Array) -> tuple[Ints, Ints]:
    """The cell of each pair of cell and customer, and the pair's seconds; -1 counts nowhere."""
    names = customers.unique()
    # One number for cell and customer; no day comes near 2^63 of them.
    pair = cell * max(len(names), 1) + position_in(customers, names)
    there, seconds = np.unique(pair[cell >= 0], return_counts=True)
    return there // max(len(names), 1), seconds


def _cell(
    rows: pa.Table, times: Ints, table: HourTable, plan: FloorPlan, settings: MeasureSettings
) -> Ints:
    """One number for hour, row and column of each place, -1 where it counts nowhere."""
    x, y = floats(rows["floor_x_m"]), floats(rows["floor_y_m"])
    hour = table.of(times)
    inside = (hour >= 0) & (x >= 0) & (x <= plan.width_m) & (y >= 0) & (y <= plan.height_m)
    columns, lines = _cells_along(plan.width_m, settings), _cells_along(plan.height_m, settings)
    # A place on the far border belongs to the last cell.
    column = np.minimum(cell_index(np.where(inside, x, 0.0), settings.cell_m), columns - 1)
    line = np.minimum(cell_index(np.where(inside, y, 0.0), settings.cell_m), lines - 1)
    return np.where(inside, (hour * lines + line) * columns + column, -1)


def _cells_along(length_m: float, settings: MeasureSettings) -> int:
    # A length that is a whole number of cells but for rounding has no further cell.
    return max(int(np.ceil(length_m / settings.cell_m - 1e-9)), 1)
