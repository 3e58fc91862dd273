"""The article's supervised classifier of windows: a small convolutional net, trained on labels.

Three convolutions over time, the mean over time, one logit. The article gives the input (400 x 10)
and calls the net small; widths are ours. Loss: binary cross-entropy, positives weighed to parity.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from storeday.rfid.tensors import FEATURES, POINTS


@dataclass(frozen=True)
class TrainSettings:
    """How the net is trained.

    Attributes:
        epochs: Passes over the windows.
        batch: Windows a step.
        learning_rate: Of Adam, falling to zero along a cosine.
        weight_decay: Of AdamW.
        seed: Seed of all chance.
    """

    epochs: int = 12
    batch: int = 256
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    seed: int = 1


def make_net() -> nn.Module:
    """The net, untrained; 9,473 weights."""
    return nn.Sequential(
        nn.Conv1d(FEATURES, 16, 9, stride=4, padding=4),
        nn.ReLU(),
        nn.Conv1d(16, 32, 9, stride=4, padding=4),
        nn.ReLU(),
        nn.Conv1d(32, 20, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.AdaptiveAvgPool1d(1),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(20, 1),
    )


def train(
    tensors: NDArray[np.float32], label: NDArray[np.float32], settings: TrainSettings
) -> nn.Module:
    """Trains a net on windows and their labels, shapes (n, 10, 400) and (n,)."""
    torch.manual_seed(settings.seed)
    net = make_net()
    steps = settings.epochs * -(-len(label) // settings.batch)
    best = torch.optim.AdamW(
        net.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
    )
    slower = torch.optim.lr_scheduler.CosineAnnealingLR(best, steps)
    weight = torch.tensor((label == 0).sum() / max(int(label.sum()), 1), dtype=torch.float32)
    loss = nn.BCEWithLogitsLoss(pos_weight=weight)
    inputs, targets = torch.from_numpy(tensors), torch.from_numpy(label)
    net.train()
    for epoch in range(settings.epochs):
        total = 0.0
        for rows in torch.randperm(len(label)).split(settings.batch):
            best.zero_grad()
            value = loss(net(inputs[rows])[:, 0], targets[rows])
            value.backward()
            best.step()
            slower.step()
            total += float(value.detach()) * len(rows)
        print(f"epoch {epoch + 1}: loss {total / len(label):.4f}", flush=True)
    return net.eval()


def export(net: nn.Module, path: Path) -> None:
    """Writes a net as ONNX, any number of windows at once."""
    example = torch.zeros(2, FEATURES, POINTS)
    names = {"input_names": ["windows"], "output_names": ["logit"]}
    axes = {"windows": {0: "n"}, "logit": {0: "n"}}
    torch.onnx.export(net, (example,), str(path), dynamic_axes=axes, dynamo=False, **names)
