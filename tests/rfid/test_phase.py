"""The phase residual, against a loop and on planted motion."""

import numpy as np
import pytest
from radio_cases import random_reads, reads_table

from storeday.rfid.phase import phase_spread
from storeday.rfid.settings import RfidSettings
from storeday.rfid.tag_reads import tag_reads
from storeday.rfid.windows import cut_windows

SEEDS = range(20261121, 20261125)
SETTINGS = RfidSettings(window_lengths_s=(8.0,))


def spreads(table, settings=SETTINGS):
    reads = tag_reads(table)
    windows = cut_windows(reads, settings)
    rssi = np.full(len(windows.first), np.nan)
    for window in np.flatnonzero(windows.rows >= settings.min_reads):
        rssi[window] = reads.rssi_dbm[windows.first[window] :][: windows.rows[window]].std(ddof=1)
    return reads, windows, rssi, phase_spread(reads, windows, rssi, settings)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_spread_is_that_of_a_loop(seed):
    reads, windows, rssi, found = spreads(random_reads(np.random.default_rng(seed), 500))
    window_of = windows.of_reads()
    quiet = np.zeros(len(rssi), bool)
    for series in np.unique(windows.series):
        own = np.flatnonzero((windows.series == series) & ~np.isnan(rssi))
        if len(own):
            quiet[own] = rssi[own] <= np.sort(rssi[own])[(len(own) - 1) // 2]
    for window in range(len(rssi)):
        residuals = []
        for read in np.flatnonzero(window_of == window):
            others = np.flatnonzero(
                (reads.series == reads.series[read])
                & (reads.channel == reads.channel[read])
                & quiet[window_of]
                & (np.arange(len(window_of)) != read)
            )
            if len(others) >= 2:
                reference = np.exp(2j * reads.phase_rad[others]).mean()
                residuals.append(2 * reads.phase_rad[read] - np.angle(reference))
        if len(residuals) < 4:
            assert np.isnan(found[window])
        else:
            length = abs(np.exp(1j * np.array(residuals)).mean())
            expected = np.sqrt(-2 * np.log(length)) / 2
            assert found[window] == pytest.approx(expected, abs=1e-9), f"seed {seed}"


def hopping(rng, moves, jumps=0.0, length_s=160.0):
    """One tag read 10 times a second over 50 channels; it moves when asked."""
    time_s = np.arange(0, length_s, 0.1)
    rows = len(time_s)
    channel = rng.integers(0, 50, rows)
    moving = moves & (time_s // 8 == 10)
    phase = rng.uniform(0, 2 * np.pi, 50)[channel] + rng.normal(0, 0.135, rows)
    phase += np.where(moving, 3 * np.sin(time_s), 0)
    phase += np.pi * (rng.random(rows) < jumps)
    rssi = -60 + rng.normal(0, 0.5, rows)
    return reads_table(
        time_s, ["A1"] * rows, [1] * rows, rssi, phase % (2 * np.pi), 902.75 + 0.5 * channel
    )


def test_hops_and_half_turns_do_not_count_as_motion():
    rng = np.random.default_rng(7)
    *_, spread = spreads(hopping(rng, moves=False, jumps=0.09))
    assert np.median(spread) == pytest.approx(0.15, abs=0.03)
    assert spread.max() < 0.25


def test_motion_is_seen_where_it_is():
    *_, spread = spreads(hopping(np.random.default_rng(8), moves=True, jumps=0.02))
    assert np.argmax(spread) == 10
    assert spread[10] > 4 * np.median(spread)


def test_a_new_place_is_no_motion():
    table = hopping(np.random.default_rng(9), moves=False)
    phase = table["phase_rad"].to_numpy().copy()
    phase[len(phase) * 5 // 8 :] += 1.0
    moved = table.set_column(5, "phase_rad", [phase % (2 * np.pi)])
    *_, spread = spreads(moved)
    # Twelve of twenty windows at the old place, whose end falls on a window's.
    assert np.all(np.delete(spread, 12) < 0.3)


def test_no_phase_or_no_channel_no_spread():
    rng = np.random.default_rng(10)
    table = hopping(rng, moves=False)
    import pyarrow as pa

    nothing = pa.nulls(table.num_rows, pa.float64())
    for place, name in ((5, "phase_rad"), (6, "frequency_mhz")):
        *_, spread = spreads(table.set_column(place, name, nothing))
        assert np.isnan(spread).all()
