"""The report of a store-day, after `publish`: one HTML file beside the lake, not a table.

It is written once the run's books are closed, since it tells of quarantine and runs, which the
runner writes at its very end. Reading is delta-rs's, so that it can be made without a session too.
"""

import datetime as dt
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
from pyspark.sql import SparkSession

from storeday.contracts import load_contract, sort_rows
from storeday.lake.files import write_bytes
from storeday.lake.reader import of_date, read_store_days
from storeday.lake.store_day import StoreDay
from storeday.manifest import StoreLayout
from storeday.report import (
    COMPARED,
    WANTED,
    DayRows,
    ReportInputs,
    day_page,
    tables_under_contract,
)
from storeday.report.proof import AUDIT

LOGGER = logging.getLogger("storeday")

# A store-day is compared with so many of the same weekday before it: about a season's month.
EARLIER_WEEKS = 4
# Audits of so many days before tell whether figures were ever verified in the store: a quarter.
AUDIT_DAYS = 91
OUTCOME = "store_id string, business_date date, fault string"
OUTCOME_SCHEMA = pa.schema(
    [("store_id", pa.string()), ("business_date", pa.date32()), ("fault", pa.string())]
)


def default_reports(lake: str) -> str:
    """Folder of the reports of a lake, beside it: reports are not tables.

    Example:
        >>> default_reports("s3://bucket/lake/")
        's3://bucket/lake-reports'
    """
    return f"{lake.rstrip('/')}-reports"


def report_path(out: str, day: StoreDay) -> str:
    """Where a store-day's report goes."""
    return f"{out.rstrip('/')}/{day.store_id}/{day.business_date}.html"


def report_inputs(
    lake: str, layout: StoreLayout, date: dt.date, tables: tuple[str, ...] = WANTED
) -> ReportInputs:
    """What the report of a store-day is made from, read by delta-rs.

    Args:
        lake: Root of the lake.
        layout: The store's layout on that date.
        date: Business date.
        tables: Tables to read of that date.
    """
    weeks = [date - dt.timedelta(weeks=week) for week in range(1, EARLIER_WEEKS + 1)]
    wanted = {
        name: [date, *weeks] if name in COMPARED else [date]
        for name in tables_under_contract(tables)
    }
    if AUDIT in wanted:
        wanted[AUDIT] = [date - dt.timedelta(days=back) for back in range(AUDIT_DAYS + 1)]
    read = read_store_days(lake, layout.store_id, wanted)
    compared = {name: rows for name, rows in read.items() if name in COMPARED}
    today = day_rows(layout, read, date)
    earlier = [day_rows(layout, compared, week) for week in weeks]
    audits = [row for row in _rows_of(read, AUDIT) if row["business_date"] < date]
    return ReportInputs(today, tuple(day for day in earlier if day.is_published), tuple(audits))


def _rows_of(read: Mapping[str, pa.Table], table: str) -> list[dict[str, Any]]:
    """Rows of a table, in the order of its key."""
    return sort_rows(read[table], load_contract(table)).to_pylist() if table in read else []


def day_rows(layout: StoreLayout, read: Mapping[str, pa.Table], date: dt.date) -> DayRows:
    """A date's rows out of those of several."""
    return DayRows(layout, date, {name: of_date(rows, date) for name, rows in read.items()})


def write_day_report(lake: str, layout: StoreLayout, date: dt.date, out: str) -> str:
    """Writes the report of a store-day.

    Args:
        lake: Root of the lake.
        layout: The store's layout on that date.
        date: Business date.
        out: Folder of reports.

    Returns:
        Path of the file.

    Raises:
        ValueError: The store-day is not published.
    """
    path = report_path(out, StoreDay(layout.store_id, date))
    write_bytes(path, day_page(report_inputs(lake, layout, date)).encode())
    return path


def write_day_reports(
    spark: SparkSession, lake: str, layouts: Mapping[StoreDay, StoreLayout], out: str
) -> dict[StoreDay, str]:
    """Writes the reports of some store-days, a Spark task each.

    Args:
        spark: The session.
        lake: Root of the lake.
        layouts: Each store-day's layout.
        out: Folder of reports.

    Returns:
        What went wrong, by store-day.
    """

    def work(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            days = [StoreDay(row["store_id"], row["business_date"]) for row in batch.to_pylist()]
            yield _outcomes(days, [_fault(lake, layouts[day], day, out) for day in days])

    rows = [(day.store_id, day.business_date) for day in sorted(layouts)]
    if not rows:
        return {}
    frame = spark.createDataFrame(rows, "store_id string, business_date date")
    done = frame.repartition(len(rows)).mapInArrow(work, OUTCOME).collect()
    return {
        StoreDay(row["store_id"], row["business_date"]): row["fault"]
        for row in done
        if row["fault"]
    }


def _fault(lake: str, layout: StoreLayout, day: StoreDay, out: str) -> str | None:
    """Writes one report; what went wrong, in words."""
    try:
        write_day_report(lake, layout, day.business_date, out)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def _outcomes(days: Sequence[StoreDay], faults: Sequence[str | None]) -> pa.RecordBatch:
    columns = [[day.store_id for day in days], [day.business_date for day in days], list(faults)]
    return pa.RecordBatch.from_arrays(
        [pa.array(values, kind.type) for values, kind in zip(columns, OUTCOME_SCHEMA, strict=True)],
        schema=OUTCOME_SCHEMA,
    )
