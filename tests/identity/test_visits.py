import datetime as dt
import itertools

import numpy as np
import pyarrow as pa
import pytest

from storeday.contracts import check, check_key, conform, load_contract
from storeday.floor.calendar import Interval
from storeday.identity import IdentitySettings, TrackletEnds, visits

DAY = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
DOOR = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 1.0], [0.0, 1.0]])
AT_DOOR, NEAR_DOOR, INSIDE, NOWHERE = (1.0, 0.5), (1.0, 2.5), (1.0, 2.51), (np.nan, np.nan)
SETTINGS = IdentitySettings(visit_gap_s=600)
STAMPS = {"store_id": "s", "business_date": dt.date(2026, 1, 5)}


def moment(seconds):
    return DAY + dt.timedelta(seconds=seconds)


def span(start, end):
    return Interval(moment(start), moment(end))


ALL_DAY = {"cam": [span(0, 36_000)]}


def day_of(tracks):
    """Ends and identities from (customer, start_s, end_s, first place, last place[, camera])."""
    us = np.array(
        [[(moment(s).timestamp()) * 1e6 for s in track[1:3]] for track in tracks], float
    ).reshape(-1, 2)
    us = np.rint(us).astype(np.int64)
    camera = np.array([track[5] if len(track) > 5 else "cam" for track in tracks], object)
    names = np.array([f"t{number}" for number in range(len(tracks))], object)
    first = np.array([track[3] for track in tracks], float).reshape(-1, 2)
    last = np.array([track[4] for track in tracks], float).reshape(-1, 2)
    error = np.full(len(tracks), 0.3)
    ends = TrackletEnds(
        names, camera, us[:, 0], us[:, 1], us[:, 0], first, error, us[:, 1], last, error
    )
    customers = pa.array([track[0] for track in tracks], pa.string())
    return ends, pa.table({"tracklet_id": pa.array(names, pa.string()), "customer_id": customers})


def flags(tracks, footage=ALL_DAY, entrances=(DOOR,), settings=SETTINGS):
    rows = visits(*day_of(tracks), entrances, footage, settings).to_pylist()
    return [(row["is_censored_start"], row["is_censored_end"]) for row in rows]


def test_a_visit_lasts_from_first_to_last_seen():
    tracks = [
        ("b", 500, 600, AT_DOOR, AT_DOOR),
        ("a", 200, 900, INSIDE, AT_DOOR, "cam2"),
        ("a", 100, 300, AT_DOOR, INSIDE),
        ("a", 1600, 1700, INSIDE, INSIDE),
    ]
    # a is away for 700 s > 600 s after the long second tracklet has ended.
    rows = visits(*day_of(tracks), [DOOR], {}, SETTINGS).to_pylist()
    found = [
        (row["customer_id"], row["entered_at"], row["left_at"], row["is_censored_start"],
         row["is_censored_end"])
        for row in rows
    ]  # fmt: skip
    assert found == [
        ("a", moment(100), moment(900), False, False),
        ("a", moment(1600), moment(1700), True, True),
        ("b", moment(500), moment(600), False, False),
    ]
    assert {(row["group_id"], row["staff_probability"]) for row in rows} == {(None, None)}


def test_an_absence_within_the_setting_is_one_visit():
    tracks = [("a", 0, 100, AT_DOOR, AT_DOOR), ("a", 700, 800, AT_DOOR, AT_DOOR)]
    assert visits(*day_of(tracks), [DOOR], ALL_DAY, SETTINGS).num_rows == 1
    shorter = IdentitySettings(visit_gap_s=599.999)
    assert visits(*day_of(tracks), [DOOR], ALL_DAY, shorter).num_rows == 2


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (AT_DOOR, AT_DOOR, (False, False)),
        (NEAR_DOOR, INSIDE, (False, True)),
        (INSIDE, NEAR_DOOR, (True, False)),
        (NOWHERE, NOWHERE, (True, True)),
    ],
)
def test_away_from_every_entrance_is_censored(first, last, expected):
    assert flags([("a", 100, 200, first, last)]) == [expected]


