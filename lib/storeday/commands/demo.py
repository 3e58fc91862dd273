"""`storeday demo`: the whole system on a small simulated store-day, and how good it is there."""

import logging
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from storeday.commands.audit import audit_truth, show, write_json, write_table
from storeday.commands.run_days import DONE, Request, run_days
from storeday.commands.simulate import simulate
from storeday.commands.simulated_detections import DETECTIONS, detections_from_boxes
from storeday.floor.camera_view import camera_view
from storeday.lake.lake import Lake
from storeday.lake.session import spark_session
from storeday.lake.store_day import StoreDay
from storeday.simulate import SimulatedDay
from storeday.stages.plan import Places

LOGGER = logging.getLogger("storeday")

BEFORE_INFER = ("index", "parse", "score", "scout", "decode")
AFTER_INFER = ("understand",)
SHOWN = (
    "gold.interactions",
    "gold.heatmap_hourly",
    "gold.zone_hourly",
    "gold.zone_flows",
    "gold.traffic_hourly",
    "gold.coverage",
)


def run_demo(out: Path, seed: int, master: str, console: Console) -> int:
    """Simulates a small store-day, runs the job on it, and shows what came out and how good it is.

    Args:
        out: Folder to write to.
        seed: Seed of all chance.
        master: Spark master.
        console: Where progress and the summary go.

    Returns:
        Exit code of the job.
    """
    made = simulate("demo", seed, out, "footage", None, console)
    places = Places(str(made.inbox), str(made.stores), str(out / "lake"))
    day = StoreDay(made.store_id, made.business_date)
    code = run_days(_request(places, day, BEFORE_INFER, master), console)
    if code == DONE:
        LOGGER.info("infer %s: no model ships yet; detections are made from the truth", day)
        _write_detections(made, day, places, seed, master)
        code = run_days(_request(places, day, AFTER_INFER, master), console)
    if code == DONE:
        lake = Lake(spark_session("storeday", master), places.lake)
        audited = audit_truth(lake, made.truth, places.stores, [day])
        write_table(audited, lake)
        write_json(audited, out / "audit.json")
        show(audited, console)
        _show(lake, day, made, console)
    return code


def _request(places: Places, day: StoreDay, stages: tuple[str, ...], master: str) -> Request:
    return Request(places, [day.store_id], [day.business_date], stages, master=master)


def _write_detections(
    made: SimulatedDay, day: StoreDay, places: Places, seed: int, master: str
) -> None:
    lake = Lake(spark_session("storeday", master), places.lake)
    truth = made.truth / day.store_id / day.business_date.isoformat()
    boxes = _by_device_clock(pq.read_table(truth / "boxes.parquet"), made)
    frames = lake.read("bronze.frames", [day]).select("camera_id", "device_time").toArrow()
    views = {camera.id: camera_view(camera) for camera in made.world.layout.cameras}
    found = detections_from_boxes(boxes, frames, views, seed)
    lake.replace_from_arrow(DETECTIONS, found, day)


def _by_device_clock(boxes: pa.Table, made: SimulatedDay) -> pa.Table:
    """True boxes with the time that their camera's clock showed."""
    stamp = pa.timestamp("us", tz="UTC")
    true_us = boxes["time"].cast(stamp).cast(pa.int64()).to_numpy()
    start_us = round(made.world.starts_at.timestamp() * 1e6)
    shown_us = np.empty_like(true_us)
    cameras = np.array(boxes["camera"].to_pylist(), str)
    for camera_id in np.unique(cameras):
        rows = cameras == camera_id
        seconds = made.world.clocks[str(camera_id)].reads((true_us[rows] - start_us) / 1e6)
        shown_us[rows] = start_us + np.rint(seconds * 1e6).astype(np.int64)
    return boxes.append_column("device_time", pa.array(shown_us).cast(stamp))


def _show(lake: Lake, day: StoreDay, made: SimulatedDay, console: Console) -> None:
    table = Table(title=f"{day}, simulated", title_justify="left")
    table.add_column("table")
    table.add_column("rows", justify="right")
    table.add_column("place")
    for name in SHOWN:
        count = lake.read(name, [day]).count()
        table.add_row(name, f"{count:,}", lake.path(name))
    console.print(table)
    people = made.world.people
    customers = int((~people.is_staff).sum())
    visits = lake.read("silver.visits", [day]).count()
    console.print(f"Truth: {customers} customers and {int(people.is_staff.sum())} staff came.")
    crossings = lake.read("silver.door_crossings", [day]).where("direction = 'in'").count()
    console.print(f"Found: {crossings} came in at the door, staff among them; {visits} visits.")
    console.print("Detections were made from the simulator's truth, with a detector's errors.")
