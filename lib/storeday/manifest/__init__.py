"""The store manifest: what stands where in a store, and what may be done with what it records."""

from storeday.manifest.devices import (
    Antenna,
    Camera,
    Checkout,
    ColumnUnits,
    LogFile,
    Reader,
    ReaderLog,
)
from storeday.manifest.load import ManifestError, load_manifest, manifest_from_text
from storeday.manifest.store import FloorPlan, Limits, OpeningHours, Privacy, StoreLayout, Zone

__all__ = [
    "Antenna",
    "Camera",
    "Checkout",
    "ColumnUnits",
    "FloorPlan",
    "Limits",
    "LogFile",
    "ManifestError",
    "OpeningHours",
    "Privacy",
    "Reader",
    "ReaderLog",
    "StoreLayout",
    "Zone",
    "load_manifest",
    "manifest_from_text",
]
