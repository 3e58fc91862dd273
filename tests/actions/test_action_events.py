import datetime as dt
import time

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import norm

from storeday.actions import ActionSettings, action_events, speed_m_s
from storeday.actions.still import nearest_display
from storeday.contracts import check, check_key, conform, load_contract
from storeday.floor.zones import distance_m

DAY = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
STAMPS = {"store_id": "s", "business_date": dt.date(2026, 1, 5)}
# A shelf along y = 0 from x = 0 to 4, and one along y = 0 from x = 6 to 10.
SHELF_A = ("a", np.array([[0.0, -0.5], [4.0, -0.5], [4.0, 0.0], [0.0, 0.0]]))
SHELF_B = ("b", np.array([[6.0, -0.5], [10.0, -0.5], [10.0, 0.0], [6.0, 0.0]]))
SHELVES = [SHELF_A, SHELF_B]
SETTINGS = ActionSettings(
    reach_m=0.8,
    place_error_m=0.1,
    max_error_sd=1.0,
    still_half_window_s=2,
    still_speed_m_s=0.2,
    bridge_s=2,
    min_still_s=3,
    handle_every_s=10.0,
)


def at(seconds):
    return DAY + dt.timedelta(seconds=seconds)


def trace_of(path, tracklet="t", start=0, logits=None, error=None):
    """A trace from places (x, y) or None, one a second."""
    places = [(None, None) if place is None else place for place in path]
    columns = {
        "tracklet_id": [tracklet] * len(path),
        "camera_id": ["cam"] * len(path),
        "customer_id": [f"customer of {tracklet}"] * len(path),
        "device_time": pa.array(
            [at(start + number) for number in range(len(path))], pa.timestamp("us", tz="UTC")
        ),
        "handling_logit": pa.array(logits or [None] * len(path), pa.float64()),
        "floor_x_m": pa.array([x for x, _ in places], pa.float64()),
        "floor_y_m": pa.array([y for _, y in places], pa.float64()),
    }
    if error is not None:
        columns["floor_error_m"] = pa.array([error] * len(path), pa.float64())
    return pa.table(columns)


def events(trace, settings=SETTINGS, displays=SHELVES):
    return action_events(trace, displays, settings, str).to_pylist()


def walk(from_x, to_x, y):
    """A walk of 1 m/s along x, both ends included."""
    step = 1 if to_x >= from_x else -1
    return [(float(x), y) for x in range(from_x, to_x + step, step)]


def test_standing_at_a_shelf_is_one_event():
    # 6 s from far away straight to the shelf, 10 s there, and away again: at 1 m/s, y = 6.4 .. 0.4.
    path = [(2.0, 6.4 - step) for step in range(6)] + [(2.0, 0.4)] * 10
    path += [(2.0, 1.4 + step) for step in range(6)]
    (row,) = events(trace_of(path))
    # Seconds 6 to 15 stand at the shelf. The first and the last are too fast: from 5 to 7 s the
    # mean places at second 6 are (1.4 + 0.4 + 2.4) / 3 and 0.4, 2 s apart, so 0.5 m/s, against
    # 0.2 + sqrt(2/3) * 0.1 / 2 = 0.24; at second 7 (0.4 + 0.4 + 1.4) / 3 = 0.73: 0.17 m/s.
    assert row["started_at"] == at(7)
    assert row["ended_at"] == at(15)
    assert row["peak_time"] == at(11)
    assert row["zone_id"] == "a"
    assert (row["floor_x_m"], row["floor_y_m"]) == pytest.approx((2.0, 0.4))
    expected = (1 - np.exp(-8 / 10)) * norm.cdf((0.8 - 0.4) / 0.1)
    assert row["probability"] == pytest.approx(expected)
    assert row["tracklet_id"] == "t"
    assert row["customer_id"] == "customer of t"
    assert row["camera_id"] == "cam"
    assert row["action_id"] == f"action/t/{round(at(7).timestamp() * 1e6)}"


def test_walking_past_is_no_event():
    assert events(trace_of(walk(-5, 15, 0.4))) == []


def test_standing_out_of_reach_is_no_event():
    assert len(events(trace_of([(2.0, 0.89)] * 10))) == 1
    assert events(trace_of([(2.0, 0.91)] * 10)) == []


