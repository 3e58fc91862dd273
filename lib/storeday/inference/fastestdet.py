"""Head `fastestdet`: people by FastestDet (dog-qiuqiu, 2022, BSD-3-Clause), one grid, no anchors.

Input: pictures stretched to the whole input; values 0 to 1, in the channel order of the manifest.
Output: batch x (5 + classes) x rows x columns of one grid of stride 16: objectness, the centre's
offset from the cell (through a hyperbolic tangent, in cells), the size (through a logistic
function, in shares of the picture), and probabilities of the classes. The score is objectness to
the power 0.6 times the probability of `person` to the power 0.4, as its author ranks boxes.
"""

import cv2
import numpy as np

from storeday.inference.boxes import Floats, Picture, kept_boxes, person_faults
from storeday.inference.manifest import ModelSpec
from storeday.inference.sessions import Session, input_faults
from storeday.inference.settings import InferenceSettings

STRIDE = 16
PERSON = "person"
# Objectness, offset and size, before the classes.
BOX_PLANES = 5
OBJECT_POWER, CLASS_POWER = 0.6, 0.4


class Fastestdet:
    """A detector with its input buffer; for one thread.

    Args:
        session: Its session.
        spec: Its entry in the manifest.
        settings: Thresholds, batch.

    Attributes:
        batch: Frames in a call.
    """

    def __init__(self, session: Session, spec: ModelSpec, settings: InferenceSettings) -> None:
        self._session, self._settings = session, settings
        self._person = spec.classes.index(PERSON)
        self._size = (spec.input_width_px, spec.input_height_px)
        self._is_rgb = spec.channel_order == "RGB"
        self.batch = session.fixed_batch or settings.batch
        self._input = np.zeros((self.batch, 3, *self._size[::-1]), np.float32)

    def people(self, pictures: list[Picture]) -> list[tuple[Floats, Floats]]:
        """Boxes and scores of the people in each picture; see `Detector`."""
        for slot, picture in enumerate(pictures):
            small = cv2.resize(picture, self._size, interpolation=cv2.INTER_LINEAR)
            planes = small[..., ::-1] if self._is_rgb else small
            np.divide(planes.transpose(2, 0, 1), np.float32(255), out=self._input[slot])
        raw = self._session.run(self._input)[0]
        return [self._read(raw[slot], picture.shape) for slot, picture in enumerate(pictures)]

    def _read(self, raw: Floats, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
        scores = raw[0] ** OBJECT_POWER * raw[BOX_PLANES + self._person] ** CLASS_POWER
        rows, columns = np.nonzero(scores >= self._settings.score_threshold)
        boxes = decode(raw[1:BOX_PLANES, rows, columns], rows, columns, scores.shape)
        sides = np.array([shape[1], shape[0]] * 2, np.float32)
        return kept_boxes(boxes * sides, scores[rows, columns], shape, self._settings.nms_iou)


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
