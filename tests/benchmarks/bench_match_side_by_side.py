"""A hundred store-days matched in one Spark run, one group per store-day: seconds.

Half an hour of a crowded rack stands in the lake under a hundred stores, each with its manifest.
Stage `associate` runs for all of them by the command's own function: leases, reads, matching, Delta
commits and ledger included, after one store-day has been run once. One of the hundred has no row in
`silver.clock_offsets` for its readers: it has to fail, alone. Beside the seconds: the largest
Python worker's memory, and the processor time that the ledger counts. Simulated.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from measure import Result
from memory_watch import MemoryWatch
from night_of_stores import copy_manifest
from pyspark.sql import functions as sf
from rich.console import Console

from storeday.commands.run_days import DONE, SOME_FAILED, Request, run_days
from storeday.commands.simulate import simulate
from storeday.contracts import load_contract
from storeday.lake.lake import Lake
from storeday.lake.session import spark_session
from storeday.stages.associate import CANDIDATES, OFFSETS, READS
from storeday.stages.plan import Places

SCENARIO, SEED, HOURS = "crowded_rack", 31, 0.5
STORES = 100


def run() -> Result:
    folder = Path(tempfile.mkdtemp(prefix="storeday-bench-"))
    try:
        made = simulate(SCENARIO, SEED, folder, "events", HOURS, Console(file=sys.stderr))
        places = Places(*(str(folder / name) for name in ("inbox", "stores", "lake")))
        if run_days(Request(places, [made.store_id], [made.business_date], ["calibrate"])) != DONE:
            raise RuntimeError(f"{made.store_id}: the job failed; see the log above")
        lake = Lake(spark_session("storeday bench"), places.lake)
        stores = copy_store(lake, made, places)
        first = Request(places, [made.store_id], [made.business_date], ["associate"])
        if run_days(first) != DONE:
            raise RuntimeError(f"{made.store_id}: the job failed; see the log above")
        detail = side_by_side(lake, places, stores, made.business_date)
    finally:
        shutil.rmtree(folder)
    detail |= {"simulated": True, "scenario": f"{SCENARIO}, {HOURS} h, seed {SEED}"}
    return Result(
        detail.pop("wall_s"), "reported; one failing store-day leaves the others", "s", detail
    )


def copy_store(lake: Lake, made, places: Places) -> list[str]:
    """Puts a store's rows and manifest under a hundred names; the last one's clocks are missing."""
    names = [f"{made.store_id}-{number:03d}" for number in range(STORES)]
    for name in names:
        copy_manifest(Path(places.manifest_of(made.store_id)), Path(places.manifest_of(name)))
    others = lake.spark.createDataFrame([(name,) for name in names], "other string")
    for table in READS:
        columns = [column.name for column in load_contract(table).columns]
        rows = lake.read_all(table).crossJoin(sf.broadcast(others))
        if table == OFFSETS:
            is_broken = (sf.col("other") == names[-1]) & sf.col("device_id").startswith("reader")
            rows = rows.where(~is_broken)
        rows = rows.withColumn("store_id", sf.col("other")).select(*columns)
        rows.write.format("delta").mode("append").save(lake.path(table))
    return names


def side_by_side(lake: Lake, places: Places, stores: list[str], date) -> dict:
    with MemoryWatch() as memory:
        started = time.perf_counter()
        code = run_days(Request(places, stores, [date], ["associate"]))
        seconds = time.perf_counter() - started
    found = lake.read_all(CANDIDATES).where(sf.col("store_id").isin(stores))
    matched = {row["store_id"]: row["count"] for row in found.groupBy("store_id").count().collect()}
    ledger = lake.read_all("ops.runs").where(sf.col("store_id").isin(stores)).collect()
    failed = [row["store_id"] for row in ledger if row["status"] == "failed"]
    if code != SOME_FAILED or failed != [stores[-1]] or sorted(matched) != stores[:-1]:
        raise AssertionError(
            f"exit code {code}, failed {failed}, {len(matched)} store-days matched"
        )
    if len(set(matched.values())) != 1:
        raise AssertionError(f"equal store-days gave {sorted(set(matched.values()))} candidates")
    return {
        "wall_s": round(seconds, 1),
        "store_days": len(stores),
        "failed": failed,
        "candidates_a_day": next(iter(matched.values())),
        "worker_peak_mb": round(memory.worker_peak_mb),
        "stage_s": round(max(row["wall_s"] for row in ledger), 1),
    }
