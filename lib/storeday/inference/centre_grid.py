"""Head `centre_grid`: people in a frame by the project's own detector.

Input: as YOLOX's, pictures scaled to fit the upper left corner, the rest filled with 114; values 0
to 255. Output: per cell of one grid of stride 4, row by row, a box in pixels of the input and a
score, which is zero but where the network's map of people has a peak. The network stands in
`storeday.training.nets.detector`.
"""

from storeday.inference.boxes import PERSON, Floats
from storeday.inference.grid_detector import GridDetector
from storeday.inference.manifest import ModelSpec
from storeday.inference.sessions import Session, input_faults

# Of the grid, and of the network's coarsest map, by which the input must be divisible.
STRIDE, COARSEST = 4, 32
# A box and its score.
COLUMNS = 5
CLASSES = (PERSON,)


class CentreGrid(GridDetector):
    """A detector; arguments as for `GridDetector`."""

    def _read(self, raw: Floats, threshold: float) -> tuple[Floats, Floats]:
        likely = raw[raw[:, 4] >= threshold]
        return likely[:, :4], likely[:, 4]


def spec_faults(session: Session, spec: ModelSpec) -> list[str]:
    """In what a model is not what its entry says; empty where it fits.

    Args:
        session: A session of the model.
        spec: Its entry in the manifest.
    """
    faults = input_faults(session, spec, COARSEST)
    cells = (spec.input_width_px // STRIDE) * (spec.input_height_px // STRIDE)
    if session.output_shapes[0][1:] != (cells, COLUMNS):
        found = session.output_shapes[0]
        faults.append(f"output is {found}; expected batch x {cells} x {COLUMNS}")
    if spec.classes != CLASSES:
        named = ", ".join(spec.classes) or "none"
        faults.append(f"classes are {named}; expected person alone")
    return faults
