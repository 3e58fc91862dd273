"""Rows under contract: built, refused, compared."""

import datetime as dt
import pickle

import pyarrow as pa
import pytest

from storeday.contracts import (
    ContractError,
    canonical,
    check,
    check_key,
    conform,
    load_contract,
    table_from_columns,
)

TRACKLETS = load_contract("silver.tracklets")
STAMPS = {"store_id": "s1", "business_date": dt.date(2026, 11, 20)}
T0 = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)


def tracklets(**changes):
    columns = {
        "tracklet_id": ["a", "b"],
        "camera_id": ["c1", "c1"],
        "started_at": [T0, T0],
        "ended_at": [T0, T0 + dt.timedelta(seconds=5)],
        "detections": [1, 7],
    }
    return conform(table_from_columns(TRACKLETS, {**columns, **changes}), TRACKLETS, STAMPS)


def test_stamps_are_added_and_month_follows_from_the_date():
    rows = tracklets()
    check(rows, TRACKLETS)
    check_key(rows, TRACKLETS)
    assert rows["business_month"].to_pylist() == ["2026-11", "2026-11"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tracklet_id": ["a", None]}, r"silver\.tracklets\.tracklet_id: expected a value"),
        ({"detections": [0, 7]}, r"silver\.tracklets\.detections: expected >= 1, found 1 of 2"),
        (
            {"started_at": [T0 + dt.timedelta(hours=1), T0]},
            r"silver\.tracklets\.time_order: expected started_at <= ended_at",
        ),
    ],
)
def test_broken_rows_are_refused_by_table_and_column(changes, message):
    with pytest.raises(ContractError, match=message):
        check(tracklets(**changes), TRACKLETS)


def test_two_rows_of_one_key_are_refused():
    with pytest.raises(ContractError, match=r"1 rows too many of 2"):
        check_key(tracklets(tracklet_id=["a", "a"]), TRACKLETS)


def test_unknown_and_missing_columns_are_refused():
    with pytest.raises(ContractError, match="no_such"):
        table_from_columns(TRACKLETS, {"no_such": [1]})
    with pytest.raises(ContractError, match=r"tracklets\.store_id: expected a column"):
        conform(table_from_columns(TRACKLETS, {"tracklet_id": ["a"]}), TRACKLETS, {})


def test_values_that_do_not_fit_their_type_are_refused():
    with pytest.raises(ContractError, match=r"silver\.tracklets\.detections: expected int64"):
        table_from_columns(TRACKLETS, {"detections": ["many"]})


def test_lists_of_values_patterns_and_finite_numbers():
    contract = load_contract("bronze.rfid_reads")
    columns = {
        "reader_id": ["r"],
        "antenna": [1],
        "epc": ["AB"],
        "device_time": [T0],
        "rssi_dbm": [-60.0],
        "read_count": [1],
        "source_format": ["x"],
        "source_file": ["f"],
        "source_line": [1],
        "source_item": [1],
    }

    def checked(**changes):
        rows = table_from_columns(contract, {**columns, **changes})
        check(conform(rows, contract, STAMPS), contract)

    checked()
    with pytest.raises(ContractError, match=r"epc: expected to match .* for instance 'xyz'"):
        checked(epc=["xyz"])
    with pytest.raises(ContractError, match=r"phase_period: expected one of pi, 2pi"):
        checked(phase_period=["3pi"])
    with pytest.raises(ContractError, match=r"rssi_dbm: expected <= 0"):
        checked(rssi_dbm=[1.0])
    with pytest.raises(ContractError, match=r"doppler_hz: expected a finite number"):
        checked(doppler_hz=[float("inf")])


def test_canonical_form_forgets_order_and_noise():
    contract = load_contract("silver.detections")
    base = {
        "camera_id": ["c", "c"],
        "device_time": [T0, T0],
        "detection_id": ["1", "2"],
        "score": [0.5, 0.25],
        "is_cut": [False, True],
        **{name: [1.0, 2.0] for name in ("x0", "y0", "x1", "y1")},
    }
    one = conform(table_from_columns(contract, base), contract, STAMPS)
    noisy = {**base, "x0": [1.0000001, 2.0]}
    other = conform(table_from_columns(contract, noisy), contract, STAMPS).take([1, 0])
    assert canonical(one, contract).equals(canonical(other, contract))


def test_error_keeps_its_parts_across_processes():
    error = pickle.loads(pickle.dumps(ContractError("t", "c", "x", "y")))
    assert (error.table, error.subject, str(error)) == ("t", "c", "t.c: expected x, found y")


def test_arrow_input_is_taken_as_it_is():
    rows = tracklets(detections=pa.chunked_array([[1], [2]]))
    assert rows["detections"].to_pylist() == [1, 2]
