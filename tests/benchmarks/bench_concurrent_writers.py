"""Writers of different stores at once, without a conflict: eight threads, one table each way.

Every writer replaces its store-day three times in a table partitioned by store-day and in one
partitioned by store and month, while it holds the store-day's lease. The figure is how many of them
met no conflict; rows are counted afterwards.
"""

import datetime as dt
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from measure import Result

from storeday.contracts import load_contract, table_from_columns
from storeday.lake.lake import Lake
from storeday.lake.lease_keeper import LeaseKeeper
from storeday.lake.lease_log import LeaseLog
from storeday.lake.session import spark_session
from storeday.lake.store_day import StoreDay

WRITERS, TIMES, ROWS = 8, 3, 200
DATE = dt.date(2026, 11, 20)
T0 = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
DAILY, MONTHLY = "silver.track_points", "silver.tracklets"


def run() -> Result:
    root = Path(tempfile.mkdtemp(prefix="storeday-bench-"))
    try:
        spark = spark_session("concurrent writers", "local[2]")
        lake = Lake(spark, str(root))
        lake.ensure([DAILY, MONTHLY])
        with ThreadPoolExecutor(WRITERS) as pool:
            faults = list(pool.map(lambda number: _write(lake, number), range(WRITERS)))
        rows = {name: lake.read_all(name).count() for name in (DAILY, MONTHLY)}
    finally:
        shutil.rmtree(root)
    good = sum(not fault for fault in faults)
    expected = WRITERS * ROWS
    if any(count != expected for count in rows.values()):
        raise RuntimeError(f"expected {expected} rows in each table, found {rows}")
    detail = {"writers": WRITERS, "replacements_each": TIMES, "rows": rows, "faults": faults}
    return Result(good, ">= 8", "writers", detail)


def _write(lake: Lake, number: int) -> str:
    day = StoreDay(f"store{number}", DATE)
    try:
        with LeaseKeeper(LeaseLog(lake.spark, lake.root), f"run{number}", [day]) as leases:
            if leases.busy:
                return leases.busy[day]
            for time in range(TIMES):
                lake.replace_from_arrow(DAILY, _points(number, time), day)
                lake.replace_from_arrow(MONTHLY, _tracklets(number, time), day)
    except Exception as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0][:200]}"
    return ""


def _points(number: int, time: int):
    names = [f"{number}-{time}-{row}" for row in range(ROWS)]
    return table_from_columns(load_contract(DAILY), {"tracklet_id": names, "detection_id": names})


def _tracklets(number: int, time: int):
    columns = {
        "tracklet_id": [f"{number}-{time}-{row}" for row in range(ROWS)],
        "camera_id": ["c"] * ROWS,
        "started_at": [T0] * ROWS,
        "ended_at": [T0] * ROWS,
        "detections": [1] * ROWS,
    }
    return table_from_columns(load_contract(MONTHLY), columns)
