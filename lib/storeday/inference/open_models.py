"""From a model manifest to models that can be run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from storeday.inference import fastestdet, osnet, yolov8, yolox
from storeday.inference.boxes import Detector
from storeday.inference.errors import ModelError
from storeday.inference.fastestdet import Fastestdet
from storeday.inference.manifest import Head, ModelManifest, ModelSpec, file_faults, read_manifest
from storeday.inference.osnet import Osnet
from storeday.inference.providers import CPU
from storeday.inference.sessions import Session, open_session, session_of
from storeday.inference.settings import InferenceSettings
from storeday.inference.yolov8 import Yolov8
from storeday.inference.yolox import Yolox

FAULTS_OF: dict[Head, Callable[[Session, ModelSpec], list[str]]] = {
    "yolox": yolox.spec_faults,
    "yolov8": yolov8.spec_faults,
    "fastestdet": fastestdet.spec_faults,
    "osnet": osnet.spec_faults,
}
DETECTORS: dict[Head, Callable[[Session, ModelSpec, InferenceSettings], Detector]] = {
    "yolox": Yolox,
    "yolov8": Yolov8,
    "fastestdet": Fastestdet,
}


@dataclass(frozen=True)
class OpenModels:
    """Models ready to run, for one thread.

    Attributes:
        detector: Finds people.
        embedder: Describes their appearance; None where the manifest names no such model.
        providers: Execution providers really used, by role.
    """

    detector: Detector
    embedder: Osnet | None
    providers: Mapping[str, tuple[str, ...]]


def load_models(path: Path) -> ModelManifest:
    """Reads a model manifest and checks every model against it, on the CPU.

    Files are compared with their checksums, inputs, outputs and classes with what is declared. No
    GPU is touched, so a driver may call this before workers are started.

    Args:
        path: The YAML file.

    Raises:
        ModelError: The manifest or a model is not what it should be; all faults at once.
    """
    manifest = read_manifest(path)
    faults = []
    for spec in manifest.models:
        found = file_faults(manifest, spec)
        faults += found or _model_faults(manifest, spec)
    if faults:
        raise ModelError("\n".join(f"{path}: {fault}" for fault in faults))
    return manifest


def open_models(
    manifest: ModelManifest, settings: InferenceSettings, device_id: int = 0
) -> OpenModels:
    """Opens a manifest's models in this process; sessions are kept and shared by later calls.

    Args:
        manifest: What `load_models` gave.
        settings: Providers, threads, thresholds.
        device_id: Number of the GPU, where one is used.

    Raises:
        ModelError: A file has changed, or the provider asked for by name is missing.
    """
    sessions = {
        spec.role: session_of(manifest, spec, settings, device_id) for spec in manifest.models
    }
    detector, appearance = manifest.of("person_detector"), manifest.of("appearance")
    if detector is None:
        raise ModelError("no person_detector; nothing can be seen without one")
    return OpenModels(
        DETECTORS[detector.head](sessions["person_detector"], detector, settings),
        Osnet(sessions["appearance"], appearance, settings) if appearance else None,
        {role: session.providers for role, session in sessions.items()},
    )


def _model_faults(manifest: ModelManifest, spec: ModelSpec) -> list[str]:
    try:
        session = open_session(manifest.path_of(spec.file), (CPU,), threads=1)
    except ModelError as error:
        return [f"{spec.name}: {error}"]
    return [f"{spec.name}: {fault}" for fault in FAULTS_OF[spec.head](session, spec)]
