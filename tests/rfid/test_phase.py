"""The phase turn and what a window's is compared with, on planted motion and against loops."""

import numpy as np
import pyarrow as pa
import pytest
from radio_cases import random_reads, reads_table

from storeday.rfid.phase import phase_parts
from storeday.rfid.quiet import sides
from storeday.rfid.settings import RfidSettings
from storeday.rfid.tag_reads import tag_reads
from storeday.rfid.windows import cut_windows

SETTINGS = RfidSettings(window_lengths_s=(8.0,))


def measure(table):
    reads = tag_reads(table)
    windows = cut_windows(reads, SETTINGS)
    return reads, windows, phase_parts(reads, windows, SETTINGS)


def hopping(rng, moves=False, jumps=0.0, length_s=160.0, turned_s=1e9):
    """One tag read 10 times a second over 50 channels; moves or hangs anew when asked."""
    time_s = np.arange(0, length_s, 0.1)
    rows = len(time_s)
    channel = rng.integers(0, 50, rows)
    moving = moves & (time_s // 8 == 10)
    phase = rng.uniform(0, 2 * np.pi, 50)[channel] + rng.normal(0, 0.135, rows)
    phase += np.where(moving, 3 * np.sin(time_s), 0) + np.where(time_s >= turned_s, 0.7, 0)
    phase += np.pi * (rng.random(rows) < jumps)
    rssi = -60 + rng.normal(0, 0.5, rows)
    return reads_table(
        time_s, ["A1"] * rows, [1] * rows, rssi, phase % (2 * np.pi), 902.75 + 0.5 * channel
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_spread_and_change_are_those_of_a_loop_over_the_turns(seed):
    _, windows, found = measure(random_reads(np.random.default_rng(seed), 600))
    for window in range(len(windows.first)):
        begin = windows.first[window]
        own = found.turns[begin : begin + windows.rows[window]]
        own = own[own != 0]
        series = np.repeat(windows.series, windows.rows) == windows.series[window]
        place = np.arange(len(found.turns))
        known = series & (found.turns != 0)
        before = found.turns[known & (place < begin)][-5:]
        after = found.turns[known & (place >= begin + windows.rows[window])][:5]
        away = [
            1 - np.mean(np.cos(np.angle(own) - np.angle(near.sum())))
            for near in (before, after)
            if len(near) >= 2 and len(own)
        ]
        where = f"seed {seed}, window {window}"
        if away:
            assert found.away[window] == pytest.approx(min(away), abs=1e-4), where
            assert found.change[window] == pytest.approx(max(away), abs=1e-4), where
        else:
            assert np.isnan(found.away[window])
        if len(own) >= 2:
            length = min(max(abs(own.mean()), 1e-6), 1)
            assert found.spread_rad[window] == pytest.approx(
                np.sqrt(-2 * np.log(length)) / 2, abs=1e-3
            )


def test_hops_and_half_turns_do_not_count_as_motion():
    *_, found = measure(hopping(np.random.default_rng(7), jumps=0.09))
    assert np.median(found.spread_rad) == pytest.approx(0.15, abs=0.03)
    assert found.spread_rad.max() < 0.25
    assert found.change.max() < 0.3


def test_motion_is_seen_where_it_is():
    *_, found = measure(hopping(np.random.default_rng(8), moves=True, jumps=0.02))
    assert np.argmax(found.spread_rad) == np.argmax(found.away) == 10
    assert found.spread_rad[10] > 4 * np.median(found.spread_rad)


def test_a_new_place_is_a_change_beside_it_and_no_motion_later():
    # Hung elsewhere at the end of a window, in the middle of the day: one plain mean would fail.
    *_, found = measure(hopping(np.random.default_rng(9), length_s=320.0, turned_s=160.0))
    assert found.away.max() < 0.3
    assert set(np.flatnonzero(found.change > 0.5)) <= {19, 20}
    assert found.change[[19, 20]].max() > 0.5
    assert found.spread_rad.max() < 0.3


def test_no_phase_or_no_channel_no_parts():
    table = hopping(np.random.default_rng(10))
    nothing = pa.nulls(table.num_rows, pa.float64())
    for name in ("phase_rad", "frequency_mhz"):
        place = table.column_names.index(name)
        *_, found = measure(table.set_column(place, name, nothing))
        assert np.isnan(found.spread_rad).all()
        assert np.isnan(found.away).all()
        assert not found.reads.any()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sides_are_the_nearest_reads_of_the_series(seed):
    rng = np.random.default_rng(seed)
    reads = tag_reads(random_reads(rng, 400))
    windows = cut_windows(reads, SETTINGS)
    near = sides(windows, windows.rows, 5)
    values = rng.normal(size=len(reads.series))
    sums = near.sums(values)
    place = np.arange(len(values))
    for window in range(len(windows.first)):
        series = reads.series == windows.series[window]
        begin, end = windows.first[window], windows.first[window] + windows.rows[window]
        for side, chosen in enumerate(
            (place[series & (place < begin)][-5:], place[series & (place >= end)][:5])
        ):
            assert near.counts[side][window] == len(chosen)
            assert sums[side][window] == pytest.approx(values[chosen].sum(), abs=1e-9)
