"""How the time of publishing grows: exponent from 10 to 100 store-days.

One simulated store-day (a quarter of an hour of a boutique, from its silver tables on) stands in
the lake under a hundred dates. Stage `publish` runs for ten of them and for all of them, in one
session that has run it once before; the figure is log10 of the wall time of the hundred by that of
the ten. Tables are written, Delta commits included.
"""

import datetime as dt
import math
import shutil
import sys
import tempfile
import time
from pathlib import Path

from measure import Result
from pyspark.sql import functions as sf
from rich.console import Console

from storeday.commands.run_days import DONE, Request, run_days
from storeday.commands.simulate import simulate
from storeday.contracts import load_contract
from storeday.lake.lake import Lake
from storeday.lake.session import spark_session
from storeday.stages.plan import Places
from storeday.stages.publish_inputs import READS, TRACE, WHOLE

SCENARIO, SEED, HOURS = "quiet_boutique", 31, 0.25
FEW, MANY = 10, 100


def run() -> Result:
    folder = Path(tempfile.mkdtemp(prefix="storeday-bench-"))
    try:
        made = simulate(SCENARIO, SEED, folder, "events", HOURS, Console(file=sys.stderr))
        places = Places(*(str(folder / name) for name in ("inbox", "stores", "lake")))
        request = Request(places, [made.store_id], [made.business_date], from_stage="calibrate")
        if run_days(request) != DONE:
            raise RuntimeError(f"{made.store_id}: the job failed; see the log above")
        dates = [made.business_date + dt.timedelta(days=number) for number in range(MANY)]
        copy_day(Lake(spark_session("storeday bench"), places.lake), dates)
        seconds = {
            count: published_s(places, made.store_id, dates[:count]) for count in (FEW, MANY)
        }
    finally:
        shutil.rmtree(folder)
    detail = {
        "simulated": True,
        "scenario": f"{SCENARIO}, {HOURS} h, seed {SEED}, under {MANY} dates",
        "wall_s": {count: round(value, 1) for count, value in seconds.items()},
    }
    figure = math.log10(seconds[MANY] / seconds[FEW]) / math.log10(MANY / FEW)
    return Result(round(figure, 3), "<= 1.1", "exponent", detail)


def copy_day(lake: Lake, dates: list[dt.date]) -> None:
    """Puts the first date's input rows of `publish` under all other dates."""
    spark = lake.spark
    others = spark.createDataFrame([(date,) for date in dates[1:]], "other_date date")
    for table in (*WHOLE, READS, TRACE):
        columns = [column.name for column in load_contract(table).columns]
        rows = lake.read_all(table).crossJoin(sf.broadcast(others))
        rows = rows.withColumn("business_date", sf.col("other_date"))
        if "business_month" in columns:
            rows = rows.withColumn("business_month", sf.date_format("business_date", "yyyy-MM"))
        rows.select(*columns).write.format("delta").mode("append").save(lake.path(table))


def published_s(places: Places, store: str, dates: list[dt.date]) -> float:
    started = time.perf_counter()
    if run_days(Request(places, [store], dates, from_stage="publish")) != DONE:
        raise RuntimeError(f"{store}: publishing {len(dates)} store-days failed; see the log above")
    return time.perf_counter() - started
