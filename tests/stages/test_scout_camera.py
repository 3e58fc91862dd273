"""One camera's day looked over, planned and decoded; the detector knows the frames' numbers."""

import datetime as dt
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from storeday.footage import FootageSettings
from storeday.inference import FramePeople, ModelManifest
from storeday.lake.store_day import StoreDay
from storeday.manifest import Camera, Privacy
from storeday.stages import scout_camera as module
from storeday.stages.decode import FRAMES, OUTCOMES, decode_segment
from storeday.stages.scout import plan_camera
from storeday.stages.settings import Settings

sys.path.insert(0, str(Path(__file__).parents[1] / "footage"))
import conftest as clips

sys.path.pop(0)

NINE_US = round(dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC).timestamp() * 1e6)
CAMERA = Camera(
    id="cam",
    width_px=clips.WIDTH,
    height_px=clips.HEIGHT,
    homography=[(0.01, 0, 0), (0, -0.01, 1.8), (0, 0, 1)],
    purpose="counting",
)
DOOR = SimpleNamespace(id="door", kind="entrance", polygon_m=[(0, 0), (1, 0), (1, 1), (0, 1)])
RACK = SimpleNamespace(id="rack", kind="display", polygon_m=[(2, 0), (3, 0), (3, 1), (2, 1)])
# The antenna over the rack hears the store room as well; another one hears only that.
READER = SimpleNamespace(
    id="reader",
    antennas=[
        SimpleNamespace(port=1, zones=["rack", "store-room"]),
        SimpleNamespace(port=2, zones=["store-room"]),
    ],
)
ROOM = SimpleNamespace(
    id="store-room", kind="staff_only", polygon_m=[(50, 50), (51, 50), (51, 51), (50, 51)]
)
LAYOUT = SimpleNamespace(
    cameras=[CAMERA], zones=[DOOR, RACK, ROOM], readers=[READER], privacy=Privacy()
)
# Attributes are not asked for, so no such model is opened.
MODELS = ModelManifest(folder="", models=())
# 20 s at 25 frames a second, a key frame each second.
TIMES = [40 * n for n in range(500)]


