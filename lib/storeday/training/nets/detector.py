"""The project's person detector: a small anchor-free net that answers on one grid.

A centre heat map and four distances to the box's sides on a grid of stride 4, trained as TTFNet
(Liu et al., AAAI 2020, arXiv:1909.00700): focal loss on Gaussians around centres, generalised IoU
of the cells near a centre, weighed by the same Gaussians. Residual blocks down to stride 32, added
up to stride 4 again (Lin et al., CVPR 2017). A cell counts only where it is a peak of the map. On
stride 8 half of all misses had a neighbour whose centre lay within 1.5 cells.

Input: n x 3 x 224 x 384, BGR, 0 to 255. Output: n x 5376 x 5: x0, y0, x1, y1 in pixels of the input
and a score, cells row by row.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from storeday.training.labelled_frames import Frame, picture_of
from storeday.training.nets import fitting
from storeday.training.nets.fitting import Batch, FitSettings, Residual, Scaled, Weights, block

Floats = NDArray[np.float32]

WIDTH_PX, HEIGHT_PX, STRIDE = 384, 224, 4
COLUMNS, ROWS = WIDTH_PX // STRIDE, HEIGHT_PX // STRIDE
FILL = 114
# Of whom less is seen is neither asked for nor held against the detector.
LEAST_SEEN, LEAST_HEIGHT_PX = 0.25, 12.0
# Gaussians reach over this share of a box (TTFNet).
SPREAD = 0.54
# Focal loss (CornerNet, Law and Deng 2018); weight of the boxes (TTFNet).
FOCUS, EASE, BOX_WEIGHT = 2.0, 4.0, 5.0
ZOOM = (0.75, 1.5)
# A box of which less lies in the picture after zooming is nobody's.
LEAST_INSIDE = 0.3


@dataclass(frozen=True)
class Targets:
    """What the net shall say of one picture, on its grid.

    Attributes:
        heat: 0 to 1, 1 at centres, shape (rows, columns).
        asked: 0 where nothing is asked, else 1; at centres how sure it is that somebody is there.
        sides: Distances to the box's left, upper, right and lower side, in strides, shape
            (4, rows, columns).
        weight: Of the sides.
    """

    heat: Floats
    asked: Floats
    sides: Floats
    weight: Floats


class Grid(nn.Module):  # type: ignore[misc]
    """Backbone, neck and head: n x 5 x rows x columns, a logit and four logarithms of distances."""

    def __init__(self) -> None:
        super().__init__()
        self.four = nn.Sequential(block(3, 16, 2), block(16, 32, 2))
        self.eight = nn.Sequential(block(32, 64, 2), Residual(64))
        self.sixteen = nn.Sequential(block(64, 96, 2), Residual(96))
        self.thirty_two = nn.Sequential(block(96, 96, 2), Residual(96))
        self.from_eight = block(64, 64, side=1)
        self.from_sixteen = block(96, 64, side=1)
        self.from_thirty_two = block(96, 64, side=1)
        self.smooth = block(64, 64)
        self.join = block(64, 64)
        self.narrow = block(64, 32, side=1)
        self.from_four = block(32, 32, side=1)
        self.fine = block(32, 32)
        self.heat, self.sides = nn.Conv2d(32, 1, 1), nn.Conv2d(32, 4, 1)
        # At first every cell holds nobody, and boxes are of common size.
        nn.init.constant_(self.heat.bias, -4.6)
        nn.init.constant_(self.sides.bias, 1.4)

    def forward(self, given: Tensor) -> Tensor:
        """Logit and logarithms, in strides."""
        four = self.four(given)
        eight = self.eight(four)
        sixteen = self.sixteen(eight)
        up = functional.interpolate(self.from_thirty_two(self.thirty_two(sixteen)), scale_factor=2)
        up = self.smooth(self.from_sixteen(sixteen) + up)
        joined = self.join(self.from_eight(eight) + functional.interpolate(up, scale_factor=2))
        up = functional.interpolate(self.narrow(joined), scale_factor=2)
        fine = self.fine(self.from_four(four) + up)
        return torch.cat([self.heat(fine), self.sides(fine)], 1)


class Boxes(nn.Module):  # type: ignore[misc]
    """A grid's output as boxes and scores, as it is exported.

    Attributes:
        slope: What logits are multiplied with.
        offset: What is added to them, so that scores are shares of boxes that are right.
    """

    def __init__(self, grid: nn.Module) -> None:
        super().__init__()
        self.grid, self.slope, self.offset = grid, 1.0, 0.0
        rows, columns = torch.meshgrid(torch.arange(ROWS), torch.arange(COLUMNS), indexing="ij")
        centres = torch.stack([columns, rows]).float() + 0.5
        self.register_buffer("centres", centres.flatten(1).T.repeat(1, 2) * STRIDE)

    def forward(self, pixels: Tensor) -> Tensor:
        """N x cells x 5."""
        raw = self.grid(pixels)
        heat = torch.sigmoid(self.slope * raw[:, :1] + self.offset)
        peak = functional.max_pool2d(heat, 3, 1, 1)
        score = torch.where(heat >= peak, heat, torch.zeros_like(heat)).flatten(2)
        sides = torch.exp(raw[:, 1:]).flatten(2).transpose(1, 2) * STRIDE
        signs = torch.tensor([-1.0, -1.0, 1.0, 1.0])
        people = torch.cat([self.centres + sides * signs, score.transpose(1, 2)], 2)
        # Says the shape to whoever reads the file.
        return people.reshape(-1, ROWS * COLUMNS, 5)


def train(frames: list[Frame], settings: FitSettings, weights: Weights) -> nn.Module:
    """Fits the detector to labelled frames; gives the net that is exported."""
    torch.manual_seed(settings.seed)
    net = fitting.fit(
        weights.loaded(Scaled(Grid())),
        lambda rng: rng.permutation(len(frames)),
        lambda rng, rows: _batch([frames[row] for row in rows], rng),
        loss,
        settings,
        weights,
    )
    return Boxes(net)


def export(net: nn.Module, path: Path) -> None:
    """Writes the detector as ONNX."""
    fitting.export(net, (3, HEIGHT_PX, WIDTH_PX), ("pictures", "people"), path)


def loss(raw: Tensor, heat: Tensor, asked: Tensor, sides: Tensor, weight: Tensor) -> Tensor:
    """Focal loss of the heat map plus the boxes' generalised IoU loss."""
    logit, chance = raw[:, 0], torch.sigmoid(raw[:, 0])
    is_centre = (heat == 1).float()
    found = (1 - chance) ** FOCUS * functional.logsigmoid(logit) * is_centre
    rest = (1 - heat) ** EASE * chance**FOCUS * functional.logsigmoid(-logit)
    focal = -((found + rest * (1 - is_centre)) * asked).sum() / is_centre.sum().clamp(min=1)
    overlap = generalised_iou(torch.exp(raw[:, 1:].clamp(max=5)), sides)
    boxes = ((1 - overlap) * weight).sum() / weight.sum().clamp(min=1)
    return focal + BOX_WEIGHT * boxes


