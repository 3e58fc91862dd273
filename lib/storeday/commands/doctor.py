"""`storeday doctor`: looks at everything a night needs, and says what to do about what is wrong.

Each check is a function that gives findings; none changes anything but a small table that is
written beside the lake's tables and removed.
"""

import datetime as dt
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import onnxruntime
from pyarrow import fs
from rich.console import Console

from storeday.commands.backfill import stores_with_manifest
from storeday.commands.outcomes import DONE, SOME_FAILED
from storeday.inference import load_models, manifest_path, provider_order
from storeday.inference.providers import CPU, has_gpu, has_tensorrt
from storeday.lake.doctor_table import write_and_read
from storeday.lake.files import open_filesystem
from storeday.lake.store_day import StoreDay
from storeday.stages.plan import Places, layout_of
from storeday.stages.settings import settings_of

State = Literal["good", "look", "bad"]
MARKS: dict[State, str] = {"good": "ok  ", "look": "look", "bad": "BAD "}
# Spark 4.2 runs on these.
JAVA_VERSIONS = (17, 21)
# Stores that may keep old versions or deleted files for themselves.
BUCKETS = ("s3", "s3a", "s3n", "gs", "abfs", "abfss")
# A store-day's tables without kept frames, with room for the old version beside the new one.
LEAST_FREE_GB = 20
MODELS_ADVICE = (
    "write YOLOX and OSNet into a manifest, with their checksums (README, Models), and give it as "
    "--models FILE"
)
BYTES_PER_GB = 1e9


