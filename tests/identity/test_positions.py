import datetime as dt
import time

import numpy as np
import pyarrow as pa
import pytest

from storeday.contracts import check, check_key, conform, load_contract
from storeday.identity import IdentitySettings, positions_by_second

STAMP = pa.timestamp("us", tz="UTC")
PLAIN = IdentitySettings(smooth_positions=False)
STAMPS = {"store_id": "s", "business_date": dt.date(2026, 1, 5)}
LEFT = ("left", np.array([[0.0, 0.0], [5.0, 0.0], [5.0, 10.0], [0.0, 10.0]]))
ALL = ("all", np.array([[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [0.0, 9.0]]))


def random_day(seed, rows=400):
    random = np.random.default_rng(seed)
    place = random.uniform(0, 10, (rows, 2))
    place[random.random(rows) < 0.1] = np.nan
    error = np.where(random.random(rows) < 0.3, np.nan, random.uniform(0.01, 0.5, rows))
    ids = [f"d{number}" for number in range(rows)]
    detections = pa.table(
        {
            "detection_id": ids,
            "device_time": pa.array(random.integers(0, 20_000_000, rows)).cast(STAMP),
            "floor_x_m": pa.array(place[:, 0], from_pandas=True),
            "floor_y_m": pa.array(place[:, 1], from_pandas=True),
            "floor_error_m": pa.array(error, from_pandas=True),
            "is_cut": random.random(rows) < 0.1,
        }
    )
    points = pa.table({"tracklet_id": [f"t{random.integers(8)}" for _ in ids], "detection_id": ids})
    # t7 has no customer; detections without a track are left out, too.
    identities = pa.table(
        {
            "tracklet_id": [f"t{number}" for number in range(7)],
            "customer_id": [f"c{number % 3}" for number in range(7)],
        }
    )
    return detections, points.slice(0, rows - 20), identities


def expected_rows(detections, points, identities, settings):
    customer = {row["tracklet_id"]: row["customer_id"] for row in identities.to_pylist()}
    owner = {row["detection_id"]: row["tracklet_id"] for row in points.to_pylist()}
    cells = {}
    for row in detections.to_pylist():
        who = customer.get(owner.get(row["detection_id"]))
        if who is None or row["is_cut"] or row["floor_x_m"] is None:
            continue
        error = row["floor_error_m"]
        error = settings.place_error_m if error is None else max(error, 0.05)
        second = row["device_time"].replace(microsecond=0)
        cells.setdefault((who, second), []).append((row["floor_x_m"], row["floor_y_m"], error**-2))
    means = {}
    for key, values in cells.items():
        total = sum(weight for *_, weight in values)
        means[key] = [sum(v[axis] * v[2] for v in values) / total for axis in range(2)]
    return means


@pytest.mark.parametrize("seed", range(5))
def test_positions_equal_a_loop_over_rows(seed):
    print("seed", seed)
    day = random_day(seed)
    means = expected_rows(*day, PLAIN)
    rows = positions_by_second(*day, [LEFT, ALL], PLAIN).to_pylist()
    assert [(row["customer_id"], row["time"]) for row in rows] == sorted(means)
    for row in rows:
        x, y = means[row["customer_id"], row["time"]]
        assert (row["floor_x_m"], row["floor_y_m"]) == pytest.approx((x, y))
        zone = "left" if x < 5 else "all" if x < 9 and y < 9 else None
        assert row["zone_id"] == zone


def test_smoothing_averages_three_seconds_only_where_all_are_there():
    day = random_day(9)
    means = expected_rows(*day, PLAIN)
    second = dt.timedelta(seconds=1)
    rows = positions_by_second(*day, [], IdentitySettings()).to_pylist()
    smoothed = 0
    for row in rows:
        keys = [(row["customer_id"], row["time"] + step * second) for step in (-1, 0, 1)]
        if not all(key in means for key in keys):
            keys = keys[1:2]
        smoothed += len(keys) == 3
        expected = np.mean([means[key] for key in keys], axis=0)
        assert [row["floor_x_m"], row["floor_y_m"]] == pytest.approx(expected.tolist())
        assert row["zone_id"] is None
    assert 0 < smoothed < len(rows)


def test_row_order_decides_nothing_and_rows_keep_the_contract():
    day = random_day(4)
    random = np.random.default_rng(1)
    mixed = [table.take(pa.array(random.permutation(table.num_rows))) for table in day]
    rows = positions_by_second(*day, [LEFT], IdentitySettings())
    assert positions_by_second(*mixed, [LEFT], IdentitySettings()).equals(rows)
    contract = load_contract("silver.positions")
    stamped = conform(rows, contract, STAMPS)
    check(stamped, contract)
    check_key(stamped, contract)


def test_nothing_gives_nothing():
    day = [table.slice(0, 0) for table in random_day(0)]
    rows = positions_by_second(*day, [LEFT], IdentitySettings())
    assert rows.num_rows == 0
    check(
        conform(rows, load_contract("silver.positions"), STAMPS), load_contract("silver.positions")
    )


def test_a_million_detections_take_seconds():
    random = np.random.default_rng(0)
    rows, tracks = 1_000_000, 5_000
    number = np.arange(rows)
    ids = pa.array(np.char.add("d", number.astype(str)))
    names = pa.array([f"t{track}" for track in range(tracks)])
    detections = pa.table(
        {
            "detection_id": ids,
            "device_time": pa.array(number * 40_000).cast(STAMP),
            "floor_x_m": random.uniform(0, 10, rows),
            "floor_y_m": random.uniform(0, 10, rows),
            "floor_error_m": np.full(rows, 0.3),
            "is_cut": np.zeros(rows, bool),
        }
    )
    points = pa.table({"tracklet_id": names.take(pa.array(number // 200)), "detection_id": ids})
    identities = pa.table({"tracklet_id": names, "customer_id": names})
    zones = [(f"z{zone}", LEFT[1] + zone) for zone in range(20)]
    began = time.process_time()
    positions = positions_by_second(detections, points, identities, zones, IdentitySettings())
    took = time.process_time() - began
    print(f"{rows} detections, {positions.num_rows} seconds, {took:.1f} s")
    assert took < 20
