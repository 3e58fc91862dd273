"""Runs stages over store-days: computes, checks, replaces, and keeps the books.

A store-day that fails is left out from then on; its old rows stay in every table of the failing
stage and of all later ones. A fault that hits a whole Spark job is narrowed down by halving the
store-days.
"""

import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace

from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as sf

from storeday.inference import ModelManifest
from storeday.lake import bundle
from storeday.lake.driver_use import DriverUse
from storeday.lake.lake import COMMITS_AT_ONCE, Lake
from storeday.lake.store_day import StoreDay, is_one_of
from storeday.stages.ledger import Ledger, StageRun, Summary
from storeday.stages.plan import DayPlan
from storeday.stages.report_progress import Reporter
from storeday.stages.stage import Stage, StageContext

QUARANTINE = "ops.quarantine"
# The word to analysts that a store-day is complete: always the last table of its stage.
LAST = "ops.published_days"


@dataclass
class Outcome:
    """How a run ended: what went wrong, by store-day. A store-day that is not in it is done."""

    failures: dict[StoreDay, str] = field(default_factory=dict)


# Says which store-days must not be written any more, and why.
Guard = Callable[[Sequence[StoreDay]], Mapping[StoreDay, str]]


def nothing_lost(days: Sequence[StoreDay]) -> Mapping[StoreDay, str]:
    """The guard of a run that holds no leases."""
    return {}


