"""The project's handling classifier: does this person handle goods in this one frame?

Residual blocks (He et al., CVPR 2016), as small as the crop; one logit. On a processor a step of
training costs a fifth of one with the depth-wise convolutions of MobileNetV2. Loss: binary
cross-entropy, both classes weighed alike by drawing as many of each.

Input: n x 3 x 96 x 64, BGR, 0 to 255: the person's box with room around it, stretched. Output:
n x 1, the logit less the threshold that was picked, so that 0 is where handling begins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from storeday.inference.crop_heads import HANDLING_ROOM as ROOM
from storeday.training.labelled_frames import Crop
from storeday.training.nets import fitting
from storeday.training.nets.fitting import Batch, FitSettings, Residual, Scaled, Weights, block

WIDTH_PX, HEIGHT_PX = 64, 96
# Channels from stride 4 to stride 16.
CHANNELS = (32, 64, 96)
# Edges of boxes are off by these shares of width and height, as the shipped detector's are on 20
# shops that it had not seen. With 0.05, people in its boxes were told apart worse (AUC 0.88) than
# in true ones (0.93).
JITTER = (0.13, 0.08)


@dataclass(frozen=True)
class Threshold:
    """Where handling begins.

    Attributes:
        logit: Least logit of handling.
        recall: Share of the handling crops at or above it.
        accuracy: Share of all crops on their side of it.
        precision: Share of the crops at or above it that handle.
    """

    logit: float
    recall: float
    accuracy: float
    precision: float


def make_net() -> nn.Module:
    """The net, untrained."""
    layers, inputs = [block(3, 16, 2)], 16
    for outputs in CHANNELS:
        layers += [block(inputs, outputs, 2), Residual(outputs)]
        inputs = outputs
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(inputs, 1)]
    return Scaled(nn.Sequential(*layers))


def train(crops: Sequence[Crop], settings: FitSettings, weights: Weights) -> nn.Module:
    """Fits the classifier to crops with labels; an epoch has twice as many as the rarer class."""
    torch.manual_seed(settings.seed)
    label = np.array([bool(crop.is_handling) for crop in crops])
    return fitting.fit(
        weights.loaded(make_net()),
        lambda rng: balanced_rows(label, rng),
        lambda rng, rows: _batch([crops[row] for row in rows], rng),
        lambda logit, target: functional.binary_cross_entropy_with_logits(logit[:, 0], target),
        settings,
        weights,
    )


def balanced_rows(label: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.int64]:
    """As many rows of each label as the rarer has, in any order."""
    sides = [np.flatnonzero(label == side) for side in (False, True)]
    least = min(len(side) for side in sides)
    return rng.permutation(np.concatenate([rng.choice(side, least, False) for side in sides]))


def logits(net: nn.Module, crops: Sequence[Crop], seed: int) -> NDArray[np.float64]:
    """The net's logits of crops, cut as at a detector's boxes."""
    rng = np.random.default_rng(seed)
    found = [np.zeros(0)]
    with torch.no_grad():
        for start in range(0, len(crops), 256):
            part = [
                crop.jittered(rng, JITTER).cut(WIDTH_PX, HEIGHT_PX, ROOM)
                for crop in crops[start : start + 256]
            ]
            pictures = torch.from_numpy(np.stack(part)).permute(0, 3, 1, 2).float()
            found.append(net(pictures)[:, 0].double().numpy())
    return np.concatenate(found)


def pick_threshold(
    logit: NDArray[np.float64], label: NDArray[np.bool_], least_recall: float
) -> Threshold:
    """The threshold of highest accuracy among those that give enough recall.

    Args:
        logit: Shape (n,).
        label: Whether each handles; at least one does.
        least_recall: 0 to 1.
    """
    share = float(label.mean())
    best = Threshold(-np.inf, 1.0, share, share)
    for edge in np.unique(logit[label]):
        above = logit >= edge
        recall = float(above[label].mean())
        accuracy = float((above == label).mean())
        if recall >= least_recall and accuracy > best.accuracy:
            best = Threshold(float(edge), recall, accuracy, float(label[above].mean()))
    return best


def export(net: nn.Module, threshold: Threshold, path: Path) -> None:
    """Writes the classifier as ONNX, its logit less the threshold."""
    fitting.export(
        Shifted(net, threshold.logit), (3, HEIGHT_PX, WIDTH_PX), ("crops", "logit"), path
    )


class Shifted(nn.Module):  # type: ignore[misc]
    """A net whose output is moved down."""

    def __init__(self, inner: nn.Module, by: float) -> None:
        super().__init__()
        self.inner, self.by = inner, by

    def forward(self, given: Tensor) -> Tensor:
        """The inner output less the constant."""
        return self.inner(given) - self.by


def _batch(crops: list[Crop], rng: np.random.Generator) -> Batch:
    pictures = np.stack(
        [crop.jittered(rng, JITTER).cut(WIDTH_PX, HEIGHT_PX, ROOM) for crop in crops]
    )
    flips = rng.random(len(pictures)) < 0.5
    pictures[flips] = pictures[flips, :, ::-1]
    gains = rng.uniform(0.8, 1.2, (len(pictures), 1, 1, 3)).astype(np.float32)
    bright = np.clip(pictures * gains, 0, 255)
    label = np.array([bool(crop.is_handling) for crop in crops], np.float32)
    return torch.from_numpy(bright).permute(0, 3, 1, 2), (torch.from_numpy(label),)
