"""Reads and truth that the figures of the rummage score are measured on.

ItemTest (corentinbouton/RFID-tags-detection, MIT): five runs, about 170 tags at once, RSSI only; a
label holds for a whole run. UCI set 427 (CC BY 4.0): 87 trials of one worn tag, with phase; a label
stands beside each read. Simulated days: `storeday.simulate`, exact truth, called simulated.
"""

import datetime as dt
import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import yaml
from measure import real_data

SCENARIO = Path(__file__).parent / "scenarios" / "rfid_small_store.yaml"
ITEMTEST = "rfid/itemtest-moving-vs-stationary/data/raw"
UCI = "rfid/uci-batteryless/data/raw"
WALKING = 4
UTC_US = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class Run:
    """Reads of one run, trial or day of one reader.

    Attributes:
        name: Its name.
        reads: Rows of `bronze.rfid_reads`.
        label: Truth of each read: 1 moving, 0 still, -1 unknown.
    """

    name: str
    reads: pa.Table
    label: np.ndarray


@functools.cache
def itemtest_runs() -> list[Run]:
    """The five runs; a read's label is its tag's."""
    from storeday.manifest import Reader, ReaderLog
    from storeday.reader_logs import parse_log

    folder = real_data() / ITEMTEST
    labels = {}
    for value, pattern in ((1, "actual=moving__q=100*.csv"), (0, "actual=stationary__q=*.csv")):
        for path in (folder / "labels").glob(pattern):
            labels |= dict.fromkeys(path.read_text().split(), value)
    reader = Reader(id="portal", log=ReaderLog(format="itemtest_csv"))
    runs = []
    for path in sorted(folder.glob("runs*/*.csv")):
        batches = parse_log(path, reader, f"rfid/portal/{path.name}")
        reads = pa.concat_tables(batch.reads for batch in batches)
        label = np.array([labels.get(epc, -1) for epc in reads["epc"].to_pylist()])
        runs.append(Run(path.stem, reads, label))
    assert len(runs) == 5
    return runs


@functools.cache
def uci_trials() -> list[Run]:
    """The 87 trials; a read's label says whether the wearer walks.

    Each trial is its own tag, an hour after the one before, and each room its own reader.
    """
    from storeday.manifest import LogFile, Reader, ReaderLog
    from storeday.reader_logs import parse_log

    columns = {"time": 0, "antenna": 4, "rssi": 5, "phase": 6, "frequency": 7}
    start = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
    trials = []
    for place, path in enumerate(sorted((real_data() / UCI).glob("S*_Dataset/d*p*"))):
        room = path.parent.name[:2]
        file = LogFile(time_origin=start + dt.timedelta(hours=place), epc=f"{place:04X}")
        log = ReaderLog(
            format="generic_csv",
            header=False,
            columns=columns,
            units={"time": "s"},
            files={path.name: file},
        )
        batches = parse_log(path, Reader(id=room, log=log), f"rfid/{room}/{path.name}")
        reads = pa.concat_tables(batch.reads for batch in batches)
        activity = np.loadtxt(path, delimiter=",", usecols=8).astype(int)
        label = (activity[reads["source_line"].to_numpy() - 1] == WALKING).astype(int)
        trials.append(Run(f"{room}/{path.name}", reads, label))
    assert len(trials) == 87
    return trials


@dataclass(frozen=True)
class SimulatedDay:
    """A simulated store-day.

    Attributes:
        seed: Seed of all chance.
        reads: Rows of `bronze.rfid_reads` of all readers, with the readers' clocks.
        layout: The store.
        date: The date.
        handlings: Truth, times by the reader's clock of the tag: `epc, started_us, ended_us`.
        sentinels: EPCs that nobody can reach.
        epcs: All EPCs.
        span_us: Opening and closing, by the true clock.
    """

    seed: int
    reads: pa.Table
    layout: object
    date: dt.date
    handlings: dict[str, np.ndarray]
    sentinels: frozenset[str]
    epcs: tuple[str, ...]
    span_us: tuple[int, int]


def seeds(kind: str) -> list[int]:
    """Seeds of the frozen scenario: `tuning` or `scored`."""
    return yaml.safe_load(SCENARIO.read_text())[kind]


@functools.cache
def simulated_day(seed: int) -> SimulatedDay:
    """Plays one day of the frozen scenario; half a minute or so.

    The readers' clocks are set right here: their error is another stage's matter.
    """
    from storeday.simulate import load_scenario
    from storeday.simulate.people import make_world
    from storeday.simulate.radio import simulate_reads
    from storeday.simulate.scenario import with_knobs
    from storeday.simulate.write import radio_settings

    document = yaml.safe_load(SCENARIO.read_text())
    scenario = with_knobs(load_scenario(document["scenario"]), **document["knobs"])
    world, _, _ = make_world(scenario, seed)
    start_us = round(world.starts_at.timestamp() * 1e6)
    tables = [
        _reads_table(reader, batch, world.products.epc, start_us)
        for reader, batch in simulate_reads(world, radio_settings(scenario), seed)
    ]
    held, epc = world.handlings, np.array(world.products.epc)
    opens = start_us + round(scenario.store.closed_before_s * 1e6)
    return SimulatedDay(
        seed,
        pa.concat_tables(tables),
        world.layout,
        world.business_date,
        {
            "epc": epc[held.product],
            "started_us": start_us + np.rint(held.started_s * 1e6).astype(np.int64),
            "ended_us": start_us + np.rint(held.ended_s * 1e6).astype(np.int64),
            "action": np.array(held.action),
        },
        frozenset(epc[world.products.rack < 0].tolist()),
        tuple(world.products.epc),
        (opens, opens + round(scenario.open_s * 1e6)),
    )


def _reads_table(reader: str, batch, epcs: tuple[str, ...], start_us: int) -> pa.Table:
    rows = len(batch.time_s)
    time_us = start_us + np.rint(batch.time_s * 1e6).astype(np.int64)
    return pa.table(
        {
            "reader_id": pa.repeat(reader, rows),
            "antenna": pa.array(batch.port, pa.int32()),
            "epc": pa.array(epcs, pa.string()).take(pa.array(batch.tag)),
            "device_time": pa.array(time_us).cast(UTC_US),
            "rssi_dbm": pa.array(batch.rssi_dbm, pa.float32()),
            "phase_rad": pa.array(batch.phase_rad),
            "phase_period": pa.repeat("2pi", rows),
            "frequency_mhz": pa.array(batch.frequency_mhz),
            "read_count": pa.repeat(pa.scalar(1, pa.int32()), rows),
        }
    )