def generalised_iou(one: Tensor, other: Tensor) -> Tensor:
    """Generalised IoU of boxes around one point (Rezatofighi et al., CVPR 2019).

    Args:
        one: Distances to the left, upper, right and lower side, shape (n, 4, ...).
        other: The same of the other boxes.
    """
    shared, hull = torch.minimum(one, other), torch.maximum(one, other)
    inner = (shared[:, 0] + shared[:, 2]) * (shared[:, 1] + shared[:, 3])
    outer = (hull[:, 0] + hull[:, 2]) * (hull[:, 1] + hull[:, 3])
    areas = [(box[:, 0] + box[:, 2]) * (box[:, 1] + box[:, 3]) for box in (one, other)]
    union = (areas[0] + areas[1] - inner).clamp(min=1e-6)
    return inner / union - (outer - union) / outer.clamp(min=1e-6)


def targets_of(boxes: Floats, visible: Floats, certainty: Floats | None = None) -> Targets:
    """Targets of one picture.

    Args:
        boxes: In pixels of the input, n x 4, within it.
        visible: Share of each that is seen; below `LEAST_SEEN` nothing is asked there.
        certainty: How sure it is that somebody is there; quite sure where None.
    """
    sure = np.ones(len(boxes), np.float32) if certainty is None else certainty
    heat = np.zeros((ROWS, COLUMNS), np.float32)
    asked = np.ones_like(heat)
    sides = np.ones((4, ROWS, COLUMNS), np.float32)
    weight = np.zeros_like(heat)
    rows, columns = np.mgrid[:ROWS, :COLUMNS].astype(np.float32) + 0.5
    size = boxes[:, 2:] - boxes[:, :2]
    clear = (visible >= LEAST_SEEN) & (size[:, 1] >= LEAST_HEIGHT_PX)
    # Small boxes come last: where they overlap with large ones, cells are theirs.
    for index in np.argsort(-size.prod(axis=1), kind="stable"):
        x0, y0, x1, y1 = boxes[index] / STRIDE
        column = min(max(int((x0 + x1) / 2), 0), COLUMNS - 1)
        row = min(max(int((y0 + y1) / 2), 0), ROWS - 1)
        spread = np.maximum(SPREAD * np.array([x1 - x0, y1 - y0]) / 6, 0.4)
        bump = np.exp(
            -((columns - column - 0.5) ** 2) / (2 * spread[0] ** 2)
            - (rows - row - 0.5) ** 2 / (2 * spread[1] ** 2)
        )
        if not clear[index]:
            asked[(bump > 0.1) & (heat < 1)] = 0
            continue
        heat = np.maximum(heat, bump)
        asked[row, column] = sure[index]
        own = (bump > 0.1) & (columns > x0) & (columns < x1) & (rows > y0) & (rows < y1)
        box = np.stack([columns - x0, rows - y0, x1 - columns, y1 - rows])
        sides[:, own] = box[:, own]
        weight[own] = bump[own] / bump[own].sum() * np.log1p(own.sum()) * sure[index]
    return Targets(heat, asked, sides, weight)


