"""Reports for people: one HTML file per store-day, week or chain; no session, no server."""

from storeday.report.day_page import day_page
from storeday.report.day_rows import COMPARED, WANTED, DayRows, ReportInputs, tables_under_contract

__all__ = ["COMPARED", "WANTED", "DayRows", "ReportInputs", "day_page", "tables_under_contract"]
