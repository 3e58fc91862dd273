"""Verbs for whoever runs the nights: `maintain`, `doctor`."""

import datetime as dt
from typing import Annotated

import typer

from storeday.cli.app import app
from storeday.cli.console import open_console
from storeday.cli.options import Inbox, LakeRoot, Master, Models, Salts, Stores, names
from storeday.commands.doctor import Patient, examine
from storeday.commands.maintain import Upkeep, maintain


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