def _batch(frames: list[Frame], rng: np.random.Generator) -> Batch:
    pictures, targets = zip(*(_example(frame, rng) for frame in frames), strict=True)
    inputs = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float()
    names = ("heat", "asked", "sides", "weight")
    made = (torch.from_numpy(np.stack([getattr(one, name) for one in targets])) for name in names)
    return inputs, tuple(made)


def _example(frame: Frame, rng: np.random.Generator) -> tuple[NDArray[np.uint8], Targets]:
    """A picture somewhere in the input, mirrored half of the time, with its targets."""
    picture = picture_of(frame)
    height, width = picture.shape[:2]
    ratio = min(WIDTH_PX / width, HEIGHT_PX / height) * float(rng.uniform(*ZOOM))
    room = np.array([WIDTH_PX - ratio * width, HEIGHT_PX - ratio * height])
    offset = rng.uniform(np.minimum(room, 0), np.maximum(room, 0))
    flips = rng.random() < 0.5
    matrix = np.array([[ratio, 0, offset[0]], [0, ratio, offset[1]]])
    boxes = np.array([one.box_px for one in frame.people], np.float32).reshape(-1, 4)
    if flips:
        matrix[0] = [-ratio, 0, offset[0] + ratio * width]
        boxes = np.stack([width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0], boxes[:, 3]], 1)
    how = cv2.INTER_AREA if ratio < 0.5 else cv2.INTER_LINEAR
    shown = cv2.warpAffine(
        picture, matrix, (WIDTH_PX, HEIGHT_PX), flags=how, borderValue=(FILL, FILL, FILL)
    )
    placed = boxes * ratio + np.tile(offset, 2).astype(np.float32)
    cut = np.clip(placed, 0, [WIDTH_PX, HEIGHT_PX] * 2).astype(np.float32)
    inside = (cut[:, 2:] - cut[:, :2]).prod(axis=1) / (placed[:, 2:] - placed[:, :2]).prod(axis=1)
    visible = np.array([one.visible_share for one in frame.people], np.float32) * (
        inside >= LEAST_INSIDE
    )
    certainty = np.array([one.certainty for one in frame.people], np.float32)
    some = inside > 0
    return np.asarray(shown, np.uint8), targets_of(cut[some], visible[some], certainty[some])
