"""Simulates a store-day and writes it: inbox, stores and truth, as a shop and its devices would.

    <out>/inbox/<store>/<date>/footage/<camera>/*.mp4, rfid/<reader>/*, sales/*.csv
    <out>/stores/<store>.yaml, <store>.products.csv
    <out>/truth/<store>/<date>/*.parquet

At level `events` there is no footage and there are no reads: the tables that detectors would have
made of them are returned, for the caller to put into a lake.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa

from storeday.simulate.events import event_tables
from storeday.simulate.people import make_world
from storeday.simulate.products import Catalogue, products_csv
from storeday.simulate.radio_settings import RadioSettings
from storeday.simulate.rig import rigs
from storeday.simulate.sales import sales_csv
from storeday.simulate.scenario import Scenario, ScenarioError
from storeday.simulate.seeds import seed_for
from storeday.simulate.sketch import sketch_world
from storeday.simulate.store import Store, manifest_text
from storeday.simulate.truth import write_boxes, write_truth
from storeday.simulate.world import STEP_S, World

Level = Literal["footage", "events"]
# Called with what is being made, steps done and steps in all.
Progress = Callable[[str, int, int], None]
EVENTS_STEP_S = 1.0


@dataclass(frozen=True)
class SimulatedDay:
    """What was written.

    Attributes:
        store_id: Store.
        business_date: Date.
        inbox: Root of the inbox.
        stores: Folder of the manifest and the products file.
        truth: Root of the truth.
        world: The truth itself.
        tables: At level `events`: tables by name, without the stamps of store-day and run; empty at
            level `footage`.
    """

    store_id: str
    business_date: dt.date
    inbox: Path
    stores: Path
    truth: Path
    world: World
    tables: dict[str, pa.Table] = field(default_factory=dict)


def simulate_store_day(
    scenario: Scenario,
    seed: int,
    out: Path,
    level: Level,
    progress: Progress | None = None,
    workers: int = 1,
) -> SimulatedDay:
    """Simulates a store-day.

    Args:
        scenario: The scenario.
        seed: Seed of all chance; the same seed gives the same files.
        out: Folder for `inbox/`, `stores/` and `truth/`; other store-days in it stay.
        level: `footage` writes footage and reader logs; `events` returns tables instead.
        progress: Called now and then.
        workers: Processes that render cameras; with more than one, one more makes the reads.

    Returns:
        What was written, and the truth.

    Raises:
        ScenarioError: The population is only sketched, and footage is wanted.
    """
    world, store, catalogue = _world(scenario, seed, level)
    store_id, date = scenario.store.store_id, scenario.store.business_date
    made = SimulatedDay(store_id, date, out / "inbox", out / "stores", out / "truth", world)
    inbox = made.inbox / store_id / date.isoformat()
    truth = made.truth / store_id / date.isoformat()
    made.stores.mkdir(parents=True, exist_ok=True)
    (inbox / "sales").mkdir(parents=True, exist_ok=True)
    _write(made.stores / f"{store_id}.yaml", manifest_text(world.layout))
    listed = products_csv(scenario, store, catalogue, seed_for(seed, "files"))
    _write(made.stores / f"{store_id}.products.csv", listed)
    _write(inbox / "sales" / "receipts.csv", sales_csv(world, catalogue))
    write_truth(world, truth)
    if level == "events":
        write_boxes([], truth)
        rng = np.random.default_rng(seed_for(seed, "detectors"))
        return dataclasses.replace(made, tables=event_tables(world, scenario, rng))
    _write_device_files(scenario, world, seed, (inbox, truth), progress, workers)
    return made


def _world(scenario: Scenario, seed: int, level: Level) -> tuple[World, Store, Catalogue]:
    if scenario.population == "played":
        return make_world(scenario, seed, STEP_S if level == "footage" else EVENTS_STEP_S)
    if level == "footage":
        raise ScenarioError(
            f"{scenario.name}: population is sketched, which has no bodies to film; expected "
            "level events, or population played"
        )
    return sketch_world(scenario, seed)


def radio_settings(scenario: Scenario) -> RadioSettings:
    """The radio's settings, as far as a scenario has knobs for them."""
    knobs, base = scenario.readers, RadioSettings()
    return dataclasses.replace(
        base,
        channel=dataclasses.replace(base.channel, antenna_height_m=knobs.antenna_height_m),
        inventory=dataclasses.replace(base.inventory, quiet_s=knobs.tag_quiet_s),
        report=dataclasses.replace(
            base.report,
            region="fcc" if knobs.region == "fcc50" else "etsi",
            shuffled_share=knobs.out_of_order_share,
            has_phase=knobs.has_phase,
        ),
    )


def _write_device_files(
    scenario: Scenario,
    world: World,
    seed: int,
    folders: tuple[Path, Path],
    progress: Progress | None,
    workers: int,
) -> None:
    # Rendering needs a video library, which level `events` does without.
    from storeday.simulate.radio import write_reads  # noqa: PLC0415
    from storeday.simulate.render import write_footage  # noqa: PLC0415

    inbox, truth = folders
    reads = partial(write_reads, world, radio_settings(scenario), inbox, seed)
    with ExitStack() as stack:
        if workers > 1:
            # Beside the cameras: on two cores they leave gaps that the reads fill.
            pool = ProcessPoolExecutor(1, get_context("spawn"))
            finish = stack.enter_context(pool).submit(reads).result
        else:
            finish = reads
        write_footage(
            world,
            rigs(scenario, world.layout),
            inbox,
            truth,
            seed,
            progress=progress,
            segment_s=scenario.cameras.segment_s,
            workers=workers,
        )
        finish()
    if progress is not None:
        progress("reads", 1, 1)


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8", newline="\n")
