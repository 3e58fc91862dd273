"""Verbs for setting a store up: `calibration check`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from storeday.cli.app import app
from storeday.cli.console import open_console
from storeday.cli.options import Inbox, OneDate, OneStore, Stores
from storeday.commands.calibration import CalibrationRequest, check_calibration
from storeday.lake.store_day import StoreDay
from storeday.stages.plan import Places

calibration = typer.Typer(help="Cameras' calibration to the floor.", no_args_is_help=True)
app.add_typer(calibration, name="calibration")


@calibration.callback()
def calibration_group() -> None:
    """Cameras' calibration to the floor."""


@calibration.command("check")
def calibration_check(
    stores: Stores,
    store: OneStore,
    date: OneDate,
    inbox: Inbox = "",
    out: Annotated[Path, typer.Option(help="Folder for pictures.")] = Path("calibration"),
) -> None:
    """Print reprojection errors, and draw each camera's calibration over its empty scene."""
    open_console()
    day = StoreDay(store, date.date())
    request = CalibrationRequest(Places(inbox, stores, ""), day, out)
    raise typer.Exit(check_calibration(request, Console()))