class Runner:
    """Runs stages one after the other.

    Attributes:
        lake: The tables.
        models: Models; None where inference is not part of the run.
        reporter: Told what happens.
        ledger: Keeps the run's books.
        guard: Asked before every replacement.
    """

    def __init__(
        self,
        lake: Lake,
        models: ModelManifest | None,
        reporter: Reporter,
        ledger: Ledger,
        guard: Guard = nothing_lost,
    ) -> None:
        self.guard = guard
        self.lake = lake
        self.models = models
        self.reporter = reporter
        self.ledger = ledger
        self._driver = DriverUse(lake.spark)
        self._quarantine: list[tuple[str, DataFrame, Sequence[StoreDay], int]] = []
        self._kept: list[DataFrame] = []

    def run(self, stages: Sequence[Stage], plans: Sequence[DayPlan]) -> Outcome:
        """Runs stages over store-days, and writes ledger and quarantine at the end."""
        outcome = Outcome()
        alive = tuple(plans)
        self.lake.ensure(
            [*{table for stage in stages for table in (*stage.reads, *stage.writes)}, QUARANTINE]
        )
        try:
            for stage in stages:
                if not alive:
                    break
                if LAST in stage.writes:
                    # Whoever sees a published store-day finds its quarantine and its ledger, too.
                    outcome.failures.update(self._close_books(stages, plans, alive))
                    alive = tuple(plan for plan in alive if plan.day not in outcome.failures)
                    if not alive:
                        break
                outcome.failures.update(self._run_stage(stage, alive))
                alive = tuple(plan for plan in alive if plan.day not in outcome.failures)
            outcome.failures.update(self._close_books(stages, plans, alive))
        finally:
            for frame in self._kept:
                frame.unpersist()
            if self.ledger.rows:
                # The run was broken off, or the books could not be closed: one more try.
                with suppress(Exception):
                    self.ledger.write(self.lake)
        return outcome

    def _close_books(
        self, stages: Sequence[Stage], plans: Sequence[DayPlan], alive: Sequence[DayPlan]
    ) -> dict[StoreDay, str]:
        """Writes quarantine and ledger; where that fails, every store-day still alive does."""
        try:
            self._replace_quarantine(stages, [plan.day for plan in plans])
            self._quarantine.clear()
            self.ledger.write(self.lake)
        except Exception as error:
            reason = f"quarantine and ledger could not be written: {_words(error)}"
            return {plan.day: reason for plan in alive}
        return {}

    def _run_stage(self, stage: Stage, plans: tuple[DayPlan, ...]) -> dict[StoreDay, str]:
        """Runs one stage; gives what went wrong, by store-day."""
        self.reporter.stage_started(stage.name, [plan.day for plan in plans])
        now = dt.datetime.now(dt.UTC)
        used_s = self._driver.cpu_s()
        run = StageRun(stage.name, plans, now, time.perf_counter(), self._driver, used_s)
        try:
            summary = self._compute_and_replace(stage, plans, run.started_at)
        except Exception as error:
            if len(plans) > 1:
                half = len(plans) // 2
                failures = self._run_stage(stage, plans[:half])
                failures.update(self._run_stage(stage, plans[half:]))
                return failures
            summary = Summary({}, {plans[0].day: _words(error)})
        self.ledger.record(run, summary, self.models)
        days = [plan.day for plan in plans]
        self.reporter.stage_done(stage.name, days, run.wall_s(), summary.rows, summary.failures)
        return dict(summary.failures)

    def _compute_and_replace(
        self, stage: Stage, plans: tuple[DayPlan, ...], started_at: dt.datetime
    ) -> Summary:
        context = StageContext(self.lake, plans, self.models, started_at)
        bundles = stage.run(context).persist(StorageLevel.MEMORY_AND_DISK)
        self._kept.append(bundles)
        summary = self._guarded(_summarise(bundles), [plan.day for plan in plans])
        good = [plan.day for plan in plans if plan.day not in summary.failures]
        if good:
            sound = bundles if len(good) == len(plans) else bundles.where(is_one_of(good))
            self._replace(stage, sound, good, summary)
            if stage.name in QUARANTINING:
                rows = summary.total(QUARANTINE, good)
                self._quarantine.append((stage.name, sound, good, rows))
        if stage.name not in QUARANTINING:
            bundles.unpersist()
        return summary

    def _guarded(self, summary: Summary, days: Sequence[StoreDay]) -> Summary:
        """The summary, with store-days that this run has lost among its failures."""
        lost = self.guard(days)
        return replace(summary, failures={**lost, **summary.failures}) if lost else summary

    def _replace(
        self, stage: Stage, bundles: DataFrame, days: Sequence[StoreDay], summary: Summary
    ) -> None:
        def replace(table: str) -> None:
            rows = bundle.unpack(bundles, table)
            self.lake.replace(table, rows, days, row_count=summary.total(table, days))

        first = [table for table in stage.writes if table != LAST]
        with ThreadPoolExecutor(COMMITS_AT_ONCE) as pool:
            list(pool.map(replace, first))
        if LAST in stage.writes:
            replace(LAST)

    def _replace_quarantine(self, stages: Sequence[Stage], days: Sequence[StoreDay]) -> None:
        """One commit for all stages that ran, so that a second run adds one version."""
        ran = [stage.name for stage in stages if stage.name in QUARANTINING]
        if not self._quarantine or not ran:
            return
        covered = sorted({day for _, _, good, _ in self._quarantine for day in good})
        frames = [bundle.unpack(frame, QUARANTINE) for _, frame, _, _ in self._quarantine]
        rows = frames[0]
        for frame in frames[1:]:
            rows = rows.unionByName(frame)
        names = ", ".join(f"'{name}'" for name in ran)
        self.lake.replace(
            QUARANTINE,
            rows,
            [day for day in days if day in set(covered)],
            row_count=sum(count for *_, count in self._quarantine),
            and_where=f"stage IN ({names})",
        )


# Stages that reject input.
QUARANTINING = frozenset({"index", "parse"})


def _summarise(bundles: DataFrame) -> Summary:
    """Counts rows by store-day and table; this is the action that computes the stage."""
    is_text = sf.col("name").isin(bundle.FAILURE, bundle.PROVIDERS)
    counted = (
        bundles.groupBy("store_id", "business_date", "name")
        .agg(
            sf.sum("rows").alias("rows"),
            sf.min(sf.when(is_text, sf.col("body").cast("string"))).alias("text"),
        )
        .collect()
    )
    rows, failures, providers = {}, {}, ""
    for row in counted:
        day = StoreDay(row["store_id"], row["business_date"])
        rows[day, row["name"]] = row["rows"]
        if row["name"] == bundle.FAILURE:
            failures[day] = row["text"]
        if row["name"] == bundle.PROVIDERS:
            providers = row["text"]
    return Summary(rows, failures, providers)


def _words(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    notes = getattr(error, "__notes__", [])
    return " ".join([f"{type(error).__name__}: {lines[0]}", *notes])
