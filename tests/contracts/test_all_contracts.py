"""Promises that hold for every contract."""

import re

import pytest

from storeday.contracts import arrow_schema, check, empty, load_contract, table_names

# How a unit shows in a column's name. Units without a suffix are plain counts, shares and scores.
SUFFIX = {
    "s": "_s",
    "us": "_us",
    "m": "_m",
    "dBm": "_dbm",
    "dB": "_db",
    "rad": "_rad",
    "MHz": "_mhz",
    "Hz": "_hz",
    "ppm": "_ppm",
    "bytes": "_bytes",
    "MB": "_mb",
    "1/s": "_per_s",
    "h": "hour",
}
# Names that are fixed because others build on them; their unit stands in the contract alone.
PIXELS = {"x0", "y0", "x1", "y1", "width", "height", "source_width", "source_height"}
NUMERIC = {"double", "float", "int", "bigint"}
GOLD_STAMPS = {"run_id", "method_version"}

tables = pytest.mark.parametrize("name", table_names())


@tables
def test_has_a_key_a_grain_and_descriptions(name):
    contract = load_contract(name)
    assert contract.key
    assert contract.grain.startswith("One row per")
    assert contract.description.endswith(".")
    for column in contract.columns:
        assert column.description.endswith("."), column.name


@tables
def test_every_table_belongs_to_a_store_day(name):
    contract = load_contract(name)
    assert contract.key[:2] == ("store_id", "business_date")
    assert contract.partition in {("business_date", "store_id"), ("store_id", "business_month")}


@tables
def test_gold_says_which_run_made_it(name):
    if name.startswith("gold."):
        assert {column.name for column in load_contract(name).columns} >= GOLD_STAMPS


@tables
def test_units_live_in_names(name):
    for column in load_contract(name).columns:
        if column.physical_type not in NUMERIC or column.name in PIXELS:
            continue
        assert column.unit, f"{column.name} has no unit"
        if column.unit == "px":
            assert column.name.endswith("_px"), column.name
        elif column.unit in SUFFIX:
            assert SUFFIX[column.unit] in column.name, f"{column.name} is in {column.unit}"


@tables
def test_times_and_flags_are_named_as_such(name):
    for column in load_contract(name).columns:
        if column.physical_type == "timestamp":
            assert re.search(r"(_at|time|_from|_start)$", column.name), column.name
            assert "UTC" in column.unit
        if column.physical_type == "boolean":
            assert re.match(r"is_|js_flag$", column.name), column.name


@tables
def test_floats_say_how_many_digits_count(name):
    for column in load_contract(name).columns:
        is_float = column.physical_type in {"double", "float", "array<float>"}
        assert (column.decimals is not None) == is_float, column.name


@tables
def test_an_empty_table_keeps_its_promise(name):
    contract = load_contract(name)
    check(empty(contract), contract)
    assert arrow_schema(contract).names == [column.name for column in contract.columns]


@tables
def test_rules_name_columns(name):
    contract = load_contract(name)
    for rule in contract.rules:
        assert contract.column(rule.left)
        assert contract.column(rule.right)
