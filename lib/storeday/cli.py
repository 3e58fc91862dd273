"""The command line: `storeday VERB …`.

Exit codes: 0 all done, 1 some store-days failed, 2 wrong usage or manifest.
"""

import datetime as dt
import logging
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.logging import RichHandler

from storeday import __version__
from storeday.commands.audit_script import ScriptRequest, write_script
from storeday.commands.demo import run_demo
from storeday.commands.explain import explain_interaction
from storeday.commands.run_audit import AuditRequest, run_audit
from storeday.commands.run_days import WRONG_USE, Request, run_days
from storeday.commands.simulate import simulate
from storeday.commands.table_reference import table_reference
from storeday.lake.lake import Lake
from storeday.lake.session import spark_session
from storeday.lake.store_day import StoreDay
from storeday.simulate import ScenarioError
from storeday.stages.plan import Places

app = typer.Typer(
    help="Turns closed days of a shop into tables: who handled which product, where and when.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)

Inbox = Annotated[str, typer.Option(help="Root of the inbox: STORE/DATE/{footage,rfid,sales}.")]
Stores = Annotated[str, typer.Option(help="Folder of manifests and products files.")]
LakeRoot = Annotated[str, typer.Option("--lake", help="Root of the lake.")]
Store = Annotated[list[str], typer.Option("--store", help="Store; may be repeated.")]
Date = Annotated[
    list[dt.datetime],
    typer.Option("--date", formats=["%Y-%m-%d"], help="Business date; may be repeated."),
]
Models = Annotated[str, typer.Option(help="Model manifest (YAML); needed by stage infer.")]
Salts = Annotated[str, typer.Option(help="Folder of the salts; LAKE-salts where not given.")]
Master = Annotated[str, typer.Option(help="Spark master, where spark-submit does not give one.")]
Conf = Annotated[
    list[str] | None, typer.Option("--conf", help="Spark setting KEY=VALUE; may be repeated.")
]
Fused = Annotated[
    bool, typer.Option("--fused", help="Decode and infer in one task; no frames are kept.")
]
FromStage = Annotated[str, typer.Option(help="Start here, from tables that are already there.")]


@app.command()
def nightly(
    inbox: Inbox,
    stores: Stores,
    lake: LakeRoot,
    store: Store,
    date: Date,
    models: Models = "",
    salts: Salts = "",
    from_stage: FromStage = "",
    master: Master = "local[*]",
    conf: Conf = None,
    fused: Fused = False,
) -> None:
    """Run every stage for some store-days: each store, each date."""
    request = Request(
        places=Places(inbox, stores, lake, salts),
        stores=store,
        dates=[moment.date() for moment in date],
        from_stage=from_stage,
        models=models,
        master=master,
        conf=_settings(conf),
        fused=fused,
    )
    raise typer.Exit(run_days(request, _console()))


@app.command()
def run(
    stages: Annotated[list[str], typer.Argument(help="Stages, or ingest, see, understand.")],
    inbox: Inbox,
    stores: Stores,
    lake: LakeRoot,
    store: Store,
    date: Date,
    models: Models = "",
    salts: Salts = "",
    master: Master = "local[*]",
    conf: Conf = None,
    fused: Fused = False,
) -> None:
    """Run some stages, or groups of stages, for some store-days."""
    request = Request(
        places=Places(inbox, stores, lake, salts),
        stores=store,
        dates=[moment.date() for moment in date],
        stages=stages,
        models=models,
        master=master,
        conf=_settings(conf),
        fused=fused,
    )
    raise typer.Exit(run_days(request, _console()))


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
    console = _console()
    try:
        simulate(scenario, seed, out, level, hours, console)
    except ScenarioError as error:
        logging.getLogger("storeday").error("%s", error)
        raise typer.Exit(WRONG_USE) from error


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
    store: Annotated[list[str] | None, typer.Option("--store", help="Store; repeats.")] = None,
    date: Annotated[
        list[dt.datetime] | None,
        typer.Option("--date", formats=["%Y-%m-%d"], help="Business date; repeats."),
    ] = None,
    out: Annotated[Path, typer.Option(help="JSON file to write.")] = Path("audit.json"),
    master: Master = "local[*]",
) -> None:
    """Measure a lake against truth or hand labels, or (--self) against the day itself."""
    dates = [moment.date() for moment in date or []]
    request = AuditRequest(lake, truth, itself, stores, store or [], dates, out, master)
    _console()
    raise typer.Exit(run_audit(request))


@app.command("audit-script")
def audit_script_command(
    stores: Stores,
    store: Annotated[str, typer.Option("--store", help="Store.")],
    starts: Annotated[
        dt.datetime,
        typer.Option(formats=["%Y-%m-%dT%H:%M"], help="Start of the hour, by the local clock."),
    ],
    truth: Annotated[Path, typer.Option(help="Folder of truth, for the form to fill in.")],
    seed: Annotated[int, typer.Option(help="Seed of the draw.")] = 0,
) -> None:
    """Print 200 pick-ups for two people and an hour; their form is truth for `audit --truth`."""
    _console()
    raise typer.Exit(write_script(ScriptRequest(stores, store, starts, truth, seed)))


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("demo"),
    seed: Annotated[int, typer.Option(help="Seed of all chance.")] = 7,
    master: Master = "local[*]",
) -> None:
    """Simulate a small store-day, run the whole job on it, and say where the tables are."""
    raise typer.Exit(run_demo(out, seed, master, _console()))


@app.command("explain")
def explain_command(
    interaction: Annotated[str, typer.Argument(help="Id of an interaction or of its rummage.")],
    lake: LakeRoot,
    store: Annotated[str, typer.Option(help="Store.")],
    date: Annotated[dt.datetime, typer.Option(formats=["%Y-%m-%d"], help="Business date.")],
    svg: Annotated[Path | None, typer.Option(help="File for a drawing.")] = None,
    master: Master = "local[*]",
) -> None:
    """Tell why an interaction has its customer: candidates, evidence, the solver's choices."""
    _console()
    opened = Lake(spark_session("storeday explain", master), lake)
    try:
        found = explain_interaction(opened, StoreDay(store, date.date()), interaction, svg)
    except KeyError as error:
        logging.getLogger("storeday").error("%s", error.args[0])
        raise typer.Exit(WRONG_USE) from error
    typer.echo(found.text)


@app.command()
def tables() -> None:
    """Print the reference of all tables, as Markdown."""
    typer.echo(table_reference(), nl=False)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Entry point of the `storeday` program and of the jobs."""
    app()


def _settings(conf: list[str] | None) -> dict[str, str]:
    pairs = {}
    for item in conf or []:
        key, separator, value = item.partition("=")
        if not separator:
            raise typer.BadParameter(f"{item!r}; expected KEY=VALUE", param_hint="--conf")
        pairs[key] = value
    return pairs


def _console() -> Console:
    """Sets logging up: live lines on a terminal, plain ones elsewhere."""
    console = Console(stderr=True)
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    if console.is_terminal:
        handler = RichHandler(console=console, show_path=False)
        handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("storeday")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return console
