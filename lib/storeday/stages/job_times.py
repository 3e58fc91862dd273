"""What ran, how long, and what was slow against its own usual time: pure, from `ops.runs`.

A *job* is one stage of one start, over the store-days that ran together. Its usual time is the
median of earlier jobs of the same stage with about as many store-days, since most of a small job's
time is the same for one store-day and for twenty.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from storeday.stages.history import model_digests

# Columns of `ops.runs` that are read here.
COLUMNS = (
    "store_id",
    "business_date",
    "attempt_id",
    "stage",
    "status",
    "started_at",
    "wall_s",
    "cpu_s",
    "peak_memory_mb",
    "rows_in",
    "rows_out",
    "code_version",
    "settings_sha256",
    "models",
    "error",
)
# Three scaled median deviations from the median: Leys et al. 2013 (J. Exp. Soc. Psych. 49) call it
# a very conservative bound; 1.4826 makes the deviation a standard one for normal times.
DEVIATIONS, SCALE = 3.0, 1.4826
# Times of a job that is always the same hardly deviate, and half as long again is worth a look
# (assumed).
LEAST_RATIO = 1.5
# Fewer earlier jobs have no usual time; more than a month of nights has forgotten older machines
# and code (assumed).
LEAST_JOBS, MOST_JOBS = 4, 30


@dataclass(frozen=True)
class Job:
    """One stage of one start.

    Attributes:
        attempt_id: The start.
        stage: The stage.
        started_at: When it began, UTC.
        store_days: Store-days that ran together, failed ones included, as `STORE/DATE`.
        failures: What went wrong, by store-day.
        wall_s: Seconds it took.
        cpu_s: Processor time of all store-days.
        peak_memory_mb: Highest memory of the driver until then.
        rows_in: Rows read.
        rows_out: Rows written.
        versions: The code, settings and models that took part: names with versions or digests.
        usual_s: What such a job takes; None where there are too few earlier ones.
        slow_from_s: From how many seconds on it counts as slow; None likewise.
    """

    attempt_id: str
    stage: str
    started_at: dt.datetime
    store_days: tuple[str, ...]
    failures: dict[str, str]
    wall_s: float
    cpu_s: float
    peak_memory_mb: float
    rows_in: int
    rows_out: int
    versions: tuple[str, ...]
    usual_s: float | None = None
    slow_from_s: float | None = None

    @property
    def is_slow(self) -> bool:
        """Whether it took longer than it usually does, by far."""
        return self.slow_from_s is not None and self.wall_s > self.slow_from_s


def jobs(runs: pa.Table) -> list[Job]:
    """The jobs of a ledger, oldest first, each with its usual time by those before it.

    Args:
        runs: Rows of `ops.runs`, at least the columns `COLUMNS`, in any order; may be empty.

    Example:
        >>> jobs(pa.table({name: pa.array([], pa.string()) for name in COLUMNS}))
        []
    """
    grouped: dict[tuple[dt.datetime, str, str], list[dict[str, Any]]] = {}
    for row in runs.select(list(COLUMNS)).to_pylist():
        key = row["started_at"], row["attempt_id"], row["stage"]
        grouped.setdefault(key, []).append(row)
    return list(_with_usual([_job(grouped[key]) for key in sorted(grouped)]))


def usual(times_s: Sequence[float]) -> tuple[float, float] | None:
    """What earlier jobs took, and from when on another one is slow; None where they are too few.

    Args:
        times_s: Seconds of earlier jobs, oldest first; the last `MOST_JOBS` count.

    Example:
        >>> usual([10, 11, 9, 10]), usual([10, 11])
        ((10.0, 15.0), None)
        >>> usual([10, 20, 30, 40])
        (25.0, 69.478)
    """
    if len(times_s) < LEAST_JOBS:
        return None
    times = np.asarray(times_s[-MOST_JOBS:], float)
    middle = float(np.median(times))
    spread = SCALE * float(np.median(np.abs(times - middle)))
    return middle, max(middle + DEVIATIONS * spread, LEAST_RATIO * middle)


def _job(rows: list[dict[str, Any]]) -> Job:
    first = rows[0]
    names = {f"{row['store_id']}/{row['business_date']}": row for row in rows}
    return Job(
        attempt_id=first["attempt_id"],
        stage=first["stage"],
        started_at=first["started_at"],
        store_days=tuple(sorted(names)),
        failures={
            name: row["error"] or "" for name, row in names.items() if row["status"] != "done"
        },
        wall_s=first["wall_s"],
        cpu_s=sum(row["cpu_s"] for row in rows),
        peak_memory_mb=max(row["peak_memory_mb"] for row in rows),
        rows_in=sum(row["rows_in"] or 0 for row in rows),
        rows_out=sum(row["rows_out"] or 0 for row in rows),
        versions=tuple(sorted({word for row in rows for word in _versions(row)})),
    )


def _versions(row: dict[str, Any]) -> Iterator[str]:
    yield f"code {row['code_version']}"
    yield f"settings {row['settings_sha256'][:8]}"
    for role, digest in model_digests(row["models"]).items():
        yield f"{role} {digest[:8]}"


def _with_usual(found: Sequence[Job]) -> Iterator[Job]:
    """Jobs with their usual times; jobs that failed for all store-days tell nothing of time."""
    earlier: dict[tuple[str, int], list[float]] = {}
    for job in found:
        kind = job.stage, _size(len(job.store_days))
        known = usual(earlier.get(kind, []))
        if known is not None:
            job = replace(job, usual_s=known[0], slow_from_s=known[1])  # noqa: PLW2901
        yield job
        if len(job.failures) < len(job.store_days):
            earlier.setdefault(kind, []).append(job.wall_s)


def _size(store_days: int) -> int:
    """Class of a job's size: 1, 2 to 3, 4 to 7, 8 to 15, ..."""
    return store_days.bit_length()
