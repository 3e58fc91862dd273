"""`storeday label export`: which pictures leave the lake, on whose word, and until when."""

import csv
import datetime as dt
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from deltalake import DeltaTable, write_deltalake

from storeday.commands.forget import ForgetRequest, forget
from storeday.commands.label_export import LabelExportRequest, export_labels
from storeday.contracts import conform, load_contract, table_from_columns
from storeday.lake.lake import Lake
from storeday.lake.store_day import StoreDay
from storeday.stages.plan import Places

pytestmark = pytest.mark.spark

DATE = dt.date(2026, 11, 20)
START = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 21)
DAY = StoreDay("s1", DATE)
WIDTH, HEIGHT, FRAMES = 320, 240, 40
# Steps of half a second in which the arm moves; a tag was moved around the first of them.
REACHING = (10, 30)
BODY = (100, 40, 160, 220)
PURPOSE = "teaching the handling classifier of this store"
MANIFEST = """\
store_id: s1
versions:
  - valid_from: 2026-01-01
    timezone: Europe/Paris
    opening_hours: {{days: {{fri: ["09:00", "19:00"]}}}}
    floor_plan: {{width_m: 8, height_m: 6}}
    zones:
      - {{id: coats, kind: display, polygon_m: [[3, 1], [5, 1], [5, 3], [3, 3]]}}
    cameras:
      - {{id: front, width_px: 320, height_px: 240, purpose: counting, retention_days: 30,
         homography: [[0.025, 0, 0], [0, 0.025, 0], [0, 0, 1]]}}
    privacy: {privacy}
"""


def picture(number):
    """Somebody stands still before a shelf; now and then an arm moves."""
    noise = np.random.default_rng(7).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    frame = cv2.GaussianBlur(noise, (0, 0), 2)
    if number in REACHING:
        frame[90:130, 118:158] = frame[90:130, 112:152].copy()
    return frame


def moment(number):
    return START + dt.timedelta(seconds=number / 2)


def lake_rows():
    x0, y0, x1, y1 = BODY
    frames = [
        {
            "camera_id": "front",
            "segment": "s",
            "pts_us": number * 500_000,
            "device_time": moment(number),
            "width": WIDTH,
            "height": HEIGHT,
            "source_width": 2 * WIDTH,
            "source_height": 2 * HEIGHT,
            "reason": "detail",
            "jpeg": cv2.imencode(".jpg", picture(number), [cv2.IMWRITE_JPEG_QUALITY, 95])[
                1
            ].tobytes(),
        }
        for number in range(FRAMES)
    ]
    detections = [
        {
            "camera_id": "front", "detection_id": f"d{number:02d}", "device_time": moment(number),
            "score": 0.9, "x0": 2.0 * x0, "y0": 2.0 * y0, "x1": 2.0 * x1, "y1": 2.0 * y1,
            # Every fourth box stands in the aisle, out of reach.
            "floor_x_m": 4.0 if number % 4 else 7.0, "floor_y_m": 3.5, "is_cut": False,
        }
        for number in range(FRAMES)
    ]  # fmt: skip
    event = {
        "rummage_id": "r", "epc": "E2", "reader_id": "rack", "antenna": 1, "score": 9.0,
        "started_at": moment(8), "peak_time": moment(10), "ended_at": moment(12),
        "js_flag": True, "zone_id": "coats", "reads": 9,
    }  # fmt: skip
    return {
        "bronze.frames": frames,
        "silver.detections": detections,
        "silver.rummage_events": [event],
    }


@pytest.fixture
def places(tmp_path: Path) -> Places:
    for name, rows in lake_rows().items():
        contract = load_contract(name)
        columns = {key: [row[key] for row in rows] for key in rows[0]}
        stamps = {"store_id": "s1", "business_date": DATE, "run_id": "r", "method_version": "0"}
        table = conform(table_from_columns(contract, columns), contract, stamps)
        path = str(tmp_path / "lake" / contract.path)
        write_deltalake(path, table, partition_by=list(contract.partition))
    (tmp_path / "stores").mkdir()
    return with_privacy(tmp_path, f"{{label_export_purpose: {PURPOSE}, label_export_days: 9}}")


