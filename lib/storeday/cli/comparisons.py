"""Verb that compares: `diff`."""

import datetime as dt
import logging
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from storeday.cli.app import app
from storeday.cli.console import open_console
from storeday.cli.options import LakeRoot, Master, OneDate, OneStore
from storeday.commands.diff import explain_changes, reader, show, write_changes
from storeday.commands.outcomes import WRONG_USE
from storeday.lake.files import absolute_path
from storeday.lake.lake import Lake
from storeday.lake.session import spark_session
from storeday.lake.store_day import StoreDay


@app.command("diff")
def diff_command(
    lake: LakeRoot,
    store: OneStore,
    date: OneDate,
    against: Annotated[
        str, typer.Option(help="Root of the lake to compare with.", callback=absolute_path)
    ] = "",
    before: Annotated[
        dt.datetime | None,
        typer.Option(
            formats=["%Y-%m-%d %H:%M:%S", "%Y-%m-%d"], help="Or: the same lake at this moment, UTC."
        ),
    ] = None,
    limit: Annotated[int, typer.Option(help="Changes that are printed.")] = 20,
    out: Annotated[Path | None, typer.Option(help="JSON file for all of them.")] = None,
    master: Master = "local[*]",
) -> None:
    """Show every figure of a store-day that changed, down to the rows that caused it."""
    open_console()
    if bool(against) == bool(before):
        logging.getLogger("storeday").error("give either --against LAKE or --before MOMENT")
        raise typer.Exit(WRONG_USE)
    day, spark = StoreDay(store, date.date()), spark_session("storeday diff", master)
    old = reader(Lake(spark, against or lake), day, str(before or ""))
    found = list(explain_changes(old, reader(Lake(spark, lake), day)))
    show(found, Console(), limit)
    if out is not None:
        write_changes(found, out)
