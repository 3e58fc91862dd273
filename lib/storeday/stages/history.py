"""What the run ledger remembers of store-days: the last good row of every stage.

Pure: rows of `ops.runs` in, small frozen objects out.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from storeday.lake.store_day import StoreDay

# Columns of `ops.runs` that are read here.
COLUMNS = (
    "store_id",
    "business_date",
    "attempt_id",
    "stage",
    "status",
    "started_at",
    "code_version",
    "settings_sha256",
    "layout_sha256",
    "products_state",
    "models",
    "inputs",
)


@dataclass(frozen=True)
class RecordedInput:
    """A file that a store-day was made from.

    Attributes:
        path: Path below the store-day's inbox folder.
        size_bytes: Its size then.
        fingerprint: Its digest then.
    """

    path: str
    size_bytes: int
    fingerprint: str


@dataclass(frozen=True)
class StageRecord:
    """The last time a stage was done for a store-day.

    Attributes:
        code_version: Version of storeday.
        settings_sha256: Digest of the settings.
        models: SHA-256 of each model, by role; empty where none was given.
        layout_sha256: Digest of the store's layout; None in rows of before it was kept.
        products_state: Digest of what the products file said of the date, empty where there was
            none; None in rows of before it was kept.
    """

    code_version: str
    settings_sha256: str
    models: Mapping[str, str] = field(default_factory=dict)
    layout_sha256: str | None = None
    products_state: str | None = None


@dataclass(frozen=True)
class DayRecord:
    """What is remembered of a store-day.

    Attributes:
        stages: Its done stages.
        inputs: The files it was last made from.
        failed: Stages whose last run failed.
    """

    stages: Mapping[str, StageRecord]
    inputs: tuple[RecordedInput, ...] = ()
    failed: tuple[str, ...] = ()


def day_records(runs: pa.Table) -> dict[StoreDay, DayRecord]:
    """What is remembered of each store-day.

    Args:
        runs: Rows of `ops.runs`, at least the columns `COLUMNS`, in any order; may be empty.

    Example:
        >>> day_records(pa.table({name: pa.array([], pa.string()) for name in COLUMNS}))
        {}
    """
    order = [("started_at", "ascending"), ("attempt_id", "ascending")]
    rows = runs.select(list(COLUMNS)).take(pc.sort_indices(runs, sort_keys=order)).to_pylist()
    found: dict[StoreDay, dict[str, dict[str, Any]]] = {}
    inputs: dict[StoreDay, tuple[RecordedInput, ...]] = {}
    failed: dict[StoreDay, set[str]] = {}
    for row in rows:
        day = StoreDay(row["store_id"], row["business_date"])
        if row["status"] != "done":
            failed.setdefault(day, set()).add(row["stage"])
            continue
        failed.setdefault(day, set()).discard(row["stage"])
        found.setdefault(day, {})[row["stage"]] = row
        if row["inputs"] is not None:
            inputs[day] = _inputs(row["inputs"])
    return {
        day: DayRecord(
            {stage: _record(row) for stage, row in found.get(day, {}).items()},
            inputs.get(day, ()),
            tuple(sorted(failed[day])),
        )
        for day in failed
    }


def _record(row: dict[str, Any]) -> StageRecord:
    return StageRecord(
        row["code_version"],
        row["settings_sha256"],
        model_digests(row["models"]),
        row["layout_sha256"],
        row["products_state"],
    )


def model_digests(text: str) -> dict[str, str]:
    """SHA-256 of each model by role, from the ledger's JSON."""
    return {model["role"]: model["sha256"] for model in json.loads(text)}


def _inputs(text: str) -> tuple[RecordedInput, ...]:
    return tuple(
        RecordedInput(item["path"], item["size_bytes"], item["fingerprint"])
        for item in json.loads(text)
    )
