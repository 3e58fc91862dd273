"""Builders of hand-made days: a store that opens at nine, UTC."""

import datetime as dt
from types import SimpleNamespace

import pyarrow as pa
import pytest

from storeday.contracts import check, check_key, conform, load_contract
from storeday.floor.calendar import Interval, local_hours
from storeday.measures import MeasureSettings, Records, coverage

NINE = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
STAMP = pa.timestamp("us", tz="UTC")
STAMPS = {
    "store_id": "s",
    "business_date": dt.date(2026, 1, 5),
    "run_id": "r",
    "method_version": "0",
}


def at(second):
    return NINE + dt.timedelta(seconds=second)


def hours(count):
    return list(local_hours(Interval(at(0), at(3600 * count)), "UTC"))


def seen(zones=(), count=1, film=None):
    """Coverage of one camera that sees all zones, filming from start to end."""
    start, end = film or (0, 3600 * count)
    records = Records(
        {"cam": [Interval(at(start), at(end))]}, {}, {}, list(zones), {"cam": set(zones)}
    )
    return coverage(records, hours(count), Interval(at(0), at(3600 * count)), MeasureSettings())


def positions(*stays):
    """Positions of (customer, zone, first second, last second), a row a second."""
    rows = [
        (customer, zone, second)
        for customer, zone, first, last in stays
        for second in range(first, last + 1)
    ]
    return pa.table(
        {
            "customer_id": pa.array([row[0] for row in rows], pa.string()),
            "zone_id": pa.array([row[1] for row in rows], pa.string()),
            "time": pa.array([at(row[2]) for row in rows], STAMP),
            "floor_x_m": pa.array([0.0] * len(rows), pa.float64()),
            "floor_y_m": pa.array([0.0] * len(rows), pa.float64()),
        }
    )


def visits(*rows, is_open=(False, False)):
    """Visits of (customer, first second, last second)."""
    return pa.table(
        {
            "customer_id": pa.array([row[0] for row in rows], pa.string()),
            "entered_at": pa.array([at(row[1]) for row in rows], STAMP),
            "left_at": pa.array([at(row[2]) for row in rows], STAMP),
            "is_censored_start": pa.array([is_open[0]] * len(rows), pa.bool_()),
            "is_censored_end": pa.array([is_open[1]] * len(rows), pa.bool_()),
        }
    )


def keeps_its_promise(table, name):
    contract = load_contract(name)
    names = {column.name for column in contract.columns}
    full = conform(table, contract, {key: STAMPS[key] for key in STAMPS if key in names})
    check(full, contract)
    check_key(full, contract)
    return True


@pytest.fixture(scope="session")
def hand():
    return SimpleNamespace(
        at=at,
        hours=hours,
        seen=seen,
        positions=positions,
        visits=visits,
        keeps_its_promise=keeps_its_promise,
        stamp=STAMP,
        settings=MeasureSettings(),
    )
