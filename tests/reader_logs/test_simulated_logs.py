"""Simulated logs: what the simulator's readers read is what comes out of the parser."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from storeday.manifest import manifest_from_text
from storeday.reader_logs import parse_log
from storeday.simulate import load_scenario
from storeday.simulate.people import make_world
from storeday.simulate.radio import simulate_reads, write_reads
from storeday.simulate.scenario import scenario_names
from storeday.simulate.store import manifest_text
from storeday.simulate.world import STEP_S
from storeday.simulate.write import radio_settings

SEED = 20261124
# Half a minute before opening, in which staff alone move: enough to read some thousand tags.
SECONDS = 30.0
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
PLAYED = [name for name in scenario_names() if load_scenario(name).population == "played"]


def simulated(world, settings):
    """Reader, device time (us), tag, port, strength, phase and frequency of each read, sorted."""
    start_us = (world.starts_at - EPOCH) // dt.timedelta(microseconds=1)
    rows = []
    for reader, batch in simulate_reads(world, settings, SEED):
        shown_us = start_us + np.rint(world.clocks[reader].reads(batch.time_s) * 1e6)
        columns = (
            shown_us.astype(np.int64).tolist(),
            [world.products.epc[tag] for tag in batch.tag.tolist()],
            batch.port.tolist(),
            batch.rssi_dbm.tolist(),
            batch.phase_rad.tolist(),
            batch.frequency_mhz.tolist(),
        )
        rows += [(reader, *row) for row in zip(*columns, strict=True)]
    return sorted(rows)


def parsed(folder, layout):
    """The same of the logs in a folder; rejects and repeats apart."""
    rows, left_out = [], 0
    for reader in layout.readers:
        for path in sorted((folder / "rfid" / reader.id).iterdir()):
            for batch in parse_log(path, reader, f"rfid/{reader.id}/{path.name}", 5_000):
                left_out += batch.rejects.num_rows + batch.repeats + batch.passed_over
                assert batch.has_own_time.all()
                rows += [
                    (
                        reader.id,
                        (read["device_time"] - EPOCH) // dt.timedelta(microseconds=1),
                        read["epc"],
                        read["antenna"],
                        read["rssi_dbm"],
                        read["phase_rad"],
                        read["frequency_mhz"],
                    )
                    for read in batch.reads.to_pylist()
                ]
    return sorted(rows), left_out


@pytest.mark.parametrize("name", PLAYED)
def test_a_scenario_s_logs_parse_to_the_reads_that_were_simulated(tmp_path, name):
    scenario = load_scenario(name, hours=0.02)
    world, *_ = make_world(scenario, SEED, STEP_S)
    world = replace(world, duration_s=SECONDS)
    settings = radio_settings(scenario)
    settings = replace(settings, report=replace(settings.report, chunk_s=10.0, file_s=20.0))
    write_reads(world, settings, tmp_path, SEED)
    text = manifest_text(world.layout)
    layout = manifest_from_text(text, "manifest", world.business_date, world.layout.store_id)
    found, left_out = parsed(tmp_path, layout)
    expected = simulated(world, settings)
    assert left_out == 0
    assert len(found) == len(expected) > 500
    assert [row[:4] for row in found] == [row[:4] for row in expected]
    found_values = np.array([row[4:] for row in found])
    values = np.array([row[4:] for row in expected])
    # As written: 0.01 dBm, 0.01 degrees or 0.0001 rad (a turn is no turn), 1 kHz.
    gap = np.abs(found_values - values)
    gap[:, 1] = np.minimum(gap[:, 1], 2 * np.pi - gap[:, 1])
    assert (gap.max(axis=0) <= [0.0051, 1e-4, 6e-4]).all(), gap.max(axis=0)
