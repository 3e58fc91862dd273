"""Pictures of interactions on a hand-made store-day with real JPEG frames."""

import datetime as dt
from types import SimpleNamespace

import cv2
import numpy as np
import pyarrow as pa
import pytest

from storeday.contracts import check, check_key, conform, load_contract, table_from_columns
from storeday.lake.bundle import unpack
from storeday.lake.ddl import spark_schema
from storeday.lake.groups import Group
from storeday.lake.store_day import StoreDay
from storeday.manifest import manifest_from_text
from storeday.report.snapshot import decoded
from storeday.stages.plan import DayPlan
from storeday.stages.publish_snapshots import (
    ACTIONS,
    CANDIDATES,
    DETECTIONS,
    FRAMES,
    SNAPSHOTS,
    VISITS,
    packed_pictures,
    snapshots,
)
from storeday.stages.settings import settings_of

DATE = dt.date(2026, 11, 20)
NINE = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
MANIFEST = """\
store_id: s
versions:
  - valid_from: 2026-01-01
    timezone: UTC
    opening_hours: {days: {}}
    floor_plan: {width_m: 9, height_m: 9}
    cameras:
      - {id: cam, width_px: 640, height_px: 360, purpose: counting,
         homography: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}
    privacy: {PRIVACY}
"""
# Two people in fine stripes at these places, px of the stored frame (half the source's size).
CUSTOMER, OTHER = (40, 40, 80, 160), (200, 40, 240, 160)
# Seconds with a frame: one every 300 s, empty, and the moment of the action.
EMPTY_S, ACTION_S = tuple(range(0, 3600, 300)), 1000


def at(second):
    return NINE + dt.timedelta(seconds=second)


def frame(*people):
    picture = np.full((180, 320, 3), 120, np.uint8)
    for x0, y0, x1, y1 in people:
        picture[y0:y1, x0:x1] = np.where(np.arange(x1 - x0) % 6 < 3, 255, 0)[None, :, None]
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()


def rows(name, **columns):
    return table_from_columns(load_contract(name), columns)


def frames(seconds=EMPTY_S, moments=(ACTION_S,)):
    shots = sorted([*[(second, frame()) for second in seconds],
                    *[(second, frame(CUSTOMER, OTHER)) for second in moments]])  # fmt: skip
    number = len(shots)
    return rows(
        FRAMES, camera_id=["cam"] * number, segment=["f.mp4"] * number,
        pts_us=[round(second * 1e6) for second, _ in shots],
        device_time=[at(second) for second, _ in shots],
        width=[320] * number, height=[180] * number,
        source_width=[640] * number, source_height=[360] * number,
        jpeg=[jpeg for _, jpeg in shots], reason=["detail"] * number,
    )  # fmt: skip


def detections():
    """The detector finds one of the two, in pixels of the source."""
    x0, y0, x1, y1 = (2.0 * edge for edge in CUSTOMER)
    return rows(
        DETECTIONS, camera_id=["cam"], device_time=[at(ACTION_S)], detection_id=["d"], x0=[x0],
        y0=[y0], x1=[x1], y1=[y1], score=[0.9], floor_x_m=[1.0], floor_y_m=[1.0],
        floor_error_m=[0.1], is_cut=[False],
    )  # fmt: skip


def actions(*moments):
    """An action a0, a1 ... at each moment."""
    number = len(moments)
    return rows(
        ACTIONS, action_id=[f"a{place}" for place in range(number)], camera_id=["cam"] * number,
        tracklet_id=["t"] * number, peak_time=[at(second) for second in moments],
        started_at=[at(second) for second in moments], ended_at=[at(second) for second in moments],
    )  # fmt: skip


def interactions(*found):
    """Interactions of (id, customer, action, probability)."""
    number = len(found)
    return rows(
        "gold.interactions", interaction_id=[row[0] for row in found], time=[at(0)] * number,
        started_at=[at(0)] * number, ended_at=[at(0)] * number,
        customer_id=[row[1] for row in found], epc=["A0"] * number,
        action_id=[row[2] for row in found], probability=[row[3] for row in found],
        rummage_ids=[["r"]] * number, calibrated_on=["none"] * number,
    )  # fmt: skip


def made(found, tables, privacy="{snapshots: true}"):
    layout = manifest_from_text(MANIFEST.replace("{PRIVACY}", privacy), "s.yaml", DATE)
    plan = DayPlan(
        StoreDay("s", DATE), "", layout, settings_of(layout), (), {}, None, "r", bytes(32)
    )
    table = snapshots(Group(plan.day, "", tables), plan, found)
    contract = load_contract(SNAPSHOTS)
    full = conform(table, contract, {"store_id": "s", "business_date": DATE})
    check(full, contract)
    check_key(full, contract)
    return table.to_pylist()


DAY = {FRAMES: frames(), DETECTIONS: detections(), ACTIONS: actions(1000.4, 2000)}
ONE = interactions(("i", "x", "a0", 0.9))


def contrast(jpeg, box):
    x0, y0, x1, y1 = box
    part = decoded(jpeg)[y0 + 4 : y1 - 4, x0 + 4 : x1 - 4].astype(float)
    return np.abs(np.diff(part, axis=1)).mean()


