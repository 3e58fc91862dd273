"""Verbs for whoever runs the nights: `maintain`, `doctor`, `runs`."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from storeday.cli.app import app
from storeday.cli.console import open_console
from storeday.cli.options import (
    Inbox,
    LakeRoot,
    Master,
    Models,
    Salts,
    SomeDates,
    SomeStores,
    Stores,
    dates,
    names,
)
from storeday.commands.doctor import Patient, examine
from storeday.commands.maintain import Upkeep, maintain
from storeday.commands.runs import RunsRequest, tell_runs


@app.command("maintain")
def maintain_command(
    lake: LakeRoot,
    table: Annotated[
        list[str] | None, typer.Option("--table", help="Table, or several with commas; or all.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
    master: Master = "local[*]",
) -> None:
    """Join small files of settled days and remove files of old versions."""
    open_console()
    today = dt.datetime.now(dt.UTC).date()
    raise typer.Exit(maintain(Upkeep(lake, names(table), today, dry_run, master)))


@app.command("doctor")
def doctor_command(
    lake: LakeRoot = "",
    inbox: Inbox = "",
    stores: Stores = "",
    models: Models = "",
    salts: Salts = "",
    spark: Annotated[bool, typer.Option(help="Start Spark and write to a table, too.")] = True,
) -> None:
    """Check Java, Delta, GPU, disk, manifests and models, and say what to do."""
    console = open_console()
    raise typer.Exit(examine(Patient(lake, inbox, stores, models, salts, spark), console))


@app.command("runs")
def runs_command(
    lake: LakeRoot,
    store: SomeStores = None,
    date: SomeDates = None,
    days: Annotated[float, typer.Option(help="Starts of so many days back.", min=0)] = 7.0,
    slow: Annotated[bool, typer.Option("--slow", help="Only what was slow or failed.")] = False,
    out: Annotated[Path | None, typer.Option(help="JSON file for all of it.")] = None,
) -> None:
    """Tell what ran: how long, CPU, memory, rows, versions, failures, and what was slow."""
    open_console()
    since = dt.datetime.now(dt.UTC) - dt.timedelta(days=days)
    request = RunsRequest(lake, since, names(store), dates(date), slow, out)
    raise typer.Exit(tell_runs(request, Console()))
