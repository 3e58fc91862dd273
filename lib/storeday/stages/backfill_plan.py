"""Which store-days a backfill has to run, and why: pure, from the ledger and what is there now.

A store-day is *missing* where it was never published, and *stale* where the code, the settings, a
model, the store's layout and products of its date, or its input files are not those that it was
made from. Sealed ones (`stages.sealed`) are
never planned, nor is one that never ran and has no input: a shop has no days before its cameras
hung.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from storeday.lake.store_day import StoreDay
from storeday.stages.history import DayRecord
from storeday.stages.plan import DayPlan
from storeday.stages.sealed import MARKERS, losses, words

Verdict = Literal["run", "current", "sealed", "no input"]


@dataclass(frozen=True)
class Now:
    """What a store-day would be made with now.

    Attributes:
        code_version: Version of storeday.
        models: SHA-256 of each model, by role; empty where none are given, which says nothing.
    """

    code_version: str
    models: Mapping[str, str]


@dataclass(frozen=True)
class Item:
    """One store-day of a backfill's plan.

    Attributes:
        day: The store-day.
        verdict: Whether it runs, or why not.
        reasons: Why, in words; empty for current ones.
    """

    day: StoreDay
    verdict: Verdict
    reasons: tuple[str, ...] = ()


def plan_backfill(
    plans: Iterable[DayPlan],
    records: Mapping[StoreDay, DayRecord],
    published: Collection[StoreDay],
    now: Now,
    allow_loss: bool = False,
) -> list[Item]:
    """Says of every store-day whether it has to run, in order of date and store.

    Args:
        plans: The store-days, as they would run now.
        records: What the ledger remembers.
        published: Store-days that are published.
        now: Code and models.
        allow_loss: Whether sealed store-days run, too.
    """
    ordered = sorted(plans, key=lambda plan: (plan.day.business_date, plan.day.store_id))
    return [
        _item(plan, records.get(plan.day), plan.day in published, now, allow_loss)
        for plan in ordered
    ]


def batches(items: Sequence[Item], size: int, one_date: bool = False) -> Iterator[list[StoreDay]]:
    """The store-days to run, some at a time, earlier dates first.

    Args:
        items: The plan, in order of date.
        size: Store-days of a batch, at most.
        one_date: Whether a batch holds one date only.

    Raises:
        ValueError: The size is not positive.
    """
    if size < 1:
        raise ValueError(f"batch size {size}: expected at least 1")
    days = [item.day for item in items if item.verdict == "run"]
    dates = sorted({day.business_date for day in days}) if one_date else [None]
    for date in dates:
        own = [day for day in days if date in (None, day.business_date)]
        for start in range(0, len(own), size):
            yield own[start : start + size]


def _item(
    plan: DayPlan, record: DayRecord | None, is_published: bool, now: Now, allow_loss: bool
) -> Item:
    files = [file for file in plan.files if file.path not in MARKERS]
    if record is None and not is_published and not files:
        return Item(plan.day, "no input", (f"nothing in {plan.inbox}",))
    reasons = tuple(_reasons(plan, record, is_published, now))
    if not reasons:
        return Item(plan.day, "current")
    missing = losses(record, plan)
    if missing and not allow_loss:
        return Item(plan.day, "sealed", (words(missing),))
    return Item(plan.day, "run", reasons)


def _reasons(
    plan: DayPlan, record: DayRecord | None, is_published: bool, now: Now
) -> Iterator[str]:
    if record is None or not record.stages:
        yield "never ran" if record is None else f"failed in {', '.join(record.failed)}"
        return
    if record.failed:
        yield f"failed in {', '.join(record.failed)}"
    elif not is_published:
        yield "not published"
    made_by = sorted({stage.code_version for stage in record.stages.values()} - {now.code_version})
    if made_by:
        yield f"made by version {', '.join(made_by)}, now {now.code_version}"
    if {stage.settings_sha256 for stage in record.stages.values()} != {plan.settings.digest()}:
        yield "settings changed"
    if {stage.layout_sha256 for stage in record.stages.values()} - {None, plan.layout_sha256}:
        yield "the store's layout of that date changed"
    if {stage.products_state for stage in record.stages.values()} - {None, plan.products_state}:
        yield "the products of that date changed"
    yield from _changed_models(record, now)
    yield from _changed_inputs(plan, record)


def _changed_models(record: DayRecord, now: Now) -> Iterator[str]:
    used: dict[str, set[str]] = {}
    for stage in record.stages.values():
        for role, digest in stage.models.items():
            used.setdefault(role, set()).add(digest)
    for role, digest in sorted(now.models.items()):
        if used.get(role, {digest}) != {digest}:
            yield f"model {role} changed"
    if used:
        for role in sorted(set(now.models) - set(used)):
            yield f"model {role} is new"


def _changed_inputs(plan: DayPlan, record: DayRecord) -> Iterator[str]:
    known = {item.path: item.fingerprint for item in record.inputs if item.path not in MARKERS}
    new = [
        file.path
        for file in plan.files
        if file.path not in MARKERS and known.get(file.path) != plan.prints[file.path]
    ]
    if new:
        more = f" and {len(new) - 1} more" if len(new) > 1 else ""
        yield f"new or changed input: {new[0]}{more}"
    gone = sorted(set(known) - {file.path for file in plan.files})
    if gone:
        yield f"input gone: {', '.join(gone[:3])}"
