"""Head `centre_grid`: people in a frame by the project's own detector.

Input: as YOLOX's, pictures scaled to fit the upper left corner, the rest filled with 114; values 0
to 255. Output: per cell of one grid of stride 8, row by row, a box in pixels of the input and a
score, which is zero but where the network's map of people has a peak. The network stands in
`storeday.training.nets.detector`.
"""

from storeday.inference.boxes import Floats, Picture, kept_boxes
from storeday.inference.letterbox import Letterbox
from storeday.inference.manifest import ModelSpec
from storeday.inference.sessions import Session, input_faults
from storeday.inference.settings import InferenceSettings

STRIDE = 8
# A box and its score.
COLUMNS = 5
CLASSES = ("person",)


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
        self._input = Letterbox(self.batch, size, is_rgb=spec.channel_order == "RGB")

    def people(self, pictures: list[Picture]) -> list[tuple[Floats, Floats]]:
        """Boxes and scores of the people in each picture; see `Detector`."""
        placed = [self._input.place(slot, picture) for slot, picture in enumerate(pictures)]
        raw = self._session.run(self._input.values)[0]
        found = []
        for slot, picture in enumerate(pictures):
            likely = raw[slot][raw[slot][:, 4] >= self._settings.score_threshold]
            boxes = placed[slot].to_picture(likely[:, :4])
            iou = self._settings.nms_iou
            found.append(kept_boxes(boxes, likely[:, 4], picture.shape, iou))
        return found


def spec_faults(session: Session, spec: ModelSpec) -> list[str]:
    """In what a model is not what its entry says; empty where it fits.

    Args:
        session: A session of the model.
        spec: Its entry in the manifest.
    """
    faults = input_faults(session, spec, STRIDE)
    cells = (spec.input_width_px // STRIDE) * (spec.input_height_px // STRIDE)
    if session.output_shapes[0][1:] != (cells, COLUMNS):
        found = session.output_shapes[0]
        faults.append(f"output is {found}; expected batch x {cells} x {COLUMNS}")
    if spec.classes != CLASSES:
        named = ", ".join(spec.classes) or "none"
        faults.append(f"classes are {named}; expected person alone")
    return faults
