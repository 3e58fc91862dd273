"""Divergences against scipy and against a loop over windows in plain numpy."""

import numpy as np
import pytest
from radio_cases import random_reads, reads_table
from scipy.spatial.distance import jensenshannon

from storeday.rfid.divergence import jensen_shannon
from storeday.rfid.histograms import histogram_divergences
from storeday.rfid.quiet import quiet_windows
from storeday.rfid.settings import RfidSettings
from storeday.rfid.spectra import interpolate, power_shares, spectral_divergences
from storeday.rfid.tag_reads import tag_reads
from storeday.rfid.windows import cut_windows

SEEDS = range(20261121, 20261125)
SETTINGS = RfidSettings(window_lengths_s=(8.0,))
POINTS = SETTINGS.spectrum_points


def cut(table):
    reads = tag_reads(table)
    windows = cut_windows(reads, SETTINGS)
    mean = windows.totals(reads.rssi_dbm) / windows.rows
    squares = windows.totals((reads.rssi_dbm - mean[windows.of_reads()]) ** 2)
    return reads, windows, quiet_windows(windows, squares)


def rows_of(windows, window):
    return slice(windows.first[window], windows.first[window] + windows.rows[window])


def loop_grid(reads, windows, window):
    rows = rows_of(windows, window)
    place = (reads.time_us[rows] - windows.start_us[window]) * POINTS / windows.length_us[window]
    value = reads.rssi_dbm[rows].astype(float)
    grid = np.empty(POINTS)
    for point in range(POINTS):
        before, after = np.flatnonzero(place <= point), np.flatnonzero(place > point)
        if not len(before) or not len(after):
            grid[point] = value[0] if not len(before) else value[-1]
            continue
        low, high = before[-1], after[0]
        share = (point - place[low]) / (place[high] - place[low])
        grid[point] = value[low] + share * (value[high] - value[low])
    return grid


def loop_shares(grid):
    power = np.abs(np.fft.rfft(grid)) ** 2
    return power / power.sum()


def divergence(left, right):
    return jensenshannon(left, right, base=2) ** 2


def follows(windows, window, enough):
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
    expected = [divergence(p, q) for p, q in zip(left, right, strict=True)]
    assert np.allclose(jensen_shannon(left, right), expected, atol=1e-12), f"seed {seed}"


@pytest.mark.parametrize("seed", SEEDS)
def test_grid_and_spectra_are_those_of_a_loop(seed):
    reads, windows, _ = cut(random_reads(np.random.default_rng(seed), 700))
    every = np.arange(len(windows.first))
    grids = interpolate(reads, windows, every, POINTS)
    shares = power_shares(reads, windows, every, POINTS)
    for window in every:
        expected = loop_grid(reads, windows, window)
        assert np.allclose(grids[window], expected, atol=1e-4), f"seed {seed}, window {window}"
        assert np.allclose(shares[window], loop_shares(expected), rtol=1e-3, atol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_divergences_are_those_of_a_loop(seed):
    reads, windows, quiet = cut(random_reads(np.random.default_rng(seed), 500))
    spectral = spectral_divergences(reads, windows, quiet, SETTINGS)
    histogram = histogram_divergences(reads, windows, quiet, SETTINGS)
    enough, always = windows.rows >= SETTINGS.min_reads, np.ones(len(windows.first), bool)
    bins = np.arange(-110, 1, 2.0)
    counts = [np.histogram(reads.rssi_dbm[rows_of(windows, w)], bins)[0] for w in range(len(quiet))]
    spectra = [loop_shares(loop_grid(reads, windows, w)) for w in range(len(quiet))]

    def smoothed(one, other):
        used = (one + other) > 0
        return one[used] + 0.1, other[used] + 0.1

    for window in range(len(quiet)):
        where = f"seed {seed}, window {window}"
        if follows(windows, window, always):
            expected = divergence(*smoothed(counts[window], counts[window - 1]))
            assert histogram.before[window] == pytest.approx(expected, abs=1e-5), where
        else:
            assert np.isnan(histogram.before[window])
        if follows(windows, window, enough):
            expected = divergence(spectra[window], spectra[window - 1])
            assert spectral.before[window] == pytest.approx(expected, abs=1e-7), where
        else:
            assert np.isnan(spectral.before[window])
        others = quiet & (windows.series == windows.series[window])
        others[window] = False
        total = sum((counts[w] for w in np.flatnonzero(others)), np.zeros(len(bins) - 1, int))
        if total.sum():
            expected = divergence(*smoothed(counts[window], total))
            assert histogram.quiet[window] == pytest.approx(expected, abs=1e-5), where
        spectral_others = np.flatnonzero(others & enough)
        if enough[window] and len(spectral_others):
            mean = np.mean([spectra[w] for w in spectral_others], axis=0)
            expected = divergence(spectra[window], mean)
            assert spectral.quiet[window] == pytest.approx(expected, abs=1e-7), where


def test_pieces_of_the_work_make_no_difference(monkeypatch):
    reads, windows, quiet = cut(random_reads(np.random.default_rng(1), 3000))
    whole = [
        f(reads, windows, quiet, SETTINGS) for f in (spectral_divergences, histogram_divergences)
    ]
    monkeypatch.setattr("storeday.rfid.divergence.CHUNK_CELLS", 200)
    pieces = [
        f(reads, windows, quiet, SETTINGS) for f in (spectral_divergences, histogram_divergences)
    ]
    for one, other in zip(whole, pieces, strict=True):
        assert np.allclose(one.before, other.before, atol=1e-9, equal_nan=True)
        assert np.allclose(one.quiet, other.quiet, atol=1e-6, equal_nan=True)


def test_without_dc_a_still_tag_would_look_worse_than_a_moving_one():
    rng = np.random.default_rng(5)
    time_s = np.arange(0, 160, 0.2)
    still = reads_table(time_s, ["A1"] * 800, [1] * 800, -60 + rng.normal(0, 0.5, 800))
    swing = 6 * np.sin(0.5 * time_s) * (time_s // 8 % 2)
    moved = reads_table(time_s, ["A1"] * 800, [1] * 800, -60 + swing + rng.normal(0, 0.5, 800))
    levels = []
    for table in (still, moved):
        levels.append(np.nanmedian(spectral_divergences(*cut(table), SETTINGS).before))
    assert levels[1] > 20 * levels[0]


def test_a_log_without_noise_does_not_diverge():
    time_s = np.arange(0, 80, 0.5)
    log = cut(reads_table(time_s, ["A1"] * 160, [1] * 160, np.full(160, -60.0)))
    for found in (spectral_divergences(*log, SETTINGS), histogram_divergences(*log, SETTINGS)):
        assert np.all(found.before[1:] < 1e-6)
        assert np.all(found.quiet < 1e-6)
