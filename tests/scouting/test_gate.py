import numpy as np
import pytest

from storeday.scouting import ScoutingSettings, differs_from_day, quietest

SETTINGS = ScoutingSettings()
ROWS, COLUMNS = 36, 64


def empty_day(count, seed=1, noise=1.0):
    """Looks at a still room, with noise."""
    rng = np.random.default_rng(seed)
    room = rng.integers(40, 200, (ROWS, COLUMNS))
    looks = room + rng.normal(0, noise, (count, ROWS, COLUMNS))
    return np.clip(np.rint(looks), 0, 255).astype(np.uint8)


def with_somebody(looks, chosen, height=6, width=3, by=40):
    row, column = 10, 20
    changed = looks.astype(int)
    changed[chosen, row : row + height, column : column + width] += by
    return np.clip(changed, 0, 255).astype(np.uint8)


def test_an_empty_day_shows_nobody():
    assert not differs_from_day(empty_day(300), SETTINGS).any()
    assert not differs_from_day(empty_day(300, noise=3.0), SETTINGS).any()


def test_somebody_who_stands_still_for_a_third_of_the_day_stays_a_change():
    looks = with_somebody(empty_day(300), slice(50, 150))
    expected = np.zeros(300, bool)
    expected[50:150] = True
    assert (differs_from_day(looks, SETTINGS) == expected).all()


def test_somebody_far_away_covers_few_cells():
    looks = with_somebody(empty_day(300), slice(7, 8), height=2, width=1)
    assert np.flatnonzero(differs_from_day(looks, SETTINGS)).tolist() == [7]


def test_light_that_changes_all_over_is_no_change():
    looks = empty_day(300).astype(int)
    looks += np.linspace(-30, 30, 300).astype(int)[:, None, None]
    assert not differs_from_day(np.clip(looks, 0, 255).astype(np.uint8), SETTINGS).any()


def test_what_sways_all_day_excuses_itself():
    looks = empty_day(300).astype(int)
    looks[:, 5:15, 40:50] += np.random.default_rng(2).normal(0, 12, (300, 10, 10)).astype(int)
    swaying = np.clip(looks, 0, 255).astype(np.uint8)
    assert differs_from_day(swaying, SETTINGS).mean() < 0.05
    assert differs_from_day(with_somebody(swaying, slice(9, 10)), SETTINGS)[9]


def test_a_background_needs_looks():
    few = empty_day(SETTINGS.gate_looks - 1)
    assert differs_from_day(few, SETTINGS).all()
    assert differs_from_day(few[:0], SETTINGS).shape == (0,)


def test_the_quietest_looks_come_first():
    looks = with_somebody(empty_day(100), slice(0, 97))
    # For most of the day somebody stands there: background, and the loud ones are the empty looks.
    assert set(quietest(looks, 97).tolist()) == set(range(97))
    assert quietest(looks[:0], 3).tolist() == []


@pytest.mark.parametrize("block", [7, 1000])
def test_the_size_of_blocks_changes_nothing(block, monkeypatch):
    looks = with_somebody(empty_day(120), slice(20, 50))
    whole = differs_from_day(looks, SETTINGS), quietest(looks, 9)
    monkeypatch.setattr("storeday.scouting.gate.BLOCK", block)
    assert (differs_from_day(looks, SETTINGS) == whole[0]).all()
    assert (quietest(looks, 9) == whole[1]).all()
