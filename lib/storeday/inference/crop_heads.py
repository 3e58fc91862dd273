"""Heads `crop_embedding` and `crop_logit`: the project's own models of a person's crop.

Input of both: the crop, brought to the input's size, values 0 to 255. Output of the first: a
vector, brought to length 1 here; of the second: one logit, 0 being where handling begins. Crops for
the logit are windows around the box, of the input's shape: an arm that is out makes a box wider,
and must not make the body thinner. The networks stand in `storeday.training.nets`.
"""

import numpy as np
from numpy.typing import NDArray

from storeday.inference.crops import crop, framed, stretched, window
from storeday.inference.manifest import ModelSpec
from storeday.inference.sessions import Session
from storeday.inference.settings import InferenceSettings

# Room on each side, as a share of the box: a detector's box may end before the hand does.
HANDLING_ROOM = 0.12

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]
Found = list[tuple[Picture, Floats]]


class CropRunner:
    """A model of crops with its input buffer; for one thread.

    Args:
        session: Its session.
        spec: Its entry in the manifest.
        settings: Batch.
        room: Room around a box, as a share of it; None for the box alone, stretched.

    Attributes:
        columns: Values per crop.
    """

    def __init__(
        self, session: Session, spec: ModelSpec, settings: InferenceSettings, room: float | None
    ) -> None:
        self._session, self._room = session, room
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
                pixels = stretched(picture, self._size)[:, :, self._order]
                self._input[slot] = pixels.transpose(2, 0, 1)
            values[start : start + len(part)] = self._session.run(self._input)[0][: len(part)]
        ends = np.cumsum([len(boxes) for _, boxes in found])
        return np.split(values, ends[:-1])

    def _cut(self, picture: Picture, box: Floats) -> Picture:
        if self._room is None:
            return crop(picture, box)
        return framed(picture, window(box, self._room, self._size[0] / self._size[1]))


class CropEmbedding:
    """Appearance; arguments as for `CropRunner`, without room."""

    def __init__(self, session: Session, spec: ModelSpec, settings: InferenceSettings) -> None:
        self._runner = CropRunner(session, spec, settings, None)

    def embed(self, found: Found) -> list[Floats]:
        """For each picture n x dimensions, each row of length 1."""
        vectors = self._runner.run(found)
        return [
            rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-12))
            for rows in vectors
        ]


class CropLogit:
    """Handling; arguments as for `CropRunner`, without room."""

    def __init__(self, session: Session, spec: ModelSpec, settings: InferenceSettings) -> None:
        self._runner = CropRunner(session, spec, settings, HANDLING_ROOM)

    def logits(self, found: Found) -> list[Floats]:
        """For each picture n logits."""
        return [rows[:, 0] for rows in self._runner.run(found)]


def embedding_faults(session: Session, spec: ModelSpec) -> list[str]:
    """In what a model of appearance is not what its entry says; empty where it fits."""
    faults = _input_faults(session, spec)
    found = session.output_shapes[0]
    if len(found) != 2 or found[1] is None:
        faults.append(f"output is {found}; expected batch x dimensions")
    if spec.classes:
        faults.append(f"has {len(spec.classes)} classes; an embedding has none")
    return faults


def logit_faults(session: Session, spec: ModelSpec) -> list[str]:
    """In what a model of handling is not what its entry says; empty where it fits."""
    faults = _input_faults(session, spec)
    found = session.output_shapes[0]
    if found[1:] != (1,):
        faults.append(f"output is {found}; expected batch x 1")
    if spec.classes != ("handling",):
        named = ", ".join(spec.classes) or "none"
        faults.append(f"classes are {named}; expected handling alone")
    return faults


def _input_faults(session: Session, spec: ModelSpec) -> list[str]:
    expected = (3, spec.input_height_px, spec.input_width_px)
    if session.input_shape[1:] == expected:
        return []
    return [f"input is {session.input_shape}; expected batch x {expected}"]
