"""Conditions that pick store-days."""

import datetime as dt

import duckdb
import numpy as np
import pyarrow as pa

from storeday.lake.store_day import StoreDay, predicate


def test_predicate_holds_for_the_days_and_for_no_others():
    rng = np.random.default_rng(3)
    stores = [f"s{number}" for number in range(4)]
    dates = [dt.date(2026, 10, 29) + dt.timedelta(days=number) for number in range(6)]
    every = [StoreDay(store, date) for store in stores for date in dates]
    for _ in range(30):
        chosen = [day for day in every if rng.random() < rng.choice([0.1, 0.5, 0.9])] or every
        condition = predicate(chosen, ["store_id", "business_month"])
        rows = pa.table(
            {
                "store_id": [day.store_id for day in every],
                "business_month": [day.month for day in every],
                "business_date": [day.business_date for day in every],
            }
        )
        found = duckdb.sql(f"SELECT store_id, business_date FROM rows WHERE {condition}").fetchall()
        assert rows.num_rows == len(every)
        assert sorted(StoreDay(*row) for row in found) == chosen


def test_a_night_of_many_stores_is_one_condition_without_ors():
    stores = [StoreDay(f"store{number:03d}", dt.date(2026, 11, 20)) for number in range(200)]
    assert " OR " not in predicate(stores, ["store_id", "business_month"])
