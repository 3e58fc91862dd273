"""Which ONNX Runtime execution providers a session is asked to use.

onnxruntime-gpu lists CUDA and TensorRT as available wherever it is installed, falls back to the CPU
without an error, and prints a page of faults while it does. So `auto` asks for them only where
there is a device and, for TensorRT, its library; and a provider asked for by name has to be there
afterwards.
"""

import ctypes
from collections.abc import Sequence
from pathlib import Path

from storeday.inference.errors import ModelError

CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"
TENSORRT = "TensorrtExecutionProvider"

# A provider and those it hands over to what it cannot do itself.
CHAINS = {"tensorrt": (TENSORRT, CUDA, CPU), "cuda": (CUDA, CPU), "cpu": (CPU,)}

# Device nodes of the NVIDIA driver; the second under Windows' Linux. Looking at them starts
# nothing.
DEVICES = ("/dev/nvidiactl", "/dev/dxg")
TENSORRT_LIBRARIES = ("libnvinfer.so.10", "libnvinfer.so.11")


def provider_order(
    asked: str, available: Sequence[str], has_gpu: bool, has_tensorrt: bool
) -> tuple[str, ...]:
    """Providers to ask for, best first.

    Args:
        asked: `auto`, `tensorrt`, `cuda` or `cpu`.
        available: What this build of ONNX Runtime has.
        has_gpu: Whether there is an NVIDIA device.
        has_tensorrt: Whether TensorRT's library can be loaded.

    Raises:
        ModelError: The provider asked for by name is not in this build.

    Example:
        >>> provider_order("auto", [TENSORRT, CUDA, CPU], has_gpu=True, has_tensorrt=False)
        ('CUDAExecutionProvider', 'CPUExecutionProvider')
    """
    if asked != "auto":
        chain = CHAINS[asked]
        if chain[0] not in available:
            raise ModelError(
                f"provider {asked!r} ({chain[0]}) was asked for; this ONNX Runtime has "
                f"{', '.join(available)}"
            )
        return tuple(provider for provider in chain if provider in available)
    usable = {CPU}
    if has_gpu:
        usable |= {CUDA, TENSORRT} if has_tensorrt else {CUDA}
    return tuple(name for name in CHAINS["tensorrt"] if name in usable and name in available)


def has_gpu() -> bool:
    """Whether this machine shows an NVIDIA device; asks no driver, so that forks stay safe."""
    return any(Path(device).exists() for device in DEVICES)


def has_tensorrt() -> bool:
    """Whether TensorRT's library can be loaded."""
    for library in TENSORRT_LIBRARIES:
        try:
            ctypes.CDLL(library)
        except OSError:
            continue
        return True
    return False


def require(asked: str, used: Sequence[str]) -> None:
    """Refuses a session that does not use the provider asked for by name.

    Args:
        asked: `auto`, `tensorrt`, `cuda` or `cpu`.
        used: What the session says it uses.

    Raises:
        ModelError: It is not among them.
    """
    if asked != "auto" and CHAINS[asked][0] not in used:
        raise ModelError(
            f"provider {asked!r} ({CHAINS[asked][0]}) was asked for and could not be started; the "
            f"session uses {', '.join(used)}. Do driver, CUDA and cuDNN fit ONNX Runtime?"
        )
