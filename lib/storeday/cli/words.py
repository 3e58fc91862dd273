"""Verbs that tell: `explain`, `tables`, `views`, `version`."""

import logging
from pathlib import Path
from typing import Annotated, Literal

import typer

from storeday import __version__
from storeday.cli.app import app
from storeday.cli.console import open_console
from storeday.cli.options import LakeRoot, OneDate, OneStore
from storeday.commands.explain import explain_interaction, listed_interactions
from storeday.commands.run_days import WRONG_USE
from storeday.commands.table_reference import table_reference
from storeday.lake.store_day import StoreDay
from storeday.lake.views import view_statements


@app.command("explain")
def explain_command(
    lake: LakeRoot,
    store: OneStore,
    date: OneDate,
    interaction: Annotated[
        str, typer.Argument(help="Id of an interaction or of its rummage; none lists some.")
    ] = "",
    svg: Annotated[Path | None, typer.Option(help="File for a drawing.")] = None,
    count: Annotated[int, typer.Option(min=1, help="How many are listed.")] = 20,
) -> None:
    """Tell why an interaction has its customer: candidates, evidence, the solver's choices."""
    open_console()
    day = StoreDay(store, date.date())
    if not interaction:
        typer.echo("\n".join(listed_interactions(lake, day, count)))
        return
    try:
        found = explain_interaction(lake, day, interaction, svg)
    except KeyError as error:
        logging.getLogger("storeday").error("%s", error.args[0])
        raise typer.Exit(WRONG_USE) from error
    typer.echo(found.text)


@app.command()
def tables() -> None:
    """Print the reference of all tables, as Markdown."""
    typer.echo(table_reference(), nl=False)


@app.command()
def views(
    lake: LakeRoot,
    dialect: Annotated[
        Literal["duckdb", "spark", "names"],
        typer.Option(help="duckdb: by delta_scan; spark: by path; names: registered relations."),
    ] = "duckdb",
) -> None:
    """Print the statements that make the analysts' views."""
    for statement in view_statements(lake, dialect).values():
        typer.echo(f"{statement};\n")


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)
