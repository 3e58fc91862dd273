"""Rates and gaps of reading meet the published table; turns and quiet tags meet brute force."""

import numpy as np
import pytest

from storeday.simulate.radio_inventory import (
    awake_reads,
    loads,
    read_share,
    slots,
    turn_of,
)
from storeday.simulate.radio_settings import InventorySettings

BENCH = InventorySettings(quiet_s=0.0)
LENGTH_S = 300.0


def reads(tags, antennas, share, settings, seed=1):
    """Tag, antenna and time of reads when every tag answers every antenna with one probability."""
    rng = np.random.default_rng(seed)
    turns = [turn_of(index, antennas, settings) for index in range(antennas)]
    shares = np.full((1, antennas, tags), share)
    load = loads(shares, (turns[0].dwell_s, turns[0].cycle_s), settings)
    found = []
    for index, turn in enumerate(turns):
        tag, time_s = slots(turn, np.array([0.0, LENGTH_S]), load[:, index], tags, settings, rng)
        answered = rng.random(len(tag)) < share
        found.append((tag[answered], np.full(answered.sum(), index), time_s[answered]))
    tag, antenna, time_s = (np.concatenate(column) for column in zip(*found, strict=True))
    kept = awake_reads(tag, time_s, settings, rng)
    return tag[kept], antenna[kept], time_s[kept]


def variation(time_s):
    gaps = np.diff(np.sort(time_s))
    return gaps.std() / gaps.mean()


@pytest.mark.parametrize(
    ("tags", "antennas", "share", "rate_per_s", "gap_variation"),
    [
        pytest.param(1, 1, 0.999, (67, 70), 0.11, id="one tag, one antenna"),
        pytest.param(13, 1, 0.999, (8.1, 8.9), 0.39, id="13 tags"),
        pytest.param(1, 4, 0.2, (5.1, 6.3), 1.14, id="four antennas, per antenna"),
    ],
)
def test_bench_rates(tags, antennas, share, rate_per_s, gap_variation):
    tag, antenna, time_s = reads(tags, antennas, share, BENCH)
    rate = len(tag) / LENGTH_S / tags / antennas
    found = np.mean(
        [
            variation(time_s[(tag == one) & (antenna == other)])
            for one in range(tags)
            for other in range(antennas)
        ]
    )
    print(f"{rate:.2f} reads/s per tag and antenna, gap CV {found:.2f}")
    assert rate_per_s[0] <= rate <= rate_per_s[1]
    assert found == pytest.approx(gap_variation, rel=0.15)


@pytest.mark.parametrize("settings", [InventorySettings(), BENCH], ids=["session 1", "session 0"])
def test_a_tag_among_170_is_read_rarely(settings):
    # Each antenna of four hears such a tag only now and then.
    tag, _, time_s = reads(170, 4, 0.3, settings)
    rate = len(tag) / LENGTH_S / 170
    middle = np.mean([np.median(np.diff(np.sort(time_s[tag == one]))) for one in range(170)])
    print(f"{rate:.2f} reads/s per tag, median gap {middle:.2f} s")
    assert 0.19 <= rate <= 0.68


def test_more_tags_are_each_read_less_but_together_no_less():
    rates = np.array([len(reads(tags, 1, 0.9, BENCH)[0]) for tags in (1, 3, 10, 30, 100, 300)])
    per_tag = rates / np.array([1, 3, 10, 30, 100, 300])
    assert np.all(np.diff(per_tag) < 0)
    assert np.all(np.diff(rates) > -0.02 * rates[:-1])


def test_quiet_tags_make_rounds_shorter():
    shares = np.full((1, 1, 100), 0.9)
    times = BENCH.antenna_dwell_s, BENCH.antenna_dwell_s
    assert loads(shares, times, BENCH)[0, 0] == pytest.approx(90)
    load = loads(shares, times, InventorySettings())[0, 0]
    # The balance by hand: awake = 1 / (1 + quiet x answers per second of a tag that is awake).
    round_s = 0.0061 + 0.0086 * load
    assert load == pytest.approx(90 / (1 + 1.6 * 0.85 * 0.9 / round_s), rel=1e-2)


@pytest.mark.parametrize("antennas", [1, 4])
def test_air_time_and_true_time_are_inverse(antennas):
    turn = turn_of(antennas - 1, antennas, BENCH)
    air_s = np.linspace(0, 20, 1001) + 1e-4
    true_s = turn.true_time_s(air_s)
    assert turn.air_time_s(true_s) == pytest.approx(air_s)
    assert np.all(np.diff(true_s) > 0)


def test_probability_of_answering_grows_with_strength():
    share = read_share(np.array([-90.0, -78.0, -75.0, -72.0, -50.0]), BENCH)
    assert np.all(np.diff(share) > 0)
    assert share[0] < 1e-6
    assert share[-1] == pytest.approx(0.999)


def test_quiet_tags_against_brute_force():
    settings = InventorySettings(quiet_s=0.7, quiet_spread=0.0, forget_share=0.0)
    rng = np.random.default_rng(5)
    for seed in range(20):
        count = int(rng.integers(0, 60))
        tag, time_s = rng.integers(0, 4, count), rng.uniform(0, 10, count)
        expected, last = [], {}
        for index in np.lexsort((time_s, tag)):
            if time_s[index] - last.get(tag[index], -np.inf) >= 0.7:
                last[tag[index]] = time_s[index]
                expected.append(index)
        found = awake_reads(tag, time_s, settings, np.random.default_rng(seed))
        assert found.tolist() == expected, seed
