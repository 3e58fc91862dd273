"""The audit of today's pipeline on an hour of each scenario, from detectors' tables on.

The figure is the share of true handlings, over all scenarios, whose customer was found; all
figures of each scenario stand in the detail.
"""

import math
import shutil
import sys
import tempfile
from pathlib import Path

import yaml
from measure import Result
from rich.console import Console

from storeday.audit.figure import Figure
from storeday.commands.audit import audit_truth
from storeday.commands.run_days import DONE, Request, run_days
from storeday.commands.simulate import simulate
from storeday.lake.lake import Lake
from storeday.lake.session import spark_session
from storeday.stages.plan import Places

DAYS = Path(__file__).parent / "scenarios" / "audit_scenarios.yaml"


def run() -> Result:
    plan = yaml.safe_load(DAYS.read_text("utf-8"))
    folder = Path(tempfile.mkdtemp(prefix="storeday-bench-"))
    try:
        made = [
            simulate(
                day["scenario"], day["seed"], folder, "events", plan["hours"],
                Console(file=sys.stderr),
            )
            for day in plan["days"]
        ]  # fmt: skip
        places = Places(str(folder / "inbox"), str(folder / "stores"), str(folder / "lake"))
        for day in made:
            request = Request(places, [day.store_id], [day.business_date], from_stage="calibrate")
            if run_days(request) != DONE:
                raise RuntimeError(f"{day.store_id}: the job failed; see the log above")
        lake = Lake(spark_session("storeday bench"), places.lake)
        audited = audit_truth(lake, folder / "truth", places.stores)
    finally:
        shutil.rmtree(folder)
    pooled = {figure.name: figure for figure in audited.pooled()}
    accuracy = pooled["matching_accuracy"]
    detail = {
        "simulated": True,
        "level": "events",
        **plan,
        "interval": [round(accuracy.low, 3), round(accuracy.high, 3)],
        "table": {
            "columns": [day.store_id for day in audited.figures],
            "rows": {
                name: [_shown(figures[row]) for figures in audited.figures.values()]
                for row, name in enumerate(pooled)
            },
        },
    }
    return Result(round(accuracy.value, 4), "reported", "share", detail)


def _shown(figure: Figure) -> float | None:
    return None if math.isnan(figure.value) else round(figure.value, 3)
