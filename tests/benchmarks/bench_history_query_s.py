"""A year of 200 stores' gold (73,000 store-days): how long an analyst waits for two questions.

The tables lie as nights and weekly upkeep leave them: one file for each store and settled month,
one for each store-day of the last month. Asked of `gold.traffic_hourly` and `gold.interactions`:
one store's month, and one day of the whole chain; by DuckDB over delta-rs, and by Spark. Opening
the table is part of the time.
"""

import calendar
import datetime as dt
import shutil
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from measure import Result

from storeday.contracts import Contract, arrow_schema, load_contract

SEED = 73_000
STORES, YEAR = 200, 2026
TABLES = {"gold.traffic_hourly": 11, "gold.interactions": 40}
STORE, MONTH, DATE = "store042", "2026-12", dt.date(2026, 12, 12)
QUESTIONS = {
    "store_month": f"store_id = '{STORE}' AND business_month = '{MONTH}'",
    "chain_day": f"business_month = '{MONTH}' AND business_date = DATE '{DATE}'",
}
SUMS = {"gold.traffic_hourly": "sum(entries)", "gold.interactions": "sum(probability)"}


def run() -> Result:
    root = Path(tempfile.mkdtemp(prefix="storeday-bench-"))
    try:
        started = time.perf_counter()
        rows = {name: _write(root, load_contract(name)) for name in TABLES}
        written_s = time.perf_counter() - started
        times = {**_by_duckdb(root), **_by_spark(root)}
    finally:
        shutil.rmtree(root)
    detail = {
        "seed": SEED,
        "simulated": True,
        "store_days": STORES * 365,
        "rows": rows,
        "files": dict.fromkeys(TABLES, STORES * (11 + 31)),
        "seconds": times,
        "writing_s": round(written_s, 1),
    }
    return Result(max(times.values()), "reported", "s", detail)


def _write(root: Path, contract: Contract) -> int:
    rng = np.random.default_rng(SEED)
    rows = 0
    for month in range(1, 13):
        days = [dt.date(YEAR, month, day + 1) for day in range(calendar.monthrange(YEAR, month)[1])]
        for part in [[day] for day in days] if month == 12 else [days]:
            table = _rows(contract, part, rng)
            rows += table.num_rows
            write_deltalake(
                root / contract.path, table, mode="append", partition_by=list(contract.partition)
            )
    return rows


def _rows(contract: Contract, days: list[dt.date], rng: np.random.Generator) -> pa.Table:
    """Rows of all stores on some days; columns that no question asks for are of one value."""
    per_day = TABLES[contract.name]
    count = STORES * len(days) * per_day
    stores = np.repeat([f"store{number:03d}" for number in range(STORES)], len(days) * per_day)
    dates = np.tile(np.repeat(np.array(days, "datetime64[D]"), per_day), STORES)
    hours = np.tile(np.arange(per_day) % 11 + 9, STORES * len(days))
    known = {
        "store_id": pa.array(stores),
        "business_date": pa.array(dates),
        "business_month": pa.repeat(f"{days[0]:%Y-%m}", count),
        "entries": pa.array(rng.poisson(40, count)),
        "probability": pa.array(rng.random(count)),
        "interaction_id": pa.array(
            [f"{number:016x}" for number in rng.integers(0, 1 << 60, count)]
        ),
        "hour_start": pa.array(dates.astype("datetime64[us]") + hours * np.timedelta64(1, "h")),
    }
    columns = []
    for field in arrow_schema(contract):
        given = known.get(field.name)
        if given is None:
            given = _filler(field.type, count)
        columns.append(given.cast(field.type) if given.type != field.type else given)
    schema = pa.schema([pa.field(field.name, field.type) for field in arrow_schema(contract)])
    return pa.Table.from_arrays(columns, schema=schema)


def _filler(kind: pa.DataType, count: int) -> pa.Array:
    if pa.types.is_string(kind):
        return pa.repeat("x", count)
    if pa.types.is_timestamp(kind):
        return pa.repeat(pa.scalar(dt.datetime(YEAR, 1, 1, tzinfo=dt.UTC), kind), count)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return pa.repeat(pa.scalar(1, kind), count)
    return pa.nulls(count, kind)


def _by_duckdb(root: Path) -> dict[str, float]:
    times = {}
    for name in TABLES:
        for question, condition in QUESTIONS.items():
            started = time.perf_counter()
            rows = DeltaTable(root / load_contract(name).path).to_pyarrow_dataset()  # noqa: F841
            found = duckdb.sql(
                f"SELECT count(*), {SUMS[name]} FROM rows WHERE {condition}"
            ).fetchall()[0]
            times[f"duckdb {name} {question}"] = round(time.perf_counter() - started, 2)
            _check(name, question, found[0])
    return times


def _by_spark(root: Path) -> dict[str, float]:
    from storeday.lake.session import spark_session

    spark = spark_session("history query", "local[2]")
    times = {}
    for name in TABLES:
        for question, condition in QUESTIONS.items():
            started = time.perf_counter()
            frame = spark.read.format("delta").load(str(root / load_contract(name).path))
            found = frame.where(condition).selectExpr("count(*)", SUMS[name]).first()
            times[f"spark {name} {question}"] = round(time.perf_counter() - started, 2)
            _check(name, question, found[0])
    return times


def _check(name: str, question: str, count: int) -> None:
    expected = TABLES[name] * (31 if question == "store_month" else STORES)
    if count != expected:
        raise RuntimeError(f"{name} {question}: expected {expected} rows, found {count}")
