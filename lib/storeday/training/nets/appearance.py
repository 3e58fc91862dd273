"""The project's appearance embedding: crops of one person close together, of others apart.

MobileNetV2 blocks (Sandler et al., CVPR 2018); pooled by mean and maximum; supervised contrastive
loss over batches of a few crops each of many people (Khosla et al., NeurIPS 2020,
arXiv:2004.11362).

Input: n x 3 x 96 x 48, BGR, 0 to 255: the person's box, stretched. Output: n x 48.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from storeday.training.labelled_frames import Crop
from storeday.training.nets import fitting
from storeday.training.nets.fitting import Batch, FitSettings, Inverted, Scaled, Weights, block

WIDTH_PX, HEIGHT_PX, DIMENSIONS = 48, 96, 48
BLOCKS = ((16, 1, 1), (24, 2, 4), (24, 1, 4), (48, 2, 4), (48, 1, 4), (80, 2, 4))
# Crops of a person in a batch; temperature of the loss (Khosla et al.).
EACH, TEMPERATURE = 4, 0.1
JITTER = (0.05, 0.05)


class Pooled(nn.Module):  # type: ignore[misc]
    """Mean and maximum over the picture, side by side."""

    def forward(self, given: Tensor) -> Tensor:
        """N x 2 channels."""
        return torch.cat([given.mean((2, 3)), given.amax((2, 3))], 1)


def make_net() -> nn.Module:
    """The net, untrained."""
    layers, inputs = [block(3, 16, 2)], 16
    for outputs, stride, widening in BLOCKS:
        layers.append(Inverted(inputs, outputs, stride, widening))
        inputs = outputs
    return Scaled(nn.Sequential(*layers, Pooled(), nn.Linear(2 * inputs, DIMENSIONS)))


def train(crops: Sequence[Crop], settings: FitSettings, weights: Weights) -> nn.Module:
    """Fits the embedding to crops of people; who has one crop only is left out."""
    torch.manual_seed(settings.seed)
    _, person = np.unique([crop.person for crop in crops], return_inverse=True)
    return fitting.fit(
        weights.loaded(make_net()),
        lambda rng: rows_by_person(person, EACH, rng),
        lambda rng, rows: _batch([crops[row] for row in rows], person[rows], rng),
        contrast,
        settings,
        weights,
    )


def rows_by_person(
    person: NDArray[np.int64], each: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """`each` rows of every person side by side, people in any order; some rows come twice."""
    order = np.argsort(person, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(person[order])) + 1)
    groups = [group for group in groups if len(group) > 1]
    chosen = [rng.choice(group, each, replace=len(group) < each) for group in groups]
    return np.concatenate([chosen[index] for index in rng.permutation(len(chosen))])


def contrast(vectors: Tensor, person: Tensor) -> Tensor:
    """Supervised contrastive loss (its form "out"): each against all others of the batch."""
    unit = functional.normalize(vectors)
    itself = torch.eye(len(unit), dtype=torch.bool)
    alike = (unit @ unit.T / TEMPERATURE).masked_fill(itself, -1e9)
    chance = functional.log_softmax(alike, 1)
    same = (person[:, None] == person[None]) & ~itself
    return -(chance * same).sum() / same.sum().clamp(min=1)


def export(net: nn.Module, path: Path) -> None:
    """Writes the embedding as ONNX."""
    fitting.export(net, (3, HEIGHT_PX, WIDTH_PX), ("crops", "embedding"), path)


def _batch(crops: list[Crop], person: NDArray[np.int64], rng: np.random.Generator) -> Batch:
    pictures = np.stack(
        [crop.jittered(rng, JITTER).cut(WIDTH_PX, HEIGHT_PX, None) for crop in crops]
    )
    flips = rng.random(len(pictures)) < 0.5
    pictures[flips] = pictures[flips, :, ::-1]
    gains = rng.uniform(0.75, 1.25, (len(pictures), 1, 1, 1)) * rng.uniform(
        0.93, 1.07, (len(pictures), 1, 1, 3)
    )
    bright = np.clip(pictures * gains.astype(np.float32), 0, 255).astype(np.float32)
    return torch.from_numpy(bright).permute(0, 3, 1, 2), (torch.from_numpy(person),)