@dataclass(frozen=True)
class Patient:
    """What to look at; what is empty is not looked at.

    Attributes:
        lake: Root of the lake.
        inbox: Root of the inbox.
        stores: Folder of manifests.
        models: Path of the model manifest.
        salts: Folder of the salts.
        has_spark: Whether Spark is started and a table written.
    """

    lake: str = ""
    inbox: str = ""
    stores: str = ""
    models: str = ""
    salts: str = ""
    has_spark: bool = True


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        state: good; look, where an operator should know; bad, where a night would fail.
        what: What was found.
        advice: What to do; empty for good ones.
    """

    state: State
    what: str
    advice: str = ""


def examine(patient: Patient, console: Console) -> int:
    """Runs all checks and prints what they found.

    Returns:
        0 where nothing is bad, 1 otherwise.
    """
    worst = DONE
    for finding in findings(patient):
        console.print(f"{MARKS[finding.state]} {finding.what}", markup=False, soft_wrap=True)
        if finding.advice:
            console.print(f"     -> {finding.advice}", markup=False, soft_wrap=True)
        if finding.state == "bad":
            worst = SOME_FAILED
    return worst


def findings(patient: Patient) -> Iterator[Finding]:
    """All findings; a check that falls over is a finding itself."""
    checks: tuple[Callable[[Patient], Iterator[Finding]], ...] = (
        _java,
        _providers,
        _disk,
        _places,
        _salts,
        _manifests,
        _models,
        _spark,
    )
    for check in checks:
        try:
            yield from check(patient)
        except Exception as error:
            name = check.__name__.removeprefix("_")
            yield Finding("bad", f"{name}: {type(error).__name__}: {error}", "see the message")


def _java(patient: Patient) -> Iterator[Finding]:
    home = os.environ.get("JAVA_HOME")
    program = f"{home}/bin/java" if home else shutil.which("java")
    advice = "install a Java 17 or 21 runtime, or set JAVA_HOME to one"
    if not program or not Path(program).exists():
        yield Finding(
            "bad", f"no Java ({'JAVA_HOME is ' + home if home else 'not on PATH'})", advice
        )
        return
    told = subprocess.run(
        [program, "-version"], capture_output=True, text=True, timeout=30, check=False
    ).stderr
    version = java_version(told)
    if version in JAVA_VERSIONS:
        yield Finding("good", f"Java {version} at {program}")
    else:
        yield Finding("bad", f"Java {version or 'of unknown version'} at {program}", advice)


def java_version(text: str) -> int | None:
    """Major version in what `java -version` prints; None where there is none.

    Example:
        >>> java_version('openjdk version "17.0.15" 2025-04-15')
        17
        >>> java_version('java version "1.8.0_402"')
        8
    """
    found = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(found[1]) if found else None


def _providers(patient: Patient) -> Iterator[Finding]:
    available = onnxruntime.get_available_providers()
    order = provider_order("auto", available, has_gpu(), has_tensorrt())
    words = f"ONNX Runtime {onnxruntime.__version__} would use {', '.join(order)}"
    if order[0] != CPU:
        yield Finding("good", words)
    elif has_gpu():
        yield Finding("bad", f"{words}, though there is a GPU", "install onnxruntime-gpu")
    else:
        advice = "fine for a few cameras; a night of many needs a GPU (README, sizing)"
        yield Finding("look", f"{words}; no NVIDIA device here", advice)


def _disk(patient: Patient) -> Iterator[Finding]:
    temporary = os.environ.get("SPARK_LOCAL_DIRS", os.environ.get("TMPDIR", "/tmp")).split(",")[0]
    for name, path in (("temporary folder", temporary), ("lake", patient.lake)):
        filesystem = open_filesystem(path)[0] if path else None
        if not isinstance(filesystem, fs.LocalFileSystem):
            continue
        folder = _existing(Path(open_filesystem(path)[1]))
        free_gb = shutil.disk_usage(folder).free / BYTES_PER_GB
        words = f"{name} {path}: {free_gb:.0f} GB free"
        if not os.access(folder, os.W_OK):
            yield Finding("bad", f"{name} {path}: no permission to write in {folder}",
                          f"give the user of the job ({os.getuid()}) write permission")  # fmt: skip
        elif free_gb < LEAST_FREE_GB:
            advice = f"free at least {LEAST_FREE_GB} GB; storeday maintain removes old versions"
            yield Finding("look", words, advice)
        else:
            yield Finding("good", words)


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _places(patient: Patient) -> Iterator[Finding]:
    for name, path in (("inbox", patient.inbox), ("stores", patient.stores)):
        if not path:
            continue
        filesystem, inner = open_filesystem(path)
        if filesystem.get_file_info(inner).type == fs.FileType.Directory:
            yield Finding("good", f"{name} {path} is there")
        else:
            yield Finding("bad", f"{name} {path} is no folder", "check path and permissions")
    for name, path in (("lake", patient.lake), ("salts", patient.salts)):
        if path.split("://")[0] in BUCKETS:
            advice = (
                "versioning keeps deleted pseudonyms and salts: turn it off for this bucket, or "
                "let old versions expire within the retention time (cannot be checked from here)"
            )
            yield Finding("look", f"{name} {path} is in a bucket", advice)


def _salts(patient: Patient) -> Iterator[Finding]:
    if not patient.lake:
        return
    salts = Places("", "", patient.lake, patient.salts).salts_or_default
    if f"{salts.rstrip('/')}/".startswith(f"{patient.lake.rstrip('/')}/"):
        yield Finding("bad", f"salts {salts} are inside the lake",
                      "whoever reads the lake could link pseudonyms: move them out")  # fmt: skip
    else:
        yield Finding("good", f"salts {salts} are outside the lake")


def _manifests(patient: Patient) -> Iterator[Finding]:
    if not patient.stores:
        return
    stores = stores_with_manifest(patient.stores)
    if not stores:
        yield Finding("bad", f"no manifest in {patient.stores}", "one STORE_ID.yaml per store")
    today = dt.datetime.now(dt.UTC).date()
    for store in stores:
        try:
            layout = layout_of(Places("", patient.stores, ""), StoreDay(store, today))
            settings_of(layout)
        except ValueError as error:
            yield Finding("bad", f"manifest of {store}: {error}", "correct the lines it names")
        else:
            devices = f"{len(layout.cameras)} cameras, {len(layout.readers)} readers"
            yield Finding("good", f"manifest of {store}: {devices}")


def _models(patient: Patient) -> Iterator[Finding]:
    if not patient.models:
        yield Finding("look", "no model manifest given", f"footage needs one: {MODELS_ADVICE}")
        return
    try:
        models = load_models(manifest_path(patient.models))
    except ValueError as error:
        advice = "fetch the file again, or correct the manifest"
        yield Finding("bad", f"models: {error}", advice)
        return
    for spec in models.models:
        words = f"model {spec.role}: {Path(spec.file).name}, checksum as declared"
        if spec.domain == "simulated":
            yield Finding("look", f"{words}; it knows simulated pictures only", MODELS_ADVICE)
        else:
            yield Finding("good", words)


def _spark(patient: Patient) -> Iterator[Finding]:
    if not patient.has_spark:
        return
    try:
        words = write_and_read(patient.lake)
    except Exception as error:
        text = f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"
        yield Finding("bad", f"Spark could not write a Delta table: {text}", _spark_advice(text))
        return
    yield Finding("good", f"{words}; Python {sys.version.split()[0]}")


def _spark_advice(text: str) -> str:
    if "JAVA_GATEWAY_EXITED" in text or "Java gateway" in text:
        return (
            "the Java process ended at once: either Delta's jars could not be resolved (is there a "
            "network, or a filled Ivy cache?), or Java is not 17 or 21"
        )
    if "ermission" in text or "AccessDenied" in text:
        return "give the user of the job write permission on the lake"
    return "see the message; README, operations"
