"""Which cells of the floor no camera saw, hour by hour: white on a heatmap must mean "nobody".

A cell is seen in an hour if a camera has its middle in the picture, outside its masks, and gave
footage in that hour.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from storeday.floor.camera_view import CameraView, camera_view, sees
from storeday.floor.zones import inside
from storeday.manifest import StoreLayout

Mask = NDArray[np.bool_]


def cell_middles(width_m: float, height_m: float, cell_m: float) -> NDArray[np.float64]:
    """Middles of all cells, row by row from the lower left, shape (rows, columns, 2).

    Example:
        >>> cell_middles(1.0, 0.5, 0.5).tolist()
        [[[0.25, 0.25], [0.75, 0.25]]]
    """
    columns, rows = int(np.ceil(width_m / cell_m)), int(np.ceil(height_m / cell_m))
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    return np.asarray((np.stack([x, y], axis=-1) + 0.5) * cell_m, np.float64)


def cells_in_view(layout: StoreLayout, cell_m: float) -> dict[str, Mask]:
    """Cells that each camera has in its picture, shape (rows, columns)."""
    middles = cell_middles(layout.floor_plan.width_m, layout.floor_plan.height_m, cell_m)
    shape, points = middles.shape[:2], middles.reshape(-1, 2)
    views = {camera.id: camera_view(camera) for camera in layout.cameras}
    return {
        camera: (sees(view, points) & ~_masked(view, points)).reshape(shape)
        for camera, view in views.items()
    }


def _masked(view: CameraView, floor_m: NDArray[np.float64]) -> Mask:
    """Whether floor points fall into a camera's masks; points it cannot see may be either."""
    image = np.column_stack([floor_m, np.ones(len(floor_m))]) @ np.linalg.inv(view.matrix).T
    with np.errstate(divide="ignore", invalid="ignore"):
        pixels = np.nan_to_num(image[:, :2] / image[:, 2:3])
    masked = np.zeros(len(floor_m), bool)
    for mask in view.masks:
        masked |= inside(pixels, mask)
    return masked


def unseen_cells(
    in_view: Mapping[str, Mask], observed_s: Sequence[Mapping[str, float]], shape: tuple[int, int]
) -> list[Mask]:
    """Cells that no camera saw, for each hour.

    Args:
        in_view: Cells in each camera's picture.
        observed_s: For each hour the seconds that each camera gave.
        shape: Rows and columns of the grid.

    Returns:
        A mask for each hour, True where nothing was seen.
    """
    masks = []
    for hour in observed_s:
        seen = np.zeros(shape, bool)
        for camera, cells in in_view.items():
            if hour.get(camera, 0.0) > 0:
                seen |= cells
        masks.append(~seen)
    return masks


def runs_path(mask: Mask) -> str:
    """The cells of a mask as path data in cells, rows counted from the top as SVG has them.

    Example:
        >>> runs_path(np.array([[True, True, False], [False, False, True]]))
        'M0 1h2v1h-2zM2 0h1v1h-1z'
    """
    rows = len(mask)
    parts = []
    for row in range(rows):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], mask[row].astype(np.int8), [0]])))
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            width = end - start
            parts.append(f"M{start} {rows - 1 - row}h{width}v1h-{width}z")
    return "".join(parts)
