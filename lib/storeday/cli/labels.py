"""Verbs for a shop's own labels: `label export`."""

import datetime as dt
import logging
from pathlib import Path
from typing import Annotated

import typer

from storeday.cli.app import app
from storeday.cli.console import open_console
from storeday.cli.options import LakeRoot, OneDate, OneStore, Stores
from storeday.commands.label_export import LabelExportRequest, export_labels
from storeday.commands.run_days import WRONG_USE
from storeday.lake.store_day import StoreDay
from storeday.stages.plan import Places

LOGGER = logging.getLogger("storeday")
labels = typer.Typer(help="Pictures to label by hand.", no_args_is_help=True)
app.add_typer(labels, name="label")


@labels.callback()
def label_group() -> None:
    """Pictures to label by hand."""


@labels.command("export")
def label_export(
    stores: Stores,
    lake: LakeRoot,
    store: OneStore,
    date: OneDate,
    out: Annotated[Path, typer.Option(help="Folder to make.")],
    count: Annotated[int, typer.Option(help="Pictures.", min=1)] = 500,
    examined: Annotated[int, typer.Option(help="Boxes whose motion is measured.", min=1)] = 2000,
    seed: Annotated[int, typer.Option(help="Seed of what is drawn by chance.")] = 1,
) -> None:
    """Export unhidden pictures of people at displays, where the manifest states a purpose."""
    open_console()
    request = LabelExportRequest(
        places=Places("", stores, lake),
        day=StoreDay(store, date.date()),
        out=out,
        today=dt.datetime.now(dt.UTC).date(),
        count=count,
        examined=examined,
        seed=seed,
    )
    try:
        written = export_labels(request)
    except ValueError as error:
        LOGGER.error("label export: %s", error)
        raise typer.Exit(WRONG_USE) from error
    LOGGER.info("%d pictures in %s; fill in column handles of labels.csv", written, out)
