"""What a reader reports: hops, steps, noise, and who disturbs whom."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from storeday.simulate.radio import RadioSettings, simulate_reads
from storeday.simulate.radio_settings import (
    ETSI_CHANNELS_MHZ,
    FCC_CHANNELS_MHZ,
    InventorySettings,
    MotionSettings,
    ReportSettings,
)

_spec = importlib.util.spec_from_file_location(
    "radio_cases", Path(__file__).with_name("radio_cases.py")
)
cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(cases)

BENCH = InventorySettings(quiet_s=0.0)
# Every handling takes the product off the rail and moves it all the time.
TAKEN_OUT = MotionSettings(touch_share=0.0, moving_share=1.0)
ONE = np.array([[5.0, 4.2, 1.2]])


def read(case, settings=None, seed=1):
    """All reads of a case, as a dict of arrays."""
    settings = settings or RadioSettings()
    batches = [batch for _, batch in simulate_reads(cases.make(case), settings, seed)]
    names = ("time_s", "tag", "port", "rssi_dbm", "phase_rad", "frequency_mhz")
    return {name: np.concatenate([getattr(one, name) for one in batches]) for name in names}


def spread(reads, tag, low_s=0.0, high_s=np.inf):
    """Standard deviation of RSSI of one tag in a stretch."""
    at = (reads["tag"] == tag) & (reads["time_s"] >= low_s) & (reads["time_s"] < high_s)
    return reads["rssi_dbm"][at].std()


@pytest.mark.parametrize(
    ("region", "channels", "dwell_s", "again_s"),
    [("fcc", FCC_CHANNELS_MHZ, 0.203, 10.15), ("etsi", ETSI_CHANNELS_MHZ, 4.0, 16.0)],
)
def test_hops(region, channels, dwell_s, again_s):
    settings = RadioSettings(inventory=BENCH, report=ReportSettings(region=region))
    found = read(cases.Case(tags=ONE), settings)
    time_s, frequency = found["time_s"], found["frequency_mhz"]
    assert sorted(set(frequency)) == sorted(channels)
    begins = np.flatnonzero(np.diff(frequency)) + 1
    assert np.median(np.diff(time_s[begins])) == pytest.approx(dwell_s, abs=0.02)
    first = begins[frequency[begins] == channels[0]]
    assert np.diff(time_s[first]) == pytest.approx(again_s, abs=0.05)
    within = time_s < again_s
    visits = frequency[within][np.flatnonzero(np.diff(frequency[within], prepend=0))]
    assert len(visits) == len(channels) == len(set(visits))


def test_the_readers_own_hop_table_goes_before():
    found = read(cases.Case(tags=ONE, hops_mhz=(865.7,)))
    assert set(found["frequency_mhz"]) == {865.7}


def test_rssi_comes_in_half_db_steps_and_never_below_sensitivity():
    found = read(cases.shop(3, duration_s=300.0))
    assert np.all(found["rssi_dbm"] * 2 % 1 == 0)
    assert found["rssi_dbm"].min() >= -80
    assert found["phase_rad"].min() >= 0
    assert found["phase_rad"].max() < 2 * np.pi


def test_phase_noise_and_jumps_of_a_still_tag():
    case = cases.Case(tags=ONE, duration_s=600.0)
    settings = RadioSettings(inventory=BENCH, report=ReportSettings(pi_jump_share=0.023))
    found = read(case, settings)
    jumps, residual = [], []
    for frequency in FCC_CHANNELS_MHZ:
        phase = found["phase_rad"][found["frequency_mhz"] == frequency]
        turn = np.angle(np.exp(1j * np.diff(phase)))
        jumps.append(np.abs(turn) > np.pi / 2)
        middle = np.angle(np.mean(np.exp(2j * phase)))
        residual.append(np.angle(np.exp(1j * (2 * phase - middle))) / 2)
    share, noise = np.concatenate(jumps).mean(), np.concatenate(residual).std()
    print(f"pi jumps {share:.4f}, phase noise {noise:.3f} rad")
    assert share == pytest.approx(0.023, abs=0.003)
    assert noise == pytest.approx(0.135, abs=0.005)
    every = np.abs(np.mean(np.exp(1j * found["phase_rad"])))
    # 2.22 rad over all channels were measured; reader offsets make phase useless without reference.
    assert np.sqrt(-2 * np.log(every)) > 1.5


def test_only_passers_by_disturb_sentinels():
    tags = np.array([[6.5, 4.0, 1.9], [5.0, 4.2, 1.2], [5.3, 4.2, 1.2]])
    # Someone stands at the rack and handles, someone passes at 100-110 s.
    stand = ([0.0, 400.0], [5.0, 5.0], [7.4, 7.4])
    walk = ([100.0, 110.0], [1.0, 9.0], [4.4, 4.4])
    handling = (0, 1, 200.0, 260.0)
    case = cases.Case(
        tags=tags, duration_s=400.0, walks=(stand, walk), handlings=(handling,), sentinels=(0,)
    )
    settings = RadioSettings(inventory=BENCH, motion=TAKEN_OUT)
    one_channel = replace(case, hops_mhz=(915.25,))
    found = read(one_channel, settings)
    quiet, passed = spread(found, 0, 0, 95), spread(found, 0, 105, 109)
    handled = spread(found, 0, 200, 260)
    print(
        f"sentinel RSSI std: alone {quiet:.2f}, passed {passed:.2f}, neighbour held {handled:.2f}"
    )
    assert quiet < 0.8
    assert passed > 1.5 * quiet
    assert handled < 1.1 * quiet + 0.05
    assert spread(found, 1, 200, 260) > 2 * spread(found, 1, 0, 95)


def test_passers_by_disturb_many_tags_at_once_but_a_hand_one():
    x = np.linspace(4.0, 6.0, 9)
    tags = np.stack([x, np.full(9, 4.2), np.full(9, 1.2)], axis=1)
    walk = ([100.0, 110.0, 195.0, 260.0], [2.0, 7.0, 5.0, 5.0], [4.9] * 4)
    case = cases.Case(tags=tags, duration_s=300.0, walks=(walk,), handlings=((0, 4, 205.0, 255.0),))
    settings = RadioSettings(inventory=BENCH, motion=TAKEN_OUT)
    found = read(replace(case, hops_mhz=(915.25,)), settings)
    still = np.array([spread(found, tag, 0, 95) for tag in range(9)])
    passed = np.array([spread(found, tag, 100, 110) for tag in range(9)])
    held = np.array([spread(found, tag, 205, 255) for tag in range(9)])
    print("passed", np.round(passed / still, 1), "held", np.round(held / still, 1))
    assert np.sum(passed > 1.3 * still) >= 6
    assert held.argmax() == 4


def test_a_sold_tag_leaves():
    walk = ([0.0, 60.0], [5.0, 5.0], [4.6, 0.5])
    carried = ((0, 0, 20.0, 60.0), (0, -1, 60.0, 1e5))
    found = read(cases.Case(tags=ONE, walks=(walk,), carried=carried))
    assert found["time_s"].max() <= 60
    assert np.sum(found["time_s"] < 20) > 5


def test_no_tags_no_antennas_no_reads():
    assert not read(cases.Case(tags=np.zeros((0, 3))))["tag"].size
    assert not read(cases.Case(tags=ONE, antennas=()))["tag"].size


def test_memory_does_not_decide_the_reads():
    case = cases.shop(4, tags=40, duration_s=300.0)
    whole = read(case, RadioSettings(report=ReportSettings(chunk_s=300.0)))
    parts = read(case, RadioSettings(report=ReportSettings(chunk_s=60.0)))
    assert len(parts["tag"]) == pytest.approx(len(whole["tag"]), rel=0.06)
    assert parts["rssi_dbm"].mean() == pytest.approx(whole["rssi_dbm"].mean(), abs=0.6)
