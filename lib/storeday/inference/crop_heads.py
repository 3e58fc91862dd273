"""Heads `crop_embedding` and `crop_logit`: the project's own models of a person's crop.

Input of both: the crop, brought to the input's size, values 0 to 255. Output of the first: a
vector, brought to length 1 here; of the second: one logit, 0 being where handling begins. Crops for
the logit are windows around the box, of the input's shape: an arm that is out makes a box wider,
and must not make the body thinner. The networks stand in `storeday.training.nets`.
"""

from storeday.inference.crop_runner import CropRunner, Found, unit_rows
from storeday.inference.crops import Floats, Picture, crop, framed, window
from storeday.inference.manifest import ModelSpec
from storeday.inference.sessions import Session, input_faults
from storeday.inference.settings import InferenceSettings

# Room on each side, as a share of the box: a detector's box may end before the hand does.
HANDLING_ROOM = 0.12


class CropEmbedding:
    """Appearance; arguments as for `CropRunner`."""

    def __init__(self, session: Session, spec: ModelSpec, settings: InferenceSettings) -> None:
        self._runner = CropRunner(session, spec, settings, crop, _pixels)

    def embed(self, found: Found) -> list[Floats]:
        """For each picture n x dimensions, each row of length 1."""
        return [unit_rows(rows) for rows in self._runner.run(found)]


class CropLogit:
    """Handling; arguments as for `CropRunner`."""

    def __init__(self, session: Session, spec: ModelSpec, settings: InferenceSettings) -> None:
        self._aspect = spec.input_width_px / spec.input_height_px
        self._runner = CropRunner(session, spec, settings, self._window, _pixels)

    def logits(self, found: Found) -> list[Floats]:
        """For each picture n logits."""
        return [rows[:, 0] for rows in self._runner.run(found)]

    def _window(self, picture: Picture, box: Floats) -> Picture:
        return framed(picture, window(box, HANDLING_ROOM, self._aspect))


def _pixels(picture: Picture, target: Floats) -> None:
    """Values as they are, 0 to 255."""
    target[:] = picture.transpose(2, 0, 1)


def embedding_faults(session: Session, spec: ModelSpec) -> list[str]:
    """In what a model of appearance is not what its entry says; empty where it fits."""
    faults = input_faults(session, spec)
    found = session.output_shapes[0]
    if len(found) != 2 or found[1] is None:
        faults.append(f"output is {found}; expected batch x dimensions")
    if spec.classes:
        faults.append(f"has {len(spec.classes)} classes; an embedding has none")
    return faults


def logit_faults(session: Session, spec: ModelSpec) -> list[str]:
    """In what a model of handling is not what its entry says; empty where it fits."""
    faults = input_faults(session, spec)
    found = session.output_shapes[0]
    if found[1:] != (1,):
        faults.append(f"output is {found}; expected batch x 1")
    if spec.classes != ("handling",):
        named = ", ".join(spec.classes) or "none"
        faults.append(f"classes are {named}; expected handling alone")
    return faults
