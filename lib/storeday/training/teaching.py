"""Frames labelled by a large detector, from which a light one learns: distillation.

The teacher's boxes take the place of true ones, and its scores say how much each counts (Hinton et
al., 2015, arXiv:1503.02531, where likewise the teacher's certainty is what is learnt). Where it is
in two minds, nothing is asked.

A folder of frames holds `<name>.frames.parquet`, as in `labelled_frames`, or JPEG files; labels
that lie beside them are not looked at.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from storeday.inference import InferenceSettings
from storeday.inference.boxes import PERSON
from storeday.inference.yolox import BOX_COLUMNS, Yolox, spec_faults
from storeday.training.labelled_frames import Frame, Person, picture_of
from storeday.training.unlisted_models import open_unlisted

# Below the first the teacher sees nobody; below the second somebody may be there. The second is
# YOLOX's own threshold for showing a box.
LEAST_SCORE, LEAST_SURE = 0.1, 0.3
JPEGS = (".jpg", ".jpeg")


class Teacher(Protocol):
    """Whatever finds people in pictures."""

    def people(
        self, pictures: list[NDArray[np.uint8]]
    ) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Boxes and scores of each picture."""


def open_teacher(path: Path, threads: int = 1) -> Teacher:
    """A YOLOX model, of any size, whose first class is a person, as in COCO.

    Raises:
        ValueError: It is another kind of model.
    """
    session, spec = open_unlisted(path, "person_detector", "yolox", (PERSON,), threads)
    columns = session.output_shapes[0][-1] or BOX_COLUMNS
    others = tuple(f"class {number}" for number in range(1, columns - BOX_COLUMNS))
    spec = spec.model_copy(update={"classes": (PERSON, *others)})
    faults = spec_faults(session, spec)
    if faults:
        raise ValueError(f"{path} is no YOLOX model of a fixed size: {'; '.join(faults)}")
    settings = InferenceSettings(providers="cpu", score_threshold=LEAST_SCORE, batch=1)
    return Yolox(session, spec, settings)


def read_pictures(folder: Path) -> Iterator[bytes]:
    """JPEGs of a folder, by name.

    Raises:
        FileNotFoundError: There are none.
    """
    found = False
    for path in sorted(folder.iterdir()):
        if path.name.endswith(".frames.parquet"):
            yield from pq.read_table(path, columns=["jpeg"])["jpeg"].to_pylist()
        elif path.suffix.lower() in JPEGS:
            yield path.read_bytes()
        else:
            continue
        found = True
    if not found:
        raise FileNotFoundError(f"no *.frames.parquet and no *.jpg in {folder}")


def taught_frames(jpegs: Iterable[bytes], teacher: Teacher) -> list[Frame]:
    """Frames with the people whom a teacher sees.

    Args:
        jpegs: The frames.
        teacher: Finds people.

    Returns:
        As many frames; of whom the teacher is unsure is told as hidden.
    """
    frames = []
    for jpeg in jpegs:
        boxes, scores = teacher.people([picture_of(Frame(jpeg, ()))])[0]
        people = [
            Person(
                person="",
                box_px=(float(box[0]), float(box[1]), float(box[2]), float(box[3])),
                visible_share=float(score >= LEAST_SURE),
                is_handling=None,
                certainty=float(score),
            )
            for box, score in zip(boxes, scores, strict=True)
            if score >= LEAST_SCORE
        ]
        frames.append(Frame(jpeg, people))
    return frames