def test_without_entrances_nobody_was_seen_to_come():
    assert flags([("a", 100, 200, AT_DOOR, AT_DOOR)], entrances=()) == [(True, True)]


def test_the_edges_of_footage_are_censored():
    files = [span(1000, 2000), span(100, 1000), span(5000, 6000)]
    seen = [
        (102, 500), (102.001, 500), (500, 999), (1001, 1500), (5001, 5998), (5003, 5997.9)
    ]  # fmt: skip
    tracks = [(f"c{number}", *when, AT_DOOR, AT_DOOR) for number, when in enumerate(seen)]
    # Files that touch are one stretch, so that 999 and 1001 are in its middle.
    assert flags(tracks, {"cam": files}) == [
        (True, False),
        (False, False),
        (False, False),
        (False, False),
        (True, True),
        (False, False),
    ]


def test_each_camera_has_its_own_footage():
    tracks = [("a", 100, 200, AT_DOOR, AT_DOOR, "cam2")]
    assert flags(tracks, {"cam": [span(100, 200)]}) == [(False, False)]
    assert flags(tracks, {"cam2": [span(100, 200)], "cam": []}) == [(True, True)]
    assert flags(tracks, {"cam2": []}) == [(False, False)]


def test_visits_are_told_in_the_cameras_common_time():
    tracks = [
        ("a", 100, 300, AT_DOOR, INSIDE),
        ("a", 200, 400, INSIDE, AT_DOOR, "ahead"),
    ]
    rows = visits(*day_of(tracks), [DOOR], {}, SETTINGS, {"ahead": 2.5}).to_pylist()
    assert [(row["entered_at"], row["left_at"]) for row in rows] == [(moment(100), moment(397.5))]


def test_tracklets_without_customer_have_no_visit():
    ends, identities = day_of([("a", 0, 3, AT_DOOR, AT_DOOR), ("b", 0, 3, AT_DOOR, AT_DOOR)])
    rows = visits(ends, identities.slice(1), [DOOR], ALL_DAY, SETTINGS)
    assert rows["customer_id"].to_pylist() == ["b"]


@pytest.mark.parametrize("seed", range(10))
def test_visits_equal_a_loop_over_customers(seed):
    print("seed", seed)
    random = np.random.default_rng(seed)
    tracks = []
    for _ in range(60):
        start = int(random.integers(0, 20_000))
        track = (f"c{random.integers(6)}", start, start + int(random.integers(1, 900)))
        tracks.append((*track, AT_DOOR, INSIDE))
    expected = []
    for name, own in itertools.groupby(sorted(tracks), key=lambda track: track[0]):
        stays = []
        for _, start, end, *_ in own:
            if stays and start - stays[-1][1] <= 600:
                stays[-1][1] = max(stays[-1][1], end)
            else:
                stays.append([start, end])
        expected += [(name, moment(start), moment(end)) for start, end in stays]
    ends, identities = day_of(tracks)
    mixed = identities.take(pa.array(random.permutation(identities.num_rows)))
    rows = visits(ends, mixed, [DOOR], ALL_DAY, SETTINGS)
    found = [(r["customer_id"], r["entered_at"], r["left_at"]) for r in rows.to_pylist()]
    assert found == expected
    contract = load_contract("silver.visits")
    stamped = conform(rows, contract, STAMPS)
    check(stamped, contract)
    check_key(stamped, contract)


def test_an_empty_day_has_no_visits():
    rows = visits(*day_of([]), [DOOR], {}, SETTINGS)
    assert rows.num_rows == 0
    assert rows.equals(visits(*day_of([("a", 0, 1, AT_DOOR, AT_DOOR)]), [], {}, SETTINGS)[:0])


def test_a_stay_of_less_than_two_seconds_is_no_visit():
    ends, identities = day_of([("a", 0, 1.9, AT_DOOR, AT_DOOR), ("b", 0, 2, AT_DOOR, AT_DOOR)])
    rows = visits(ends, identities, [DOOR], ALL_DAY, SETTINGS)
    assert rows["customer_id"].to_pylist() == ["b"]
