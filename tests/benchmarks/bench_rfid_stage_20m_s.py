"""The Spark stage `score` on 20 million reads of one reader's day, two cores, with all its commits.

Peak memory is that of the largest Python worker, sampled while the stage runs, at 5 and at 20
million reads: it is bounded by the part of a reader's tags that is scored at once, not by the day.
"""

import datetime as dt
import shutil
import tempfile
import time
from pathlib import Path

from measure import Result
from memory_watch import MemoryWatch

MILLIONS = (5, 20)
TAGS, ANTENNAS, SPAN_S, SEED = 3000, 8, 5 * 3600.0, 1
SCENARIO = Path(__file__).parent / "scenarios" / "empty_day.yaml"
DATE = dt.date(2026, 3, 3)


def run() -> Result:
    folder = Path(tempfile.mkdtemp(prefix="storeday-bench-"))
    try:
        found = {millions: _stage(folder / str(millions), millions) for millions in MILLIONS}
    finally:
        shutil.rmtree(folder)
    return Result(
        figure=found[MILLIONS[-1]]["stage_s"],
        aim="<= 120",
        unit="s",
        detail={"cores": 2, "seed": SEED, **{f"{n}m": each for n, each in found.items()}},
    )


def _stage(folder: Path, millions: int) -> dict[str, float]:
    from storeday.lake.lake import Lake
    from storeday.lake.session import spark_session
    from storeday.lake.store_day import StoreDay
    from storeday.stages.ledger import Ledger
    from storeday.stages.plan import Places, plan_days
    from storeday.stages.registry import select_stages
    from storeday.stages.report_progress import Reporter
    from storeday.stages.runner import Runner

    for name in ("stores", "inbox"):
        (folder / name).mkdir(parents=True)
    shutil.copy(SCENARIO, folder / "stores" / "empty.yaml")
    places = Places(str(folder / "inbox"), str(folder / "stores"), str(folder / "lake"))
    spark = spark_session("storeday bench", "local[2]")
    lake = Lake(spark, places.lake)
    day = StoreDay("empty", DATE)
    plans = plan_days(places, [day], None).plans
    _write_reads(spark, lake, day, folder / "reads", millions)
    with MemoryWatch() as memory:
        started = time.perf_counter()
        outcome = Runner(lake, None, Reporter(spark), Ledger()).run(select_stages(["score"]), plans)
        seconds = time.perf_counter() - started
    assert not outcome.failures, outcome.failures
    kept = lake.read("silver.rummage_windows", [day]).count()
    (ledger,) = lake.read_all("ops.runs").collect()
    spark.stop()
    found = {
        "stage_s": round(seconds, 1),
        "python_cpu_s": round(ledger["cpu_s"], 1),
        "worker_peak_mb": round(memory.worker_peak_mb),
        "windows_kept": kept,
    }
    print(f"{millions} million reads: {found}")
    return found


def _write_reads(spark, lake, day, folder: Path, millions: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from many_reads import many_reads
    from pyspark.sql import functions as sf

    folder.mkdir()
    reads = many_reads(TAGS, ANTENNAS, millions * 1_000_000, SPAN_S, SEED)
    line = pa.array(range(1, reads.num_rows + 1), pa.int64())
    pq.write_table(reads.append_column("source_line", line), folder / "reads.parquet")
    frame = spark.read.parquet(str(folder / "reads.parquet"))
    table = "bronze.rfid_reads"
    for name, value in (
        ("store_id", sf.lit(day.store_id)),
        ("business_date", sf.lit(day.business_date)),
        ("source_item", sf.lit(1)),
        ("doppler_hz", sf.lit(None).cast("double")),
        ("source_format", sf.lit("made_up")),
        ("source_file", sf.lit("rfid/rack/made-up.parquet")),
    ):
        frame = frame.withColumn(name, value)
    lake.replace(table, frame, [day], row_count=reads.num_rows)
