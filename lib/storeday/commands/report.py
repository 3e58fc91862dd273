"""`storeday report`: reports for people out of a lake's tables, without a session."""

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from storeday.lake.files import write_bytes
from storeday.lake.reader import read_store_days
from storeday.lake.store_day import StoreDay
from storeday.manifest import ManifestError, StoreLayout
from storeday.report import OF_MANY, chain_page, tables_under_contract, week_page
from storeday.stages.day_report import (
    day_rows,
    default_reports,
    report_inputs,
    write_day_report,
)
from storeday.stages.plan import Places, layout_of

LOGGER = logging.getLogger("storeday")

DONE, SOME_FAILED, WRONG_USE = 0, 1, 2
WEEK_DAYS = 7


@dataclass(frozen=True)
class ReportRequest:
    """What to report on.

    Attributes:
        lake: Root of the lake.
        stores: Folder of manifests.
        store_ids: Stores.
        dates: Business dates; every store is reported on for every date.
        out: Folder of reports; LAKE-reports where empty.
    """

    lake: str
    stores: str
    store_ids: Sequence[str]
    dates: Sequence[dt.date]
    out: str = ""

    @property
    def out_or_default(self) -> str:
        """Folder of reports."""
        return self.out or default_reports(self.lake)


def report_days(request: ReportRequest) -> int:
    """Writes a report for each store-day.

    Returns:
        0 where all were written, 1 where some were not, 2 where a manifest or a name is wrong.
    """

    def write(store_id: str, date: dt.date) -> str:
        return write_day_report(
            request.lake, _layout(request, store_id, date), date, request.out_or_default
        )

    return _each(request, write)


def report_weeks(request: ReportRequest) -> int:
    """Writes a page for each store and the seven days that end on each date.

    Returns:
        As `report_days`.
    """

    def write(store_id: str, date: dt.date) -> str:
        layout = _layout(request, store_id, date)
        dates = [date - dt.timedelta(days=back) for back in reversed(range(WEEK_DAYS))]
        read = read_store_days(
            request.lake, store_id, dict.fromkeys(tables_under_contract(OF_MANY), dates)
        )
        page = week_page(layout, dates, [day_rows(layout, read, each) for each in dates])
        path = f"{request.out_or_default.rstrip('/')}/{store_id}/{date}-week.html"
        write_bytes(path, page.encode())
        return path

    return _each(request, write)


def report_chain(request: ReportRequest) -> int:
    """Writes a page for each date over all stores.

    Returns:
        As `report_days`.
    """

    def write(_: str, date: dt.date) -> str:
        stores = [
            report_inputs(request.lake, _layout(request, store_id, date), date, OF_MANY)
            for store_id in request.store_ids
        ]
        path = f"{request.out_or_default.rstrip('/')}/chain-{date}.html"
        write_bytes(path, chain_page(date, stores).encode())
        return path

    return _each(replace(request, store_ids=["chain"]), write)


def _each(request: ReportRequest, write: Callable[[str, dt.date], str]) -> int:
    code = DONE
    for store_id in request.store_ids:
        for date in request.dates:
            try:
                path = write(store_id, date)
                LOGGER.info("report %s/%s: %s", store_id, date, path)
            except ManifestError as error:
                LOGGER.error("report %s/%s: %s", store_id, date, error)
                code = WRONG_USE
            except ValueError as error:
                LOGGER.error("report %s/%s: %s", store_id, date, error)
                code = max(code, SOME_FAILED)
    return code


def _layout(request: ReportRequest, store_id: str, date: dt.date) -> StoreLayout:
    return layout_of(Places("", request.stores, request.lake), StoreDay(store_id, date))
