"""The run ledger: what ran, how long, on what, and how it ended. Rows of `ops.runs`."""

import datetime as dt
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from storeday import __version__
from storeday.inference import ModelManifest
from storeday.lake import bundle
from storeday.lake.driver_use import DriverUse
from storeday.lake.lake import Lake
from storeday.lake.store_day import StoreDay
from storeday.stages.plan import DayPlan

RUNS = "ops.runs"


@dataclass(frozen=True)
class StageRun:
    """One stage at work on some store-days.

    Attributes:
        stage: Name of the stage.
        plans: The store-days.
        started_at: Start, UTC.
        started_s: Start by a clock that never jumps.
        driver: Tells what the driver uses.
        cpu_s: What it had used at the start.
    """

    stage: str
    plans: tuple[DayPlan, ...]
    started_at: dt.datetime
    started_s: float
    driver: DriverUse
    cpu_s: float

    def wall_s(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.started_s

    def driver_cpu_s(self) -> float:
        """The driver's processor time since the start, one store-day's share."""
        return (self.driver.cpu_s() - self.cpu_s) / len(self.plans)


@dataclass(frozen=True)
class Summary:
    """What a stage's bundles hold, by store-day.

    Attributes:
        rows: Rows by store-day and table; numbers of notes likewise.
        failures: What went wrong, by store-day.
        providers: What inference ran on, as JSON; empty where there was none.
    """

    rows: Mapping[tuple[StoreDay, str], int]
    failures: Mapping[StoreDay, str]
    providers: str = ""

    def total(self, table: str, days: Iterable[StoreDay]) -> int:
        """Rows of a table over some store-days."""
        return sum(self.rows.get((day, table), 0) for day in days)


@dataclass
class Ledger:
    """Collects the rows of one start of the job and writes them in one commit.

    Attributes:
        attempt_id: Name of this start.
        rows: Rows so far.
    """

    attempt_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def record(
        self,
        run: StageRun,
        summary: Summary,
        models: ModelManifest | None,
    ) -> None:
        """Adds one row per store-day of a stage that has ended."""
        counts, failures = summary.rows, summary.failures
        wall_s, driver_s = run.wall_s(), run.driver_cpu_s()
        for plan in run.plans:
            failure = failures.get(plan.day)
            written = {
                table: count
                for (day, table), count in counts.items()
                if day == plan.day and not table.startswith("_")
            }
            self.rows.append(
                {
                    "store_id": plan.day.store_id,
                    "business_date": plan.day.business_date,
                    "business_month": plan.day.month,
                    "attempt_id": self.attempt_id,
                    "stage": run.stage,
                    "run_id": plan.run_id,
                    "status": "failed" if failure else "done",
                    "started_at": run.started_at,
                    "wall_s": round(wall_s, 3),
                    "cpu_s": round(driver_s + counts.get((plan.day, bundle.CPU), 0) / 1e6, 3),
                    "peak_memory_mb": round(run.driver.peak_memory_mb(), 1),
                    "rows_in": counts.get((plan.day, bundle.ROWS_IN), 0),
                    "rows_out": 0 if failure else sum(written.values()),
                    "store_days": len(run.plans),
                    "code_version": __version__,
                    "settings_sha256": plan.settings.digest(),
                    "layout_sha256": plan.layout_sha256,
                    "products_state": plan.products_state,
                    "models": models.as_json() if models else "[]",
                    "providers": summary.providers or None,
                    "priors": (plan.priors or None) if run.stage == "calibrate" else None,
                    "inputs": plan.inputs_json() if run.stage in ("index", "parse") else None,
                    "error": failure,
                }
            )

    def write(self, lake: Lake) -> None:
        """Appends the collected rows to `ops.runs`."""
        if self.rows:
            lake.append(RUNS, self.rows)
            self.rows = []
