"""Clocks measured on made-up days."""

import dataclasses
import datetime as dt
import importlib.util
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from storeday.association import (
    AssociationSettings,
    ClockQuestion,
    KnownClocks,
    measure_clocks,
)
from storeday.association.clock_grid import grid_of, pair_table
from storeday.contracts import check, check_key, conform, load_contract

SETTINGS = AssociationSettings()


def _made():
    path = Path(__file__).with_name("made_day.py")
    spec = importlib.util.spec_from_file_location("made_day", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


made = _made()
DEVICES = ["cam0", "cam1", "reader0", "reader1", "till1"]


def measure(tables, shop, prior=None, reference="cam0"):
    known = None if prior is None else KnownClocks(prior, made.START.date())
    asked = ClockQuestion(DEVICES, reference, made.START, known)
    rows = measure_clocks(tables, shop, asked, SETTINGS)
    contract = load_contract("silver.clock_offsets")
    stamps = {"store_id": "s", "business_date": made.START.date(), "business_month": "2026-01"}
    full = conform(rows, contract, stamps)
    check(full, contract)
    check_key(full, contract)
    return rows.to_pylist()


def at_middle(row, length_s=3600.0):
    since_s = length_s / 2 - (row["valid_from"] - made.START).total_seconds()
    return row["offset_s"] + row["drift_ppm"] * 1e-6 * since_s


def test_readers_offsets_are_found_with_an_honest_error():
    clocks = {"reader0": 11.0, "reader1": -8.0}
    tables, shop, _ = made.made_day(1, visits=240, clocks=clocks)
    rows = {row["device_id"]: row for row in measure(tables, shop)}
    # reader0 shares its zones with cam0, reader1 with cam1, of which only the difference is known.
    first = at_middle(rows["reader0"])
    assert abs(first - 11.0) < 3 * rows["reader0"]["std_error_s"] < 2.5
    second = at_middle(rows["reader1"]) - at_middle(rows["cam1"])
    assert abs(second + 8.0) < 1.0
    assert rows["cam0"]["offset_s"] == rows["cam0"]["std_error_s"] == 0.0
    # Nothing ties cam1 to cam0, and nothing speaks of the till.
    assert rows["cam1"]["std_error_s"] > 3
    assert rows["till1"]["std_error_s"] == pytest.approx(15 / np.sqrt(3), abs=1e-3)
    assert json.loads(rows["till1"]["evidence"]) == {"method": "assumed"}
    assert json.loads(rows["reader0"]["evidence"])["events"] > 50


def known(error_s=0.05, days=0.0, **offsets):
    """An earlier day's clocks, against a reference at 0 that is off the list."""
    count = len(offsets)
    at = made.START - dt.timedelta(days=days)
    return pa.table(
        {
            "device_id": list(offsets),
            "reference_id": ["cam9"] * count,
            "valid_from": pa.array([at] * count, made.STAMP),
            "offset_s": list(offsets.values()),
            "drift_ppm": [0.0] * count,
            "std_error_s": [error_s] * count,
            "evidence": ['{"method": "handling"}'] * count,
        }
    )


def test_a_known_clock_helps_where_the_day_says_little():
    tables, shop, _ = made.made_day(5, clocks={"reader0": 10.0})
    few = dataclasses.replace(tables, rummage_events=tables.rummage_events.slice(0, 6))
    before = known(0.2, 1.0, cam0=0.0, reader0=10.2)
    plain, helped = (
        {row["device_id"]: row for row in measure(few, shop, prior)}["reader0"]
        for prior in (None, before)
    )
    assert helped["std_error_s"] < plain["std_error_s"]
    assert abs(at_middle(helped) - 10.0) < 3 * helped["std_error_s"]
    assert json.loads(helped["evidence"])["prior"] == "2026-01-05"
    assert "prior" not in json.loads(plain["evidence"])


def test_a_clock_that_was_set_since_is_measured_anew():
    tables, shop, _ = made.made_day(1, visits=240, clocks={"reader0": 11.0})
    before = known(0.2, 1.0, cam0=0.0, reader0=-9.0)
    row = {row["device_id"]: row for row in measure(tables, shop, before)}["reader0"]
    assert abs(at_middle(row) - 11.0) < 3 * row["std_error_s"]
    assert json.loads(row["evidence"])["set_since"] == "2026-01-05"


def test_what_was_known_wears_off():
    empty = made.made_day(4)[0]
    empty = dataclasses.replace(empty, handling_trace=empty.handling_trace.slice(0, 0))
    shop = made.made_day(4)[1]
    errors = {}
    for days in (1.0, 3.0, 60.0):
        before = known(0.2, days, cam0=0.0, reader0=10.0)
        row = {row["device_id"]: row for row in measure(empty, shop, before)}["reader0"]
        errors[days] = row["std_error_s"], row["offset_s"], json.loads(row["evidence"])["method"]
    # 20 ppm of a day are 1.7 s.
    assert errors[1.0][0] == pytest.approx(np.hypot(1.728, np.sqrt(2) * 0.2), abs=0.01)
    assert errors[1.0][0] < errors[3.0][0]
    assert errors[3.0][1:] == (10.0, "prior")
    assert errors[60.0][1:] == (0.0, "assumed")


def test_what_is_known_beforehand_ties_devices_together():
    tables, shop, _ = made.made_day(
        2, visits=240, clocks={"reader0": 6.0, "reader1": 6.0, "cam1": 2.0}
    )
    rows = {row["device_id"]: row for row in measure(tables, shop, known(cam0=1.0, cam1=3.0))}
    assert at_middle(rows["cam1"]) == pytest.approx(2.0, abs=0.2)
    assert abs(at_middle(rows["reader1"]) - 6.0) < 1.0
    assert rows["reader1"]["std_error_s"] < 1.0


def test_a_clock_that_jumps_gets_two_rows():
    tables, shop, _ = made.made_day(3, visits=400, jump=("reader0", 2000.0, 9.0))
    own = [row for row in measure(tables, shop) if row["device_id"] == "reader0"]
    assert len(own) == 2
    before, after = own
    jumped_s = (after["valid_from"] - made.START).total_seconds()
    assert abs(jumped_s - 2000) < 240
    assert abs(at_middle(before, 1800.0)) < 1.5
    assert abs(at_middle(after, 5600.0) - 9.0) < 1.5
    assert sum(row["device_id"] == "reader1" for row in measure(tables, shop)) == 1


@pytest.mark.parametrize("lacking", ["rummage_events", "handling_trace"])
def test_without_rummages_or_traces_nothing_is_measured(lacking):
    tables, shop, _ = made.made_day(4)
    tables = dataclasses.replace(tables, **{lacking: getattr(tables, lacking).slice(0, 0)})
    rows = measure(tables, shop, reference=None)
    assert [row["device_id"] for row in rows] == DEVICES
    assert {row["reference_id"] for row in rows} == {"cam0"}
    assert {json.loads(row["evidence"])["method"] for row in rows} == {"assumed"}


def test_few_rummages_say_so():
    tables, shop, _ = made.made_day(5, clocks={"reader0": 10.0})
    few = tables.rummage_events.slice(0, 6)
    rows = {
        row["device_id"]: row
        for row in measure(dataclasses.replace(tables, rummage_events=few), shop)
    }
    error_s = abs(at_middle(rows["reader0"]) - 10.0)
    assert rows["reader0"]["std_error_s"] > 0.6
    assert error_s < 3 * rows["reader0"]["std_error_s"]


def test_a_reference_that_is_no_device_is_refused():
    tables, shop, _ = made.made_day(6, visits=5)
    with pytest.raises(ValueError, match="'cam9' is not among the devices: cam0, cam1"):
        measure(tables, shop, reference="cam9")


def test_row_order_decides_nothing():
    tables, shop, _ = made.made_day(7)
    rng = np.random.default_rng(0)
    mixed = dataclasses.replace(
        tables,
        rummage_events=tables.rummage_events.take(rng.permutation(tables.rummage_events.num_rows)),
        handling_trace=tables.handling_trace.take(rng.permutation(tables.handling_trace.num_rows)),
    )
    assert measure(tables, shop) == measure(mixed, shop)


def test_a_pairs_table_peaks_where_the_evidence_lies():
    lag = np.arange(-40, 41).astype(float)
    value = np.where(lag == 12, 50.0, 0.5)
    table = pair_table(np.zeros(81, int), lag, value, 1, 35.0)
    assert grid_of(35.0)[table[0].argmax()] == 12.0
    # Nobody in view: no offset is likelier than another.
    assert (pair_table(np.zeros(0, int), lag[:0], lag[:0], 1, 35.0) == 0).all()
