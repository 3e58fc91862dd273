"""Head `centre_grid`: people in a frame by the project's own detector.

Input: as YOLOX's, pictures scaled to fit the upper left corner, the rest filled with 114; values 0
to 255. Output: per cell of one grid of stride 8, row by row, a box in pixels of the input and a
score, which is zero but where the network's map of people has a peak. The network stands in
`storeday.training.nets.detector`.
"""

import numpy as np
from numpy.typing import NDArray

from storeday.inference.boxes import people_of
from storeday.inference.letterbox import Letterbox
from storeday.inference.manifest import ModelSpec
from storeday.inference.sessions import Session
from storeday.inference.settings import InferenceSettings

STRIDE = 8
# A box and its score.
COLUMNS = 5
CLASSES = ("person",)

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]


class CentreGrid:
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
        self.batch = session.fixed_batch or settings.batch
        size = (spec.input_width_px, spec.input_height_px)
        self._letterbox = Letterbox(self.batch, size, spec.channel_order == "RGB")

    def people(self, pictures: list[Picture]) -> list[tuple[Floats, Floats]]:
        """Boxes and scores of the people in each picture.

        Args:
            pictures: At most `batch`, height x width x 3, BGR.

        Returns:
            For each picture boxes (n x 4, px) and scores (n), best first.
        """
        ratios = [self._letterbox.place(slot, picture) for slot, picture in enumerate(pictures)]
        raw = self._session.run(self._letterbox.input)[0]
        found = []
        for cells, ratio, picture in zip(raw, ratios, pictures, strict=False):
            likely = cells[cells[:, 4] >= self._settings.score_threshold]
            boxes = likely[:, :4] / np.float32(ratio)
            found.append(people_of(boxes, likely[:, 4], picture.shape, self._settings.nms_iou))
        return found


def spec_faults(session: Session, spec: ModelSpec) -> list[str]:
    """In what a model is not what its entry says; empty where it fits.

    Args:
        session: A session of the model.
        spec: Its entry in the manifest.
    """
    faults = []
    expected = (3, spec.input_height_px, spec.input_width_px)
    if session.input_shape[1:] != expected:
        faults.append(f"input is {session.input_shape}; expected batch x {expected}")
    cells = (spec.input_width_px // STRIDE) * (spec.input_height_px // STRIDE)
    if session.output_shapes[0][1:] != (cells, COLUMNS):
        found = session.output_shapes[0]
        faults.append(f"output is {found}; expected batch x {cells} x {COLUMNS}")
    if spec.classes != CLASSES:
        named = ", ".join(spec.classes) or "none"
        faults.append(f"classes are {named}; expected person alone")
    return faults
