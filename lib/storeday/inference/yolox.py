"""Head `yolox`: people in a frame by a YOLOX detector (Ge et al., 2021, arXiv:2107.08430).

Input: pictures scaled to fit the upper left corner of the input, the rest filled with 114; values 0
to 255, in the channel order of the manifest. Output: per cell of three grids (strides 8, 16, 32;
row by row) the box's centre and size relative to the cell, an objectness, and a probability per
class. A person's score is objectness times the probability of the class `person`.
"""

import numpy as np

from storeday.inference.boxes import PERSON, Floats, person_faults
from storeday.inference.grid_detector import GridDetector
from storeday.inference.manifest import ModelSpec
from storeday.inference.sessions import Session, input_faults
from storeday.inference.settings import InferenceSettings

STRIDES = (8, 16, 32)
# Centre and size of the box, and objectness, before the classes.
BOX_COLUMNS = 5


class Yolox(GridDetector):
    """A detector; arguments as for `GridDetector`."""

    def __init__(self, session: Session, spec: ModelSpec, settings: InferenceSettings) -> None:
        super().__init__(session, spec, settings)
        self._person = spec.classes.index(PERSON)
        self._grid = grid(spec.input_width_px, spec.input_height_px)

    def _read(self, raw: Floats, threshold: float) -> tuple[Floats, Floats]:
        scores = raw[:, 4] * raw[:, BOX_COLUMNS + self._person]
        likely = np.flatnonzero(scores >= threshold)
        return decode(raw[likely, :4], self._grid[likely]), scores[likely]


def spec_faults(session: Session, spec: ModelSpec) -> list[str]:
    """In what a model is not what its entry says; empty where it fits.

    Args:
        session: A session of the model.
        spec: Its entry in the manifest.
    """
    faults = input_faults(session, spec, STRIDES[-1])
    cells = len(grid(spec.input_width_px, spec.input_height_px))
    found = session.output_shapes[0]
    if found[1:] != (cells, BOX_COLUMNS + len(spec.classes)):
        faults.append(
            f"output is {found}; expected batch x {cells} x {BOX_COLUMNS + len(spec.classes)}, "
            f"for a list of {len(spec.classes)} classes"
        )
    return faults + person_faults(spec.classes)


def grid(width: int, height: int) -> Floats:
    """Cells in the order of the output: column, row, stride.

    Args:
        width: Width of the input, px.
        height: Height of the input, px.

    Returns:
        Cells x 3.
    """
    parts = []
    for stride in STRIDES:
        rows, columns = np.mgrid[: height // stride, : width // stride]
        strides = np.full(rows.size, stride)
        parts.append(np.stack([columns.ravel(), rows.ravel(), strides], axis=1))
    return np.concatenate(parts).astype(np.float32)


def decode(raw: Floats, cells: Floats) -> Floats:
    """Boxes from what the network gives for their cells.

    Args:
        raw: n x 4: offset of the centre from the cell and logarithm of the size, in strides.
        cells: n x 3: column, row, stride.

    Returns:
        n x 4: x0, y0, x1, y1, in pixels of the input.
    """
    strides = cells[:, 2:]
    centres = (raw[:, :2] + cells[:, :2]) * strides
    halves = np.exp(raw[:, 2:]) * strides / np.float32(2)
    return np.concatenate([centres - halves, centres + halves], axis=1)
