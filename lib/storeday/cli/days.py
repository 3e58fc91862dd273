"""Verbs that work on store-days: `nightly`, `run`."""

from typing import Annotated

import typer

from storeday.cli.app import app
from storeday.cli.console import open_console
from storeday.cli.options import (
    After,
    AllowLoss,
    Conf,
    Date,
    DemoModels,
    Fused,
    Inbox,
    Incomplete,
    LakeRoot,
    Master,
    Models,
    NoReport,
    OutcomeFile,
    Reports,
    Salts,
    Store,
    Stores,
    dates,
    names,
    spark_settings,
)
from storeday.commands.run_days import Request, run_days
from storeday.stages.plan import Places

FromStage = Annotated[str, typer.Option(help="Start here, from tables that are already there.")]


@app.command()
def nightly(
    inbox: Inbox,
    stores: Stores,
    lake: LakeRoot,
    store: Store,
    date: Date,
    models: Models = "",
    demo_models: DemoModels = False,
    salts: Salts = "",
    from_stage: FromStage = "",
    master: Master = "local[*]",
    conf: Conf = None,
    fused: Fused = False,
    reports: Reports = "",
    no_report: NoReport = False,
    incomplete: Incomplete = None,
    allow_loss: AllowLoss = False,
    outcome: OutcomeFile = "",
    after: After = "",
) -> None:
    """Run every stage for some store-days: each store, each date."""
    request = Request(
        places=Places(inbox, stores, lake, salts),
        stores=names(store),
        dates=dates(date),
        from_stage=from_stage,
        models=models,
        demo_models=demo_models,
        master=master,
        conf=spark_settings(conf),
        fused=fused,
        reports=reports,
        has_reports=not no_report,
        incomplete=names(incomplete),
        allow_loss=allow_loss,
        outcome=outcome,
        after=after,
    )
    raise typer.Exit(run_days(request, open_console()))


@app.command()
def run(
    stages: Annotated[list[str], typer.Argument(help="Stages, or ingest, see, understand.")],
    inbox: Inbox,
    stores: Stores,
    lake: LakeRoot,
    store: Store,
    date: Date,
    models: Models = "",
    demo_models: DemoModels = False,
    salts: Salts = "",
    master: Master = "local[*]",
    conf: Conf = None,
    fused: Fused = False,
    reports: Reports = "",
    no_report: NoReport = False,
    incomplete: Incomplete = None,
    allow_loss: AllowLoss = False,
    outcome: OutcomeFile = "",
    after: After = "",
) -> None:
    """Run some stages, or groups of stages, for some store-days."""
    request = Request(
        places=Places(inbox, stores, lake, salts),
        stores=names(store),
        dates=dates(date),
        stages=stages,
        models=models,
        demo_models=demo_models,
        master=master,
        conf=spark_settings(conf),
        fused=fused,
        reports=reports,
        has_reports=not no_report,
        incomplete=names(incomplete),
        allow_loss=allow_loss,
        outcome=outcome,
        after=after,
    )
    raise typer.Exit(run_days(request, open_console()))
