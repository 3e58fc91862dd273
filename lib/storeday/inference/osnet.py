"""Head `osnet`: appearance of a person as a vector (Zhou et al., ICCV 2019, arXiv:1905.00953).

Input: the crop of a person, stretched to the input's size, in the channel order of the manifest,
scaled to 0 to 1 and normalised by ImageNet's mean and standard deviation. Output: a vector, brought
to length 1 here, so that the scalar product of two is their cosine.
"""

import numpy as np

from storeday.inference.crop_runner import CropRunner, Found, unit_rows
from storeday.inference.crops import Floats, Picture, crop
from storeday.inference.manifest import ModelSpec
from storeday.inference.sessions import Session
from storeday.inference.settings import InferenceSettings

# Of ImageNet, red, green, blue, on a scale of 0 to 1.
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)


class Osnet:
    """An embedder; arguments as for `CropRunner`."""

    def __init__(self, session: Session, spec: ModelSpec, settings: InferenceSettings) -> None:
        is_rgb = spec.channel_order == "RGB"
        self._norms = list(zip(MEAN, DEVIATION, strict=True))[:: 1 if is_rgb else -1]
        self._runner = CropRunner(session, spec, settings, crop, self._normalised)

    def embed(self, found: Found) -> list[Floats]:
        """For each picture n x dimensions, each row of length 1."""
        return [unit_rows(rows) for rows in self._runner.run(found)]

    def _normalised(self, picture: Picture, target: Floats) -> None:
        for channel, (mean, deviation) in enumerate(self._norms):
            scale = np.float32(1 / (255 * deviation))
            np.multiply(picture[:, :, channel], scale, out=target[channel])
            target[channel] -= np.float32(mean / deviation)
