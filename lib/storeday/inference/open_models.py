"""From a model manifest to models that can be run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from storeday.inference import centre_grid, crop_heads, fastestdet, yolov8, yolox
from storeday.inference.boxes import Detector
from storeday.inference.centre_grid import CentreGrid
from storeday.inference.crop_heads import CropEmbedding, CropLogit
from storeday.inference.crops import Floats, Picture
from storeday.inference.errors import ModelError
from storeday.inference.fastestdet import Fastestdet
from storeday.inference.manifest import Head, ModelManifest, ModelSpec, file_faults, read_manifest
from storeday.inference.osnet import Osnet
from storeday.inference.pedestrian_attributes import PedestrianAttributes, attribute_faults
from storeday.inference.providers import CPU
from storeday.inference.sessions import Session, open_session, session_of
from storeday.inference.settings import InferenceSettings
from storeday.inference.yolov8 import Yolov8
from storeday.inference.yolox import Yolox

FAULTS_OF: dict[Head, Callable[[Session, ModelSpec], list[str]]] = {
    "yolox": yolox.spec_faults,
    "yolov8": yolov8.spec_faults,
    "fastestdet": fastestdet.spec_faults,
    "osnet": crop_heads.embedding_faults,
    "centre_grid": centre_grid.spec_faults,
    "crop_embedding": crop_heads.embedding_faults,
    "crop_logit": crop_heads.logit_faults,
    "pedestrian_attributes": attribute_faults,
}
DETECTORS: dict[Head, Callable[[Session, ModelSpec, InferenceSettings], Detector]] = {
    "yolox": Yolox,
    "yolov8": Yolov8,
    "fastestdet": Fastestdet,
    "centre_grid": CentreGrid,
}


class Embedder(Protocol):
    """What every head of the role `appearance` can do; for one thread."""

    def embed(self, found: list[tuple[Picture, Floats]]) -> list[Floats]:
        """Vectors of length 1 for the boxes (n x 4, px) of each picture (BGR): n x dimensions."""
        ...


EMBEDDERS: dict[Head, Callable[[Session, ModelSpec, InferenceSettings], Embedder]] = {
    "osnet": Osnet,
    "crop_embedding": CropEmbedding,
}


@dataclass(frozen=True)
class OpenModels:
    """Models ready to run, for one thread.

    Attributes:
        detector: Finds people.
        embedder: Describes their appearance; None where the manifest names no such model.
        handling: Tells whether they handle goods; None as well.
        providers: Execution providers really used, by role.
        attributes: Tells what their bodies say of them; None as well.
    """

    detector: Detector
    embedder: Embedder | None
    handling: CropLogit | None
    providers: Mapping[str, tuple[str, ...]]
    attributes: PedestrianAttributes | None = None


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
    handling, attributes = manifest.of("handling"), manifest.of("attributes")
    if detector is None:
        raise ModelError("no person_detector; nothing can be seen without one")
    return OpenModels(
        DETECTORS[detector.head](sessions["person_detector"], detector, settings),
        EMBEDDERS[appearance.head](sessions["appearance"], appearance, settings)
        if appearance
        else None,
        CropLogit(sessions["handling"], handling, settings) if handling else None,
        {role: session.providers for role, session in sessions.items()},
        PedestrianAttributes(sessions["attributes"], attributes, settings) if attributes else None,
    )


def _model_faults(manifest: ModelManifest, spec: ModelSpec) -> list[str]:
    try:
        session = open_session(manifest.path_of(spec.file), (CPU,), threads=1)
    except ModelError as error:
        return [f"{spec.name}: {error}"]
    return [f"{spec.name}: {fault}" for fault in FAULTS_OF[spec.head](session, spec)]
