"""A shop's own labels: which folders are taken, and what is read from them."""

import csv
import dataclasses
import datetime as dt
import json

import cv2
import numpy as np
import pytest
from deltalake import write_deltalake

from storeday.contracts import conform, load_contract, table_from_columns
from storeday.labelling.export_format import COLUMNS, LABELS, MARKER, PICTURES, Export
from storeday.training.label_folders import logged_exports, read_labelled

TODAY = dt.date(2026, 11, 25)
LAST = dt.date(2026, 12, 1)
EXPORT = Export("ab12", "s1", "2026-11-20", "teaching the classifier", LAST.isoformat())
WORDS = ("Yes", "0", "")


@pytest.fixture
def folder(tmp_path):
    return written(tmp_path / "labels", EXPORT, WORDS)


def written(folder, export, words):
    """An export of grey pictures, a white body in each."""
    (folder / PICTURES).mkdir(parents=True)
    (folder / MARKER).write_text(json.dumps(dataclasses.asdict(export)))
    with (folder / LABELS).open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for number, word in enumerate(words):
            picture = np.full((90, 60, 3), 100, np.uint8)
            picture[20:80, 20:40] = 255
            name = f"{PICTURES}/{number:05d}.jpg"
            cv2.imwrite(str(folder / name), picture)
            table.writerow([name, "front", "t", "motion", "", "20", "20", "40", "80", word])
    return folder


def test_people_come_with_their_boxes_and_labels_and_the_unsaid_stay_out(folder):
    crops = read_labelled([folder], {"ab12": LAST}, TODAY)
    assert [crop.is_handling for crop in crops] == [True, False]
    assert crops[0].cut(20, 60, None).min() > 200
    assert len({crop.person for crop in crops}) == 2


@pytest.mark.parametrize(
    ("export", "logged", "match"),
    [
        ({}, {}, "export ab12 is not in ops.label_exports"),
        ({}, {"ab12": TODAY}, "expired on 2026-11-25"),
        ({"expires_on": "2026-11-24"}, {"ab12": LAST}, "expired on 2026-11-24"),
        ({"expires_on": "soon"}, {"ab12": LAST}, "expires_on is 'soon'; expected a date"),
        ({"purpose": " "}, {"ab12": LAST}, "names no purpose"),
    ],
)
def test_without_log_purpose_or_time_left_a_folder_is_refused(tmp_path, export, logged, match):
    folder = written(tmp_path / "labels", dataclasses.replace(EXPORT, **export), WORDS)
    with pytest.raises(ValueError, match=match):
        read_labelled([folder], logged, TODAY)


def test_all_faults_come_together(tmp_path, folder):
    stray = tmp_path / "stray"
    stray.mkdir()
    other = written(tmp_path / "other", EXPORT, ("maybe",))
    with pytest.raises(ValueError, match="stray has no") as told:
        read_labelled([folder, stray, other], {"ab12": LAST}, TODAY)
    assert "line 2: handles is 'maybe'; expected one of 1, yes" in str(told.value)


def test_the_log_is_the_lakes(tmp_path):
    with pytest.raises(ValueError, match="is not there; expected the lake"):
        logged_exports(str(tmp_path))
    contract = load_contract("ops.label_exports")
    row = {
        "store_id": "s1", "business_date": dt.date(2026, 11, 20), "business_month": "2026-11",
        "export_id": "ab12", "exported_at": dt.datetime(2026, 11, 21, tzinfo=dt.UTC),
        "exported_by": "me", "purpose": "p", "folder": "f", "expires_on": LAST, "pictures": 3,
        "method_version": "0",
    }  # fmt: skip
    columns = {name: [value] for name, value in row.items()}
    table = conform(table_from_columns(contract, columns), contract, {})
    write_deltalake(str(tmp_path / contract.path), table)
    assert logged_exports(str(tmp_path)) == {"ab12": LAST}
