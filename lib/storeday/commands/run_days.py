"""Runs stages over store-days: `storeday nightly`, `storeday run`, and the jobs."""

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from rich.console import Console

from storeday.commands.outcomes import (
    BUSY,
    DONE,
    SEALED,
    SOME_FAILED,
    WRONG_USE,
    DayEnd,
    exit_code,
    read_outcome,
    write_outcome,
)
from storeday.inference import ModelManifest, load_models, manifest_path, simulated_only
from storeday.lake.lake import Lake
from storeday.lake.lease_keeper import LeaseKeeper, first_cause
from storeday.lake.lease_log import LeaseLog
from storeday.lake.session import spark_session
from storeday.lake.store_day import StoreDay
from storeday.stages.clock_records import Mode, with_clock_records
from storeday.stages.day_report import default_reports, write_day_reports
from storeday.stages.history import COLUMNS, day_records
from storeday.stages.ledger import RUNS, Ledger
from storeday.stages.plan import DayPlan, Places, look_at_days, with_salts
from storeday.stages.registry import select_stages
from storeday.stages.report_progress import Reporter
from storeday.stages.runner import LAST, Runner
from storeday.stages.sealed import losses, words
from storeday.stages.stage import Stage

LOGGER = logging.getLogger("storeday")

__all__ = ["BUSY", "DONE", "SEALED", "SOME_FAILED", "WRONG_USE", "Request", "run_days"]


@dataclass(frozen=True)
class Request:
    """What to run, on what.

    Attributes:
        places: Where inputs and lake are.
        stores: Stores.
        dates: Business dates; every store is run for every date.
        stages: Names of stages or groups; none for all.
        from_stage: First stage to run; earlier ones are taken as done.
        models: Path of the model manifest, or `shipped`; empty where inference is not part of the
            run.
        demo_models: Whether models that know nothing but simulated pictures may look at any.
        master: Spark master of a session that has to be made.
        conf: Spark settings of a session that has to be made.
        fused: Whether decode and infer run as one stage that keeps no frames.
        reports: Folder of the reports that follow `publish`; LAKE-reports where empty.
        has_reports: Whether reports follow `publish`.
        incomplete: Stores whose inbox is not complete yet: they are published as partial.
        allow_loss: Whether sealed store-days are replaced all the same.
        outcome: Hadoop path of a file that says how each store-day ended; empty for none. What it
            says is done of the same inputs, settings and code is not run again.
        after: Outcome of an earlier part: what is not done there is left out here.
        clock_prior: Which earlier day's clocks are taken as known (`stages.clock_records`).
        only: Store-days, where not every store is run for every date.
    """

    places: Places
    stores: Sequence[str]
    dates: Sequence[dt.date]
    stages: Sequence[str] = ()
    from_stage: str = ""
    models: str = ""
    demo_models: bool = False
    master: str = "local[*]"
    conf: Mapping[str, str] = field(default_factory=dict)
    fused: bool = False
    reports: str = ""
    has_reports: bool = True
    incomplete: Sequence[str] = ()
    allow_loss: bool = False
    outcome: str = ""
    after: str = ""
    clock_prior: Mode = "last"
    only: Sequence[StoreDay] = ()

    def days(self) -> list[StoreDay]:
        """The store-days asked for.

        Raises:
            ValueError: A store's name holds characters that names may not have.
        """
        if self.only:
            return sorted(set(self.only))
        return sorted({StoreDay(store, date) for store in self.stores for date in self.dates})


def run_days(request: Request, console: Console | None = None) -> int:
    """Runs stages over store-days.

    Args:
        request: What to run.
        console: Where live progress goes.

    Returns:
        0 where every store-day is done, 1 where some failed, 2 where the request, a manifest or the
        model manifest is wrong, 3 where another run holds some, 4 where some are sealed. One that
        is not done does not keep the others from it.
    """
    ledger = Ledger()
    try:
        stages = select_stages(request.stages, request.from_stage, request.fused)
        models = _models(request, [stage.name for stage in stages])
        admitted, ends = _admit(request, models)
    except ValueError as error:
        LOGGER.error("%s", error)
        return WRONG_USE
    if models is None and _needs_models(admitted, stages):
        LOGGER.error("there is footage, and no models to look at it; give --models FILE")
        return WRONG_USE
    if admitted:
        spark = spark_session("storeday", request.master, request.conf)
        lake = Lake(spark, request.places.lake)
        runner = Runner(lake, models, Reporter(spark, console), ledger)
        ends.update(_run_held(request, runner, stages, admitted))
    _tell(list(ends.values()))
    if request.outcome:
        write_outcome(request.outcome, ledger.attempt_id, list(ends.values()))
    return exit_code(ends.values())


