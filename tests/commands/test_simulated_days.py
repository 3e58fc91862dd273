"""Simulated days through the job, and the demo's stand-in for a detector."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from rich.console import Console

from storeday.commands.explain import explain_interaction, listed_interactions
from storeday.commands.run_days import DONE, Request, run_days
from storeday.commands.simulate import simulate
from storeday.commands.simulated_detections import DetectorErrors, detections_from_boxes
from storeday.floor.camera_view import camera_view
from storeday.lake.lake import Lake
from storeday.lake.store_day import StoreDay
from storeday.manifest import Camera
from storeday.stages.plan import Places

SEED = 5
T0 = dt.datetime(2026, 3, 14, 9, tzinfo=dt.UTC)
CAMERA = Camera(
    id="cam",
    width_px=640,
    height_px=360,
    homography=[(0.01, 0, 0), (0, -0.01, 3.6), (0, 0, 1)],
    purpose="counting",
)


def people(count, visible=1.0):
    """One person in each of `count` frames, five a second."""
    times = [T0 + dt.timedelta(seconds=number / 5) for number in range(count)]
    boxes = pa.table(
        {
            "camera": ["cam"] * count,
            "customer": pa.array([1] * count, pa.int64()),
            "x0": pa.array([100.0] * count, pa.float32()),
            "y0": pa.array([100.0] * count, pa.float32()),
            "x1": pa.array([140.0] * count, pa.float32()),
            "y1": pa.array([200.0] * count, pa.float32()),
            "visible_share": pa.array([visible] * count, pa.float32()),
            "device_time": times,
        }
    )
    return boxes, pa.table({"camera_id": ["cam"] * count, "device_time": times})


def found(boxes, frames, **errors):
    views = {"cam": camera_view(CAMERA)}
    return detections_from_boxes(boxes, frames, views, SEED, DetectorErrors(**errors))


def test_the_stand_in_errs_as_often_as_it_says():
    boxes, frames = people(20_000)
    rows = found(boxes, frames, false_per_frame=0.0)
    assert 0.85 < rows.num_rows / 20_000 < 0.91
    offset = rows["x0"].to_numpy() - 100.0
    assert np.std(offset) == pytest.approx(0.04 * 40, rel=0.05)
    alone = found(boxes.slice(0, 0), frames, false_per_frame=0.05)
    assert 0.04 < alone.num_rows / 20_000 < 0.06


def test_the_stand_in_sees_what_is_in_sight_and_in_a_kept_frame():
    boxes, frames = people(100, visible=0.2)
    assert found(boxes, frames, false_per_frame=0.0).num_rows == 0
    boxes, frames = people(100)
    kept = frames.take(list(range(0, 100, 2)))
    rows = found(boxes, kept, missed_share=0.0, false_per_frame=0.0)
    assert sorted(rows["device_time"].to_pylist()) == kept["device_time"].to_pylist()
    assert len(set(rows["detection_id"].to_pylist())) == 50
    assert found(boxes, frames).equals(found(boxes, frames))


def gold_tables_agree(lake, day, traffic, handled):
    """What gold tables say of one thing in several places is one number."""
    funnel = {
        row["step"]: row["customers"]
        for row in lake.read("gold.funnel_daily", [day]).where("scope = 'store'").collect()
    }
    assert funnel["enter"] == sum(row["entries"] or 0 for row in traffic)
    assert funnel["pass_by"] is None
    assert funnel["visit_zone"] >= funnel["stop"] > 0
    zones = lake.read("gold.zone_hourly", [day]).collect()
    products = lake.read("gold.product_engagement", [day]).where("level = 'sku'").collect()
    by_customers = [row for row in handled if row["unmatched_reason"] != "handled_by_staff"]
    known = [row for row in by_customers if row["sku"]]
    assert known
    assert sum(row["handled_seen"] for row in products) == len(known)
    assert sum(row["handled"] for row in products) <= len(known)
    assert sum(row["handled"] or 0 for row in zones) <= len(by_customers)
    flows = lake.read("gold.zone_flows", [day]).collect()
    hourly = lake.read("gold.zone_flows_hourly", [day]).collect()
    assert sum(row["moves"] for row in hourly) == pytest.approx(sum(row["moves"] for row in flows))
    assert lake.read("gold.unpaid_items", [day]).count() == 0
    assert lake.read("gold.demographics_hourly", [day]).count() == 0


@pytest.mark.spark
def test_the_job_starts_from_a_simulated_days_tables(spark, tmp_path):
    console = Console(file=(tmp_path / "log").open("w"))
    made = simulate("demo", SEED, tmp_path, "events", None, console)
    places = Places(str(made.inbox), str(made.stores), str(tmp_path / "lake"))
    request = Request(places, [made.store_id], [made.business_date], from_stage="calibrate")
    assert run_days(request) == DONE
    day = StoreDay(made.store_id, made.business_date)
    lake = Lake(spark, places.lake)
    events = lake.read("silver.rummage_events", [day]).count()
    handled = lake.read("gold.interactions", [day]).collect()
    # An episode may hold several rummages; none is lost.
    assert sum(len(row["rummage_ids"]) for row in handled) == events > 0
    assert any(row["customer_id"] for row in handled)
    assert {row["calibrated_on"] for row in handled} == {"simulated"}
    clocks = lake.read("silver.clock_offsets", [day]).collect()
    assert any('"handling"' in row["evidence"] for row in clocks)
    drawing = tmp_path / "component.svg"
    told = explain_interaction(places.lake, day, handled[0]["rummage_ids"][0], drawing)
    assert f"rummage {handled[0]['rummage_ids'][0]} (of this interaction)" in told.text
    assert drawing.read_text().startswith("<svg")
    with pytest.raises(KeyError, match="has no interaction 'none such'"):
        explain_interaction(places.lake, day, "none such", None)
    listed = listed_interactions(places.lake, day, 3)
    assert len(listed) == 4
    assert f"{len(handled)} interactions" in listed[0]
    # Cameras were on all the time, so every zone was seen.
    coverage = lake.read("gold.coverage", [day]).where("subject_kind = 'zone'").collect()
    assert max(row["observed_s"] for row in coverage) > 0
    traffic = lake.read("gold.traffic_hourly", [day]).collect()
    visits = lake.read("silver.visits", [day]).where("staff_probability <= 0.5").count()
    assert sum(row["visits_begun"] or 0 for row in traffic) == visits > 0
    assert 0 < sum(row["entries"] or 0 for row in traffic) <= visits
    gold_tables_agree(lake, day, traffic, handled)
