"""Verbs for models: `models check`."""

from typing import Annotated

import typer
from rich.console import Console

from storeday.cli.app import app
from storeday.cli.console import open_console
from storeday.commands.models_check import check_models

models = typer.Typer(help="Models and their manifest.", no_args_is_help=True)
app.add_typer(models, name="models")


@models.callback()
def models_group() -> None:
    """Models and their manifest."""


@models.command("check")
def models_check(
    manifest: Annotated[str, typer.Argument(help="Model manifest (YAML), or `shipped`.")],
) -> None:
    """Hold every model against its checksum, shapes and class list; 2 where one differs."""
    open_console()
    raise typer.Exit(check_models(manifest, Console()))
