"""Verb for history: `backfill`."""

import datetime as dt
from typing import Annotated

import typer

from storeday.cli.app import app
from storeday.cli.console import open_console
from storeday.cli.options import (
    AllowLoss,
    Conf,
    DemoModels,
    Fused,
    Inbox,
    LakeRoot,
    Master,
    Models,
    Salts,
    SomeStores,
    Stores,
    names,
    spark_settings,
)
from storeday.commands.backfill import BATCH, Stretch, run_backfill
from storeday.commands.run_days import Request
from storeday.stages.plan import Places


@app.command("backfill")
def backfill_command(
    inbox: Inbox,
    stores: Stores,
    lake: LakeRoot,
    first: Annotated[
        dt.datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First business date.")
    ],
    last: Annotated[
        dt.datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last one, included.")
    ],
    store: SomeStores = None,
    models: Models = "",
    demo_models: DemoModels = False,
    salts: Salts = "",
    master: Master = "local[*]",
    conf: Conf = None,
    fused: Fused = False,
    allow_loss: AllowLoss = False,
    batch: Annotated[int, typer.Option(help="Store-days that run at once.")] = BATCH,
    chain: Annotated[
        bool,
        typer.Option(
            "--chain", help="Date by date: each takes the clocks of the day before as known."
        ),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print the plan.")] = False,
) -> None:
    """Run what is missing or stale in a stretch of dates; go on where it stopped."""
    request = Request(
        places=Places(inbox, stores, lake, salts),
        stores=names(store),
        dates=[],
        models=models,
        demo_models=demo_models,
        master=master,
        conf=spark_settings(conf),
        fused=fused,
        allow_loss=allow_loss,
    )
    stretch = Stretch(first.date(), last.date(), batch, dry_run, chain)
    raise typer.Exit(run_backfill(request, stretch, open_console()))
