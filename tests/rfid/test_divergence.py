"""Divergences against scipy and against a loop over windows in plain numpy."""

import numpy as np
import pytest
from radio_cases import random_reads, reads_table
from scipy.spatial.distance import jensenshannon

from storeday.rfid.divergence import (
    histogram_divergence,
    interpolate,
    jensen_shannon,
    power_shares,
    spectral_divergence,
)
from storeday.rfid.settings import RfidSettings
from storeday.rfid.tag_reads import tag_reads
from storeday.rfid.windows import cut_windows

SEEDS = range(20261121, 20261127)
SETTINGS = RfidSettings(window_lengths_s=(8.0,))


def scored(rng, rows=1500, settings=SETTINGS):
    reads = tag_reads(random_reads(rng, rows))
    windows = cut_windows(reads, settings)
    return reads, windows, windows.rows >= settings.min_reads


def loop_grid(reads, windows, window, points):
    rows = slice(windows.first[window], windows.first[window] + windows.rows[window])
    time_s = (reads.time_us[rows] - windows.start_us[window]) / 1e6
    # Of several reads at one time the last counts for what follows; np.interp wants distinct times.
    last = np.append(np.diff(time_s) > 0, True)
    first = np.insert(np.diff(time_s) > 0, 0, True)
    grid = np.arange(points) / 10
    after = np.interp(grid, time_s[last], reads.rssi_dbm[rows][last])
    before_values = reads.rssi_dbm[rows][first]
    result = after.copy()
    for index in range(first.sum() - 1):
        low, high = time_s[last][index], time_s[first][index + 1]
        inside = (grid >= low) & (grid < high)
        start, end = reads.rssi_dbm[rows][last][index], before_values[index + 1]
        result[inside] = start + (end - start) * (grid[inside] - low) / (high - low)
    result[grid < time_s[0]] = reads.rssi_dbm[rows][0]
    return result


def loop_shares(grid):
    power = np.abs(np.fft.rfft(grid)) ** 2
    frequency = np.fft.rfftfreq(len(grid), 0.1)
    kept = power[frequency <= 4.0 + 1e-9]
    return kept / kept.sum()


def loop_histogram(reads, windows, window):
    rows = slice(windows.first[window], windows.first[window] + windows.rows[window])
    return np.histogram(reads.rssi_dbm[rows], np.arange(-110, 1, 2.0))[0]


def neighbours(windows, enough, window):
    return (
        window > 0
        and windows.series[window] == windows.series[window - 1]
        and windows.index[window] == windows.index[window - 1] + 1
        and enough[window]
        and enough[window - 1]
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_jensen_shannon_is_scipys_distance_squared(seed):
    rng = np.random.default_rng(seed)
    left, right = rng.dirichlet(np.full(9, 0.2), (2, 50))
    left[:, 0] = 0
    left /= left.sum(axis=1, keepdims=True)
    expected = [jensenshannon(p, q, base=2) ** 2 for p, q in zip(left, right, strict=True)]
    assert np.allclose(jensen_shannon(left, right), expected, atol=1e-12), f"seed {seed}"


@pytest.mark.parametrize("seed", SEEDS)
def test_grid_and_spectra_are_those_of_a_loop(seed):
    reads, windows, enough = scored(np.random.default_rng(seed))
    chosen = np.flatnonzero(enough)
    grids = interpolate(reads, windows, chosen, 80, 10.0)
    shares = power_shares(reads, windows, chosen, SETTINGS)
    assert shares.shape == (len(chosen), 33)
    for row, window in enumerate(chosen):
        expected = loop_grid(reads, windows, window, 80)
        assert np.allclose(grids[row], expected, atol=1e-8), f"seed {seed}, window {window}"
        assert np.allclose(shares[row], loop_shares(expected), rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_divergences_of_neighbours_are_those_of_a_loop(seed):
    reads, windows, enough = scored(np.random.default_rng(seed))
    spectral = spectral_divergence(reads, windows, enough, SETTINGS)
    histogram = histogram_divergence(reads, windows, enough, SETTINGS)
    pairs = 0
    for window in range(len(windows.first)):
        if not neighbours(windows, enough, window):
            assert np.isnan(spectral[window])
            assert np.isnan(histogram[window])
            continue
        pairs += 1
        spectra = [loop_shares(loop_grid(reads, windows, w, 80)) for w in (window - 1, window)]
        assert spectral[window] == pytest.approx(jensenshannon(*spectra, base=2) ** 2, abs=1e-8)
        counts = np.array([loop_histogram(reads, windows, w) for w in (window - 1, window)])
        counts = counts[:, counts.sum(axis=0) > 0] + 0.1
        assert histogram[window] == pytest.approx(jensenshannon(*counts, base=2) ** 2, abs=1e-12)
    assert pairs > 20


def test_pieces_of_the_work_make_no_difference(monkeypatch):
    reads, windows, enough = scored(np.random.default_rng(1), 3000)
    whole = spectral_divergence(reads, windows, enough, SETTINGS)
    counts = histogram_divergence(reads, windows, enough, SETTINGS)
    monkeypatch.setattr("storeday.rfid.divergence.CHUNK_POINTS", 200)
    pieces = spectral_divergence(reads, windows, enough, SETTINGS)
    assert np.allclose(whole, pieces, atol=1e-9, equal_nan=True)
    again = histogram_divergence(reads, windows, enough, SETTINGS)
    assert np.allclose(counts, again, atol=1e-12, equal_nan=True)


def test_without_dc_a_still_tag_would_look_worse_than_a_moving_one():
    rng = np.random.default_rng(5)
    time_s = np.arange(0, 160, 0.2)
    still = reads_table(time_s, ["A1"] * 800, [1] * 800, -60 + rng.normal(0, 0.5, 800))
    swing = 6 * np.sin(0.5 * time_s) * (time_s // 8 % 2)
    moved = reads_table(time_s, ["A1"] * 800, [1] * 800, -60 + swing + rng.normal(0, 0.5, 800))
    levels = []
    for table in (still, moved):
        reads = tag_reads(table)
        windows = cut_windows(reads, SETTINGS)
        levels.append(np.nanmedian(spectral_divergence(reads, windows, windows.rows > 3, SETTINGS)))
    assert levels[1] > 20 * levels[0]


def test_a_log_without_noise_does_not_diverge():
    time_s = np.arange(0, 80, 0.5)
    reads = tag_reads(reads_table(time_s, ["A1"] * 160, [1] * 160, np.full(160, -60.0)))
    windows = cut_windows(reads, SETTINGS)
    enough = windows.rows > 3
    assert np.all(spectral_divergence(reads, windows, enough, SETTINGS)[1:] == 0)
    assert np.all(histogram_divergence(reads, windows, enough, SETTINGS)[1:] == 0)