def _run_held(
    request: Request, runner: Runner, stages: Sequence[Stage], admitted: Sequence[DayPlan]
) -> dict[StoreDay, DayEnd]:
    """Runs those store-days that nobody else holds and that are not sealed."""
    lake, days = runner.lake, [plan.day for plan in admitted]
    with LeaseKeeper(LeaseLog(lake.spark, lake.root), runner.ledger.attempt_id, days) as leases:
        ends = _not_held(admitted, leases)
        runner.guard = leases.lost
        try:
            ends.update(_sealed(lake, admitted, request, ends))
            plans = with_salts(request.places, [plan for plan in admitted if plan.day not in ends])
            names = [stage.name for stage in stages]
            plans = with_clock_records(lake, plans, request.clock_prior, names)
            ends.update(_run(request, runner, stages, plans))
        except Exception as error:
            # No store-day's own fault, such as a lake that cannot be written.
            LOGGER.debug("the run fell over", exc_info=True)
            for plan in admitted:
                fallen = DayEnd(plan.day, "failed", first_cause(error), plan.run_id)
                ends.setdefault(plan.day, fallen)
    # What was asked for, clocks of other days left aside: by that a later try knows what is done.
    asked = {plan.day: plan.run_id for plan in admitted}
    return {day: replace(end, run_id=asked[day]) for day, end in ends.items()}


def _admit(
    request: Request, models: ModelManifest | None
) -> tuple[list[DayPlan], dict[StoreDay, DayEnd]]:
    """Plans of the store-days to run, and how the others end.

    Raises:
        ValueError: The request is wrong.
    """
    days = request.days()
    ends: dict[StoreDay, DayEnd] = {}
    if request.after:
        earlier = read_outcome(request.after)
        ends = {day: _left_out(earlier.get(day), day) for day in days}
        ends = {day: end for day, end in ends.items() if end.status != "done"}
    planned = look_at_days(request.places, [day for day in days if day not in ends], models)
    ends |= {day: DayEnd(day, "wrong", fault) for day, fault in planned.faults.items()}
    before = read_outcome(request.outcome) if request.outcome else {}
    admitted = []
    for plan in planned.plans:
        if unfit := "" if request.demo_models else simulated_only(models, plan.layout):
            ends[plan.day] = DayEnd(plan.day, "wrong", unfit)
            continue
        is_complete = plan.day.store_id not in request.incomplete
        known = before.get(plan.day)
        if known and (known.status, known.run_id) == ("done", plan.run_id):
            ends[plan.day] = replace(known, is_complete=is_complete)
            LOGGER.info("%s: done by an earlier try of this run", plan.day)
        else:
            admitted.append(replace(plan, is_inbox_complete=is_complete))
    return admitted, ends


def _left_out(earlier: DayEnd | None, day: StoreDay) -> DayEnd:
    if earlier is None:
        return DayEnd(day, "failed", "left out: the part before this one did not get to it")
    if earlier.status == "done":
        return earlier
    return replace(earlier, reason=f"left out: {earlier.reason}")


def _not_held(plans: Sequence[DayPlan], leases: LeaseKeeper) -> dict[StoreDay, DayEnd]:
    ends = {}
    for plan in plans:
        if plan.day in leases.busy:
            ends[plan.day] = DayEnd(plan.day, "busy", leases.busy[plan.day], plan.run_id)
        if plan.day in leases.faults:
            ends[plan.day] = DayEnd(plan.day, "failed", leases.faults[plan.day], plan.run_id)
    return ends


def _sealed(
    lake: Lake, plans: Sequence[DayPlan], request: Request, ends: Mapping[StoreDay, DayEnd]
) -> dict[StoreDay, DayEnd]:
    """Store-days that are not replaced, because input that they were made from is gone."""
    held = [plan for plan in plans if plan.day not in ends]
    if not held:
        return {}
    runs = lake.read(RUNS, [plan.day for plan in held]).select(*COLUMNS).toArrow()
    records = day_records(runs)
    found = {}
    for plan in held:
        missing = losses(records.get(plan.day), plan)
        if missing and request.allow_loss:
            LOGGER.warning("%s: loss allowed: %s", plan.day, "; ".join(missing))
        elif missing:
            found[plan.day] = DayEnd(plan.day, "sealed", words(missing), plan.run_id)
    return found


def _run(
    request: Request, runner: Runner, stages: Sequence[Stage], plans: Sequence[DayPlan]
) -> dict[StoreDay, DayEnd]:
    if not plans:
        return {}
    failures = runner.run(stages, plans).failures
    if request.has_reports and LAST in {table for stage in stages for table in stage.writes}:
        published = [plan for plan in plans if plan.day not in failures]
        failures.update(_report(request, runner.lake, published))
    return {
        plan.day: DayEnd(
            plan.day,
            "failed" if plan.day in failures else "done",
            failures.get(plan.day, ""),
            plan.run_id,
            plan.is_inbox_complete,
        )
        for plan in plans
    }


def load_request_models(request: Request) -> ModelManifest | None:
    """The models that a request names; None where it names none.

    Raises:
        ValueError: The model manifest or a model is not what it should be.
    """
    return load_models(manifest_path(request.models)) if request.models else None


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
    if not {"scout", "infer", "decode_infer"} & set(stages):
        return None
    return load_request_models(request)


def _needs_models(plans: Sequence[DayPlan], stages: Sequence[Stage]) -> bool:
    names = {stage.name for stage in stages}
    sees = {"decode", "infer"} <= names or "decode_infer" in names
    return sees and any(plan.files_in("footage") for plan in plans)


def _tell(ends: Sequence[DayEnd]) -> None:
    done = sum(end.status == "done" for end in ends)
    LOGGER.info("%d of %d store-days done", done, len(ends))
    for end in sorted(ends, key=lambda end: end.day):
        if end.status != "done":
            LOGGER.error("%s: %s: %s", end.day, end.status, end.reason.strip().split("\n")[-1])
