"""Where full frame rate pays: each reason by itself, the budget, and what must always hold."""

import numpy as np
import pytest

from storeday.scouting import (
    CameraDay,
    Detail,
    Events,
    Looks,
    ScoutingSettings,
    ScoutZones,
    plan_details,
)

ALL = ScoutingSettings(budget_share=9.0, detail_frames_per_s=5.0)
S = 1_000_000


def square(x, y, side=1.0):
    return np.array([[x, y], [x + side, y], [x + side, y + side], [x, y + side]])


DOOR, QUEUE, RACK = square(0, 0), square(10, 0), square(20, 0)
NONE = Events([], np.zeros(0, np.int64), 15.0)
ZONES = ScoutZones([DOOR], [QUEUE], {"rack": RACK})


def day(people, count=10, events=NONE, segments=1, every_s=2):
    """Looks every two seconds; people as (look, x, y)."""
    time_us = np.arange(count) * every_s * S
    segment = np.arange(count) * segments // count
    places = np.array([person[1:] for person in people], float).reshape(-1, 2)
    look = np.array([person[0] for person in people], np.int64)
    first = np.array([time_us[segment == n][0] for n in range(segments)])
    last = np.array([time_us[segment == n][-1] for n in range(segments)])
    spans = np.stack([first, last + every_s * S], axis=1)
    return CameraDay(Looks(time_us, segment, look, places), spans, ZONES, events)


def heard(*peaks_s, zone="rack", clock_s=15.0):
    return Events([zone] * len(peaks_s), np.array(peaks_s, np.int64) * S, clock_s)


def test_nothing_where_nobody_is():
    assert plan_details(day([], events=heard(4, 8)), ALL) == []
    assert plan_details(day([], count=0, segments=0), ALL) == []


def test_somebody_who_can_reach_a_door_is_worth_it():
    # Two seconds at 1.4 m/s reach 2.8 m.
    assert plan_details(day([(4, 3.7, 0.5)]), ALL) == [Detail(0, 7 * S, 9 * S, "entrance")]
    assert plan_details(day([(4, 3.9, 0.5)]), ALL) == []


def test_somebody_in_a_queue_is_worth_it():
    assert plan_details(day([(4, 10.5, 0.5)]), ALL) == [Detail(0, 7 * S, 9 * S, "queue")]
    assert plan_details(day([(4, 11.2, 0.5)]), ALL) == []


def test_somebody_near_a_zone_is_worth_it_while_its_antenna_hears_something():
    standing = [(look, 19.0, 0.5) for look in range(10)]
    assert plan_details(day(standing), ALL) == []
    found = plan_details(day(standing, events=heard(10, clock_s=0.0)), ALL)
    assert found == [Detail(0, 5 * S, 15 * S, "rummage")]
    far = [(look, 17.0, 0.5) for look in range(10)]
    assert plan_details(day(far, events=heard(10)), ALL) == []
    assert plan_details(day(standing, events=heard(10, zone="elsewhere")), ALL) == []


def test_people_who_pass_each_other_are_worth_it_and_people_who_stand_are_not():
    standing = [(look, x, 5.0) for look in range(10) for x in (30.0, 31.0)]
    assert plan_details(day(standing), ALL) == []
    passing = [(look, x + s * look, 5.0) for look in range(10) for x, s in ((30.0, 1), (36.0, -1))]
    (found,) = plan_details(day(passing), ALL)
    assert found.why == "crowd"
    assert found.from_us <= 3.5 * S
    assert found.to_us >= 6 * S


def test_a_crowd_is_worth_it():
    crowd = [(5, 30.0 + 3 * n, 5.0) for n in range(4)]
    assert plan_details(day(crowd), ALL) == [Detail(0, 9 * S, 11 * S, "crowd")]


def test_people_whose_place_is_not_known_count_in_crowds_alone():
    nowhere = [(5, np.nan, np.nan) for _ in range(3)]
    assert plan_details(day(nowhere, events=heard(10)), ALL) == []
    assert plan_details(day([*nowhere, nowhere[0]]), ALL) == [Detail(0, 9 * S, 11 * S, "crowd")]


def test_stretches_end_with_their_segment():
    found = plan_details(day([(look, 0.5, 0.5) for look in range(10)], segments=2), ALL)
    assert found == [Detail(0, 0, 10 * S, "entrance"), Detail(1, 10 * S, 20 * S, "entrance")]


def test_the_budget_goes_to_doors_first_and_to_rummages_by_their_weight():
    people = [(0, 10.5, 0.5), (1, 0.5, 0.5), *((look, 20.5, 0.5) for look in range(4, 10))]
    events = heard(14)
    # 20 s at 5 frames/s are 100 frames; looks cost 10, a look's stretch 10 (the first 5).
    for share, expected in (
        (0.1, []),
        (0.2, [Detail(0, 1 * S, 3 * S, "entrance")]),
        (0.3, [Detail(0, 1 * S, 3 * S, "entrance"), Detail(0, 13 * S, 15 * S, "rummage")]),
    ):
        settings = ScoutingSettings(budget_share=share)
        assert plan_details(day(people, events=events), settings) == expected


def test_two_who_could_have_done_it_weigh_more_than_one():
    people = [(3, 20.5, 0.5), (6, 20.5, 0.5), (6, 21.2, 0.5)]
    settings = ScoutingSettings(budget_share=0.2)
    found = plan_details(day(people, events=heard(9)), settings)
    assert found == [Detail(0, 11 * S, 13 * S, "rummage")]


@pytest.mark.parametrize("seed", range(20))
def test_what_always_holds(seed):
    print("seed", seed)
    rng = np.random.default_rng(seed)
    count, segments = int(rng.integers(2, 60)), int(rng.integers(1, 3))
    people = sorted(
        (int(rng.integers(count)), *rng.uniform(0, 25, 2)) for _ in range(rng.integers(0, 90))
    )
    given = day(people, count, heard(*rng.integers(0, 2 * count, 5)), segments)
    share = float(rng.choice([0.12, 0.3, 9.0]))
    found = plan_details(given, ScoutingSettings(budget_share=share))
    total_us = 0
    for detail, following in zip(found, [*found[1:], None], strict=False):
        low, high = given.spans_us[detail.segment]
        assert low <= detail.from_us < detail.to_us <= high
        total_us += detail.to_us - detail.from_us
        if following is not None:
            assert detail.to_us <= following.from_us
    full_us = (given.spans_us[:, 1] - given.spans_us[:, 0]).sum()
    assert count + total_us / S * 5 <= max(count, share * full_us / S * 5) + 1e-6
    more = plan_details(given, ALL)
    for detail in found:
        assert any(
            other.segment == detail.segment
            and other.from_us <= detail.from_us
            and detail.to_us <= other.to_us
            for other in more
        )


@pytest.mark.parametrize(
    ("name", "value"), [("looks_per_s", 0.0), ("budget_share", -0.5), ("near_m", -1.0)]
)
def test_senseless_settings_are_refused_by_name(name, value):
    with pytest.raises(ValueError, match=f"{name} is {value}"):
        ScoutingSettings(**{name: value})
