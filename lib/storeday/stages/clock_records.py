"""Which earlier day's clocks a run takes as known: chosen once, kept in the ledger, used again.

A store-day's first run looks for the store's last published day before it, and takes that day's
`silver.clock_offsets`. What it took is written into `ops.runs.priors` with all its numbers, so that
every later run of the store-day takes the very same, also when the earlier day has been run again
since, and gives the same rows. A backfill takes none, since which days are there already would
decide; one that goes from day to day, oldest first, takes the day before anew.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as sf

from storeday.association import KnownClocks, measured_rows
from storeday.contracts.columns import STAMP
from storeday.lake.lake import Lake
from storeday.lake.store_day import StoreDay
from storeday.stages.plan import DayPlan

OFFSETS, PUBLISHED, RUNS = "silver.clock_offsets", "ops.published_days", "ops.runs"
CALIBRATE = "calibrate"
# `last`: what is recorded, else the last published day. `none`: what is recorded, else nothing.
# `chain`: the last published day, whatever is recorded.
Mode = Literal["last", "none", "chain"]
# By 20 ppm of wandering a clock is as unknown as one that nobody measured after five days.
LOOK_BACK_DAYS = 7
COLUMNS = ("device_id", "reference_id", "valid_from", "offset_s", "drift_ppm", "std_error_s")


def with_clock_records(
    lake: Lake, plans: Sequence[DayPlan], mode: Mode, stages: Iterable[str]
) -> tuple[DayPlan, ...]:
    """The plans, each with what it takes as known of its clocks, and the run id that says so.

    Args:
        lake: The lake.
        plans: Store-days about to run.
        mode: Where a store-day's record comes from.
        stages: Stages that will run; without `calibrate` nothing is chosen anew.
    """
    if not plans:
        return ()
    found = _recorded(lake, plans) if mode != "chain" else {}
    records = {plan.day: found.get(plan.day, "") for plan in plans}
    records = {
        plan.day: "" if _is_outdated(records[plan.day], plan) else records[plan.day]
        for plan in plans
    }
    if CALIBRATE in stages:
        records |= _chosen(lake, [plan for plan in plans if not records[plan.day]], mode)
    return tuple(with_record(plan, records[plan.day]) for plan in plans)


def with_record(plan: DayPlan, record: str) -> DayPlan:
    """A plan with its record; rows of other clocks have another run id."""
    if not record or json.loads(record)["clocks"] is None:
        return replace(plan, priors=record)
    digest = hashlib.sha256(f"{plan.run_id} {record}".encode()).hexdigest()[:16]
    return replace(plan, priors=record, run_id=digest)


def known_clocks(record: str) -> KnownClocks | None:
    """The clocks of a record; None where it has none.

    Args:
        record: `ops.runs.priors`; empty for none.

    Example:
        >>> known_clocks('{"clocks": null, "why": "backfill"}') is None
        True
    """
    clocks = json.loads(record)["clocks"] if record else None
    if clocks is None:
        return None
    columns = list(zip(*clocks["rows"], strict=True)) or [()] * len(COLUMNS)
    named = dict(zip(COLUMNS, columns, strict=True))
    moments = [dt.datetime.fromisoformat(text) for text in named.pop("valid_from")]
    rows = pa.table({name: pa.array(values) for name, values in named.items()})
    rows = rows.append_column("valid_from", pa.array(moments, STAMP))
    method = pa.array(['{"method": "recorded"}'] * rows.num_rows, pa.string())
    return KnownClocks(
        rows.append_column("evidence", method), dt.date.fromisoformat(clocks["business_date"])
    )


def record_of(clock_offsets: pa.Table, business_date: dt.date) -> str:
    """The record that takes a day's clocks as known.

    Args:
        clock_offsets: Rows of `silver.clock_offsets` of that day.
        business_date: The day.
    """
    rows = measured_rows(clock_offsets).select(list(COLUMNS)).to_pylist()
    clocks = {
        "business_date": business_date.isoformat(),
        "rows": [[_plain(row[name]) for name in COLUMNS] for row in rows],
    }
    return json.dumps({"clocks": clocks}, sort_keys=True)


def latest_records(runs: pa.Table) -> dict[StoreDay, str]:
    """The record of the last time each store-day's clocks were measured.

    Args:
        runs: Rows of `ops.runs`: `store_id, business_date, stage, status, started_at, attempt_id,
            priors`, in any order; may be empty.
    """
    found = {}
    rows = runs.sort_by([("started_at", "ascending"), ("attempt_id", "ascending")]).to_pylist()
    for row in rows:
        if row["stage"] == CALIBRATE and row["status"] == "done" and row["priors"]:
            found[StoreDay(row["store_id"], row["business_date"])] = row["priors"]
    return found


def _is_outdated(record: str, plan: DayPlan) -> bool:
    """Whether the store's setting has changed since, and decided what the record says."""
    if not record:
        return False
    is_off = plan.settings.association.clock_prior == "none"
    return bool(is_off != (json.loads(record).get("why") == "setting"))


def _chosen(lake: Lake, plans: Sequence[DayPlan], mode: Mode) -> dict[StoreDay, str]:
    off = {plan.day for plan in plans if plan.settings.association.clock_prior == "none"}
    records = {day: _none("setting") for day in off}
    asking = [plan.day for plan in plans if plan.day not in off]
    if mode == "none":
        return records | {day: _none("backfill") for day in asking}
    before = _last_published(lake, asking)
    there = {day for day in before.values() if day is not None}
    offsets = _offsets(lake, sorted(there))
    for day in asking:
        earlier = before[day]
        rows = offsets.get(earlier) if earlier is not None else None
        if earlier is None or rows is None:
            records[day] = _none("no earlier day")
        else:
            records[day] = record_of(rows, earlier.business_date)
    return records


def _none(why: str) -> str:
    return json.dumps({"clocks": None, "why": why}, sort_keys=True)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime) else value


def _recorded(lake: Lake, plans: Sequence[DayPlan]) -> dict[StoreDay, str]:
    names = ("store_id", "business_date", "stage", "status", "started_at", "attempt_id", "priors")
    runs = lake.read(RUNS, [plan.day for plan in plans]).where(sf.col("stage") == CALIBRATE)
    return latest_records(runs.select(*names).toArrow())


def _last_published(lake: Lake, days: Sequence[StoreDay]) -> dict[StoreDay, StoreDay | None]:
    """For each store-day the store's last published one before it."""
    wanted = {
        StoreDay(day.store_id, day.business_date - dt.timedelta(days=back))
        for day in days
        for back in range(1, LOOK_BACK_DAYS + 1)
    }
    published: set[StoreDay] = set()
    if wanted:
        rows = lake.read(PUBLISHED, sorted(wanted)).select("store_id", "business_date").collect()
        published = {StoreDay(row[0], row[1]) for row in rows}
    return {day: _before(day, published) for day in days}


def _before(day: StoreDay, published: set[StoreDay]) -> StoreDay | None:
    for back in range(1, LOOK_BACK_DAYS + 1):
        earlier = StoreDay(day.store_id, day.business_date - dt.timedelta(days=back))
        if earlier in published:
            return earlier
    return None


def _offsets(lake: Lake, days: Sequence[StoreDay]) -> Mapping[StoreDay, pa.Table]:
    if not days:
        return {}
    rows = lake.read(OFFSETS, days).toArrow()
    found = {}
    for day in days:
        is_own = (pc.field("store_id") == day.store_id) & (
            pc.field("business_date") == day.business_date
        )
        own = rows.filter(is_own)
        if own.num_rows:
            found[day] = own
    return found
