"""What analysts read: every table in delta-rs and DuckDB, the views, and five questions thrice."""

import datetime as dt
import importlib.util
import math
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from storeday.contracts import arrow_schema, check, load_contract, table_names
from storeday.lake.ddl import spark_schema
from storeday.lake.lake import Lake
from storeday.lake.views import (
    CUSTOMER_IDS,
    VIEWS,
    relation_name,
    tables_read,
    view_statements,
)

duckdb = pytest.importorskip("duckdb")
deltalake = pytest.importorskip("deltalake")

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SOME_TEXTS = ("in", "2026-01", "3034F4A2C8", "04006381333931", "request")
TODAY = dt.datetime.now(dt.UTC).date()
WORDS = {"gold.funnel_daily": {"scope": "store", "step": "enter", "category": "all"}}


def value_of(column, number, rng):
    """Some value that the contract allows; texts tell rows apart."""
    kind = column.physical_type
    if kind == "string":
        if column.pattern:
            return next(text for text in SOME_TEXTS if re.fullmatch(column.pattern, text))
        valid = column.valid_values
        return valid[number % len(valid)] if valid else f"{column.name}{number}"
    if kind in {"double", "float", "int", "bigint"}:
        most = 9.0 if column.maximum is None else min(column.maximum, 9.0)
        least = most - 9.0 if column.minimum is None else column.minimum
        value = rng.uniform(least, most)
        return float(value) if kind in {"double", "float"} else math.ceil(value)
    if kind == "timestamp":
        return dt.datetime(2026, 1, 5, 9, number % 60, tzinfo=dt.UTC)
    if kind.startswith("array"):
        return ["a"] if kind.endswith("<string>") else [0.5]
    return {"boolean": number % 2 == 0, "binary": b"x", "date": dt.date(2026, 1, 5)}[kind]


def rows_of(name, days, rng, count=6):
    """Rows of a table for (store, date, run, method) each, as its contract allows them."""
    contract = load_contract(name)
    rows = []
    for store, date, run, method in days:
        for number in range(count):
            row = {column.name: value_of(column, number, rng) for column in contract.columns}
            row |= {key: value for key, value in WORDS.get(name, {}).items() if count == 1}
            row |= {
                "store_id": store, "business_date": date, "run_id": run,
                "business_month": f"{date:%Y-%m}", "method_version": method,
            }  # fmt: skip
            for rule in contract.rules:
                left, right = sorted((row[rule.left], row[rule.right]))
                row |= {rule.left: left, rule.right: right}
            rows.append({column.name: row[column.name] for column in contract.columns})
    table = pa.Table.from_pylist(rows, arrow_schema(contract))
    check(table, contract)
    return table


def connection_over(tables):
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for name, rows in tables.items():
        connection.register(relation_name(name), rows)
    for statement in view_statements("", "names").values():
        connection.execute(statement)
    return connection


def small_lake(days, published, count=6):
    rng = np.random.default_rng(5)
    tables = {name: rows_of(name, days, rng, count) for name in tables_read()}
    tables["ops.published_days"] = rows_of("ops.published_days", published, rng, 1)
    return tables


def test_rows_can_be_made_for_every_table():
    for name in table_names():
        assert rows_of(name, [("s", TODAY, "r", "1")], np.random.default_rng(1)).num_rows == 6


def test_only_what_is_published_by_its_run_is_seen():
    days = [("s", TODAY, "new", "1"), ("t", TODAY, "r", "1"), ("u", TODAY, "r", "1")]
    published = [("s", TODAY, "old", "1"), ("t", TODAY, "r", "1")]
    connection = connection_over(small_lake(days, published))
    for view in VIEWS:
        stores = connection.sql(f"SELECT DISTINCT store_id FROM {view}").fetchall()
        assert stores == [("t",)], view


def test_no_view_shows_pictures_paths_of_people_or_receipts_of_customers():
    connection = connection_over(small_lake([("t", TODAY, "r", "1")], [("t", TODAY, "r", "1")]))
    for view in [*VIEWS, "store_comparison"]:
        columns = set(connection.sql(f"SELECT * FROM {view}").columns)
        assert "snapshot" not in columns
        if columns & set(CUSTOMER_IDS):
            assert view == "interactions"
            assert not any("receipt" in column for column in columns)
    assert not any(table.startswith("silver.") for table in VIEWS.values())


def test_customer_ids_are_gone_after_thirty_days():
    days = [("s", TODAY - dt.timedelta(days=age), "r", "1") for age in (0, 29, 30, 400)]
    connection = connection_over(small_lake(days, days))
    found = dict(
        connection.sql(
            "SELECT business_date, count(customer_id) FROM interactions GROUP BY 1"
        ).fetchall()
    )
    assert [found[date] > 0 for _, date, _, _ in days] == [True, True, False, False]


