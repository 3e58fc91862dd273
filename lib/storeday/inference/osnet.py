"""Head `osnet`: appearance of a person as a vector (Zhou et al., ICCV 2019, arXiv:1905.00953).

Input: the crop of a person, stretched to the input's size, in the channel order of the manifest,
scaled to 0 to 1 and normalised by ImageNet's mean and standard deviation. Output: a vector, brought
to length 1 here, so that the scalar product of two is their cosine.
"""

from storeday.inference.crop_runner import CropRunner, Found, imagenet_fill, unit_rows
from storeday.inference.crops import Floats, crop
from storeday.inference.manifest import ModelSpec
from storeday.inference.sessions import Session
from storeday.inference.settings import InferenceSettings


class Osnet:
    """An embedder; arguments as for `CropRunner`."""

    def __init__(self, session: Session, spec: ModelSpec, settings: InferenceSettings) -> None:
        self._runner = CropRunner(session, spec, settings, crop, imagenet_fill(spec))

    def embed(self, found: Found) -> list[Floats]:
        """For each picture n x dimensions, each row of length 1."""
        return [unit_rows(rows) for rows in self._runner.run(found)]
