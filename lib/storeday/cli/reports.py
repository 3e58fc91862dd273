"""Verbs that show: `report`."""

from typing import Annotated

import typer

from storeday.cli.app import app
from storeday.cli.console import open_console
from storeday.cli.options import Date, LakeRoot, Store, Stores
from storeday.commands.report import ReportRequest, report_chain, report_days, report_weeks


@app.command("report")
def report_command(
    lake: LakeRoot,
    stores: Stores,
    store: Store,
    date: Date,
    out: Annotated[str, typer.Option(help="Folder of reports; LAKE-reports if not given.")] = "",
    week: Annotated[
        bool, typer.Option("--week", help="One page over the seven days that end on the date.")
    ] = False,
    chain: Annotated[bool, typer.Option("--chain", help="One page over all the stores.")] = False,
) -> None:
    """Write one HTML file per store-day: the morning report. Or one over days, or over stores."""
    open_console()
    if week and chain:
        raise typer.BadParameter("either --week or --chain; expected one of them")
    request = ReportRequest(lake, stores, store, [moment.date() for moment in date], out)
    write = report_weeks if week else report_chain if chain else report_days
    raise typer.Exit(write(request))
