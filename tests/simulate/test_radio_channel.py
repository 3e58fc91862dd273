"""The channel follows the radar law, and bodies and hands do to it what they should."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from storeday.simulate.radio_channel import LIGHT_M_PER_US, Moments, Site, received
from storeday.simulate.radio_motion import TagStates, locate
from storeday.simulate.radio_people import crowd_between
from storeday.simulate.radio_settings import ChannelSettings, MotionSettings
from storeday.simulate.radio_tags import draw_motion

_spec = importlib.util.spec_from_file_location(
    "radio_cases", Path(__file__).with_name("radio_cases.py")
)
cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(cases)

# A handling in full, and nothing else that moves.
PLAIN = MotionSettings(touch_share=0.0, moving_share=1.0, push_loss_db=0.0, draught_m=0.0)
BARE = ChannelSettings(wall_reflection=0.0, scatterers=0, tag_spread_db=0.0)
SITE = Site(np.array([5.0, 4.0, 2.6]), 10.0, 8.0)
NOBODY = crowd_between(cases.make(cases.Case(tags=np.zeros((0, 3)))), 0.0, 60.0)


def moments(place, frequency_mhz=915.0, time_s=None):
    count = len(place)
    axis = np.tile([0.0, 1.0, 0.0], (count, 1))
    states = TagStates(np.asarray(place), axis, np.zeros(count), np.zeros(count, np.bool_))
    return Moments(
        np.full(count, 30.0) if time_s is None else time_s,
        states,
        np.zeros(count),
        np.zeros((count, 0, 3)),
        np.broadcast_to(np.asarray(frequency_mhz, float), count),
    )


def below(distances_m):
    return np.stack([[5.0, 4.0, 2.6 - distance] for distance in distances_m])


def test_strength_falls_by_forty_db_a_decade():
    rssi, _ = received(SITE, moments(below([0.5, 1.0, 2.0])), NOBODY, BARE)
    assert rssi == pytest.approx(
        BARE.rssi_at_1m_dbm + np.array([40 * np.log10(2), 0, -40 * np.log10(2)])
    )


def test_strength_falls_with_distance_on_average_among_reflections():
    rng = np.random.default_rng(1)
    settings = ChannelSettings()
    tags = np.stack([rng.uniform(1, 9, 800), rng.uniform(1, 7, 800), rng.uniform(0.5, 2, 800)], 1)
    world = cases.make(cases.Case(tags=tags))
    motion = draw_motion(world, settings, MotionSettings(), rng)
    asked = replace(
        moments(tags), gain_db=motion.traits.gain_db, scatterers=motion.traits.scatterers
    )
    rssi, _ = received(SITE, asked, NOBODY, settings)
    distance = np.linalg.norm(tags - SITE.place, axis=1)
    near = [rssi[(distance >= low) & (distance < low + 1)].mean() for low in (1, 2, 3, 4)]
    print("mean RSSI by metre", np.round(near, 1))
    assert np.all(np.diff(near) < -3)


@pytest.mark.parametrize("frequency_mhz", [865.7, 902.75, 927.25])
def test_phase_grows_by_four_pi_per_wavelength(frequency_mhz):
    distance = np.linspace(1.0, 1.6, 61)
    _, phase = received(SITE, moments(below(distance), frequency_mhz), NOBODY, BARE)
    slope = np.polyfit(distance, np.unwrap(phase), 1)[0]
    assert slope == pytest.approx(4 * np.pi * frequency_mhz / LIGHT_M_PER_US, rel=1e-6)


def test_tags_that_left_are_not_heard():
    asked = moments(below([1.0]))
    gone = replace(asked, states=replace(asked.states, is_gone=np.array([True])))
    rssi, phase = received(SITE, gone, NOBODY, BARE)
    assert np.isneginf(rssi[0])
    assert np.isnan(phase[0])


def test_the_nearer_a_passer_by_the_greater_the_disturbance():
    tag = np.array([[5.0, 4.0, 1.2]])
    quiet, still = received(SITE, moments(tag), NOBODY, BARE)
    disturbed, turned = [], []
    for clearance_m in (0.3, 0.6, 1.0, 1.6, 2.4):
        walk = ([0.0, 20.0], [0.0, 10.0], [4.0 + clearance_m] * 2)
        crowd = crowd_between(cases.make(cases.Case(tags=tag, walks=(walk,))), 0.0, 20.0)
        time_s = np.arange(9.0, 11.0, 0.01)
        rssi, phase = received(
            SITE, moments(np.repeat(tag, len(time_s), 0), time_s=time_s), crowd, BARE
        )
        disturbed.append(np.abs(rssi - quiet).mean())
        turned.append(np.abs(np.angle(np.exp(1j * (phase - still)))).mean())
    print("mean disturbance, dB", np.round(disturbed, 2), "rad", np.round(turned, 2))
    assert np.all(np.diff(disturbed) < 0)
    assert np.all(np.diff(turned) < 0)
    assert disturbed[0] > 1.0 > disturbed[-1]


def test_a_body_on_the_ray_takes_power_and_one_under_it_does_not():
    settings = replace(BARE, body_size_m=0.0)
    low, high = np.array([[7.0, 4.0, 0.9]]), np.array([[7.0, 4.0, 2.2]])
    walk = ([0.0, 60.0], [6.6, 6.6], [4.0, 4.0])
    crowd = crowd_between(cases.make(cases.Case(tags=low, walks=(walk,))), 0.0, 60.0)
    lost = [
        received(SITE, moments(tag), NOBODY, settings)[0]
        - received(SITE, moments(tag), crowd, settings)[0]
        for tag in (low, high)
    ]
    assert lost[0][0] == pytest.approx(2 * settings.body_loss_db, rel=0.2)
    assert lost[1][0] == pytest.approx(0.0, abs=1e-9)


def test_handling_draws_the_tag_to_the_person_and_puts_it_back_elsewhere():
    tags = np.array([[5.0, 4.0, 1.2], [5.1, 4.0, 1.2], [8.0, 4.0, 1.2]])
    walk = ([0.0, 60.0], [5.0, 5.0], [4.7, 4.7])
    case = cases.Case(tags=tags, walks=(walk,), handlings=((0, 0, 20.0, 30.0),))
    world = cases.make(case)
    motion = draw_motion(world, BARE, PLAIN, np.random.default_rng(2))
    crowd = crowd_between(world, 0.0, 60.0)
    time_s = np.array([10.0, 25.0, 55.0])
    for tag, moves, rests in ((0, (0.05, 0.7), (0.001, 0.15)), (1, (0, 0.1), (0.001, 0.06))):
        states = locate(motion, crowd, np.full(3, tag), time_s)
        apart = np.linalg.norm(states.place - tags[tag], axis=1)
        assert apart[0] == 0
        assert moves[0] < apart[1] < moves[1]
        assert rests[0] < apart[2] < rests[1]
        assert (states.loss_db > 0).tolist() == [False, tag == 0, False]
    far = locate(motion, crowd, np.full(3, 2), time_s)
    assert far.place == pytest.approx(np.repeat(tags[2:], 3, 0))


def test_a_carried_tag_goes_with_its_carrier_until_both_are_gone():
    tags = np.array([[5.0, 4.0, 1.2]])
    walk = ([0.0, 40.0], [1.0, 9.0], [2.0, 2.0])
    case = cases.Case(tags=tags, walks=(walk,), carried=((0, 0, 10.0, 35.0), (0, -1, 35.0, 1e5)))
    world = cases.make(case)
    motion = draw_motion(world, BARE, PLAIN, np.random.default_rng(2))
    crowd = crowd_between(world, 0.0, 60.0)
    states = locate(motion, crowd, np.zeros(4, np.int64), np.array([5.0, 20.0, 30.0, 50.0]))
    assert states.is_gone.tolist() == [False, False, False, True]
    assert states.place[0] == pytest.approx(tags[0])
    assert states.place[1:3, 0] == pytest.approx([5.3, 7.3], abs=0.2)
    assert states.place[1:3, 1] == pytest.approx([2.0, 2.0], abs=0.2)


def handled(count=300, **knobs):
    """Products handled for ten seconds, one person each time, and how far each is off by then."""
    tags = np.column_stack([np.linspace(4.9, 5.1, count), np.full(count, 4.0), np.full(count, 1.2)])
    walk = ([0.0, 60.0], [5.0, 5.0], [4.7, 4.7])
    handlings = tuple((0, tag, 20.0, 30.0) for tag in range(count))
    world = cases.make(cases.Case(tags=tags, walks=(walk,), handlings=handlings))
    settings = replace(PLAIN, neighbour_reach_m=0.0, **knobs)
    motion = draw_motion(world, BARE, settings, np.random.default_rng(2))
    crowd = crowd_between(world, 0.0, 60.0)
    return motion, crowd, tags


def test_a_touched_product_hardly_moves():
    motion, crowd, tags = handled(touch_share=0.6, touch_motion=0.05)
    every = np.arange(len(tags))
    states = locate(motion, crowd, every, np.full(len(tags), 25.0))
    moved = np.linalg.norm(states.place - tags, axis=1)
    share = np.mean(moved < 0.04)
    print(f"share of handlings that move the product by under 4 cm: {share:.2f}")
    assert share == pytest.approx(0.6, abs=0.08)
    assert (states.loss_db < 0.31).mean() == pytest.approx(share, abs=0.05)


def test_a_product_in_hand_is_moved_in_bursts():
    motion, crowd, _ = handled(count=50, moving_share=0.3)
    time_s = np.arange(22.0, 28.0, 0.02)
    speed = []
    for tag in range(50):
        place = locate(motion, crowd, np.full(len(time_s), tag), time_s).place
        speed.append(np.linalg.norm(np.diff(place, axis=0), axis=1) / 0.02)
    rests = np.mean(np.array(speed) < 0.005)
    print(f"share of time in hand at rest: {rests:.2f}")
    assert 0.5 < rests < 0.8


def test_products_hang_against_something_after_a_handling_and_swing_in_the_air():
    motion, crowd, tags = handled(push_loss_db=2.0)
    every = np.arange(len(tags))
    loss = locate(motion, crowd, every, np.full(len(tags), 55.0)).loss_db
    assert loss.mean() == pytest.approx(2.0, rel=0.2)
    assert not locate(motion, crowd, every, np.full(len(tags), 5.0)).loss_db.any()
    motion, crowd, tags = handled(draught_m=0.01)
    traits = motion.traits
    assert traits.draught_m.mean() == pytest.approx(0.01, rel=0.2)
    time_s = np.arange(0.0, 15.0, 0.05)
    for tag in range(20):
        states = locate(motion, crowd, np.full(len(time_s), tag), time_s)
        off = np.linalg.norm(states.place - tags[tag], axis=1).max()
        assert 0.3 * traits.draught_m[tag] < off <= traits.draught_m[tag]
