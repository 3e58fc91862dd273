"""Tells the operator what is going on: a live line on a terminal, plain log lines elsewhere."""

import logging
import threading
from collections.abc import Mapping, Sequence

from pyspark.sql import SparkSession
from rich.console import Console
from rich.status import Status

from storeday.lake.store_day import StoreDay

LOGGER = logging.getLogger("storeday")
# Store-days named one by one in a line; more are counted.
NAMED_DAYS = 3


class Reporter:
    """Reports stages as they start and end, with tasks done while a stage is at work.

    Attributes:
        console: Where live progress goes; log lines go to the `storeday` logger.
    """

    def __init__(self, spark: SparkSession, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True)
        self._spark = spark
        self._status: Status | None = None
        self._stop = threading.Event()

    def stage_started(self, stage: str, days: Sequence[StoreDay]) -> None:
        """A stage begins on some store-days."""
        self._end_status()
        if self.console.is_terminal:
            self._status = self.console.status(f"{stage}  {_names(days)}")
            self._status.start()
            self._stop.clear()
            threading.Thread(target=self._follow, args=(stage, days), daemon=True).start()
        else:
            LOGGER.info("%s %s: started", stage, _names(days))

    def stage_done(
        self,
        stage: str,
        days: Sequence[StoreDay],
        wall_s: float,
        rows: Mapping[tuple[StoreDay, str], int],
        failures: Mapping[StoreDay, str],
    ) -> None:
        """A stage has ended, with rows by store-day and table."""
        self._end_status()
        tables: dict[str, int] = {}
        for (_, table), count in rows.items():
            if not table.startswith("_"):
                tables[table] = tables.get(table, 0) + count
        found = ", ".join(f"{count:,} {table}" for table, count in sorted(tables.items()))
        LOGGER.info("%s %s: %.1f s; %s", stage, _names(days), wall_s, found or "no rows")
        for day, reason in sorted(failures.items()):
            LOGGER.error("%s %s: FAILED: %s", stage, day, reason.strip())

    def _end_status(self) -> None:
        self._stop.set()
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _follow(self, stage: str, days: Sequence[StoreDay]) -> None:
        tracker = self._spark.sparkContext.statusTracker()
        while not self._stop.wait(1.0):
            done, total = 0, 0
            for stage_id in tracker.getActiveStageIds():
                info = tracker.getStageInfo(stage_id)
                if info is not None:
                    done, total = done + info.numCompletedTasks, total + info.numTasks
            status = self._status
            if status is not None and total:
                status.update(f"{stage}  {_names(days)}  {done}/{total} tasks")


def _names(days: Sequence[StoreDay]) -> str:
    if len(days) <= NAMED_DAYS:
        return " ".join(str(day) for day in days)
    return f"{len(days)} store-days"
