"""Stage `identify` on a hand-made camera-day, without Spark: re-entry, censoring, doors."""

import datetime as dt
import itertools

import numpy as np
import pyarrow as pa
import pytest

from storeday.contracts import check, check_key, conform, load_contract, table_from_columns
from storeday.lake.groups import Group
from storeday.lake.store_day import StoreDay
from storeday.manifest import manifest_from_text
from storeday.stages import track as track_stage
from storeday.stages.identify import (
    CROSSINGS,
    IDENTITIES,
    POSITIONS,
    STAGE,
    TRACE,
    VISITS,
    identify,
)
from storeday.stages.plan import DayPlan
from storeday.stages.settings import settings_of
from storeday.tracking import TrackingSettings, track_camera

DATE = dt.date(2026, 11, 20)
NINE = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
# The picture is the floor from above: 100 px are a metre, rows run downwards.
MANIFEST = """\
store_id: s
versions:
  - valid_from: 2026-01-01
    timezone: UTC
    opening_hours: {{days: {{fri: ["08:00", "10:00"]}}}}
    floor_plan: {{width_m: 12, height_m: 8}}
    zones:
      - {{id: door, kind: entrance, polygon_m: [[0, 0], [2, 0], [2, 1], [0, 1]]}}
    cameras:
      - id: cam
        width_px: 1200
        height_px: 800
        homography: [[0.01, 0, 0], [0, -0.01, 8], [0, 0, 1]]
        purpose: counting visitors
    thresholds: {{identity: {{{thresholds}}}}}
"""
DOOR, RACK, FAR = (1.0, 0.6), (6.0, 5.0), (10.0, 2.0)
# Each stay: who, from which second, and places half a minute apart. Footage ends while one of them
# stands in the door.
STAYS = [
    ("back", 100, (DOOR, RACK, RACK, DOOR)),
    ("back", 500, (DOOR, FAR, DOOR)),
    ("early", 0, (RACK, FAR, DOOR)),
    ("late", 1140, (DOOR, FAR, DOOR)),
    ("dropped in", 700, (RACK, FAR, DOOR)),
]
FOOTAGE_S = 1200
LEG_S = 30
LOOKS = {"back": 0, "early": 1, "late": 2, "dropped in": 3}


def at(second):
    return NINE + dt.timedelta(seconds=second)


def rows(name, **columns):
    return table_from_columns(load_contract(name), columns)


def seen():
    """Who is seen when and where, five times a second."""
    found = []
    for who, start, places in STAYS:
        for leg, (one, other) in enumerate(itertools.pairwise(places)):
            for step in range(5 * LEG_S):
                share = step / (5 * LEG_S)
                x, y = (1 - share) * np.array(one) + share * np.array(other)
                second = start + LEG_S * leg + step / 5
                if second < FOOTAGE_S:
                    found.append((who, second, x, y))
    return sorted(found, key=lambda row: (row[1], row[0]))


def silver():
    sights = seen()
    feet = np.array([(100 * x, 800 - 100 * y) for _, _, x, y in sights])
    ids = [f"d{number}" for number in range(len(sights))]
    times = [at(second) for _, second, _, _ in sights]
    detections = rows(
        "silver.detections",
        camera_id=["cam"] * len(ids), device_time=times, detection_id=ids,
        x0=feet[:, 0] - 20, y0=feet[:, 1] - 100, x1=feet[:, 0] + 20, y1=feet[:, 1],
        score=[0.9] * len(ids), floor_x_m=[x for _, _, x, _ in sights],
        floor_y_m=[y for _, _, _, y in sights], floor_error_m=[0.1] * len(ids),
        is_cut=[False] * len(ids),
    )  # fmt: skip
    random = np.random.default_rng(1)
    bodies = random.normal(size=(4, 32))
    vectors = np.array([bodies[LOOKS[who]] for who, *_ in sights])
    vectors = vectors + 0.1 * random.normal(size=vectors.shape)
    tracks = track_camera(detections, TrackingSettings(), str)
    return {
        "silver.detections": detections,
        "silver.embeddings": rows(
            "silver.embeddings", camera_id=["cam"] * len(ids), device_time=times,
            detection_id=ids, embedding=vectors.astype(np.float32).tolist(),
        ),
        "silver.tracklets": tracks.tracklets,
        "silver.track_points": tracks.track_points,
        "bronze.footage_segments": rows(
            "bronze.footage_segments", camera_id=["cam"], segment=["f.mp4"], source_file=["f"],
            started_at=[NINE], duration_s=[float(FOOTAGE_S)], size_bytes=[1], status=["ok"],
        ),
    }  # fmt: skip


def identified(thresholds="", tables=None):
    layout = manifest_from_text(MANIFEST.format(thresholds=thresholds), "s.yaml", DATE)
    plan = DayPlan(
        StoreDay("s", DATE), "", layout, settings_of(layout), (), {}, None, "r", bytes(32)
    )
    tables = tables or silver()
    found = identify(Group(plan.day, "", tables), plan)
    assert set(found) == set(STAGE.writes)
    for name, table in found.items():
        contract = load_contract(name)
        known = {column.name for column in contract.columns}
        stamps = {key: value for key, value in plan.stamps().items() if key in known}
        full = conform(table, contract, stamps)
        check(full, contract)
        check_key(full, contract)
    return tables, found


