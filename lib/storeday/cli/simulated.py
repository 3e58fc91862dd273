"""Verbs that make simulated store-days: `simulate`, `demo`."""

import logging
from pathlib import Path
from typing import Annotated, Literal

import typer

from storeday.cli.app import app
from storeday.cli.console import open_console
from storeday.cli.options import Master
from storeday.commands.demo import run_demo
from storeday.commands.run_days import WRONG_USE
from storeday.commands.simulate import simulate
from storeday.simulate import ScenarioError


@app.command("simulate")
def simulate_command(
    scenario: Annotated[str, typer.Option(help="Name of a scenario, or a YAML file.")],
    out: Annotated[Path, typer.Option(help="Folder for inbox, stores, truth (and lake).")],
    seed: Annotated[int, typer.Option(help="Seed of all chance.")] = 0,
    level: Annotated[
        Literal["footage", "events"], typer.Option(help="Files of devices, or silver tables.")
    ] = "footage",
    hours: Annotated[float | None, typer.Option(help="Hours instead of the whole day.")] = None,
) -> None:
    """Write a simulated store-day with exact truth."""
    console = open_console()
    try:
        simulate(scenario, seed, out, level, hours, console)
    except ScenarioError as error:
        logging.getLogger("storeday").error("%s", error)
        raise typer.Exit(WRONG_USE) from error


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("demo"),
    seed: Annotated[int, typer.Option(help="Seed of all chance.")] = 7,
    master: Master = "local[*]",
) -> None:
    """Simulate a small store-day, run the whole job on it, and say where the tables are."""
    raise typer.Exit(run_demo(out, seed, master, open_console()))
