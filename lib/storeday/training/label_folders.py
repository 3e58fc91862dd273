"""A shop's own labels: the folders of `storeday label export`, filled in by hand.

Their pictures show people unhidden, so they are taken only while the lake's log of exports knows
them, for the purpose that it states, until the day that it names.
"""

import csv
import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from storeday.contracts import load_contract
from storeday.labelling.export_format import COLUMNS, LABELS, SIDES, read_marker, told_handling
from storeday.training.labelled_frames import Crop

EXPORTS = "ops.label_exports"


def logged_exports(lake: str) -> dict[str, dt.date]:
    """First day on which each logged export is destroyed, by its name.

    Args:
        lake: Root of the lake, as delta-rs knows it.

    Raises:
        ValueError: The lake has no log of exports.
    """
    path = f"{lake.rstrip('/')}/{load_contract(EXPORTS).path}"
    try:
        rows = DeltaTable(path).to_pyarrow_dataset().to_table(["export_id", "expires_on"])
    except TableNotFoundError:
        raise ValueError(f"{path} is not there; expected the lake that was exported from") from None
    return dict(zip(*(rows[name].to_pylist() for name in rows.column_names), strict=True))


def read_labelled(
    folders: Sequence[Path], logged: Mapping[str, dt.date], today: dt.date
) -> list[Crop]:
    """People of label exports of whom somebody said whether they handle goods.

    Args:
        folders: The exports.
        logged: From `logged_exports`.
        today: Today's date.

    Raises:
        ValueError: An export states no purpose, is not in the log or has expired, or a label is no
            label; all such folders at once.
    """
    faults, crops = [], []
    for folder in folders:
        try:
            crops += _read_folder(folder, logged, today)
        except ValueError as error:
            faults.append(str(error))
    if faults:
        raise ValueError("\n".join(faults))
    return crops


def _read_folder(folder: Path, logged: Mapping[str, dt.date], today: dt.date) -> list[Crop]:
    export = read_marker(folder)
    if export.export_id not in logged:
        raise ValueError(
            f"{folder}: export {export.export_id} is not in {EXPORTS} of the lake; expected the "
            "lake that it came from"
        )
    last = min(logged[export.export_id], dt.date.fromisoformat(export.expires_on))
    if last <= today:
        raise ValueError(
            f"{folder}: expired on {last}; expected a day after {today}. `storeday forget` "
            "destroys it"
        )
    crops = []
    with (folder / LABELS).open(encoding="utf-8", newline="") as file:
        table = csv.DictReader(file)
        lacking = [name for name in COLUMNS if name not in (table.fieldnames or ())]
        if lacking:
            raise ValueError(f"{folder / LABELS} lacks {', '.join(lacking)}")
        for number, row in enumerate(table, start=2):
            label = told_handling(row["handles"], f"{folder / LABELS} line {number}")
            if label is not None:
                crops.append(_crop(folder, export.export_id, row, label))
    return crops


def _crop(folder: Path, export_id: str, row: Mapping[str, str], label: bool) -> Crop:
    picture = cv2.imread(str(folder / row["file"]), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError(f"{folder / row['file']} is no picture that can be read")
    box = np.array([float(row[side]) for side in SIDES], np.float32)
    return Crop(np.asarray(picture, np.uint8), box, f"{export_id}/{row['file']}", label)
