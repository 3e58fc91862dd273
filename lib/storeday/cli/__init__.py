"""The command line: `storeday VERB …`; one module per group of verbs.

Exit codes: 0 all done, 1 some store-days failed, 2 wrong usage or manifest, 3 another run holds
some store-days, 4 some are sealed.
"""

# Each module hangs its verbs on the application.
from storeday.cli import (
    audits,
    backfills,
    comparisons,
    days,
    labels,
    maintenance,
    model_files,
    reports,
    setting_up,
    simulated,
    upkeep,
    words,
)
from storeday.cli.app import app

__all__ = [
    "app",
    "audits",
    "backfills",
    "comparisons",
    "days",
    "labels",
    "main",
    "maintenance",
    "model_files",
    "reports",
    "setting_up",
    "simulated",
    "upkeep",
    "words",
]


def main() -> None:
    """Entry point of the `storeday` program and of the jobs."""
    app()
