"""The model manifest: which models, where from, and what they take and give.

A YAML file, `models: [...]`, one entry per role. Files are given relative to the manifest, or
absolute. Example:

```yaml
models:
  - role: person_detector
    head: yolox
    file: yolox_nano.onnx
    sha256: c789161e...
    licence: Apache-2.0
    domain: real
    input_width_px: 416
    input_height_px: 416
    channel_order: BGR
    classes: [person, bicycle, ...]
```
"""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from storeday.inference.errors import ModelError

Role = Literal["person_detector", "appearance", "handling", "attributes"]
Head = Literal[
    "yolox",
    "yolov8",
    "fastestdet",
    "osnet",
    "centre_grid",
    "crop_embedding",
    "crop_logit",
    "pedestrian_attributes",
]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

# Which heads do which job.
HEADS_OF: dict[Role, tuple[Head, ...]] = {
    "person_detector": ("yolox", "yolov8", "fastestdet", "centre_grid"),
    "appearance": ("osnet", "crop_embedding"),
    "handling": ("crop_logit",),
    "attributes": ("pedestrian_attributes",),
}

# Bytes read at a time for a checksum.
BLOCK_BYTES = 1 << 20


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelFile(_Part):
    """A file that belongs to a model, such as weights kept outside it."""

    file: str
    sha256: Sha256


class ModelSpec(_Part):
    """One model.

    Attributes:
        role: What it is for.
        head: How its input is made and its output read.
        file: The ONNX file.
        sha256: Checksum of that file.
        data_files: Weights that lie beside it.
        licence: Under which it may be used; SPDX name.
        source: Where it comes from, in words.
        domain: Whether it learnt from real or from simulated pictures.
        input_width_px: Width of its input.
        input_height_px: Height of its input.
        channel_order: Order of the colours in its input.
        classes: What it tells apart, in order; empty for an embedding.
    """

    role: Role
    head: Head
    file: str
    sha256: Sha256
    data_files: tuple[ModelFile, ...] = ()
    licence: Annotated[str, Field(min_length=1)]
    source: str = ""
    domain: Literal["real", "simulated"]
    input_width_px: Annotated[int, Field(gt=0)]
    input_height_px: Annotated[int, Field(gt=0)]
    channel_order: Literal["BGR", "RGB"]
    classes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Role and file, for messages."""
        return f"{self.role} {Path(self.file).name}"


class ModelManifest(_Part):
    """The models of a run. It pickles, and holds no session.

    Attributes:
        folder: Folder to which files are relative.
        models: At most one per role.
    """

    folder: str
    models: tuple[ModelSpec, ...]

    def of(self, role: Role) -> ModelSpec | None:
        """The model of a role; None where there is none."""
        return next((spec for spec in self.models if spec.role == role), None)

    def without(self, role: Role) -> "ModelManifest":
        """The same models less that of a role."""
        return self.model_copy(
            update={"models": tuple(spec for spec in self.models if spec.role != role)}
        )

    def path_of(self, file: str) -> Path:
        """Where a file named in the manifest lies."""
        return Path(self.folder, file)

    def as_json(self) -> str:
        """Role, file name, checksums, licence and domain of each model, for the run ledger."""
        entries = [
            {
                "role": spec.role,
                "file": Path(spec.file).name,
                "sha256": spec.sha256,
                "data_sha256": [data.sha256 for data in spec.data_files],
                "licence": spec.licence,
                "domain": spec.domain,
            }
            for spec in self.models
        ]
        return json.dumps(entries, sort_keys=True)

    def digest(self) -> str:
        """SHA-256 over all that decides what the models give; the same wherever their files lie."""
        decides = [
            spec.model_dump(mode="json", exclude={"file", "data_files", "source", "licence"})
            | {"data_sha256": [data.sha256 for data in spec.data_files]}
            for spec in self.models
        ]
        return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()


def read_manifest(path: Path) -> ModelManifest:
    """Reads a manifest, without looking at the models' files.

    Args:
        path: The YAML file.

    Raises:
        ModelError: There is no such file, or it is no valid manifest; all faults at once.
    """
    if not path.is_file():
        raise ModelError(f"{path}: no such model manifest")
    try:
        document: Any = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(document, dict) or set(document) != {"models"}:
        raise ModelError(f"{path}: expected one key, models, with a list")
    try:
        folder = str(path.resolve().parent)
        manifest = ModelManifest(folder=folder, models=document["models"])
    except ValidationError as error:
        faults = [
            f"{path}: {'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors(include_url=False)
        ]
        raise ModelError("\n".join(faults)) from error
    faults = _role_faults(manifest)
    if faults:
        raise ModelError("\n".join(f"{path}: {fault}" for fault in faults))
    return manifest


def file_faults(manifest: ModelManifest, spec: ModelSpec) -> list[str]:
    """What is wrong with the files of a model; empty where nothing is.

    Args:
        manifest: The manifest.
        spec: One of its models.
    """
    files = [ModelFile(file=spec.file, sha256=spec.sha256), *spec.data_files]
    faults = []
    for item in files:
        path = manifest.path_of(item.file)
        if not path.is_file():
            faults.append(f"{spec.name}: {path} does not exist")
        elif (found := checksum(path)) != item.sha256:
            faults.append(f"{spec.name}: {path.name} has sha256 {found}; expected {item.sha256}")
    return faults + _unlisted(manifest, spec)


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _unlisted(manifest: ModelManifest, spec: ModelSpec) -> list[str]:
    """Weights beside the model that nobody vouches for: ONNX Runtime would load them unasked."""
    path = manifest.path_of(spec.file)
    listed = {manifest.path_of(data.file).name for data in spec.data_files}
    beside = sorted(found.name for found in path.parent.glob(f"{path.name}.data*"))
    return [
        f"{spec.name}: {name} lies beside it and is not listed in data_files"
        for name in beside
        if name not in listed
    ]


def _role_faults(manifest: ModelManifest) -> list[str]:
    roles = [spec.role for spec in manifest.models]
    faults = [
        f"role {role} is given {roles.count(role)} times"
        for role in HEADS_OF
        if roles.count(role) > 1
    ]
    if "person_detector" not in roles:
        faults.append("no person_detector; nothing can be seen without one")
    for spec in manifest.models:
        heads = HEADS_OF[spec.role]
        if spec.head not in heads:
            known = ", ".join(heads)
            faults.append(f"{spec.name}: head {spec.head!r} does not fit; for this role: {known}")
    return faults