def stays(found):
    """Visits as (from, to, censored start, censored end), in seconds after nine, by start."""
    table = found[VISITS].sort_by([("entered_at", "ascending")])
    return [
        (
            round((row["entered_at"] - NINE).total_seconds()),
            round((row["left_at"] - NINE).total_seconds()),
            row["is_censored_start"],
            row["is_censored_end"],
        )
        for row in table.to_pylist()
    ]


EARLY, BACK, AGAIN = (0, 60, True, False), (100, 190, False, False), (500, 560, False, False)
DROPPED_IN, LATE = (700, 760, True, False), (1140, 1200, False, True)


@pytest.fixture(scope="module")
def day():
    return identified()


def test_leaving_and_coming_back_is_one_visit_with_four_crossings(day):
    _, found = day
    once = (BACK[0], AGAIN[1], False, False)
    assert stays(found) == [EARLY, once, DROPPED_IN, LATE]
    visit = found[VISITS].sort_by([("entered_at", "ascending")]).to_pylist()[1]
    crossings = [
        (round((row["time"] - NINE).total_seconds()), row["direction"])
        for row in found[CROSSINGS].to_pylist()
        if row["customer_id"] == visit["customer_id"]
    ]
    assert [way for _, way in crossings] == ["in", "out", "in", "out"]
    for (second, _), expected in zip(crossings, (100, 190, 500, 560), strict=True):
        assert abs(second - expected) <= 2
    (joined,) = {
        row["evidence"]
        for row in found[IDENTITIES].to_pylist()
        if row["customer_id"] == visit["customer_id"]
    }
    assert '"gap_s": 310' in joined


def test_an_absence_beyond_the_setting_is_a_second_visit_of_the_same_customer():
    _, found = identified("visit_gap_s: 200")
    assert stays(found) == [EARLY, BACK, AGAIN, DROPPED_IN, LATE]
    assert found[VISITS]["customer_id"].value_counts().field(1).to_pylist().count(2) == 1


def test_an_absence_beyond_all_joining_makes_two_customers():
    _, found = identified("max_gap_s: 200")
    assert stays(found) == [EARLY, BACK, AGAIN, DROPPED_IN, LATE]
    assert len(set(found[VISITS]["customer_id"].to_pylist())) == 5


def test_every_visit_begins_at_the_entrance_or_is_flagged(day):
    _, found = day
    places = found[POSITIONS].to_pylist()
    for visit in found[VISITS].to_pylist():
        first = next(row for row in places if row["customer_id"] == visit["customer_id"])
        at_door = first["floor_x_m"] <= 3.5 and first["floor_y_m"] <= 2.5
        assert at_door != visit["is_censored_start"]
    comers = [row for row in found[CROSSINGS].to_pylist() if row["direction"] == "in"]
    begun = [visit for visit in found[VISITS].to_pylist() if not visit["is_censored_start"]]
    # Doors count crossings, visits count people: the one who came back is a comer twice.
    assert len(comers) == len(begun) + 1


@pytest.mark.parametrize(("appearance", "least"), [("on", 0.9), ("off", 0.5)])
def test_without_looks_tracking_joins_more_by_itself(appearance, least, monkeypatch):
    given = []

    def watched(detections, settings, make_id):
        given.append(settings)
        return track_camera(detections, settings, make_id)

    monkeypatch.setattr(track_stage, "track_camera", watched)
    text = MANIFEST.format(thresholds=f'appearance: "{appearance}"')
    layout = manifest_from_text(text, "s.yaml", DATE)
    plan = DayPlan(
        StoreDay("s", DATE), "", layout, settings_of(layout), (), {}, None, "r", bytes(32)
    )
    found = track_stage.track(Group(plan.day, "cam", silver()), plan)
    assert len(found["silver.tracklets"]) == len(STAYS)
    assert [settings.stitch_least_probability for settings in given] == [least]


def test_looks_at_key_frames_leave_no_holes_between_them(day):
    # The tracker follows everybody all day, and one frame in ten is kept: two seconds apart.
    tables = silver()
    frames = tables["silver.detections"]["device_time"].to_pylist()
    kept = [round(5 * (time - NINE).total_seconds()) % 10 == 0 for time in frames]
    tables["silver.detections"] = tables["silver.detections"].filter(pa.array(kept))
    times = sorted({time for time, is_kept in zip(frames, kept, strict=True) if is_kept})
    looks = rows(
        "silver.scout_looks", camera_id=["cam"] * len(times), segment=["f.mp4"] * len(times),
        pts_us=[round((time - NINE).total_seconds() * 1e6) for time in times], device_time=times,
        is_examined=[True] * len(times), is_kept=[True] * len(times),
    )  # fmt: skip
    _, sparse = identified(tables=tables)
    _, whole = identified(tables={**tables, "silver.scout_looks": looks})
    seconds = [len(set(found[POSITIONS]["time"].to_pylist())) for found in (sparse, whole, day[1])]
    assert seconds[0] <= 0.55 * seconds[2]
    assert seconds[1] >= 0.95 * seconds[2]
    assert whole[IDENTITIES].equals(sparse[IDENTITIES])
    assert len(whole[TRACE]) > len(sparse[TRACE])
