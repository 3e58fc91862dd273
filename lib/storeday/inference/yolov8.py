"""Head `yolov8`: detectors that export boxes without objectness, as YOLOv8 and its kin do.

Input: pictures scaled to fit the middle of the input, the rest filled with 114; values 0 to 1, in
the channel order of the manifest. Output: batch x (4 + classes) x cells, per cell of three grids
(strides 8, 16, 32) the box's centre and size in pixels of the input, and a probability per class,
which is the score. Several boxes may lie on one person. The head reads any model of this shape;
mind the licence of the weights you give it.
"""

import numpy as np

from storeday.inference.boxes import Floats, Picture, kept_boxes, person_faults
from storeday.inference.letterbox import Letterbox, Placed
from storeday.inference.manifest import ModelSpec
from storeday.inference.sessions import Session, input_faults
from storeday.inference.settings import InferenceSettings

STRIDES = (8, 16, 32)
PERSON = "person"
# Centre and size of the box, before the classes.
BOX_ROWS = 4


class Yolov8:
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
        self.batch = session.fixed_batch or settings.batch
        self._input = Letterbox(
            self.batch,
            (spec.input_width_px, spec.input_height_px),
            is_rgb=spec.channel_order == "RGB",
            is_centred=True,
            unit=1,
        )

    def people(self, pictures: list[Picture]) -> list[tuple[Floats, Floats]]:
        """Boxes and scores of the people in each picture; see `Detector`."""
        placed = [self._input.place(slot, picture) for slot, picture in enumerate(pictures)]
        raw = self._session.run(self._input.values)[0]
        return [
            self._read(raw[slot], placed[slot], picture.shape)
            for slot, picture in enumerate(pictures)
        ]

    def _read(self, raw: Floats, placed: Placed, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
        scores = raw[BOX_ROWS + self._person]
        likely = np.flatnonzero(scores >= self._settings.score_threshold)
        centres, halves = raw[:2, likely].T, raw[2:BOX_ROWS, likely].T / np.float32(2)
        boxes = np.concatenate([centres - halves, centres + halves], axis=1)
        return kept_boxes(placed.to_picture(boxes), scores[likely], shape, self._settings.nms_iou)


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
