"""What `storeday audit` does from end to end: choose store-days, measure, print, write."""

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from storeday.commands.audit import (
    Audited,
    audit_itself,
    audit_truth,
    days_with_truth,
    show,
    write_json,
    write_table,
)
from storeday.commands.run_days import DONE, WRONG_USE
from storeday.lake.lake import Lake
from storeday.lake.session import spark_session
from storeday.lake.store_day import StoreDay

LOGGER = logging.getLogger("storeday")


@dataclass(frozen=True)
class AuditRequest:
    """What to measure, against what.

    Attributes:
        lake: Root of the lake.
        truth: Folder of truth; None with `itself`.
        itself: Measure the day against itself.
        stores: Folder of manifests; beside the truth where empty.
        only_stores: Stores; all where empty.
        only_dates: Business dates; all where empty.
        out: JSON file to write.
        master: Spark master.
    """

    lake: str
    truth: Path | None
    itself: bool
    stores: str
    only_stores: Sequence[str]
    only_dates: Sequence[dt.date]
    out: Path
    master: str = "local[*]"


def run_audit(request: AuditRequest) -> int:
    """Measures, prints, and writes JSON file and table.

    Returns:
        0 if something could be measured, 2 where the request or the truth is wrong.
    """
    try:
        days = _days(request)
        lake = Lake(spark_session("storeday audit", request.master), request.lake)
        audited = _audited(lake, request, days)
    except (ValueError, FileNotFoundError) as error:
        LOGGER.error("%s", error)
        return WRONG_USE
    write_table(audited, lake)
    write_json(audited, request.out)
    show(audited, Console())
    LOGGER.info("written to %s and %s", request.out, lake.path("ops.audit_figures"))
    return DONE


def _days(request: AuditRequest) -> list[StoreDay]:
    """The store-days asked for.

    Raises:
        ValueError: The request does not say enough, or contradicts itself.
        FileNotFoundError: There is no truth.
    """
    if request.itself == (request.truth is not None):
        raise ValueError("give either --truth DIR or --self")
    if request.truth is not None:
        return [
            day
            for day in days_with_truth(request.truth)
            if (not request.only_stores or day.store_id in request.only_stores)
            and (not request.only_dates or day.business_date in request.only_dates)
        ]
    if not (request.stores and request.only_stores and request.only_dates):
        raise ValueError("--self needs --stores DIR, --store and --date")
    return sorted(
        {StoreDay(store, date) for store in request.only_stores for date in request.only_dates}
    )


def _audited(lake: Lake, request: AuditRequest, days: list[StoreDay]) -> Audited:
    if not days:
        raise ValueError(f"{request.truth}: no truth of the stores and dates asked for")
    if request.truth is None:
        return audit_itself(lake, request.stores, days)
    beside = str(request.truth.parent / "stores")
    return audit_truth(lake, request.truth, request.stores or beside, days)
