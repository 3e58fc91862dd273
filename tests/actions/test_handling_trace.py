import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from storeday.actions import handling_trace
from storeday.contracts import check, check_key, conform, load_contract

STAMPS = {"store_id": "s", "business_date": dt.date(2026, 1, 5)}
STAMP = pa.timestamp("us", tz="UTC")


def random_day(seed, with_logits=True, rows=300):
    random = np.random.default_rng(seed)
    place = random.uniform(0, 10, (rows, 2))
    place[random.random(rows) < 0.2] = np.nan
    logit = np.where(random.random(rows) < 0.5, np.nan, random.normal(size=rows))
    if not with_logits:
        logit[:] = np.nan
    ids = [f"d{number}" for number in range(rows)]
    track = random.integers(0, 6, rows)
    detections = pa.table(
        {
            "detection_id": ids,
            "camera_id": [f"cam{number % 2}" for number in track],
            "device_time": pa.array(random.integers(0, 30_000_000, rows)).cast(STAMP),
            "floor_x_m": pa.array(place[:, 0], from_pandas=True),
            "floor_y_m": pa.array(place[:, 1], from_pandas=True),
            "is_cut": random.random(rows) < 0.2,
            "handling_logit": pa.array(logit, pa.float32(), from_pandas=True),
        }
    )
    points = pa.table({"tracklet_id": [f"t{number}" for number in track], "detection_id": ids})
    # t5 has no customer.
    identities = pa.table(
        {
            "tracklet_id": [f"t{number}" for number in (4, 2, 0, 1, 3)],
            "customer_id": ["c4", "c2", "c0", "c0", "c2"],
        }
    )
    return detections, points, identities


def mean(values):
    kept = [value for value in values if value is not None]
    return sum(kept) / len(kept) if kept else None


@pytest.mark.parametrize("seed", range(4))
def test_the_trace_equals_a_loop_over_rows(seed):
    print("seed", seed)
    detections, points, identities = day = random_day(seed)
    customer = {row["tracklet_id"]: row["customer_id"] for row in identities.to_pylist()}
    owner = {row["detection_id"]: row["tracklet_id"] for row in points.to_pylist()}
    cells = {}
    for row in detections.to_pylist():
        if owner[row["detection_id"]] in customer:
            key = owner[row["detection_id"]], row["device_time"].replace(microsecond=0)
            cells.setdefault(key, []).append(row)
    rows = handling_trace(*day).to_pylist()
    assert [(row["tracklet_id"], row["device_time"]) for row in rows] == sorted(cells)
    for row in rows:
        boxes = cells[row["tracklet_id"], row["device_time"]]
        stood = [box for box in boxes if not box["is_cut"]]
        expected = {
            "handling_logit": mean([box["handling_logit"] for box in boxes]),
            "floor_x_m": mean([box["floor_x_m"] for box in stood]),
            "floor_y_m": mean([box["floor_y_m"] for box in stood]),
        }
        for name, value in expected.items():
            assert row[name] == (None if value is None else pytest.approx(value))
        assert row["customer_id"] == customer[row["tracklet_id"]]
        assert row["camera_id"] == boxes[0]["camera_id"]


def test_without_a_model_there_are_no_logits():
    trace = handling_trace(*random_day(7, with_logits=False))
    assert trace.num_rows > 0
    assert trace["handling_logit"].null_count == trace.num_rows


def test_row_order_decides_nothing_and_rows_keep_the_contract():
    day = random_day(8)
    random = np.random.default_rng(1)
    mixed = [table.take(pa.array(random.permutation(table.num_rows))) for table in day]
    rows = handling_trace(*day)
    assert handling_trace(*mixed).equals(rows)
    contract = load_contract("silver.handling_trace")
    stamped = conform(rows, contract, STAMPS)
    check(stamped, contract)
    check_key(stamped, contract)


def test_nothing_gives_nothing():
    rows = handling_trace(*(table.slice(0, 0) for table in random_day(0)))
    assert rows.num_rows == 0
    contract = load_contract("silver.handling_trace")
    check(conform(rows, contract, STAMPS), contract)
