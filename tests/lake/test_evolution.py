"""Tables that were made under an older contract."""

import datetime as dt
from dataclasses import replace

import pytest
from pyspark.sql import types as st

from storeday.contracts import ContractError, load_contract
from storeday.lake.ddl import create_table, spark_schema
from storeday.lake.evolution import differences, evolve
from storeday.lake.lake import Lake
from storeday.lake.store_day import StoreDay

VISITS = load_contract("silver.visits")


def without(*names):
    kept = tuple(column for column in VISITS.columns if column.name not in names)
    return replace(VISITS, columns=kept)


def test_what_can_be_added_and_what_cannot():
    whole = spark_schema(VISITS)
    assert differences(whole, VISITS) == ([], [])
    assert differences(spark_schema(without("group_id")), VISITS) == (["group_id"], [])
    missing, faults = differences(spark_schema(without("entered_at")), VISITS)
    assert missing == ["entered_at"]
    assert faults == ["column entered_at is not there and must have a value"]
    odd = st.StructType([*whole.fields, st.StructField("shoes", st.StringType())])
    assert differences(odd, VISITS)[1] == ["column shoes is in no contract"]
    fields = [
        st.StructField(field.name, st.LongType() if field.name == "group_id" else field.dataType)
        for field in whole
    ]
    assert differences(st.StructType(fields), VISITS)[1] == [
        "column group_id is bigint, expected string"
    ]


@pytest.mark.spark
def test_a_nullable_column_is_added_and_old_rows_have_null_there(spark, tmp_path):
    lake = Lake(spark, str(tmp_path))
    path = lake.path("silver.visits")
    spark.sql(create_table(without("group_id", "staff_probability"), path))
    day = StoreDay("s", dt.date(2026, 11, 20))
    old = (
        f"INSERT INTO delta.`{path}` (store_id, business_date, business_month, customer_id, "
        "entered_at, left_at, is_censored_start, is_censored_end) VALUES ('s', DATE'2026-11-20', "
        "'2026-11', 'c', TIMESTAMP'2026-11-20 10:00:00', TIMESTAMP'2026-11-20 10:05:00', "
        "false, false)"
    )
    spark.sql(old)
    (row,) = lake.read("silver.visits", [day]).collect()
    assert (row["customer_id"], row["group_id"]) == ("c", None)
    assert {"group_id", "staff_probability"} < set(row.asDict())
    # The second look finds nothing to do.
    assert evolve(spark, VISITS, path) == []
    wrong = str(tmp_path / "silver" / "tracklets")
    spark.sql(f"CREATE TABLE delta.`{wrong}` (shoes STRING) USING DELTA")
    with pytest.raises(ContractError, match="shoes is in no contract"):
        Lake(spark, str(tmp_path)).ensure(["silver.tracklets"])
