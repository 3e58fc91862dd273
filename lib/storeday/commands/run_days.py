"""Runs stages over store-days: `storeday nightly`, `storeday run`, and the jobs."""

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from storeday.inference import ModelManifest, load_models
from storeday.lake.lake import Lake
from storeday.lake.session import spark_session
from storeday.lake.store_day import StoreDay
from storeday.stages.day_report import default_reports, write_day_reports
from storeday.stages.ledger import Ledger
from storeday.stages.plan import DayPlan, Places, plan_days
from storeday.stages.registry import select_stages
from storeday.stages.report_progress import Reporter
from storeday.stages.runner import LAST, Runner
from storeday.stages.stage import Stage

LOGGER = logging.getLogger("storeday")

DONE, SOME_FAILED, WRONG_USE = 0, 1, 2


@dataclass(frozen=True)
class Request:
    """What to run, on what.

    Attributes:
        places: Where inputs and lake are.
        stores: Stores.
        dates: Business dates; every store is run for every date.
        stages: Names of stages or groups; none for all.
        from_stage: First stage to run; earlier ones are taken as done.
        models: Path of the model manifest; empty where inference is not part of the run.
        master: Spark master of a session that has to be made.
        conf: Spark settings of a session that has to be made.
        fused: Whether decode and infer run as one stage that keeps no frames.
        reports: Folder of the reports that follow `publish`; LAKE-reports where empty.
        has_reports: Whether reports follow `publish`.
    """

    places: Places
    stores: Sequence[str]
    dates: Sequence[dt.date]
    stages: Sequence[str] = ()
    from_stage: str = ""
    models: str = ""
    master: str = "local[*]"
    conf: Mapping[str, str] = field(default_factory=dict)
    fused: bool = False
    reports: str = ""
    has_reports: bool = True

    def days(self) -> list[StoreDay]:
        """The store-days asked for.

        Raises:
            ValueError: A store's name holds characters that names may not have.
        """
        return sorted({StoreDay(store, date) for store in self.stores for date in self.dates})


def run_days(request: Request, console: Console | None = None) -> int:
    """Runs stages over store-days.

    Args:
        request: What to run.
        console: Where live progress goes.

    Returns:
        0 where every store-day is done, 1 where some failed, 2 where the request, a manifest or the
        model manifest is wrong. A wrong manifest keeps its own store-days from running, not others.
    """
    try:
        stages = select_stages(request.stages, request.from_stage, request.fused)
        days = request.days()
        models = _models(request, [stage.name for stage in stages])
    except ValueError as error:
        LOGGER.error("%s", error)
        return WRONG_USE
    planned = plan_days(request.places, days, models)
    for day, fault in planned.faults.items():
        LOGGER.error("plan %s: FAILED: %s", day, fault)
    if not planned.plans:
        return WRONG_USE
    if models is None and _needs_models(planned.plans, stages):
        LOGGER.error("there is footage, and no models to look at it; give --models FILE")
        return WRONG_USE
    spark = spark_session("storeday", request.master, request.conf)
    lake = Lake(spark, request.places.lake)
    runner = Runner(lake, models, Reporter(spark, console), Ledger())
    outcome = runner.run(stages, planned.plans)
    if request.has_reports and LAST in {table for stage in stages for table in stage.writes}:
        done = [plan for plan in planned.plans if plan.day not in outcome.failures]
        outcome.failures.update(_report(request, lake, done))
    _say_outcome(outcome.failures, len(days), len(planned.faults))
    if planned.faults:
        return WRONG_USE
    return SOME_FAILED if outcome.failures else DONE


def _report(request: Request, lake: Lake, plans: Sequence[DayPlan]) -> dict[StoreDay, str]:
    """Writes the reports of published store-days; gives what went wrong, by store-day."""
    out = request.reports or default_reports(lake.root)
    layouts = {plan.day: plan.layout for plan in plans}
    faults = write_day_reports(lake.spark, lake.root, layouts, out)
    for day, fault in sorted(faults.items()):
        LOGGER.error("report %s: FAILED, its tables are published: %s", day, fault)
    LOGGER.info("report: %d of %d written below %s", len(plans) - len(faults), len(plans), out)
    return faults


def _models(request: Request, stages: Sequence[str]) -> ModelManifest | None:
    if not {"scout", "infer", "decode_infer"} & set(stages) or not request.models:
        return None
    return load_models(Path(request.models))


def _needs_models(plans: Sequence[DayPlan], stages: Sequence[Stage]) -> bool:
    names = {stage.name for stage in stages}
    sees = {"decode", "infer"} <= names or "decode_infer" in names
    return sees and any(plan.files_in("footage") for plan in plans)


def _say_outcome(failures: Mapping[StoreDay, str], asked: int, faults: int) -> None:
    done = asked - len(failures) - faults
    LOGGER.info("%d of %d store-days done", done, asked)
    for day in sorted(failures):
        LOGGER.error("%s failed", day)
