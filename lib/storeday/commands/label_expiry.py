"""Destroying exported pictures that have expired."""

import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from storeday.commands.label_export import EXPORTS
from storeday.labelling.export_format import MARKER
from storeday.lake.forget import Forgotten
from storeday.lake.lake import Lake
from storeday.lake.store_day import StoreDay


@dataclass(frozen=True)
class Expired:
    """An export past its day.

    Attributes:
        day: Store-day.
        folder: Where it was written.
        gone: What was destroyed; None where the folder is not (or no longer) there, or is another.
    """

    day: StoreDay
    folder: str
    gone: Forgotten | None


def destroy_expired(
    lake: Lake, today: dt.date, is_asked: Callable[[StoreDay], bool], *, at_once: bool
) -> Iterator[Expired]:
    """Removes the folders of exports whose day has come.

    Args:
        lake: The lake.
        today: Today's date.
        is_asked: Which store-days are meant.
        at_once: Whether exports of the named store-days go, whatever their day.
    """
    for row in lake.read_all(EXPORTS).orderBy("exported_at").collect():
        day = StoreDay(row["store_id"], row["business_date"])
        if is_asked(day) and (at_once or row["expires_on"] <= today):
            yield Expired(day, row["folder"], _destroy(Path(row["folder"]), row["export_id"]))


def _destroy(folder: Path, export_id: str) -> Forgotten | None:
    """Removes a folder that says of itself to be that export; no other."""
    marker = folder / MARKER
    if not marker.is_file():
        return None
    if json.loads(marker.read_text("utf-8"))["export_id"] != export_id:
        return None
    files = [path for path in folder.rglob("*") if path.is_file()]
    size_bytes = sum(path.stat().st_size for path in files)
    shutil.rmtree(folder)
    return Forgotten(len(files) - 1, len(files), size_bytes)
