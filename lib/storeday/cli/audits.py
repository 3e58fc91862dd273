"""Verbs that say how good the tables are: `audit`, `audit-script`."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from storeday.cli.app import app
from storeday.cli.console import open_console
from storeday.cli.options import (
    LakeRoot,
    Master,
    OneStore,
    SomeDates,
    SomeStores,
    Stores,
    dates,
    names,
)
from storeday.commands.audit_script import ScriptRequest, write_script
from storeday.commands.run_audit import AuditRequest, run_audit


@app.command("audit")
def audit_command(
    lake: LakeRoot,
    truth: Annotated[
        Path | None, typer.Option(help="Folder of truth: STORE/DATE/*.parquet or .csv.")
    ] = None,
    itself: Annotated[
        bool, typer.Option("--self", help="Without truth: sold tags and sentinel tags.")
    ] = False,
    stores: Annotated[
        str, typer.Option(help="Folder of manifests; TRUTH/../stores where not given.")
    ] = "",
    store: SomeStores = None,
    date: SomeDates = None,
    out: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("audit.json"),
    master: Master = "local[*]",
) -> None:
    """Measure a lake against truth or hand labels, or (--self) against the day itself."""
    request = AuditRequest(lake, truth, itself, stores, names(store), dates(date), out, master)
    open_console()
    raise typer.Exit(run_audit(request))


@app.command("audit-script")
def audit_script_command(
    stores: Stores,
    store: OneStore,
    starts: Annotated[
        dt.datetime,
        typer.Option(formats=["%Y-%m-%dT%H:%M"], help="Start of the hour, by the local clock."),
    ],
    truth: Annotated[Path, typer.Option(help="Folder of truth, for the form to fill in.")],
    seed: Annotated[int, typer.Option(help="Seed of the draw.")] = 0,
) -> None:
    """Print 200 pick-ups for two people and an hour; their form is truth for `audit --truth`."""
    open_console()
    raise typer.Exit(write_script(ScriptRequest(stores, store, starts, truth, seed)))
