"""Options that several verbs share."""

import datetime as dt
from typing import Annotated

import typer

from storeday.lake.files import absolute_path
from storeday.lake.store_day import STORE_ID


def _one_store(given: str) -> str:
    if not STORE_ID.fullmatch(given):
        raise typer.BadParameter(f"{given!r}; expected letters, digits, '_', '-', '.', at most 64")
    return given


# Paths are made absolute before anything runs: executors have a folder of their own.
Inbox = Annotated[
    str,
    typer.Option(
        "--inbox",
        help="Root of the inbox: STORE/DATE/{footage,rfid,sales}.",
        callback=absolute_path,
    ),
]
Stores = Annotated[
    str,
    typer.Option(
        "--stores", help="Folder of manifests and products files.", callback=absolute_path
    ),
]
LakeRoot = Annotated[str, typer.Option("--lake", help="Root of the lake.", callback=absolute_path)]
Store = Annotated[
    list[str], typer.Option("--store", help="Store, or several with commas; may be repeated.")
]
Date = Annotated[
    list[dt.datetime],
    typer.Option("--date", formats=["%Y-%m-%d"], help="Business date; may be repeated."),
]
SomeStores = Annotated[
    list[str] | None,
    typer.Option("--store", help="Store, or several with commas; all where not given."),
]
SomeDates = Annotated[
    list[dt.datetime] | None,
    typer.Option(
        "--date", formats=["%Y-%m-%d"], help="Business date; may be repeated; all where not given."
    ),
]
OneStore = Annotated[str, typer.Option("--store", help="Store.", callback=_one_store)]
OneDate = Annotated[
    dt.datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="Business date.")
]
Models = Annotated[
    str,
    typer.Option(help="Model manifest (YAML), or `shipped`; what looks at footage needs one."),
]
DemoModels = Annotated[
    bool,
    typer.Option("--demo-models", help="Let models of simulated pictures look at real ones."),
]
Salts = Annotated[
    str,
    typer.Option(
        "--salts", help="Folder of the salts; LAKE-salts where not given.", callback=absolute_path
    ),
]
Master = Annotated[str, typer.Option(help="Spark master, where spark-submit does not give one.")]
Conf = Annotated[
    list[str] | None, typer.Option("--conf", help="Spark setting KEY=VALUE; may be repeated.")
]
Fused = Annotated[
    bool, typer.Option("--fused", help="Decode and infer in one task; no frames are kept.")
]
Reports = Annotated[
    str,
    typer.Option(help="Folder of the reports; LAKE-reports if not given.", callback=absolute_path),
]
NoReport = Annotated[bool, typer.Option("--no-report", help="Write no report after publish.")]
Incomplete = Annotated[
    list[str] | None,
    typer.Option(help="Store whose inbox is not complete: published as partial; as --store."),
]
AllowLoss = Annotated[
    bool, typer.Option("--allow-loss", help="Replace sealed store-days, whose input is gone, too.")
]
OutcomeFile = Annotated[
    str, typer.Option("--outcome", help="File for how each store-day ended; a retry resumes by it.")
]
After = Annotated[
    str, typer.Option(help="Outcome of an earlier part; what is not done there is left out.")
]


def names(given: list[str] | None) -> list[str]:
    """The names in an option that takes several with commas, and repeats.

    Example:
        >>> names(["s1,s2", "s3", ""])
        ['s1', 's2', 's3']
    """
    return [name.strip() for item in given or [] for name in item.split(",") if name.strip()]


def dates(given: list[dt.datetime] | None) -> list[dt.date]:
    """The dates in an option that may be repeated.

    Example:
        >>> dates([dt.datetime(2026, 11, 20)]), dates(None)
        ([datetime.date(2026, 11, 20)], [])
    """
    return [moment.date() for moment in given or []]


def spark_settings(conf: list[str] | None) -> dict[str, str]:
    """Spark settings of `--conf KEY=VALUE`.

    Raises:
        typer.BadParameter: An item without an equals sign.
    """
    pairs = {}
    for item in conf or []:
        key, separator, value = item.partition("=")
        if not separator:
            raise typer.BadParameter(f"{item!r}; expected KEY=VALUE", param_hint="--conf")
        pairs[key] = value
    return pairs
