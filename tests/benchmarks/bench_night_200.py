"""`understand` for 200 store-days in one night, one of them poisoned: wall seconds.

Four whole simulated days of a boutique (ten hours, level `events`) stand under the names of 200
stores, and of 20 more that go first. The command's own function runs everything that level leaves
to do (`calibrate`, `associate`, `publish`, and a report for each store-day: leases, Delta commits
and ledger included) for the 20, then for the 200, in one session that has run it once. One of the
200 has movements of a reader that its manifest does not know: it has to fail, alone, and the other
199 have to be published. Growth is log10 of the wall times' ratio: 1 is proportional.
"""

import math
import shutil
import tempfile
import time
from pathlib import Path

from delta.tables import DeltaTable
from measure import Result
from memory_watch import MemoryWatch
from night_of_stores import Night, make_night, places_of

from storeday.commands.run_days import DONE, SOME_FAILED, Request, run_days
from storeday.lake.lake import Lake
from storeday.lake.session import spark_session

SCENARIO, SEEDS, HOURS = "quiet_boutique", (31, 32, 33, 34), 10.0
FEW, MANY = 20, 200
EVENTS, PUBLISHED = "silver.rummage_events", "ops.published_days"


def run() -> Result:
    root = Path(tempfile.mkdtemp(prefix="storeday-bench-"))
    try:
        lake = Lake(spark_session("storeday bench"), str(root / "lake"))
        warm, few, many = (
            tuple(f"{name}-{number:03d}" for number in range(count))
            for name, count in (("warm", 1), ("few", FEW), ("many", MANY))
        )
        night = Night(SCENARIO, HOURS, SEEDS, (*warm, *few, *many))
        date = make_night(night, root, lake)[0].business_date
        poisoned = many[MANY // 2]
        DeltaTable.forPath(lake.spark, lake.path(EVENTS)).update(
            f"store_id = '{poisoned}'", {"reader_id": "'unknown'"}
        )
        places = places_of(root, lake)
        understood_s(Request(places, warm, [date], from_stage="calibrate"), DONE)
        few_s = understood_s(Request(places, few, [date], from_stage="calibrate"), DONE)
        with MemoryWatch() as memory:
            request = Request(places, many, [date], from_stage="calibrate")
            many_s = understood_s(request, SOME_FAILED)
        check_published(lake, set(many) - {poisoned}, {*warm, *few})
        detail = {
            "simulated": True,
            "scenario": f"{SCENARIO}, {HOURS} h, seeds {SEEDS}",
            "wall_s": {FEW: round(few_s, 1), MANY: round(many_s, 1)},
            "growth": round(math.log10(many_s / few_s) / math.log10(MANY / FEW), 3),
            "published": MANY - 1,
            "failed": poisoned,
            "stages": stages_of(lake, many),
            "peak_mb": round(memory.peak_mb),
            "at_peak_mb": memory.at_peak_mb,
            "worker_peak_mb": round(memory.worker_peak_mb),
        }
    finally:
        shutil.rmtree(root)
    return Result(round(many_s, 1), "reported; 199 of 200 published", "s", detail)


def understood_s(request: Request, expected: int) -> float:
    """Seconds of a run that has to end with an exit code."""
    started = time.perf_counter()
    code = run_days(request)
    if code != expected:
        raise AssertionError(f"{len(request.stores)} stores: exit code {code}, not {expected}")
    return time.perf_counter() - started


def check_published(lake: Lake, stores: set[str], others: set[str]) -> None:
    found = {row["store_id"] for row in lake.read_all(PUBLISHED).select("store_id").collect()}
    if found != stores | others:
        raise AssertionError(
            f"{len(found - others)} of {len(stores)} store-days published; "
            f"first wrong: {sorted(found ^ (stores | others))[:3]}"
        )


def stages_of(lake: Lake, stores: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Wall and processor seconds of each stage, all store-days together."""
    rows = lake.read_all("ops.runs").collect()
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        if row["store_id"] in stores:
            stage = found.setdefault(row["stage"], {"wall_s": 0.0, "cpu_s": 0.0})
            stage["wall_s"] = round(max(stage["wall_s"], row["wall_s"]), 1)
            stage["cpu_s"] = round(stage["cpu_s"] + row["cpu_s"], 1)
    return found
