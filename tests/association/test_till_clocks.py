"""Clocks of tills from receipts and people leaving the checkout."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from storeday.association.till_clocks import TillClock, leaving_us, till_clocks, with_tills

START = dt.datetime(2026, 1, 5, 9, 0, tzinfo=dt.UTC)
STAMP = pa.timestamp("us", tz="UTC")


def at(second):
    return START + dt.timedelta(seconds=float(second))


def checkout_day(seed, offset_s, payers=60):
    """Receipts four seconds before their payers leave, and others who only wait there."""
    rng = np.random.default_rng(seed)
    sales, people = [], []
    for number in range(payers * 2):
        begin, stay = np.floor(rng.uniform(0, 8 * 3600)), int(rng.integers(20, 120))
        people += [(f"c{number}", at(begin + second), "pay") for second in range(stay)]
        if number % 2:
            shown = at(np.floor(begin + stay - 4 + rng.normal(0, 2) + offset_s))
            sales += [("till1", f"n{number}", shown)] * 2
    names, times, zones = zip(*people, strict=True)
    positions = pa.table({"customer_id": names, "time": pa.array(times, STAMP), "zone_id": zones})
    tills, receipts, shown = zip(*sales, strict=True)
    return (
        pa.table(
            {"register_id": tills, "receipt_id": receipts, "device_time": pa.array(shown, STAMP)}
        ),
        positions,
    )


@pytest.mark.parametrize("offset_s", [-25.0, 0.0, 12.0])
def test_offsets_are_found(offset_s):
    sales, positions = checkout_day(1, offset_s)
    found = till_clocks(sales, positions, {"till1": "pay", "till2": "pay"})
    assert set(found) == {"till1"}
    assert found["till1"].receipts == 60
    assert abs(found["till1"].offset_s - offset_s) < 2
    # Not knowing how long it takes to go is always in it.
    assert 3.0 <= found["till1"].std_error_s < 4.0


def test_a_till_in_another_zone_or_with_few_receipts_is_not_known():
    sales, positions = checkout_day(2, 0.0)
    assert till_clocks(sales, positions, {"till1": "elsewhere"}) == {}
    assert till_clocks(sales.slice(0, 10), positions, {"till1": "pay"}) == {}
    assert till_clocks(sales.slice(0, 0), positions.slice(0, 0), {"till1": "pay"}) == {}


def test_stays_are_joined_over_short_gaps_and_short_ones_left_out():
    seconds = [*range(8), *range(15, 30), *range(100, 105)]
    table = pa.table(
        {"customer_id": ["c"] * len(seconds), "time": pa.array([at(s) for s in seconds], STAMP)}
    )
    start_us = int(START.timestamp()) * 1_000_000
    assert leaving_us(table).tolist() == [start_us + 30_000_000]


def test_only_what_was_known_worse_is_replaced():
    rows = pa.table(
        {
            "device_id": ["till1", "till2"],
            "reference_id": ["cam1"] * 2,
            "valid_from": pa.array([START] * 2, STAMP),
            "offset_s": [0.0, 1.0],
            "drift_ppm": [0.0, 0.0],
            "std_error_s": [8.66, 0.5],
            "evidence": ["{}", "{}"],
        }
    )
    found = with_tills(rows, {name: TillClock(7.0, 3.1, 40) for name in ("till1", "till2")})
    assert found["offset_s"].to_pylist() == [7.0, 1.0]
    assert found["std_error_s"].to_pylist() == [3.1, 0.5]
    assert found["evidence"].to_pylist() == ['{"method": "checkout", "receipts": 40}', "{}"]