def test_a_known_error_takes_the_place_of_the_setting():
    path = [(2.0, 1.05)] * 10
    assert events(trace_of(path)) == []
    (row,) = events(trace_of(path, error=0.3))
    expected = (1 - np.exp(-10 / 10)) * norm.cdf((0.8 - 1.05) / 0.3)
    assert row["probability"] == pytest.approx(expected)


def test_two_seconds_are_too_short():
    assert events(trace_of([(2.0, 0.4)] * 2)) == []
    assert len(events(trace_of([(2.0, 0.4)] * 3))) == 1


def test_probability_grows_with_duration_and_falls_with_distance():
    chances = np.array(
        [
            [events(trace_of([(2.0, y)] * seconds))[0]["probability"] for seconds in (3, 10, 60)]
            for y in (-0.2, 0.3, 0.7, 0.85)
        ]
    )
    assert (np.diff(chances, axis=1) > 0).all()
    assert (np.diff(chances, axis=0) <= 0).all()
    assert (np.diff(chances[1:], axis=0) < 0).all()
    assert ((chances > 0) & (chances < 1)).all()


def test_short_interruptions_are_bridged_and_long_ones_are_not():
    stand = [(2.0, 0.4)] * 5
    (row,) = events(trace_of(stand + [None] * 2 + stand))
    assert (row["started_at"], row["ended_at"]) == (at(0), at(12))
    rows = events(trace_of(stand + [None] * 3 + stand))
    assert [(row["started_at"], row["ended_at"]) for row in rows] == [
        (at(0), at(5)),
        (at(8), at(13)),
    ]


def test_two_shelves_are_two_events():
    path = [(3.5, 0.4)] * 8 + [(4.5, 0.4), (5.5, 0.4)] + [(6.5, 0.4)] * 8
    rows = events(trace_of(path))
    assert [row["zone_id"] for row in rows] == ["a", "b"]
    assert rows[0]["ended_at"] <= rows[1]["started_at"]


def test_tracklets_do_not_touch_each_other():
    trace = pa.concat_tables(
        [
            trace_of([(2.0, 0.4)] * 4, "t1"),
            trace_of([(7.0, 0.4)] * 4, "t2", start=4),
            trace_of([(2.0, 0.4)] * 4, "t3", start=4),
        ]
    )
    rows = events(trace)
    assert [(row["tracklet_id"], row["zone_id"]) for row in rows] == [
        ("t1", "a"),
        ("t2", "b"),
        ("t3", "a"),
    ]
    random = np.random.default_rng(0)
    mixed = trace.take(pa.array(random.permutation(trace.num_rows)))
    assert events(mixed) == rows
    contract = load_contract("silver.action_events")
    stamped = conform(action_events(trace, SHELVES, SETTINGS, str), contract, STAMPS)
    check(stamped, contract)
    check_key(stamped, contract)


def test_logits_decide_where_there_are_any():
    # Walking fast, far from shelves at first: without logits nothing would be found.
    path = walk(-5, 14, 0.4)
    logits = [-2.0] * 3 + [1.0, 3.0] + [-2.0] * 5 + [0.5, None, -1.0, 2.0, 2.0] + [-3.0] * 5
    rows = events(trace_of(path, logits=logits))
    # Seconds 3 and 4, at x = -2 and -1: no shelf in reach. Seconds 10 to 14, at x = 5 .. 9.
    assert [(row["started_at"], row["ended_at"]) for row in rows] == [
        (at(3), at(5)),
        (at(10), at(15)),
    ]
    assert [row["peak_time"] for row in rows] == [at(4.5), at(13.5)]
    assert [row["probability"] for row in rows] == pytest.approx(
        [1 / (1 + np.exp(-3)), 1 / (1 + np.exp(-2))]
    )
    assert [row["zone_id"] for row in rows] == [None, "b"]
    assert [row["floor_x_m"] for row in rows] == pytest.approx([-1.5, (5 + 8 + 9) / 3])


def test_low_logits_silence_the_rule_of_standing_still():
    trace = trace_of([(2.0, 0.4)] * 10, logits=[-3.0] * 10)
    assert events(trace) == []
    other = trace_of([(2.0, 0.4)] * 10, "u")
    assert [row["tracklet_id"] for row in events(pa.concat_tables([trace, other]))] == ["u"]


def test_logits_need_no_place():
    (row,) = events(trace_of([None] * 3, logits=[-1.0, 2.0, -1.0]), displays=[])
    assert (row["floor_x_m"], row["zone_id"]) == (None, None)
    assert row["peak_time"] == at(1.5)


