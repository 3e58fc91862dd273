"""Square cells over the floor plan.

A cell is named by its column and row, both from 0 at the plan's lower left corner.
"""

import numpy as np
from numpy.typing import NDArray


def cell_index(places_m: NDArray[np.float64], cell_m: float) -> NDArray[np.int64]:
    """Column or row of places along one axis.

    Args:
        places_m: Distances from the plan's edge, any shape.
        cell_m: Side of a cell.

    Returns:
        Indices of the same shape; a place on a border belongs to the cell after it.

    Raises:
        ValueError: The side is not positive.

    Example:
        >>> cell_index(np.array([0.0, 0.49, 0.5]), 0.5)
        array([0, 0, 1])
    """
    if cell_m <= 0:
        raise ValueError(f"cell_m is {cell_m}; expected a positive side")
    return np.floor(places_m / cell_m).astype(np.int64)
