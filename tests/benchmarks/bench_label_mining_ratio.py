"""How many of the pictures that `storeday label export` chooses show handling, against chance.

The demo day (simulated), its job run through; 100 boxes: chosen as the command does by default and
in parts, and up to 1,000 drawn by chance, from boxes at displays and from all. A picture shows
handling where the person in it (the true box that overlaps it most) handles goods at that moment,
half a second of margin included. The figure is the chosen pictures' share of handling over that of
boxes drawn anywhere.
"""

import datetime as dt
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from measure import Result

SEED, COUNT = 7, 100
MARGIN_US = 500_000
LEAST_IOU = 0.3


def run() -> Result:
    from rich.console import Console

    from storeday.commands.demo import run_demo

    folder = Path(tempfile.mkdtemp(prefix="storeday-bench-"))
    try:
        code = run_demo(folder, SEED, "local[2]", Console(stderr=True))
        assert code == 0, code
        shares = _shares(folder)
    finally:
        shutil.rmtree(folder)
    figure = shares["chosen"] / shares["anybody, anywhere"]
    return Result(round(figure, 2), "reported", "ratio", {"simulated": True, "share": shares})


def _shares(folder: Path) -> dict[str, float]:
    from storeday.commands.label_export import LabelExportRequest, mine_pictures
    from storeday.labelling import MiningSettings
    from storeday.lake.store_day import StoreDay
    from storeday.stages.plan import Places, layout_of

    (truth,) = (folder / "truth").glob("*/*")
    day = StoreDay(truth.parent.name, dt.date.fromisoformat(truth.name))
    places = Places("", str(folder / "stores"), str(folder / "lake"))
    ways = {
        "chosen": None,
        "near moved tags only": MiningSettings(1, 0),
        "moving most only": MiningSettings(0, 1),
        "anybody at a display": MiningSettings(0, 0),
    }
    shares = {}
    for name, settings in ways.items():
        # Chance is drawn widely, so that its share is no chance itself.
        count = 1000 if name == "anybody at a display" else COUNT
        request = LabelExportRequest(
            places, day, folder / "none", day.business_date, count=count, settings=settings
        )
        found, _, chosen = mine_pictures(request, layout_of(places, day))
        shows = _shows_handling(truth, found.take(chosen.rows))
        shares[name] = round(float(shows.mean()), 4)
    shares["anybody, anywhere"] = round(
        float(_shows_handling(truth, _drawn(places, day)).mean()), 4
    )
    return shares


def _drawn(places, day):
    from storeday.commands.label_candidates import Candidates
    from storeday.contracts.columns import times_us
    from storeday.lake.reader import read_store_days

    name = "silver.detections"
    rows = read_store_days(places.lake, day.store_id, {name: [day.business_date]})[name]
    rows = rows.take(np.random.default_rng(SEED).permutation(rows.num_rows)[:1000])
    return Candidates(
        np.array(rows["camera_id"].to_pylist(), str),
        times_us(rows["device_time"]),
        np.column_stack([rows[edge].to_numpy() for edge in ("x0", "y0", "x1", "y1")]),
        np.zeros(rows.num_rows, bool),
    )


def _shows_handling(truth: Path, found) -> np.ndarray:
    from storeday.inference.boxes import iou_matrix

    boxes = pq.read_table(truth / "boxes.parquet").to_pandas()
    handled = pq.read_table(truth / "interactions.parquet").to_pandas()
    clocks = pq.read_table(truth / "clock_offsets.parquet").to_pandas().set_index("device")
    offset_us = clocks["offset_s"] * 1e6
    start, end = (_us(handled[name]) for name in ("time", "ended"))
    shows = np.zeros(len(found.times_us), bool)
    for camera, seen in boxes.groupby("camera"):
        moments = _us(seen["time"])
        corners = seen[["x0", "y0", "x1", "y1"]].to_numpy()
        for row in np.flatnonzero(found.cameras == camera):
            true_us = found.times_us[row] - offset_us[camera]
            near = np.flatnonzero(np.abs(moments - true_us) <= MARGIN_US)
            overlap = iou_matrix(corners[near], found.boxes_px[row][None])[:, 0]
            if not len(near) or overlap.max() < LEAST_IOU:
                continue
            customer = seen["customer"].to_numpy()[near[np.argmax(overlap)]]
            during = (start - MARGIN_US <= true_us) & (true_us <= end + MARGIN_US)
            shows[row] = (during & (handled["customer"] == customer).to_numpy()).any()
    return shows


def _us(times) -> np.ndarray:
    return times.dt.tz_localize(None).to_numpy().astype("datetime64[us]").astype(np.int64)
