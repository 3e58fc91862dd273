"""Verbs that keep a lake in order: `forget`."""

import datetime as dt
from typing import Annotated

import typer

from storeday.cli.app import app
from storeday.cli.console import open_console
from storeday.cli.options import (
    LakeRoot,
    Master,
    Salts,
    SomeDates,
    SomeStores,
    Stores,
    dates,
    names,
)
from storeday.commands.forget import ForgetRequest, run_forget
from storeday.stages.plan import Places


@app.command("forget")
def forget_command(
    stores: Stores,
    lake: LakeRoot,
    salts: Salts = "",
    store: SomeStores = None,
    date: SomeDates = None,
    today: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Instead of today's date.")
    ] = None,
    at_once: Annotated[
        bool, typer.Option("--at-once", help="The named store-days, whatever their age.")
    ] = False,
    master: Master = "local[*]",
) -> None:
    """Destroy frames, embeddings and salts past their retention; receipts in ops.deletions."""
    open_console()
    request = ForgetRequest(
        places=Places("", stores, lake, salts),
        today=today.date() if today else dt.datetime.now(dt.UTC).date(),
        stores=names(store),
        dates=dates(date),
        at_once=at_once,
        master=master,
    )
    raise typer.Exit(run_forget(request))