@pytest.fixture(scope="module")
def footage(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inbox")
    clips.write_clip(folder / "one.mp4", TIMES, options=clips.B_FRAMES)
    clips.write_clip(folder / "two.mp4", TIMES[:250], options=clips.B_FRAMES)
    return folder


def plan_of(folder, **footage):
    settings = Settings(footage=FootageSettings(**{"scout": "keyframes", **footage}))
    settings = replace(settings, scouting=replace(settings.scouting, looks_per_s=1.0))
    settings = replace(settings, scouting=replace(settings.scouting, budget_share=2.0))
    day = StoreDay("s1", dt.date(2026, 1, 5))
    return SimpleNamespace(day=day, inbox=str(folder), settings=settings, layout=LAYOUT)


def item_of(*names, events=None):
    segments = [
        {
            "segment": name,
            "source_file": name,
            "started_at_us": NINE_US + 60_000_000 * number,
            "duration_s": 20.0 if name == "one.mp4" else 10.0,
        }
        for number, name in enumerate(names)
    ]
    return {"camera_id": "cam", "segments": segments, "events": events}


@pytest.fixture
def scouted(footage, monkeypatch):
    """Runs scouting with somebody at a place in frames whose numbers are given."""

    def run(people, item, **footage_settings):
        asked = []

        def infer(frames, models, settings):
            for key, jpeg in frames:
                number = clips.number_in(jpeg)
                asked.append(number)
                boxes = np.array(
                    [[x * 100 - 5, 100, x * 100 + 5, 130] for x in people.get(number, ())],
                    np.float32,
                ).reshape(-1, 4)
                yield key, FramePeople(boxes, np.ones(len(boxes), np.float32), None)

        monkeypatch.setattr(module, "infer_frames", infer)
        monkeypatch.setattr(module, "open_models", lambda *_: None)
        plan = plan_of(footage, **footage_settings)
        given = {}
        for tables in plan_camera(plan, item, models=MODELS):
            for name, table in tables.items():
                given.setdefault(name, []).extend(table.to_pylist())
        return plan, given, asked

    return run


def details(given):
    return [
        (row["segment"], row["from_us"] / 1e6, row["to_us"] / 1e6, row["why"])
        for row in given[module.PLAN]
        if row["reason"] == "detail"
    ]


def test_somebody_at_the_door_is_decoded_and_seen_once(scouted):
    # In metres along the floor: 0.5 is in the door's zone, 3.2 more than 1.5 m away.
    _, given, _ = scouted({125: [0.5], 250: [3.2]}, item_of("one.mp4", "two.mp4"))
    assert details(given) == [("one.mp4", 3.5, 6.5, "entrance"), ("two.mp4", 3.5, 6.5, "entrance")]
    kept = {
        (row["segment"], row["pts_us"] // 1_000_000): row["is_kept"] for row in given[module.LOOKS]
    }
    assert len(kept) == 30
    assert [key for key, is_kept in kept.items() if not is_kept] == [
        (name, second) for name in ("one.mp4", "two.mp4") for second in (4, 5, 6)
    ]
    found = [row["detection_id"] for row in given[module.DETECTIONS]]
    assert len(found) == len(set(found)) == 3


def test_the_background_is_not_looked_at_twice_and_not_trusted_blindly(scouted):
    # Every look differs from every other here (numbers, a moving block), so the gate stays open.
    _, given, asked = scouted({}, item_of("one.mp4"))
    assert len(asked) == len(set(asked)) == len(given[module.LOOKS]) == 20
    assert all(row["is_examined"] for row in given[module.LOOKS])
    assert details(given) == []
    assert module.DETECTIONS not in given or given[module.DETECTIONS] == []


def test_somebody_at_a_rack_is_decoded_when_the_rack_is_heard(scouted):
    # Too far from the door to have passed it.
    people = {number: [3.2] for number in range(0, 475, 25)}
    event = {"peak_us": NINE_US + 10_000_000, "reader_id": "reader", "antenna": 1}
    assert details(scouted(people, item_of("one.mp4"))[1]) == []
    _, given, _ = scouted(people, item_of("one.mp4", events=[event]))
    assert details(given) == [("one.mp4", 0.0, 18.5, "rummage")]
    for elsewhere in ({"antenna": 2}, {"antenna": 3}, {"reader_id": "other"}):
        item = item_of("one.mp4", events=[{**event, **elsewhere}])
        assert details(scouted(people, item)[1]) == []


def test_a_look_and_its_details_give_one_outcome(scouted):
    plan, given, _ = scouted({125: [0.5]}, item_of("one.mp4", "two.mp4"))
    for scout in given[module.OUTCOMES]:
        stretches = [
            {name: row[name] for name in ("from_us", "to_us", "frames_per_s", "reason")}
            for row in given[module.PLAN]
            if row["reason"] == "detail" and row["segment"] == scout["segment"]
        ]
        item = {
            "camera_id": "cam",
            "segment": scout["segment"],
            "source_file": scout["segment"],
            "started_at_us": NINE_US,
            "stretches": stretches,
            "scouted": scout,
        }
        tables = list(decode_segment(plan, item))
        (outcome,) = tables[-1][OUTCOMES].to_pylist()
        frames = sum(part[FRAMES].num_rows for part in tables[:-1])
        assert frames == 15
        assert outcome["frames"] == scout["frames"] + 15
        assert (outcome["first_pts_us"], outcome["reason"]) == (0, None)
        assert outcome["last_pts_us"] == scout["last_pts_us"]
        # Looked over only: not read again, so the file need not even be there.
        lone = {**item, "source_file": "gone.mp4", "stretches": []}
        ((only,),) = [tables[OUTCOMES].to_pylist() for tables in decode_segment(plan, lone)]
        assert only["frames"] == scout["frames"]


def test_a_fixed_rate_where_no_models_are_given(footage):
    (tables,) = plan_camera(plan_of(footage), item_of("one.mp4"), None)
    (row,) = tables[module.PLAN].to_pylist()
    assert (row["from_us"], row["frames_per_s"], row["reason"]) == (0, 2.0, "detail")


def test_a_file_that_gives_no_look_is_an_outcome_and_no_failure(scouted, footage):
    (footage / "broken.mp4").write_bytes(b"no video at all")
    _, given, asked = scouted({}, item_of("broken.mp4"))
    assert asked == []
    assert given[module.LOOKS] == []
    (outcome,) = given[module.OUTCOMES]
    assert (outcome["decoder"], outcome["frames"]) == ("none", 0)
    assert [row["reason"] for row in given[module.PLAN]] == ["scout"]
