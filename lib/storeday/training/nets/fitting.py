"""What the networks over pictures share: blocks, the loop that fits them, and their export.

AdamW with a cosine that follows a short rise (Loshchilov and Hutter, ICLR 2019), bfloat16 where the
processor has it, and a running mean of the weights, which is what is kept (Polyak and Juditsky,
1992).
"""

import copy
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Rows = NDArray[np.int64]
# Inputs of a step and what the loss compares the outputs with.
Batch = tuple[Tensor, tuple[Tensor, ...]]

# Share of the steps in which the rate rises.
RISE = 0.05
# The mean reaches back about this many steps, at most a tenth of what has been done.
MEAN_STEPS = 200
# Opset that TensorRT and ONNX Runtime of the last years know.
OPSET = 17


@dataclass(frozen=True)
class FitSettings:
    """How a network is fitted.

    Attributes:
        epochs: Passes over the rows.
        batch: Rows a step.
        learning_rate: Highest rate.
        weight_decay: Of AdamW.
        seed: Seed of all chance.
    """

    epochs: int
    batch: int
    learning_rate: float = 3e-3
    weight_decay: float = 1e-3
    seed: int = 1


@dataclass(frozen=True)
class Weights:
    """Where weights come from and go to, so that training may go on another time.

    Attributes:
        start: Weights to begin with; None for chance.
        kept: File that holds the mean weights after each epoch; None for none.
    """

    start: Path | None = None
    kept: Path | None = None

    def loaded(self, net: nn.Module) -> nn.Module:
        """A net with the weights to begin with, as far as their names and shapes are its own."""
        if self.start is None:
            return net
        given, own = torch.load(self.start, weights_only=True), net.state_dict()
        fits = {
            name: values
            for name, values in given.items()
            if name in own and own[name].shape == values.shape
        }
        if not fits:
            raise ValueError(f"{self.start} holds no weights of this network")
        print(f"{len(fits)} of {len(own)} weights from {self.start}", flush=True)
        net.load_state_dict(fits, strict=False)
        return net

    def keep(self, net: nn.Module) -> None:
        """Writes a net's weights."""
        if self.kept is not None:
            self.kept.parent.mkdir(parents=True, exist_ok=True)
            torch.save(net.state_dict(), self.kept)


def block(inputs: int, outputs: int, stride: int = 1, side: int = 3, groups: int = 1) -> nn.Module:
    """Convolution, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, side, stride, side // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):  # type: ignore[misc]
    """Two convolutions over what is kept."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(block(channels, channels), block(channels, channels))

    def forward(self, given: Tensor) -> Tensor:
        """What came in plus what is made of it."""
        return given + self.body(given)


class Inverted(nn.Module):  # type: ignore[misc]
    """MobileNetV2's block: widen, convolve each channel, narrow (Sandler et al., CVPR 2018)."""

    def __init__(self, inputs: int, outputs: int, stride: int, widening: int) -> None:
        super().__init__()
        wide = inputs * widening
        self.body = nn.Sequential(
            block(inputs, wide, side=1),
            block(wide, wide, stride, groups=wide),
            nn.Conv2d(wide, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.adds = stride == 1 and inputs == outputs

    def forward(self, given: Tensor) -> Tensor:
        """Adds what comes out to what came in, where shapes allow."""
        made = self.body(given)
        return given + made if self.adds else made


class Scaled(nn.Module):  # type: ignore[misc]
    """A network behind pixels of 0 to 255, which it takes as -1 to 1."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, pixels: Tensor) -> Tensor:
        """The inner network's output."""
        return self.inner(pixels * (1 / 127.5) - 1)


def fit(
    net: nn.Module,
    rows: Callable[[np.random.Generator], Rows],
    draw: Callable[[np.random.Generator, Rows], Batch],
    loss: Callable[..., Tensor],
    settings: FitSettings,
    weights: Weights | None = None,
) -> nn.Module:
    """Fits a network.

    Args:
        net: The network.
        rows: The rows of an epoch, in the order in which they are taken.
        draw: Makes the batch of some rows.
        loss: Of the network's output, in float32, and what the batch holds beside the inputs.
        settings: How.
        weights: Where the mean weights are kept after each epoch.

    Returns:
        The mean network, ready to be used.
    """
    torch.manual_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    net = net.to(memory_format=torch.channels_last).train()
    mean = copy.deepcopy(net)
    steps = settings.epochs * -(-len(rows(np.random.default_rng(0))) // settings.batch)
    adam = torch.optim.AdamW(
        net.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
    )
    rate = torch.optim.lr_scheduler.OneCycleLR(
        adam, settings.learning_rate, total_steps=steps, pct_start=RISE
    )
    step = 0
    for epoch in range(settings.epochs):
        began_s, total, order = time.monotonic(), 0.0, rows(rng)
        for start in range(0, len(order), settings.batch):
            inputs, targets = draw(rng, order[start : start + settings.batch])
            with torch.autocast("cpu", dtype=torch.bfloat16):
                outputs = net(inputs.to(memory_format=torch.channels_last))
            value = loss(outputs.float(), *targets)
            adam.zero_grad()
            value.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 10.0)
            adam.step()
            if step + 1 < steps:
                rate.step()
            step += 1
            _follow(mean, net, 1 / min(MEAN_STEPS, 1 + step // 10))
            total += float(value.detach()) * len(inputs)
        spent_s = time.monotonic() - began_s
        if weights is not None:
            weights.keep(mean)
        print(f"epoch {epoch + 1}: loss {total / len(order):.4f}, {spent_s:.0f} s", flush=True)
    return mean.eval()


def _follow(mean: nn.Module, net: nn.Module, share: float) -> None:
    with torch.no_grad():
        for kept, new in zip(mean.state_dict().values(), net.state_dict().values(), strict=True):
            if kept.dtype.is_floating_point:
                kept.lerp_(new, share)
            else:
                kept.copy_(new)


def export(net: nn.Module, shape: tuple[int, ...], names: tuple[str, str], path: Path) -> None:
    """Writes a network as ONNX with an open batch.

    Args:
        net: The network.
        shape: Shape of one input.
        names: Names of input and output.
        path: The file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        # The exporter without torch.export is called old; the new one needs a package more.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            net.eval().to(memory_format=torch.contiguous_format),
            (torch.zeros(2, *shape),),
            str(path),
            input_names=[names[0]],
            output_names=[names[1]],
            dynamic_axes={name: {0: "batch"} for name in names},
            opset_version=OPSET,
            dynamo=False,
        )
