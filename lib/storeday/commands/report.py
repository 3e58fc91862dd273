"""`storeday report`: reports for people out of a lake's tables, without a session."""

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from storeday.lake.store_day import StoreDay
from storeday.manifest import ManifestError
from storeday.stages.day_report import default_reports, write_day_report
from storeday.stages.plan import Places, layout_of

LOGGER = logging.getLogger("storeday")

DONE, SOME_FAILED, WRONG_USE = 0, 1, 2


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
    code = DONE
    places = Places("", request.stores, request.lake)
    for store_id in request.store_ids:
        for date in request.dates:
            try:
                layout = layout_of(places, StoreDay(store_id, date))
                path = write_day_report(request.lake, layout, date, request.out_or_default)
                LOGGER.info("report %s/%s: %s", store_id, date, path)
            except ManifestError as error:
                LOGGER.error("report %s/%s: %s", store_id, date, error)
                code = WRONG_USE
            except ValueError as error:
                LOGGER.error("report %s/%s: %s", store_id, date, error)
                code = max(code, SOME_FAILED)
    return code
