"""`storeday simulate`: writes a store-day with exact truth."""

import logging
from pathlib import Path
from typing import Literal

import pyarrow as pa
from rich.console import Console
from rich.progress import Progress, TaskID

from storeday.contracts import empty, load_contract
from storeday.lake.lake import Lake
from storeday.lake.session import spark_session
from storeday.lake.store_day import StoreDay
from storeday.manifest import manifest_from_text
from storeday.shop_files import parse_products, parse_sales
from storeday.simulate import SimulatedDay, load_scenario, simulate_store_day

LOGGER = logging.getLogger("storeday")

Level = Literal["footage", "events"]


def simulate(
    scenario: str, seed: int, out: Path, level: Level, hours: float | None, console: Console
) -> SimulatedDay:
    """Simulates a store-day and writes inbox, stores, truth and, at level `events`, a lake.

    Args:
        scenario: Name of a scenario that ships, or path of a YAML file.
        seed: Seed of all chance.
        out: Folder to write to.
        level: `footage` or `events`.
        hours: Hours to simulate instead of the scenario's opening time.
        console: Where progress goes.

    Raises:
        ScenarioError: The scenario is not valid; all faults at once.
    """
    chosen = load_scenario(scenario, hours=hours)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks: dict[str, TaskID] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)

        made = simulate_store_day(chosen, seed, out, level, progress=report, workers=2)
    if made.tables:
        _write_lake(made, out / "lake")
    LOGGER.info("simulated %s/%s under %s", made.store_id, made.business_date, out)
    return made


def _write_lake(made: SimulatedDay, root: Path) -> None:
    """Writes the tables of level `events`, from which `--from-stage calibrate` can start."""
    day = StoreDay(made.store_id, made.business_date)
    lake = Lake(spark_session("storeday simulate"), str(root))
    for name, rows in (dict(made.tables) | shop_tables(made)).items():
        lake.replace_from_arrow(name, rows, day)


def shop_tables(made: SimulatedDay) -> dict[str, pa.Table]:
    """The shop's own files as the stage `parse` would read them: products, and the till's receipts.

    Args:
        made: A simulated day.

    Returns:
        Rows of `bronze.products` and `bronze.sales`.
    """
    manifest = made.stores / f"{made.store_id}.yaml"
    layout = manifest_from_text(
        manifest.read_text("utf-8"), str(manifest), made.business_date, made.store_id
    )
    registers = [till.register_id for till in layout.checkouts]
    inbox = made.inbox / made.store_id / made.business_date.isoformat()
    files = sorted((inbox / "sales").glob("*.csv"))
    sales = [
        parse_sales(file, f"sales/{file.name}", layout.timezone, registers).rows for file in files
    ]
    none = empty(load_contract("bronze.sales"))
    return {
        "bronze.products": parse_products(
            made.stores / f"{made.store_id}.products.csv", made.business_date
        ).rows,
        "bronze.sales": pa.concat_tables(sales) if sales else none,
    }
