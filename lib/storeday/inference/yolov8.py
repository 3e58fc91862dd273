"""Head `yolov8`: detectors that export boxes without objectness, as YOLOv8 and its kin do.

Input: pictures scaled to fit the middle of the input, the rest filled with 114; values 0 to 1, in
the channel order of the manifest. Output: batch x (4 + classes) x cells, per cell of three grids
(strides 8, 16, 32) the box's centre and size in pixels of the input, and a probability per class,
which is the score. Several boxes may lie on one person. The head reads any model of this shape;
mind the licence of the weights you give it.
"""

import numpy as np

from storeday.inference.boxes import PERSON, Floats, person_faults
from storeday.inference.grid_detector import GridDetector
from storeday.inference.manifest import ModelSpec
from storeday.inference.sessions import Session, input_faults
from storeday.inference.settings import InferenceSettings

STRIDES = (8, 16, 32)
# Centre and size of the box, before the classes.
BOX_ROWS = 4


class Yolov8(GridDetector):
    """A detector; arguments as for `GridDetector`."""

    def __init__(self, session: Session, spec: ModelSpec, settings: InferenceSettings) -> None:
        super().__init__(session, spec, settings, is_centred=True, unit=1)
        self._person = spec.classes.index(PERSON)

    def _read(self, raw: Floats, threshold: float) -> tuple[Floats, Floats]:
        scores = raw[BOX_ROWS + self._person]
        likely = np.flatnonzero(scores >= threshold)
        centres, halves = raw[:2, likely].T, raw[2:BOX_ROWS, likely].T / np.float32(2)
        return np.concatenate([centres - halves, centres + halves], axis=1), scores[likely]


def spec_faults(session: Session, spec: ModelSpec) -> list[str]:
    """In what a model is not what its entry says; empty where it fits.

    Args:
        session: A session of the model.
        spec: Its entry in the manifest.
    """
    faults = input_faults(session, spec, STRIDES[-1])
    width, height = spec.input_width_px, spec.input_height_px
    cells = sum((width // stride) * (height // stride) for stride in STRIDES)
    found = session.output_shapes[0]
    if found[1:] != (BOX_ROWS + len(spec.classes), cells):
        faults.append(
            f"output is {found}; expected batch x {BOX_ROWS + len(spec.classes)} x {cells}, "
            f"for a list of {len(spec.classes)} classes"
        )
    return faults + person_faults(spec.classes)
