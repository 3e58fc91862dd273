"""A night of many stores: a few simulated store-days, each under the names of many stores."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from storeday.commands.simulate import shop_tables
from storeday.contracts import conform, load_contract
from storeday.lake.ddl import spark_schema
from storeday.lake.lake import Lake
from storeday.simulate import SimulatedDay, load_scenario, simulate_store_day
from storeday.stages.plan import Places


@dataclass(frozen=True)
class Night:
    """What is simulated for a night.

    Attributes:
        scenario: Name of a scenario.
        hours: Hours of opening.
        seeds: One distinct day each; stores take them in turn.
        stores: Names of the stores.
    """

    scenario: str
    hours: float
    seeds: tuple[int, ...]
    stores: tuple[str, ...]


def make_night(night: Night, root: Path, lake: Lake) -> list[SimulatedDay]:
    """Writes inboxes, manifests and the tables that `calibrate` starts from, for every store.

    Args:
        night: What is simulated.
        root: Folder that gets `inbox` and `stores`.
        lake: The lake; one commit a table.

    Returns:
        The distinct days.
    """
    chosen = load_scenario(night.scenario, hours=night.hours)
    days = [
        simulate_store_day(chosen, seed, root / "made" / str(seed), "events")
        for seed in night.seeds
    ]
    takers = [night.stores[number :: len(days)] for number in range(len(days))]
    for made, stores in zip(days, takers, strict=True):
        for store in stores:
            _copy_files(made, store, root)
    rows = [dict(made.tables) | shop_tables(made) for made in days]
    for name in rows[0]:
        folder = root / "made" / name
        folder.mkdir()
        for number, (made, stores) in enumerate(zip(days, takers, strict=True)):
            named = _of_stores(rows[number][name], name, made, stores)
            pq.write_table(named, folder / f"{number}.parquet")
        lake.ensure([name])
        # By way of files: rows of 200 store-days do not pass through the driver's JVM at once.
        frame = lake.spark.read.schema(spark_schema(load_contract(name))).parquet(str(folder))
        frame.write.format("delta").mode("append").save(lake.path(name))
    return days


def places_of(root: Path, lake: Lake) -> Places:
    """Where a night's inboxes, manifests and tables are."""
    return Places(str(root / "inbox"), str(root / "stores"), lake.root)


def _of_stores(rows: pa.Table, name: str, made: SimulatedDay, stores: Sequence[str]) -> pa.Table:
    contract = load_contract(name)
    stamps = {"business_date": made.business_date}
    return pa.concat_tables(
        [conform(rows, contract, {"store_id": store, **stamps}) for store in stores]
    )


def _copy_files(made: SimulatedDay, store: str, root: Path) -> None:
    """A simulated day's inbox, manifest and products file under another store's name."""
    shutil.copytree(made.inbox / made.store_id, root / "inbox" / store)
    (root / "stores").mkdir(exist_ok=True)
    copy_manifest(made.stores / f"{made.store_id}.yaml", root / "stores" / f"{store}.yaml")
    products = (made.stores / f"{made.store_id}.products.csv").read_bytes()
    (root / "stores" / f"{store}.products.csv").write_bytes(products)


def copy_manifest(source: Path, target: Path) -> None:
    """A manifest under another store's name; the files are named after the stores.

    Raises:
        ValueError: The manifest does not name its store.
    """
    text, wanted = source.read_text("utf-8"), f"store_id: {source.stem}"
    if wanted not in text:
        raise ValueError(f"{source}: no line {wanted!r}")
    target.write_text(text.replace(wanted, f"store_id: {target.stem}"), "utf-8")
