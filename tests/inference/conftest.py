"""Tiny models whose output can be foretold, and manifests of them."""

import hashlib
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from storeday.inference import ModelSpec
from storeday.inference.sessions import Session

SIDE = 32
CELLS = 16 + 4 + 1
# The one cell in which the tiny detector sees somebody: stride 8, column 1, row 2.
CELL = 9
CLASSES = ["cat", "person"]


@pytest.fixture(scope="session")
def tiny():
    """This module: tests cannot import each other."""
    return sys.modules[__name__]


class Recorder:
    """Takes the place of ONNX Runtime: keeps what it is given, gives what it was told to."""

    def __init__(self, output):
        self.output, self.given = output, None

    def run(self, _, feeds):
        self.given = feeds["images"].copy()
        return [self.output]


def recorded(head: str, output: np.ndarray, order: str, **changes: Any):
    """A session that gives an output, a detector's entry for it, and the recorder."""
    entry = {
        "role": "person_detector",
        "head": head,
        "file": "none.onnx",
        "sha256": "0" * 64,
        "licence": "none",
        "domain": "simulated",
        "input_width_px": SIDE,
        "input_height_px": SIDE,
        "channel_order": order,
        "classes": CLASSES,
    }
    inner = Recorder(output)
    shape = (len(output), 3, SIDE, SIDE)
    session = Session(inner, "images", shape, (output.shape,), ("CPUExecutionProvider",))
    return session, ModelSpec(**entry | changes), inner


def grey(level: int, side: int = SIDE) -> np.ndarray:
    return np.full((side, side, 3), level, np.uint8)


def jpeg(picture: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", picture)[1].tobytes()


def write_detector(path: Path, batch: int | str = "batch") -> Path:
    """A YOLOX whose only box scores the mean of the input, over 255.

    The box is centred in its cell, 16 px wide and 8 px high.
    """
    gain = np.zeros((1, CELLS, 5 + len(CLASSES)), np.float32)
    bias = np.zeros_like(gain)
    gain[0, CELL, 6] = 1 / 255
    bias[0, CELL] = [0.5, 0.5, np.log(2), 0, 1, 0, 0]
    shape = [batch, CELLS, 5 + len(CLASSES)]
    return _write(path, [batch, 3, SIDE, SIDE], shape, gain, bias, keep=3)


def write_embedder(path: Path, batch: int | str = "batch") -> Path:
    """An OSNet that gives the mean of its normalised input, and 1."""
    gain, bias = np.array([[1, 0]], np.float32), np.array([[0, 1]], np.float32)
    return _write(path, [batch, 3, 16, 8], [batch, 2], gain, bias, keep=2)


def write_handling(path: Path, batch: int | str = "batch") -> Path:
    """A handling classifier whose logit is the mean of its input, less 128."""
    gain, bias = np.array([[1]], np.float32), np.array([[-128]], np.float32)
    return _write(path, [batch, 3, 24, 16], [batch, 1], gain, bias, keep=2)


def write_attributes(path: Path, batch: int | str = "batch") -> Path:
    """Three attribute logits: the mean of its normalised input, times 4, -4 and 0."""
    gain, bias = np.array([[4, -4, 0]], np.float32), np.zeros((1, 3), np.float32)
    return _write(path, [batch, 3, 16, 8], [batch, 3], gain, bias, keep=2)


def _write(
    path: Path,
    input_shape: list[int | str],
    output_shape: list[int | str],
    gain: np.ndarray,
    bias: np.ndarray,
    keep: int,
) -> Path:
    onnx = pytest.importorskip("onnx", reason="onnx makes the tiny models")
    helper = onnx.helper
    names = {"gain": gain, "bias": bias, "axes": np.arange(keep, 4, dtype=np.int64)}
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Squeeze", ["mean", "axes"], ["scalar"]),
        helper.make_node("Mul", ["scalar", "gain"], ["scaled"]),
        helper.make_node("Add", ["scaled", "bias"], ["output"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("images", onnx.TensorProto.FLOAT, input_shape)],
        [helper.make_tensor_value_info("output", onnx.TensorProto.FLOAT, output_shape)],
        [onnx.numpy_helper.from_array(value, name) for name, value in names.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, str(path))
    return path


def detector_entry(model: Path, **changes: Any) -> dict[str, Any]:
    entry = {
        "role": "person_detector",
        "head": "yolox",
        "file": model.name,
        "sha256": sha256(model),
        "licence": "Apache-2.0",
        "domain": "simulated",
        "input_width_px": SIDE,
        "input_height_px": SIDE,
        "channel_order": "BGR",
        "classes": CLASSES,
    }
    return {**entry, **changes}


def embedder_entry(model: Path, **changes: Any) -> dict[str, Any]:
    entry = {
        "role": "appearance",
        "head": "osnet",
        "file": model.name,
        "sha256": sha256(model),
        "licence": "MIT",
        "domain": "simulated",
        "input_width_px": 8,
        "input_height_px": 16,
        "channel_order": "RGB",
    }
    return {**entry, **changes}


def handling_entry(model: Path, **changes: Any) -> dict[str, Any]:
    entry = {
        "role": "handling",
        "head": "crop_logit",
        "file": model.name,
        "sha256": sha256(model),
        "licence": "Apache-2.0",
        "domain": "simulated",
        "input_width_px": 16,
        "input_height_px": 24,
        "channel_order": "BGR",
        "classes": ["handling"],
    }
    return {**entry, **changes}


def attributes_entry(model: Path, **changes: Any) -> dict[str, Any]:
    entry = {
        "role": "attributes",
        "head": "pedestrian_attributes",
        "file": model.name,
        "sha256": sha256(model),
        "licence": "Apache-2.0",
        "domain": "simulated",
        "input_width_px": 8,
        "input_height_px": 16,
        "channel_order": "RGB",
        "classes": ["age=adult", "age=child", "sex=female|male"],
    }
    return {**entry, **changes}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_manifest(path: Path, entries: list[dict[str, Any]]) -> Path:
    path.write_text(yaml.safe_dump({"models": entries}), "utf-8")
    return path
