"""Head `yolox`: people in a frame by a YOLOX detector (Ge et al., 2021, arXiv:2107.08430).

Input: pictures scaled to fit the upper left corner of the input, the rest filled with 114; values 0
to 255, in the channel order of the manifest. Output: per cell of three grids (strides 8, 16, 32;
row by row) the box's centre and size relative to the cell, an objectness, and a probability per
class. A person's score is objectness times the probability of the class `person`.

Boxes are `x0, y0, x1, y1` in pixels of the picture, cut at its borders; best score first.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from storeday.inference.manifest import ModelSpec
from storeday.inference.sessions import Session
from storeday.inference.settings import InferenceSettings

STRIDES = (8, 16, 32)
# What YOLOX was trained with around its pictures.
FILL = 114
PERSON = "person"
# Centre and size of the box, and objectness, before the classes.
BOX_COLUMNS = 5

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]


class Yolox:
    """A detector with its input buffer; for one thread.

    Args:
        session: Its session.
        spec: Its entry in the manifest.
        settings: Thresholds, batch.

    Attributes:
        batch: Frames in a call.
    """

    def __init__(self, session: Session, spec: ModelSpec, settings: InferenceSettings) -> None:
        self._session, self._settings = session, settings
        self._person = spec.classes.index(PERSON)
        self._size = (spec.input_width_px, spec.input_height_px)
        self._is_rgb = spec.channel_order == "RGB"
        self.batch = session.fixed_batch or settings.batch
        shape = (self.batch, 3, spec.input_height_px, spec.input_width_px)
        self._input = np.full(shape, FILL, np.float32)
        self._filled = [(0, 0)] * self.batch
        self._grid = grid(*self._size)

    def people(self, pictures: list[Picture]) -> list[tuple[Floats, Floats]]:
        """Boxes and scores of the people in each picture.

        Args:
            pictures: At most `batch`, height x width x 3, BGR.

        Returns:
            For each picture boxes (n x 4, px) and scores (n), best first.
        """
        ratios = [self._place(slot, picture) for slot, picture in enumerate(pictures)]
        raw = self._session.run(self._input)[0]
        return [
            self._read(raw[slot], ratios[slot], picture.shape)
            for slot, picture in enumerate(pictures)
        ]

    def _place(self, slot: int, picture: Picture) -> float:
        ratio, width, height = fit(picture.shape[1], picture.shape[0], *self._size)
        small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)
        target = self._input[slot]
        if self._filled[slot] != (width, height):
            target.fill(FILL)
            self._filled[slot] = (width, height)
        planes = cv2.split(small)
        for channel, plane in enumerate(planes[::-1] if self._is_rgb else planes):
            target[channel, :height, :width] = plane
        return ratio

    def _read(self, raw: Floats, ratio: float, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
        scores = raw[:, 4] * raw[:, BOX_COLUMNS + self._person]
        likely = np.flatnonzero(scores >= self._settings.score_threshold)
        boxes = decode(raw[likely, :4], self._grid[likely]) / np.float32(ratio)
        limit = np.array([shape[1], shape[0]] * 2, np.float32)
        boxes = np.clip(boxes, np.float32(0), limit)
        scores = scores[likely]
        has_area = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
        boxes, scores = boxes[has_area], scores[has_area]
        kept = suppress(boxes, scores, self._settings.nms_iou)
        return boxes[kept], scores[kept]


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
    uneven = [side for side in expected[1:] if side % STRIDES[-1]]
    if uneven:
        faults.append(f"input side {uneven[0]} px; expected a multiple of {STRIDES[-1]}")
    cells = len(grid(spec.input_width_px, spec.input_height_px))
    found = session.output_shapes[0]
    if found[1:] != (cells, BOX_COLUMNS + len(spec.classes)):
        faults.append(
            f"output is {found}; expected batch x {cells} x {BOX_COLUMNS + len(spec.classes)}, "
            f"for a list of {len(spec.classes)} classes"
        )
    if PERSON not in spec.classes:
        faults.append(f"classes do not name {PERSON!r}; found {', '.join(spec.classes) or 'none'}")
    return faults


def fit(width: int, height: int, input_width: int, input_height: int) -> tuple[float, int, int]:
    """How a picture is scaled into the input: ratio, new width, new height.

    Example:
        >>> fit(960, 540, 416, 416)
        (0.43333333333333335, 416, 234)
    """
    ratio = min(input_width / width, input_height / height)
    return ratio, max(1, int(width * ratio)), max(1, int(height * ratio))


def grid(width: int, height: int) -> Floats:
    """Cells in the order of the output: column, row, stride.

    Args:
        width: Width of the input, px.
        height: Height of the input, px.

    Returns:
        Cells x 3.
    """
    parts = []
    for stride in STRIDES:
        rows, columns = np.mgrid[: height // stride, : width // stride]
        strides = np.full(rows.size, stride)
        parts.append(np.stack([columns.ravel(), rows.ravel(), strides], axis=1))
    return np.concatenate(parts).astype(np.float32)


def decode(raw: Floats, cells: Floats) -> Floats:
    """Boxes from what the network gives for their cells.

    Args:
        raw: n x 4: offset of the centre from the cell and logarithm of the size, in strides.
        cells: n x 3: column, row, stride.

    Returns:
        n x 4: x0, y0, x1, y1, in pixels of the input.
    """
    strides = cells[:, 2:]
    centres = (raw[:, :2] + cells[:, :2]) * strides
    halves = np.exp(raw[:, 2:]) * strides / np.float32(2)
    return np.concatenate([centres - halves, centres + halves], axis=1)


def suppress(boxes: Floats, scores: Floats, iou: float) -> NDArray[np.int64]:
    """Greedy non-maximum suppression.

    Args:
        boxes: n x 4.
        scores: n.
        iou: Overlap (intersection over union) above which the lower box goes.

    Returns:
        Positions of the boxes that stay, best score first; of equal scores the earlier first.

    Example:
        >>> boxes = np.array([[0, 0, 10, 10], [1, 0, 10, 10], [20, 0, 30, 10]], np.float32)
        >>> suppress(boxes, np.array([0.5, 0.9, 0.3], np.float32), 0.65)
        array([1, 2])
    """
    order = np.argsort(-scores, kind="stable")
    kept = []
    overlaps = iou_matrix(boxes[order]) > iou
    alive = np.ones(len(order), bool)
    for position in range(len(order)):
        if alive[position]:
            kept.append(order[position])
            alive &= ~overlaps[position]
    return np.array(kept, np.int64)


def iou_matrix(boxes: Floats) -> Floats:
    """Intersection over union of every pair of n boxes, n x n."""
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=2)
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    union = area[:, None] + area[None, :] - shared
    return np.asarray(shared / np.maximum(union, np.float32(1e-9)), np.float32)