def test_comparison_with_the_same_weekday_by_hand():
    weeks = [("s", TODAY - dt.timedelta(days=7 * ago), "r", "1") for ago in range(5)]
    weeks[2] = (*weeks[2][:3], "0")
    tables = small_lake(weeks, weeks, count=1)
    funnel = tables["gold.funnel_daily"].to_pylist()
    for row, customers in zip(funnel, (120, 100, 90, 80, 50), strict=True):
        row |= {"customers": float(customers), "observed_share": 1.0}
    tables["gold.funnel_daily"] = pa.Table.from_pylist(funnel, tables["gold.funnel_daily"].schema)
    runs = tables["ops.runs"].to_pylist()
    for row in runs:
        row |= {"models": "m", "status": "done"}
    tables["ops.runs"] = pa.Table.from_pylist(runs, tables["ops.runs"].schema)
    rows = connection_over(tables).sql(
        "SELECT customers, week_before, round(change_to_week_before, 3), four_weeks_mean,"
        " is_like_for_like, rank_of_change FROM store_comparison ORDER BY business_date DESC"
    ).fetchall()  # fmt: skip
    assert rows[0] == (120.0, 100.0, 0.2, 80.0, True, 1)
    # A week later the method was another one.
    assert rows[1] == (100.0, 90.0, 0.111, (90 + 80 + 50) / 3, False, None)
    assert rows[4][1:] == (None, None, None, False, None)


def test_the_command_prints_the_statements():
    from typer.testing import CliRunner

    from storeday.cli import app

    told = CliRunner().invoke(app, ["views", "--lake", "lake", "--dialect", "spark"])
    assert told.exit_code == 0
    assert told.output.count("CREATE OR REPLACE TEMPORARY VIEW") == len(VIEWS) + 1
    assert f"delta.`{Path('lake').absolute()}/gold/traffic_hourly`" in told.output


def example(name):
    path = EXAMPLES / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def lake(spark, tmp_path_factory):
    """A lake in which every table has rows of two store-days, one of them published."""
    opened = Lake(spark, str(tmp_path_factory.mktemp("readers") / "lake"))
    opened.ensure(table_names())
    rng = np.random.default_rng(3)
    days = [("s", TODAY, "r", "1"), ("t", TODAY, "r", "1")]

    def fill(name):
        rows = rows_of(name, days, rng)
        if name == "ops.published_days":
            rows = rows.slice(0, 1)
        if name == "gold.zone_flows":
            # One of the questions asks where people go first.
            place = rows.schema.get_field_index("from_zone_id")
            origin = pa.repeat("entrance", len(rows))
            rows = rows.set_column(place, "from_zone_id", origin)
        frame = spark.createDataFrame(rows, spark_schema(load_contract(name)))
        frame.coalesce(1).write.format("delta").mode("append").save(opened.path(name))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(fill, table_names()))
    return opened


@pytest.mark.spark
def test_every_table_opens_in_delta_rs_and_duckdb(lake):
    try:
        duckdb.connect().execute("LOAD delta")
        has_extension = True
    except duckdb.Error:
        has_extension = False
    for name in table_names():
        contract = load_contract(name)
        table = deltalake.DeltaTable(lake.path(name))
        assert table.protocol().min_reader_version == 1
        rows = table.to_pyarrow_table()
        assert set(rows.column_names) == {column.name for column in contract.columns}
        assert rows.num_rows == (1 if name == "ops.published_days" else 12), name
        for column in contract.columns:
            assert rows[column.name].null_count == 0, f"{name}.{column.name}"
        data = table.to_pyarrow_dataset()  # noqa: F841 (DuckDB finds it by name)
        assert duckdb.sql("SELECT count(*) FROM data").fetchall() == [(rows.num_rows,)]
        if has_extension:
            found = duckdb.sql(f"SELECT count(*) FROM delta_scan('{lake.path(name)}')")
            assert found.fetchall() == [(rows.num_rows,)]


@pytest.mark.spark
def test_five_questions_have_one_answer_in_duckdb_spark_and_pandas(lake, spark):
    by_duckdb, by_pandas = example("quick_start_duckdb"), example("quick_start_pandas")
    by_spark = example("quick_start_spark")
    connection = by_duckdb.connect(lake.root)
    by_spark.open_views(spark, lake.root)
    pandas_answers = {question.__name__: question for question in by_pandas.QUESTIONS}
    assert list(pandas_answers) == list(by_duckdb.questions())
    for name, question in by_duckdb.questions().items():
        one = connection.sql(question).df()
        assert len(one)
        for other in (spark.sql(question).toPandas(), pandas_answers[name](lake.root)):
            assert list(other.columns) == list(one.columns), name
            for column in one.columns:
                left, right = one[column].tolist(), other[column].tolist()
                if one[column].dtype.kind in "fi":
                    assert right == pytest.approx(left, abs=0.051), (name, column)
                else:
                    assert right == left, (name, column)


@pytest.mark.spark
def test_views_are_the_same_in_spark(lake, spark):
    for view, statement in view_statements(lake.root, "spark").items():
        spark.sql(statement)
        rows = spark.sql(f"SELECT * FROM {view}").collect()
        assert {row["store_id"] for row in rows} <= {"s"}
        assert len(rows) > 0
