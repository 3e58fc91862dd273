"""Verbs that show: `report`, `annotate`."""

import dataclasses
import datetime as dt
import logging
from pathlib import Path
from typing import Annotated

import typer

from storeday.cli.app import app
from storeday.cli.console import open_console
from storeday.cli.options import Date, Inbox, LakeRoot, OneDate, OneStore, Store, Stores, dates
from storeday.commands.annotate import AnnotateRequest, annotate
from storeday.commands.report import ReportRequest, report_chain, report_days, report_weeks
from storeday.commands.run_days import WRONG_USE
from storeday.floor.calendar import local_moment
from storeday.lake.files import absolute_path
from storeday.lake.store_day import StoreDay
from storeday.manifest import StoreLayout
from storeday.stages.plan import Places, layout_of


@app.command("annotate")
def annotate_command(
    inbox: Inbox,
    stores: Stores,
    lake: LakeRoot,
    store: OneStore,
    date: OneDate,
    camera: Annotated[str, typer.Option(help="Camera.")],
    start: Annotated[
        dt.datetime, typer.Option(formats=["%H:%M:%S"], help="Start, local, by the camera's clock.")
    ],
    seconds: Annotated[float, typer.Option(help="Length of the clip.", min=0.1)] = 60.0,
    out: Annotated[Path, typer.Option(help="MP4 file to write.")] = Path("annotated.mp4"),
    frames_per_s: Annotated[float, typer.Option(help="Pictures a second.", min=0.1)] = 10.0,
    show_people: Annotated[
        bool, typer.Option("--show-people", help="Do not pixelate people. Mind who sees the clip.")
    ] = False,
) -> None:
    """Draw boxes, ids, zones and events into the footage of a camera, people pixelated."""
    open_console()
    day = StoreDay(store, date.date())
    places = Places(inbox, stores, lake)
    try:
        begin = _moment(layout_of(places, day), day.business_date, start.time())
        end = begin + dt.timedelta(seconds=seconds)
        request = AnnotateRequest(places, day, camera, begin, end, out, frames_per_s)
        request = dataclasses.replace(request, are_people_hidden=not show_people)
        count = annotate(request)
    except ValueError as error:
        logging.getLogger("storeday").error("annotate %s: %s", day, error)
        raise typer.Exit(WRONG_USE) from error
    logging.getLogger("storeday").info("annotate %s: %d pictures in %s", day, count, out)


def _moment(layout: StoreLayout, date: dt.date, time: dt.time) -> dt.datetime:
    """When a business date's local clock shows a time; before its start, that is the next day."""
    calendar_date = date if time >= layout.day_starts_at else date + dt.timedelta(days=1)
    return local_moment(calendar_date, time, layout.timezone)


@app.command("report")
def report_command(
    lake: LakeRoot,
    stores: Stores,
    store: Store,
    date: Date,
    out: Annotated[
        str,
        typer.Option(help="Folder of reports; LAKE-reports if not given.", callback=absolute_path),
    ] = "",
    week: Annotated[
        bool, typer.Option("--week", help="One page over the seven days that end on the date.")
    ] = False,
    chain: Annotated[bool, typer.Option("--chain", help="One page over all the stores.")] = False,
) -> None:
    """Write one HTML file per store-day: the morning report. Or one over days, or over stores."""
    open_console()
    if week and chain:
        raise typer.BadParameter("either --week or --chain; expected one of them")
    request = ReportRequest(lake, stores, store, dates(date), out)
    write = report_weeks if week else report_chain if chain else report_days
    raise typer.Exit(write(request))