def test_nothing_gives_nothing():
    empty = trace_of([(2.0, 0.4)] * 5).slice(0, 0)
    rows = action_events(empty, SHELVES, SETTINGS, str)
    assert rows.num_rows == 0
    contract = load_contract("silver.action_events")
    check(conform(rows, contract, STAMPS), contract)
    assert events(trace_of([(2.0, 0.4)] * 5), displays=[]) == []


@pytest.mark.parametrize("seed", range(5))
def test_speed_equals_a_loop_over_seconds(seed):
    print("seed", seed)
    random = np.random.default_rng(seed)
    tracklet = np.sort(random.integers(0, 4, 80))
    keys = np.unique(np.column_stack([tracklet, random.integers(0, 60, 80)]), axis=0)
    tracklet, second = keys[:, 0], keys[:, 1] + 1_700_000_000
    place = random.uniform(0, 10, (len(keys), 2))
    place[random.random(len(keys)) < 0.2] = np.nan
    error = random.uniform(0.1, 0.5, len(keys))
    half = int(random.integers(1, 4))
    speed, speed_error = speed_m_s(tracklet, second, place, error, half)
    known = np.isfinite(place).all(axis=1)
    for row in range(len(keys)):
        near = known & (tracklet == tracklet[row]) & (np.abs(second - second[row]) <= half)
        before, after = near & (second <= second[row]), near & (second >= second[row])
        if not known[row] or near.sum() == 1:
            assert np.isnan(speed[row])
            continue
        elapsed = second[after].mean() - second[before].mean()
        step = np.linalg.norm(place[after].mean(axis=0) - place[before].mean(axis=0))
        assert speed[row] == pytest.approx(step / elapsed)
        variance = sum((error[half_rows] ** 2).sum() / half_rows.sum() ** 2
                       for half_rows in (before, after))  # fmt: skip
        assert speed_error[row] == pytest.approx(np.sqrt(variance) / elapsed)


def test_the_nearest_display_equals_the_least_of_all_distances():
    random = np.random.default_rng(2)
    place = random.uniform(-2, 12, (500, 2))
    place[::50] = np.nan
    error = random.uniform(0.05, 0.4, 500)
    polygons = [random.uniform(0, 10, 2) + random.uniform(0, 3, (3, 2)) for _ in range(8)]
    nearest, distance = nearest_display(place, error, polygons, SETTINGS)
    table = np.array([distance_m(place, polygon) for polygon in polygons])
    best = np.where(np.isnan(table), np.inf, table).min(axis=0)
    reached = best <= 0.8 + error
    assert (nearest >= 0).tolist() == reached.tolist()
    assert 50 < reached.sum() < 450
    assert distance[reached].tolist() == best[reached].tolist()
    assert nearest[reached].tolist() == np.nanargmin(table[:, reached], axis=0).tolist()


def test_a_long_day_takes_seconds():
    random = np.random.default_rng(1)
    tracks, seconds = 5_000, 100
    place = random.uniform(0, 20, (tracks, 1, 2)) + np.cumsum(
        random.normal(0, 0.2, (tracks, seconds, 2)), axis=1
    )
    names = np.repeat([f"t{number:05d}" for number in range(tracks)], seconds)
    start = round(DAY.timestamp() * 1e6)
    clock = np.arange(tracks)[:, None] * 7_000_000 + np.arange(seconds) * 1_000_000 + start
    trace = pa.table(
        {
            "tracklet_id": names,
            "camera_id": names,
            "customer_id": names,
            "device_time": pa.array(clock.ravel()).cast(pa.timestamp("us", tz="UTC")),
            "handling_logit": pa.nulls(tracks * seconds, pa.float64()),
            "floor_x_m": place[..., 0].ravel(),
            "floor_y_m": place[..., 1].ravel(),
        }
    )
    displays = [
        (f"z{number}", SHELF_A[1] / 2 + [number % 8 * 2.5, number // 8 * 4]) for number in range(40)
    ]
    began = time.process_time()
    rows = action_events(trace, displays, ActionSettings(), str)
    took = time.process_time() - began
    print(f"{trace.num_rows} seconds, {rows.num_rows} events, {took:.1f} s")
    assert rows.num_rows > 1000
    assert took < 20


def test_settings_without_meaning_are_refused():
    with pytest.raises(ValueError, match=r"reach_m is 0\.0; expected a positive number"):
        ActionSettings(reach_m=0.0)
