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


def test_who_comes_or_goes_beside_a_door_is_worth_it():
    # Seen in one look, 1.4 m from the door: from the look before to the look after.
    assert plan_details(day([(4, 2.4, 0.5)]), ALL) == [Detail(0, 5 * S, 11 * S, "entrance")]
    assert plan_details(day([(4, 2.6, 0.5)]), ALL) == []
    comes = [(look, x, 0.5) for look, x in zip(range(4, 10), (0.5, 3, 5, 7, 8, 8), strict=True)]
    assert plan_details(day(comes), ALL) == [Detail(0, 5 * S, 9 * S, "entrance")]
    goes = [(9 - look, *place) for look, *place in reversed(comes)]
    assert plan_details(day(goes), ALL) == [Detail(0, 9 * S, 13 * S, "entrance")]


def test_who_stays_beside_a_door_is_not_worth_it():
    # But where footage begins and ends, since nobody knows how they came.
    standing = [(look, 0.5, 0.5) for look in range(10)]
    edges = [Detail(0, 0, S, "entrance"), Detail(0, 17 * S, 20 * S, "entrance")]
    assert plan_details(day(standing), ALL) == edges


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
    found = plan_details(day([(look, 10.5, 0.5) for look in range(10)], segments=2), ALL)
    assert found == [Detail(0, 0, 10 * S, "queue"), Detail(1, 10 * S, 20 * S, "queue")]


def test_a_door_is_watched_across_the_border_of_two_segments():
    comes = [(look, 0.5 + look - 5, 0.5) for look in range(5, 10)]
    found = plan_details(day(comes, segments=2), ALL)
    assert found == [Detail(0, 7 * S, 10 * S, "entrance"), Detail(1, 10 * S, 11 * S, "entrance")]


def test_a_passage_weighs_more_than_what_looks_like_a_missed_box():
    # One is missed in look 3, standing there before and after; another one comes in look 6.
    stands = [(look, 0.5, 0.5) for look in range(10) if look != 3]
    comes = [(look, 0.5, 2.0 + 2 * (look - 6)) for look in range(6, 10)]
    given = day(sorted(stands + comes))
    # Looks cost 10 of 100 frames, the ends of the footage 20, a passage 20, a miss as much.
    found = plan_details(given, ScoutingSettings(budget_share=0.5))
    assert [(detail.from_us // S, detail.to_us // S) for detail in found] == [
        (0, 1),
        (9, 13),
        (17, 20),
    ]
    whole = plan_details(given, ScoutingSettings(budget_share=0.8))
    assert [(detail.from_us // S, detail.to_us // S) for detail in whole] == [
        (0, 1),
        (3, 13),
        (17, 20),
    ]


def test_the_budget_goes_to_doors_first_and_to_rummages_by_their_weight():
    comes = [(look, 0.5 + 2.5 * (look - 1), 0.5) for look in range(1, 4)]
    people = [(0, 10.5, 0.5), *comes, *((look, 20.5, 0.5) for look in range(4, 10))]
    events = heard(14)
    # 20 s at 5 frames/s are 100 frames; looks cost 10, a look's stretch 10 (the first 5).
    door = Detail(0, 0, 3 * S, "entrance")
    for share, expected in (
        (0.1, []),
        (0.25, [door]),
        (0.35, [door, Detail(0, 13 * S, 15 * S, "rummage")]),
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
