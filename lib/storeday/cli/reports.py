"""Verbs that show: `report`."""

from typing import Annotated

import typer

from storeday.cli.app import app
from storeday.cli.console import open_console
from storeday.cli.options import Date, LakeRoot, Store, Stores
from storeday.commands.report import ReportRequest, report_days


@app.command("report")
def report_command(
    lake: LakeRoot,
    stores: Stores,
    store: Store,
    date: Date,
    out: Annotated[str, typer.Option(help="Folder of reports; LAKE-reports if not given.")] = "",
) -> None:
    """Write one HTML file per store-day: the morning report."""
    open_console()
    request = ReportRequest(lake, stores, store, [moment.date() for moment in date], out)
    raise typer.Exit(report_days(request))