def with_privacy(root: Path, privacy: str) -> Places:
    (root / "stores" / "s1.yaml").write_text(MANIFEST.format(privacy=privacy))
    return Places(str(root / "inbox"), str(root / "stores"), str(root / "lake"))


def listed(out: Path) -> list[dict[str, str]]:
    with (out / "labels.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_moved_tags_and_moving_arms_come_first_unhidden_and_logged(spark, places, tmp_path):
    out = tmp_path / "labels"
    assert export_labels(LabelExportRequest(places, DAY, out, TODAY, count=5)) == 5
    rows = listed(out)
    reasons = {row["device_time"]: row["reason"] for row in rows}
    assert reasons[moment(10).isoformat()] == "event"
    assert reasons[moment(30).isoformat()] == "motion"
    assert sorted(reasons.values()) == ["chance", "event", "event", "motion", "motion"]
    assert all(row["handles"] == "" for row in rows)
    assert not {moment(number).isoformat() for number in range(0, FRAMES, 4)} & set(reasons)

    shown = cv2.imread(str(out / next(r["file"] for r in rows if r["reason"] == "chance")))
    # A window of 2 : 3 around the body with a quarter of its height above and below.
    grown = picture(0)[0:HEIGHT, 40:220]
    assert shown.shape == grown.shape
    assert np.abs(shown[60:, :].astype(int) - grown[60:, :]).mean() < 8

    told = rows[0]
    assert [float(told[side]) for side in ("x0", "y0", "x1", "y1")] == [60, 40, 120, 220]

    (logged,) = DeltaTable(f"{places.lake}/ops/label_exports").to_pyarrow_table().to_pylist()
    told = json.loads((out / "storeday-label-export.json").read_text())
    assert (logged["purpose"], logged["pictures"]) == (PURPOSE, 5)
    assert logged["expires_on"] == TODAY + dt.timedelta(days=9)
    assert told["export_id"] == logged["export_id"]
    assert told["expires_on"] == "2026-11-30"


def test_an_export_is_destroyed_when_it_has_expired_and_no_other_folder(spark, places, tmp_path):
    out, stranger = tmp_path / "labels", tmp_path / "stranger"
    for folder in (out, stranger):
        export_labels(LabelExportRequest(places, DAY, folder, TODAY, count=2))
    marker = stranger / "storeday-label-export.json"
    marker.write_text(json.dumps(json.loads(marker.read_text()) | {"export_id": "another"}))
    lake = Lake(spark, places.lake)

    def subjects(today):
        found = forget(lake, ForgetRequest(places, today))
        return [(row["subject"], row["rows"]) for row in found.rows]

    assert subjects(TODAY + dt.timedelta(days=8)) == []
    assert out.exists()
    # Two pictures, their list and the marker.
    assert subjects(TODAY + dt.timedelta(days=9)) == [("label_export", 3)]
    assert not out.exists()
    assert stranger.exists()
    assert subjects(TODAY + dt.timedelta(days=9)) == []


@pytest.mark.parametrize("privacy", ["{}", "{k: 7}"])
def test_without_a_purpose_nothing_leaves(privacy, places, tmp_path):
    places = with_privacy(tmp_path, privacy)
    with pytest.raises(ValueError, match=r"no privacy\.label_export_purpose"):
        export_labels(LabelExportRequest(places, DAY, tmp_path / "labels", TODAY))
    assert not (tmp_path / "labels").exists()


def test_a_folder_in_use_and_a_day_without_frames_are_refused(places, tmp_path):
    with pytest.raises(ValueError, match="in use; expected a new folder"):
        export_labels(LabelExportRequest(places, DAY, tmp_path / "stores", TODAY))
    other = StoreDay("s1", dt.date(2026, 11, 19))
    with pytest.raises(ValueError, match=r"2026-11-19.*no kept frame shows a person at a display"):
        export_labels(LabelExportRequest(places, other, tmp_path / "labels", TODAY))
