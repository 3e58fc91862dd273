"""What heads of detectors share: pictures into the input, boxes of the output into pictures."""

from abc import ABC, abstractmethod

from storeday.inference.boxes import Floats, Picture, kept_boxes
from storeday.inference.letterbox import Letterbox
from storeday.inference.manifest import ModelSpec
from storeday.inference.sessions import Session
from storeday.inference.settings import InferenceSettings


class GridDetector(ABC):
    """A detector with its input buffer; for one thread. A head says how its output is read.

    Args:
        session: Its session.
        spec: Its entry in the manifest.
        settings: Thresholds, batch.
        is_centred: As `Letterbox` takes it.
        is_stretched: The same.
        unit: The same.

    Attributes:
        batch: Frames in a call.
    """

    def __init__(
        self,
        session: Session,
        spec: ModelSpec,
        settings: InferenceSettings,
        *,
        is_centred: bool = False,
        is_stretched: bool = False,
        unit: float = 255,
    ) -> None:
        self._session, self._settings = session, settings
        self.batch = session.fixed_batch or settings.batch
        self._input = Letterbox(
            self.batch,
            (spec.input_width_px, spec.input_height_px),
            is_rgb=spec.channel_order == "RGB",
            is_centred=is_centred,
            is_stretched=is_stretched,
            unit=unit,
        )

    def people(self, pictures: list[Picture]) -> list[tuple[Floats, Floats]]:
        """Boxes and scores of the people in each picture; see `Detector`."""
        placed = [self._input.place(slot, picture) for slot, picture in enumerate(pictures)]
        raw = self._session.run(self._input.values)[0]
        found = []
        for slot, picture in enumerate(pictures):
            boxes, scores = self._read(raw[slot], self._settings.score_threshold)
            boxes = placed[slot].to_picture(boxes)
            found.append(kept_boxes(boxes, scores, picture.shape, self._settings.nms_iou))
        return found

    @abstractmethod
    def _read(self, raw: Floats, threshold: float) -> tuple[Floats, Floats]:
        """Boxes (n x 4, px of the input) and scores (n) of one picture, from the threshold on."""
