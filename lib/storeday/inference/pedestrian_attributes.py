"""Head `pedestrian_attributes`: what a body tells of a person, as models of PA-100K's kind give it.

Input: the crop, brought to the input's size, less ImageNet's mean, by its deviation. Output: one
logit per class, each judged on its own (Li et al. 2015, DeepMAR; Liu et al. 2017, PA-100K); a
probability is its sigmoid. The manifest names what each class says:

- `age=under_18`: the attribute `age` has this value. Further classes of `age` are its other values.
- `sex=female|male`: one logit of an attribute with two values; the second has the rest.
- `-`: not used. Of PA-100K's 26 classes most describe clothing; leave out what you do not count.

No face is looked at, and nothing here recognises anybody.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from storeday.inference.crop_runner import CropRunner, Found, imagenet_fill
from storeday.inference.crops import Floats, crop
from storeday.inference.manifest import ModelSpec
from storeday.inference.sessions import Session, input_faults
from storeday.inference.settings import InferenceSettings

UNUSED = "-"
# Probability of each value, by attribute.
Attributes = Mapping[str, Mapping[str, float]]
# Digits of a probability that are kept: more says nothing.
DECIMALS = 3


class PedestrianAttributes:
    """A model of attributes; arguments as for `CropRunner`."""

    def __init__(self, session: Session, spec: ModelSpec, settings: InferenceSettings) -> None:
        self._classes = spec.classes
        self._runner = CropRunner(session, spec, settings, crop, imagenet_fill(spec))

    def attributes(self, found: Found) -> list[list[Attributes]]:
        """For each picture what is told of each person in it, in the order of the boxes."""
        return [
            [named_probabilities(row, self._classes) for row in rows]
            for rows in self._runner.run(found)
        ]


def named_probabilities(logits: Floats, classes: Sequence[str]) -> dict[str, dict[str, float]]:
    """Probabilities by attribute and value.

    Args:
        logits: One per class, shape (n,).
        classes: What each says, as in the manifest.

    Example:
        >>> named_probabilities(np.zeros(3, np.float32), ["sex=female|male", "-", "age=adult"])
        {'sex': {'female': 0.5, 'male': 0.5}, 'age': {'adult': 0.5}}
    """
    found: dict[str, dict[str, float]] = {}
    sure = 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -60, 60)))
    for name, probability in zip(classes, sure.tolist(), strict=True):
        if name == UNUSED:
            continue
        attribute, values = name.split("=")
        value, *other = values.split("|")
        told = found.setdefault(attribute, {})
        told[value] = round(probability, DECIMALS)
        if other:
            told[other[0]] = round(1 - probability, DECIMALS)
    return found


def attribute_faults(session: Session, spec: ModelSpec) -> list[str]:
    """In what a model of attributes is not what its entry says; empty where it fits."""
    faults = input_faults(session, spec)
    found = session.output_shapes[0]
    if found[1:] != (len(spec.classes),):
        faults.append(f"output is {found}; expected batch x {len(spec.classes)}, one per class")
    used = [name for name in spec.classes if name != UNUSED]
    faults += [
        f"class {name!r}; expected attribute=value, attribute=value|other, or {UNUSED}"
        for name in used
        if not _is_readable(name)
    ]
    if not used:
        faults.append("no class is used; expected at least one attribute=value")
    if len(set(used)) < len(used):
        faults.append("a class is named twice")
    return faults


def _is_readable(name: str) -> bool:
    attribute, equals, values = name.partition("=")
    parts = values.split("|")
    return bool(attribute and equals) and "=" not in values and len(parts) <= 2 and all(parts)
