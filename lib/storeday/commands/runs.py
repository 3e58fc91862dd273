"""`storeday runs`: what ran, how long, on what, and what was slow against its own usual time."""

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

import pyarrow.compute as pc
from rich.console import Console

from storeday.lake.reader import read_rows
from storeday.stages.job_times import COLUMNS, Job, jobs
from storeday.stages.ledger import RUNS

# Starts before those that are shown, by which usual times are told.
MEMORY = dt.timedelta(days=60)
NAMED = 5


@dataclass(frozen=True)
class RunsRequest:
    """Which starts of the job to tell of.

    Attributes:
        lake: Root of the lake.
        since: Starts from this moment on, UTC.
        stores: Only those that had one of these stores; any where empty.
        dates: Only those that had one of these business dates; any where empty.
        only_slow: Only stages that were slow or failed.
        out: JSON file for all of it; none where empty.
    """

    lake: str
    since: dt.datetime
    stores: Sequence[str] = ()
    dates: Sequence[dt.date] = ()
    only_slow: bool = False
    out: Path | None = None


def tell_runs(request: RunsRequest, console: Console) -> int:
    """Prints starts of the job, oldest first, stage by stage.

    Returns:
        0, also where nothing ran.
    """
    recent = pc.field("started_at") >= request.since - MEMORY
    found = [
        job
        for job in jobs(read_rows(request.lake, RUNS, COLUMNS, recent))
        if job.started_at >= request.since and _is_asked(job, request)
    ]
    for line in told(found):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if request.out is not None:
        items = [asdict(job) | {"is_slow": job.is_slow} for job in found]
        request.out.write_text(json.dumps(items, indent=1, default=str), "utf-8")
    return 0


def told(found: Sequence[Job]) -> Iterator[str]:
    """Lines about jobs, those of one start together, and what was slow at the end.

    Args:
        found: Jobs, oldest first.
    """
    for attempt_id, of_start in groupby(found, key=lambda job: job.attempt_id):
        stages = list(of_start)
        days = sorted({day for job in stages for day in job.store_days})
        versions = sorted({word for job in stages for word in job.versions})
        yield f"{stages[0].started_at:%Y-%m-%d %H:%M:%S} UTC  {_named(days)}  run {attempt_id}"
        yield f"  {', '.join(versions)}"
        yield f"  {'stage':<12}{'days':>6}{'failed':>8}{'s':>10}{'usual s':>10}{'CPU s':>10}" + (
            f"{'MB':>8}{'rows in':>14}{'rows out':>12}"
        )
        yield from map(_row, stages)
        for job in stages:
            for day, error in sorted(job.failures.items()):
                last = (error.strip().splitlines() or ["no reason was kept"])[-1]
                yield f"  {job.stage} {day} FAILED: {last}"
    slow = [job for job in found if job.is_slow]
    for job in slow:
        yield (
            f"SLOW: {job.stage} of {job.started_at:%Y-%m-%d %H:%M} took {job.wall_s:,.1f} s for "
            f"{len(job.store_days)} store-days, usually {job.usual_s:,.1f} s"
        )
    if not found:
        yield "nothing ran"
    elif not slow:
        known = sum(job.usual_s is not None for job in found)
        yield f"nothing was slow among {known} of {len(found)} jobs that have a usual time"


def _row(job: Job) -> str:
    usual = "" if job.usual_s is None else f"{job.usual_s:,.1f}"
    return (
        f"  {job.stage:<12}{len(job.store_days):>6}{len(job.failures):>8}{job.wall_s:>10,.1f}"
        f"{usual:>10}{job.cpu_s:>10,.1f}{job.peak_memory_mb:>8,.0f}{job.rows_in:>14,}"
        f"{job.rows_out:>12,}{'  SLOW' if job.is_slow else ''}"
    )


def _named(days: Sequence[str]) -> str:
    more = len(days) - NAMED
    return ", ".join(days[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _is_asked(job: Job, request: RunsRequest) -> bool:
    if request.only_slow and not (job.is_slow or job.failures):
        return False
    days = [day.split("/") for day in job.store_days]
    dates = {date.isoformat() for date in request.dates}
    return any(
        (not request.stores or store in request.stores) and (not dates or date in dates)
        for store, date in days
    )
