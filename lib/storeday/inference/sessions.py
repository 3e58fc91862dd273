"""ONNX Runtime sessions, one per process and model.

A session does not pickle and takes long to make, so workers keep theirs; nothing here runs at
import, and nothing touches a GPU before a session is opened.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnxruntime as ort

from storeday.inference import providers
from storeday.inference.errors import ModelError
from storeday.inference.manifest import ModelManifest, ModelSpec, file_faults
from storeday.inference.settings import InferenceSettings

# Levels of ONNX Runtime's log.
ERROR, FATAL = 3, 4

Key = tuple[str, tuple[str, ...], int, int]
_sessions: dict[Key, "Session"] = {}


@dataclass(frozen=True)
class Session:
    """A session, and the shapes of what goes in and out.

    Attributes:
        run: ONNX Runtime's session.
        input_name: Name of its only input.
        input_shape: Its dimensions; None for one that is left open.
        output_shapes: The same for each output.
        providers: Execution providers it really uses.
        is_bound: Whether input and output are bound to memory of the host before a call, so that a
            GPU copies them itself instead of ONNX Runtime's Python layer.
    """

    inner: Any
    input_name: str
    input_shape: tuple[int | None, ...]
    output_shapes: tuple[tuple[int | None, ...], ...]
    providers: tuple[str, ...]
    is_bound: bool = False

    def run(self, batch: Any) -> list[Any]:
        """All outputs for one input array."""
        outputs: list[Any]
        if not self.is_bound:
            outputs = self.inner.run(None, {self.input_name: batch})
            return outputs
        binding = self.inner.io_binding()
        binding.bind_cpu_input(self.input_name, batch)
        for output in self.inner.get_outputs():
            binding.bind_output(output.name, "cpu")
        self.inner.run_with_iobinding(binding)
        outputs = binding.copy_outputs_to_cpu()
        return outputs

    @property
    def fixed_batch(self) -> int | None:
        """Size of the batch; None where the model leaves it open."""
        return self.input_shape[0]


def session_of(
    manifest: ModelManifest, spec: ModelSpec, settings: InferenceSettings, device_id: int
) -> Session:
    """This process's session for a model; opened on first use, after its files are checked.

    Args:
        manifest: The manifest.
        spec: One of its models.
        settings: Providers and threads.
        device_id: Number of the GPU, where one is used.

    Raises:
        ModelError: A file is not the one that was named, or the provider asked for is missing.
    """
    order = providers.provider_order(
        settings.providers,
        ort.get_available_providers(),
        providers.has_gpu(),
        providers.has_tensorrt(),
    )
    weights = "+".join([spec.sha256, *(data.sha256 for data in spec.data_files)])
    key = (weights, order, settings.threads, device_id)
    if key not in _sessions:
        faults = file_faults(manifest, spec)
        if faults:
            raise ModelError("\n".join(faults))
        _sessions[key] = open_session(
            manifest.path_of(spec.file), order, settings.threads, device_id
        )
    session = _sessions[key]
    providers.require(settings.providers, session.providers)
    return session


def input_faults(session: Session, spec: ModelSpec, stride: int = 1) -> list[str]:
    """In what a picture model's input is not what its entry says; empty where it fits.

    Args:
        session: A session of the model.
        spec: Its entry in the manifest.
        stride: Its sides have to be multiples of this, px.
    """
    faults = []
    expected = (3, spec.input_height_px, spec.input_width_px)
    if session.input_shape[1:] != expected:
        faults.append(f"input is {session.input_shape}; expected batch x {expected}")
    uneven = [side for side in expected[1:] if side % stride]
    if uneven:
        faults.append(f"input side {uneven[0]} px; expected a multiple of {stride}")
    return faults


def open_session(path: Path, order: Sequence[str], threads: int, device_id: int = 0) -> Session:
    """Opens a session.

    Args:
        path: The ONNX file.
        order: Providers, best first.
        threads: Threads on the CPU.
        device_id: Number of the GPU, where one is used.

    Raises:
        ModelError: ONNX Runtime cannot load the file, or it has several inputs.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Workers share cores: a thread that waits must not spin.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    on_gpu = any(name != providers.CPU for name in order)
    # A GPU provider that cannot start says so at length; what is used is looked at afterwards.
    options.log_severity_level = FATAL if on_gpu else ERROR
    if on_gpu:
        _load_cuda()
    try:
        inner = ort.InferenceSession(str(path), options, providers=_asked(order, device_id))
    except Exception as error:
        raise ModelError(f"{path.name}: ONNX Runtime cannot load it: {error}") from error
    inputs = inner.get_inputs()
    if len(inputs) != 1:
        raise ModelError(f"{path.name}: has {len(inputs)} inputs; expected one")
    used = tuple(inner.get_providers())
    return Session(
        inner,
        inputs[0].name,
        _shape(inputs[0].shape),
        tuple(_shape(output.shape) for output in inner.get_outputs()),
        used,
        is_bound=used[0] != providers.CPU,
    )


def _asked(order: Sequence[str], device_id: int) -> list[str | tuple[str, dict[str, Any]]]:
    """Providers with their options; TensorRT computes in half precision, where the GPU has it."""
    options: dict[str, dict[str, Any]] = {
        providers.TENSORRT: {"device_id": device_id, "trt_fp16_enable": True},
        providers.CUDA: {"device_id": device_id},
    }
    return [(name, options[name]) if name in options else name for name in order]


def _load_cuda() -> None:
    """Loads CUDA and cuDNN from their Python packages, where they are installed that way."""
    ort.set_default_logger_severity(FATAL)
    preload = getattr(ort, "preload_dlls", None)
    if preload is not None:
        preload()


def _shape(dimensions: Sequence[Any]) -> tuple[int | None, ...]:
    return tuple(size if isinstance(size, int) else None for size in dimensions)
