"""Head `osnet`: appearance of a person as a vector (Zhou et al., ICCV 2019, arXiv:1905.00953).

Input: the crop of a person, stretched to the input's size, in the channel order of the manifest,
scaled to 0 to 1 and normalised by ImageNet's mean and standard deviation. Output: a vector, brought
to length 1 here, so that the scalar product of two is their cosine.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from storeday.inference.crops import crop, stretched
from storeday.inference.manifest import ModelSpec
from storeday.inference.sessions import Session
from storeday.inference.settings import InferenceSettings

# Of ImageNet, red, green, blue, on a scale of 0 to 1.
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]


class Osnet:
    """An embedder with its input buffer; for one thread.

    Args:
        session: Its session.
        spec: Its entry in the manifest.
        settings: Batch.

    Attributes:
        dimensions: Length of a vector.
    """

    def __init__(self, session: Session, spec: ModelSpec, settings: InferenceSettings) -> None:
        self._session = session
        self._size = (spec.input_width_px, spec.input_height_px)
        self._order = (2, 1, 0) if spec.channel_order == "RGB" else (0, 1, 2)
        batch = session.fixed_batch or settings.batch
        self._input = np.zeros((batch, 3, spec.input_height_px, spec.input_width_px), np.float32)
        self.dimensions = session.output_shapes[0][1] or 0

    def embed(self, found: list[tuple[Picture, Floats]]) -> list[Floats]:
        """Vectors of the boxes of each picture.

        Args:
            found: Pictures (BGR) and their boxes (n x 4, px, within the picture).

        Returns:
            For each picture n x dimensions, each row of length 1.
        """
        crops = [crop(picture, box) for picture, boxes in found for box in boxes]
        vectors = np.empty((len(crops), self.dimensions), np.float32)
        batch = len(self._input)
        for start in range(0, len(crops), batch):
            part = crops[start : start + batch]
            for slot, picture in enumerate(part):
                self._place(slot, picture)
            vectors[start : start + len(part)] = self._session.run(self._input)[0][: len(part)]
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors /= np.maximum(lengths, np.float32(1e-12))
        ends = np.cumsum([len(boxes) for _, boxes in found])
        return np.split(vectors, ends[:-1])

    def _place(self, slot: int, picture: Picture) -> None:
        # Averaging areas where the crop shrinks comes nearest to the smoothing of its training.
        planes = cv2.split(stretched(picture, self._size))
        target = self._input[slot]
        for channel, source in enumerate(self._order):
            # Planes come as blue, green, red; mean and deviation stand as red, green, blue.
            mean, deviation = MEAN[2 - source], DEVIATION[2 - source]
            np.multiply(planes[source], np.float32(1 / (255 * deviation)), out=target[channel])
            target[channel] -= np.float32(mean / deviation)


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
    found = session.output_shapes[0]
    if len(found) != 2 or found[1] is None:
        faults.append(f"output is {found}; expected batch x dimensions")
    if spec.classes:
        faults.append(f"has {len(spec.classes)} classes; an embedding has none")
    return faults
