"""Labelled frames: a folder of pairs of Parquet files, of simulated scenes or of a shop's own.

`<name>.frames.parquet` holds `frame, jpeg`; `<name>.people.parquet` one row per person in a frame:
`frame, person, x0, y0, x1, y1, visible_share, is_handling`, boxes in pixels of the JPEG,
`is_handling` null where nobody said.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from storeday.inference.crops import crop, framed, stretched, window

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

# What is kept around a person: more than any model takes, jitter included.
KEPT_ROOM, KEPT_ASPECT = 0.4, 0.75
# Bodies are kept no higher than this, which is more than any model takes, too.
MOST_HEIGHT_PX = 128.0

FRAMES = pa.schema([("frame", pa.int64()), ("jpeg", pa.binary())])
PEOPLE = pa.schema(
    [
        ("frame", pa.int64()),
        ("person", pa.string()),
        *((side, pa.float32()) for side in ("x0", "y0", "x1", "y1")),
        ("visible_share", pa.float32()),
        ("is_handling", pa.bool_()),
    ]
)


@dataclass(frozen=True)
class Person:
    """Somebody in a frame.

    Attributes:
        person: Who it is; equal for the same person only.
        box_px: x0, y0, x1, y1.
        visible_share: Share of the body that is seen, 0 to 1.
        is_handling: Whether a hand is out to goods or holds them; None where nobody said.
        certainty: How sure it is that somebody is there, 0 to 1; a teacher's score. Not written.
    """

    person: str
    box_px: tuple[float, float, float, float]
    visible_share: float
    is_handling: bool | None
    certainty: float = 1.0


@dataclass(frozen=True)
class Frame:
    """A frame and who is in it."""

    jpeg: bytes
    people: Sequence[Person]


def write_frames(folder: Path, name: str, make: Callable[[], list[Frame]]) -> None:
    """Writes a pair of files, unless it is there.

    Args:
        folder: Where to.
        name: Name before the extensions.
        make: Gives the frames.
    """
    # People come last: where they are, the frames are whole.
    last = folder / f"{name}.people.parquet"
    if last.exists():
        return
    frames = make()
    numbers = pa.array(range(len(frames)), pa.int64())
    jpegs = pa.array([frame.jpeg for frame in frames], pa.binary())
    pq.write_table(
        pa.Table.from_arrays([numbers, jpegs], schema=FRAMES), folder / f"{name}.frames.parquet"
    )
    rows = [
        (number, one.person, *one.box_px, one.visible_share, one.is_handling)
        for number, frame in enumerate(frames)
        for one in frame.people
    ]
    columns = zip(*rows, strict=True) if rows else [()] * len(PEOPLE)
    arrays = [
        pa.array(list(column), field.type) for column, field in zip(columns, PEOPLE, strict=True)
    ]
    pq.write_table(pa.Table.from_arrays(arrays, schema=PEOPLE), last)


def read_frames(folder: Path) -> list[Frame]:
    """All frames of a folder, by name and number; JPEGs stay packed.

    Raises:
        FileNotFoundError: There are no frames.
    """
    found = []
    for path in sorted(folder.glob("*.people.parquet")):
        frames = pq.read_table(path.with_name(path.name.replace(".people.", ".frames.")))
        people: dict[int, list[Person]] = {number: [] for number in frames["frame"].to_pylist()}
        for row in pq.read_table(path).to_pylist():
            box = (row["x0"], row["y0"], row["x1"], row["y1"])
            one = Person(row["person"], box, row["visible_share"], row["is_handling"])
            people[row["frame"]].append(one)
        pairs = zip(frames["frame"].to_pylist(), frames["jpeg"].to_pylist(), strict=True)
        found += [Frame(jpeg, people[number]) for number, jpeg in pairs]
    if not found:
        raise FileNotFoundError(f"no *.people.parquet in {folder}")
    return found


def picture_of(frame: Frame) -> Bytes:
    """A frame's pixels, BGR."""
    picture = cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(picture, np.uint8)


@dataclass(frozen=True)
class Crop:
    """A person with what is around, cut out of a frame.

    Attributes:
        picture: Height x width x 3, BGR.
        box_px: The person's box in that picture.
        person: Who it is.
        is_handling: Whether a hand is out to goods or holds them; None where nobody said.
    """

    picture: Bytes
    box_px: Floats
    person: str
    is_handling: bool | None

    def jittered(self, rng: np.random.Generator, share: tuple[float, float]) -> "Crop":
        """The same with edges off by a share of the box's width and height, as a detector's are."""
        size = np.tile(self.box_px[2:] - self.box_px[:2], 2)
        moved = self.box_px + rng.normal(0, np.tile(share, 2)).astype(np.float32) * size
        moved[2:] = np.maximum(moved[2:], moved[:2] + 2)
        return replace(self, box_px=moved)

    def cut(self, width_px: int, height_px: int, room: float | None) -> Bytes:
        """The pixels as a model takes them: a window with room, or for None the box, stretched."""
        size = (width_px, height_px)
        if room is None:
            return stretched(crop(self.picture, self.box_px), size)
        return stretched(
            framed(self.picture, window(self.box_px, room, width_px / height_px)), size
        )


def crops_of(frames: Sequence[Frame], least_seen: float, least_height_px: float) -> list[Crop]:
    """People of whom enough is seen, each with room around.

    Args:
        frames: The frames.
        least_seen: Least share of the body that is seen.
        least_height_px: Least height of a box.
    """
    found = []
    for frame in frames:
        picture = picture_of(frame)
        for one in frame.people:
            box = np.array(one.box_px, np.float32)
            if one.visible_share < least_seen or box[3] - box[1] < least_height_px:
                continue
            around = window(box, KEPT_ROOM, KEPT_ASPECT)
            kept, within = framed(picture, around), box - np.tile(np.floor(around[:2]), 2)
            ratio = MOST_HEIGHT_PX / float(box[3] - box[1])
            if ratio < 1:
                size = (round(kept.shape[1] * ratio), round(kept.shape[0] * ratio))
                kept, within = stretched(kept, size), within * np.float32(ratio)
            found.append(Crop(kept, within, one.person, one.is_handling))
    return found
