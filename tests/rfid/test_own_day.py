"""Tags against their own day, and what is taken off for their neighbours: against loops."""

import numpy as np
import pytest
from radio_cases import reads_table, shop

from storeday.rfid import RfidSettings, score_reads
from storeday.rfid.neighbours import LIKENESS_RANGE, neighbours_score
from storeday.rfid.own_day import against_own_day, has_own_day
from storeday.rfid.still import MAD_TO_DEVIATION

SECOND_US = 1_000_000


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_deviations_are_those_of_a_loop_over_tags(seed):
    rng = np.random.default_rng(seed)
    settings = RfidSettings()
    tag = np.sort(rng.integers(0, 6, 300))
    values = rng.normal(rng.normal(0, 2, 6)[tag], 0.2 + tag)
    values[rng.random(300) < 0.2] = np.nan
    expected = np.full(300, np.nan)
    for one in range(6):
        rows = np.flatnonzero((tag == one) & ~np.isnan(values))
        ordered = np.sort(values[rows])
        centre = np.clip(ordered[len(rows) // 2], -settings.own_centre, settings.own_centre)
        away = values[rows] - centre
        scale = MAD_TO_DEVIATION * np.sort(np.abs(away))[len(rows) // 2]
        expected[rows] = away / np.clip(scale, *settings.own_scale)
    assert np.allclose(against_own_day(values, tag, settings), expected, equal_nan=True)


def test_nothing_measured_stays_nothing():
    nothing = np.full(3, np.nan)
    assert np.isnan(against_own_day(nothing, np.zeros(3, int), RfidSettings())).all()
    assert has_own_day(np.zeros(0, int), RfidSettings()).tolist() == []


def test_a_tag_needs_windows_and_company():
    tag = np.array([0, 1, 1, 3, 3, 3])
    few = RfidSettings(own_windows=2, own_tags=2)
    assert has_own_day(tag, few).tolist() == [False, True, False, True]
    assert not has_own_day(tag, RfidSettings(own_windows=2, own_tags=3)).any()


def test_a_restless_tag_and_a_quiet_one_are_told_alike():
    # Of 20 tags the first swings all day; one window of it and of a quiet one is unlike the rest.
    rng = np.random.default_rng(4)
    columns = shop(rng, still=20, length_s=1600.0)
    restless = columns["epc"] == "AD00"
    columns["rssi_dbm"][restless] += np.round(rng.normal(0, 2, restless.sum()) * 2) / 2
    for epc in ("AD00", "AD05"):
        inside = (columns["epc"] == epc) & (columns["time_s"] // 8 == 90)
        columns["rssi_dbm"][inside] -= 12 if epc == "AD00" else 6
    found = {}
    for name, settings in (("own", RfidSettings()), ("all", RfidSettings(own_windows=10**9))):
        scores = score_reads(reads_table(**columns), settings).by_tag()
        for tag in (0, 5):
            mine = scores.score[scores.tag == tag]
            found[name, tag] = (mine > np.quantile(mine, 0.9)).nonzero()[0], mine
    for tag in (0, 5):
        assert np.nanargmax(found["own", tag][1]) in (90, 89, 91)
    ordinary = [np.nanquantile(found["own", tag][1], 0.9) for tag in (0, 5)]
    by_all = [np.nanquantile(found["all", tag][1], 0.9) for tag in (0, 5)]
    assert by_all[0] - by_all[1] > 2 * abs(ordinary[0] - ordinary[1])


def windows(rng, tags, slots):
    """Every tag's windows of 8 s, but for one in ten; two tags have windows of 16 s."""
    rows = []
    for tag in range(tags):
        length = 16 if tag >= tags - 2 else 8
        rows += [(tag, start, length) for start in range(0, 8 * slots, length)]
    rows = np.array(rows)[rng.random(len(rows)) < 0.9]
    return rows[:, 0], rows[:, 1] * SECOND_US, rows[:, 2] * SECOND_US


@pytest.mark.parametrize("seed", [1, 2])
def test_the_mean_of_the_likest_tags_is_that_of_a_loop(seed):
    rng = np.random.default_rng(seed)
    tag, start_us, length_us = windows(rng, 9, 200)
    shared = rng.normal(0, 1, (3, 400))
    score = shared[tag % 3, start_us // (16 * SECOND_US)] + rng.normal(0, 0.3, len(tag))
    score[rng.random(len(tag)) < 0.1] = np.nan
    found = neighbours_score(tag, start_us, length_us, score, RfidSettings(neighbours=2))
    grid = np.full((9, 200), np.nan)
    for row in range(len(tag)):
        begin = start_us[row] // (8 * SECOND_US)
        grid[tag[row], begin : begin + length_us[row] // (8 * SECOND_US)] = score[row]
    like = np.corrcoef(np.clip(np.nan_to_num(grid), *LIKENESS_RANGE))
    np.fill_diagonal(like, -1)
    for row in rng.choice(len(tag), 60):
        near = np.argsort(-like[tag[row]])[:2]
        assert set((near % 3).tolist()) == {tag[row] % 3}
        begin = start_us[row] // (8 * SECOND_US)
        means = []
        for slot in range(begin, begin + length_us[row] // (8 * SECOND_US)):
            here = grid[near, slot]
            weight = like[tag[row], near] * ~np.isnan(here)
            mean = (weight * np.nan_to_num(np.maximum(here, -3))).sum() / max(weight.sum(), 1e-6)
            means.append(max(mean, 0.0))
        assert found[row] == pytest.approx(np.mean(means), abs=1e-3)


def test_a_tag_alone_has_no_neighbours():
    none = np.zeros(0, int)
    assert neighbours_score(none, none, none, np.zeros(0), RfidSettings()).tolist() == []
    one = neighbours_score(
        np.zeros(3, int), np.arange(3), np.ones(3, int), np.ones(3), RfidSettings()
    )
    assert one.tolist() == [0, 0, 0]