def test_everybody_in_the_picture_of_the_moment_is_pixelated():
    (row,) = made(ONE, DAY)
    assert (row["interaction_id"], row["camera_id"]) == ("i", "cam")
    assert row["device_time"] == at(ACTION_S)
    assert (row["people"], row["missing_reason"]) == (1, None)
    assert decoded(row["jpeg"]).shape == (180, 320, 3)
    for person in (CUSTOMER, OTHER):
        assert contrast(frame(CUSTOMER, OTHER), person) > 60
        assert contrast(row["jpeg"], person) < 12


def test_pictures_are_off_unless_the_manifest_allows_them():
    assert made(ONE, DAY, "{}") == []


def test_a_second_run_gives_the_same_rows():
    assert made(ONE, DAY) == made(ONE, DAY)


def test_without_a_frame_within_a_second_there_is_none():
    found = interactions(("i", "x", "a0", 0.9), ("j", "y", "a1", 0.8))
    there, without = made(found, DAY)
    assert (there["interaction_id"], there["missing_reason"]) == ("i", None)
    assert (without["interaction_id"], without["missing_reason"]) == ("j", "no_frame")
    assert there["jpeg"]
    assert without["jpeg"] is None
    (row,) = made(ONE, {**DAY, FRAMES: frames().slice(0, 0)})
    assert (row["missing_reason"], row["device_time"], row["people"]) == ("no_frame", None, None)


def test_without_a_background_people_could_be_missed_so_there_is_none():
    (row,) = made(ONE, {**DAY, FRAMES: frames(EMPTY_S[:3])})
    assert (row["missing_reason"], row["jpeg"]) == ("no_background", None)


def test_many_frames_of_one_moment_are_no_background():
    dense = tuple(ACTION_S + step / 10 for step in range(30))
    (row,) = made(ONE, {**DAY, FRAMES: frames(moments=dense)})
    assert contrast(row["jpeg"], OTHER) < 12


def test_only_named_customers_who_acted_have_one_the_surest_first():
    found = interactions(
        ("nobody", None, "a0", 0.99), ("unseen", "x", None, 0.99), ("less", "x", "a0", 0.6),
        ("more", "y", "a0", 0.8),
    )  # fmt: skip
    wanted = "{snapshots: true, snapshots_per_day: 1}"
    assert [row["interaction_id"] for row in made(found, DAY)] == ["more", "less"]
    assert [row["interaction_id"] for row in made(found, DAY, wanted)] == ["more"]


@pytest.mark.spark
def test_only_few_frames_travel(spark):
    candidates = rows(
        CANDIDATES, rummage_id=["r1", "r2", "r3", "r4"], customer_id=["x", "clerk", "z", "y"],
        action_id=["a0", "a1", "a2", "a3"], probability=[0.9, 0.99, 0.4, 0.8],
        log_likelihood_ratio=[1.0] * 4, component_id=["c"] * 4, is_chosen=[True] * 4,
    )  # fmt: skip
    visits = rows(
        VISITS, customer_id=["x", "clerk", "y", "z"], entered_at=[at(0)] * 4, left_at=[at(9)] * 4,
        staff_probability=[0.0, 0.9, 0.1, 0.0], is_censored_start=[False] * 4,
        is_censored_end=[False] * 4,
    )  # fmt: skip
    dense = tuple(ACTION_S + step / 10 for step in range(30))
    tables = {
        CANDIDATES: candidates, VISITS: visits, DETECTIONS: detections(),
        ACTIONS: actions(ACTION_S, 300, 600, 9000), FRAMES: frames(moments=dense),
    }  # fmt: skip
    layout = manifest_from_text(MANIFEST.replace("{PRIVACY}", "{snapshots: true}"), "s.yaml", DATE)
    plan = SimpleNamespace(day=StoreDay("s", DATE), layout=layout)

    def read(name):
        stamps = {"store_id": "s", "business_date": DATE}
        full = conform(tables[name], load_contract(name), stamps)
        return spark.createDataFrame(full, spark_schema(load_contract(name)))

    context = SimpleNamespace(spark=spark, plans=(plan,), read=read)
    bundles = packed_pictures(context)
    kept, people = (
        unpack(bundle, name).toArrow()
        for bundle, name in zip(bundles, (FRAMES, DETECTIONS), strict=True)
    )
    seconds = [round((time - NINE).total_seconds(), 1) for time in kept["device_time"].to_pylist()]
    # The first of each ninth of 0 to 3300 s, the last of the hour, and the moment of a0. The clerk,
    # an unlikely customer, and a moment without a frame take none.
    assert sorted(seconds) == [0, 600, 900, 1000.0, 1200, 1500, 2100, 2400, 2700, 3000, 3300]
    assert people["detection_id"].to_pylist() == ["d"]
    group = {**tables, FRAMES: pa.table(kept), DETECTIONS: pa.table(people)}
    (row,) = made(ONE, group)
    assert contrast(row["jpeg"], OTHER) < 12
    plan.layout = manifest_from_text(MANIFEST.replace("{PRIVACY}", "{}"), "s.yaml", DATE)
    assert packed_pictures(context) == []
