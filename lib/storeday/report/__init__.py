"""Reports for people: one HTML file per store-day, week or chain; no session, no server."""

from storeday.report.chain_page import chain_page
from storeday.report.day_page import day_page
from storeday.report.day_rows import COMPARED, WANTED, DayRows, ReportInputs, tables_under_contract
from storeday.report.week_page import OF_MANY, week_page

__all__ = [
    "COMPARED",
    "OF_MANY",
    "WANTED",
    "DayRows",
    "ReportInputs",
    "chain_page",
    "day_page",
    "tables_under_contract",
    "week_page",
]
