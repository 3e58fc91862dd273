"""What heads of crops share: cutting them out, filling batches, parting the output by pictures."""

from collections.abc import Callable

import numpy as np

from storeday.inference.crops import Floats, Picture, stretched
from storeday.inference.manifest import ModelSpec
from storeday.inference.sessions import Session
from storeday.inference.settings import InferenceSettings

# Of ImageNet, red, green, blue, on a scale of 0 to 1.
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)

Found = list[tuple[Picture, Floats]]


class CropRunner:
    """A model of crops with its input buffer; for one thread.

    Args:
        session: Its session.
        spec: Its entry in the manifest.
        settings: Batch.
        cut: The part of a picture (BGR) that belongs to a box.
        fill: Writes a part of the input's size, colours in the model's order, into its place in
            the batch (3 x height x width).

    Attributes:
        columns: Values per crop.
    """

    def __init__(
        self,
        session: Session,
        spec: ModelSpec,
        settings: InferenceSettings,
        cut: Callable[[Picture, Floats], Picture],
        fill: Callable[[Picture, Floats], None],
    ) -> None:
        self._session, self._cut, self._fill = session, cut, fill
        self._size = (spec.input_width_px, spec.input_height_px)
        self._order = slice(None, None, -1 if spec.channel_order == "RGB" else 1)
        batch = session.fixed_batch or settings.batch
        self._input = np.zeros((batch, 3, spec.input_height_px, spec.input_width_px), np.float32)
        self.columns = session.output_shapes[0][1] or 0

    def run(self, found: Found) -> list[Floats]:
        """The model's output for the boxes of each picture.

        Args:
            found: Pictures (BGR) and their boxes (n x 4, px, within the picture).

        Returns:
            For each picture n x columns.
        """
        crops = [self._cut(picture, box) for picture, boxes in found for box in boxes]
        values = np.empty((len(crops), self.columns), np.float32)
        batch = len(self._input)
        for start in range(0, len(crops), batch):
            part = crops[start : start + batch]
            for slot, picture in enumerate(part):
                self._fill(stretched(picture, self._size)[:, :, self._order], self._input[slot])
            values[start : start + len(part)] = self._session.run(self._input)[0][: len(part)]
        ends = np.cumsum([len(boxes) for _, boxes in found])
        return np.split(values, ends[:-1])


def imagenet_fill(spec: ModelSpec) -> Callable[[Picture, Floats], None]:
    """A `fill` that writes colours less ImageNet's mean, by its deviation.

    Args:
        spec: A model's entry; its channel order counts.
    """
    norms = list(zip(MEAN, DEVIATION, strict=True))[:: 1 if spec.channel_order == "RGB" else -1]

    def fill(picture: Picture, target: Floats) -> None:
        for channel, (mean, deviation) in enumerate(norms):
            scale = np.float32(1 / (255 * deviation))
            np.multiply(picture[:, :, channel], scale, out=target[channel])
            target[channel] -= np.float32(mean / deviation)

    return fill


def unit_rows(rows: Floats) -> Floats:
    """Rows brought to length 1; rows of zeros stay."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, np.float32(1e-12)))
