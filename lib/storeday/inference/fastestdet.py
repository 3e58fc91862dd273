"""Head `fastestdet`: people by FastestDet (dog-qiuqiu, 2022, BSD-3-Clause), one grid, no anchors.

Input: pictures stretched to the whole input; values 0 to 1, in the channel order of the manifest.
Output: batch x (5 + classes) x rows x columns of one grid of stride 16: objectness, the centre's
offset from the cell (through a hyperbolic tangent, in cells), the size (through a logistic
function, in shares of the picture), and probabilities of the classes. The score is objectness to
the power 0.6 times the probability of `person` to the power 0.4, as its author ranks boxes.
"""

import numpy as np

from storeday.inference.boxes import PERSON, Floats, person_faults
from storeday.inference.grid_detector import GridDetector
from storeday.inference.manifest import ModelSpec
from storeday.inference.sessions import Session, input_faults
from storeday.inference.settings import InferenceSettings

STRIDE = 16
# Objectness, offset and size, before the classes.
BOX_PLANES = 5
OBJECT_POWER, CLASS_POWER = 0.6, 0.4


class Fastestdet(GridDetector):
    """A detector; arguments as for `GridDetector`."""

    def __init__(self, session: Session, spec: ModelSpec, settings: InferenceSettings) -> None:
        super().__init__(session, spec, settings, is_stretched=True, unit=1)
        self._person = spec.classes.index(PERSON)
        self._sides = np.array([spec.input_width_px, spec.input_height_px] * 2, np.float32)

    def _read(self, raw: Floats, threshold: float) -> tuple[Floats, Floats]:
        scores = raw[0] ** OBJECT_POWER * raw[BOX_PLANES + self._person] ** CLASS_POWER
        rows, columns = np.nonzero(scores >= threshold)
        boxes = decode(raw[1:BOX_PLANES, rows, columns], rows, columns, scores.shape)
        return boxes * self._sides, scores[rows, columns]


def spec_faults(session: Session, spec: ModelSpec) -> list[str]:
    """In what a model is not what its entry says; empty where it fits.

    Args:
        session: A session of the model.
        spec: Its entry in the manifest.
    """
    faults = input_faults(session, spec, STRIDE)
    planes = BOX_PLANES + len(spec.classes)
    expected = (planes, spec.input_height_px // STRIDE, spec.input_width_px // STRIDE)
    found = session.output_shapes[0]
    if found[1:] != expected:
        faults.append(
            f"output is {found}; expected batch x {expected}, "
            f"for a list of {len(spec.classes)} classes"
        )
    return faults + person_faults(spec.classes)


def decode(raw: Floats, rows: np.ndarray, columns: np.ndarray, cells: tuple[int, ...]) -> Floats:
    """Boxes from what the network gives for their cells.

    Args:
        raw: 4 x n: offset and size, before their functions.
        rows: n, rows of the grid.
        columns: n, its columns.
        cells: Rows and columns of the grid.

    Returns:
        n x 4: x0, y0, x1, y1, in shares of the picture.
    """
    corner, extent = np.stack([columns, rows]), np.array([[cells[1]], [cells[0]]])
    centres = (corner + np.tanh(raw[:2])) / extent
    halves = 0.5 / (1 + np.exp(-raw[2:]))
    return np.concatenate([centres - halves, centres + halves]).T.astype(np.float32)
