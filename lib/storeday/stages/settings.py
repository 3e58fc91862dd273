"""All settings of a store-day in one place, and their digest.

Defaults stand in each package's `…Settings`. A manifest may change single values under
`thresholds`, by package and field: `thresholds: {tracking: {high_score: 0.5}}`.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from storeday.actions import ActionSettings
from storeday.association import AssociationSettings
from storeday.footage import FootageSettings
from storeday.identity import IdentitySettings
from storeday.inference import InferenceSettings
from storeday.manifest import ManifestError, StoreLayout
from storeday.measures import MeasureSettings
from storeday.rfid import RfidSettings
from storeday.scouting import ScoutingSettings
from storeday.tracking import TrackingSettings


@dataclass(frozen=True)
class Settings:
    """The settings of every package that computes something."""

    footage: FootageSettings = field(default_factory=FootageSettings)
    inference: InferenceSettings = field(default_factory=InferenceSettings)
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    identity: IdentitySettings = field(default_factory=IdentitySettings)
    actions: ActionSettings = field(default_factory=ActionSettings)
    rfid: RfidSettings = field(default_factory=RfidSettings)
    association: AssociationSettings = field(default_factory=AssociationSettings)
    measures: MeasureSettings = field(default_factory=MeasureSettings)
    scouting: ScoutingSettings = field(default_factory=ScoutingSettings)

    def digest(self) -> str:
        """SHA-256 of all values, equal for equal settings."""
        text = json.dumps(dataclasses.asdict(self), sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def settings_of(layout: StoreLayout) -> Settings:
    """The settings of a store: the defaults, with what its manifest changes.

    Raises:
        ManifestError: A threshold names no setting, or has a value of another type; all faults at
            once.
    """
    faults: list[str] = []
    packages = {}
    known = {item.name: item for item in dataclasses.fields(Settings)}
    for package, values in layout.thresholds.items():
        if package not in known:
            faults.append(f"thresholds.{package}: no such package; there are {', '.join(known)}")
            continue
        default = getattr(Settings(), package)
        packages[package] = _changed(default, values, f"thresholds.{package}", faults)
    if faults:
        raise ManifestError("\n".join(f"{layout.store_id}: {fault}" for fault in faults))
    return Settings(**packages)


def _changed(default: Any, values: Mapping[str, Any], where: str, faults: list[str]) -> Any:
    changes = {}
    for name, value in values.items():
        if not hasattr(default, name):
            names = ", ".join(item.name for item in dataclasses.fields(default))
            faults.append(f"{where}.{name}: no such setting; there are {names}")
            continue
        expected = type(getattr(default, name))
        if expected is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)  # noqa: PLW2901
        if not isinstance(value, expected):
            faults.append(f"{where}.{name}: expected {expected.__name__}, found {value!r}")
            continue
        changes[name] = value
    try:
        return dataclasses.replace(default, **changes)
    except ValueError as error:
        faults.append(f"{where}: {error}")
        return default
