"""Models over frames: which models, on what device, and what they see; no Spark."""

from storeday.inference.errors import ModelError
from storeday.inference.frames import FramePeople, infer_frames, infer_pictures
from storeday.inference.manifest import ModelManifest, ModelSpec
from storeday.inference.open_models import OpenModels, load_models, open_models
from storeday.inference.providers import provider_order
from storeday.inference.settings import InferenceSettings
from storeday.inference.shipped import SHIPPED, manifest_path, simulated_only

__all__ = [
    "SHIPPED",
    "FramePeople",
    "InferenceSettings",
    "ModelError",
    "ModelManifest",
    "ModelSpec",
    "OpenModels",
    "infer_frames",
    "infer_pictures",
    "load_models",
    "manifest_path",
    "open_models",
    "provider_order",
    "simulated_only",
]
