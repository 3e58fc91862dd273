"""Every gold table has a test whose answer was worked out by hand; a new table names its own."""

import ast
from pathlib import Path

import pytest

from storeday.contracts import table_names

TESTS = Path(__file__).parents[1]
# Table: file below tests/, its test by hand, and the function that makes the table.
BY_HAND = {
    "gold.alerts": ("measures/test_people_measures.py", "test_alerts_by_hand", "alerts"),
    "gold.coverage": ("measures/test_coverage_of_hours.py", "test_every_kind_by_hand", "coverage"),
    "gold.demographics_hourly": (
        "measures/test_people_measures.py",
        "test_small_counts_are_hidden_and_cannot_be_worked_out",
        "demographics_hourly",
    ),
    "gold.funnel_daily": ("measures/test_people_measures.py", "test_funnel_by_hand", "funnel"),
    "gold.heatmap_hourly": ("measures/test_floor_measures.py", "test_heatmap_by_hand", "heatmap"),
    "gold.interactions": (
        "association/test_association.py",
        "test_interactions_by_hand",
        "interactions",
    ),
    "gold.product_engagement": (
        "measures/test_goods_measures.py",
        "test_engagement_by_hand",
        "product_engagement",
    ),
    "gold.product_pairs": (
        "measures/test_goods_measures.py",
        "test_pairs_by_hand",
        "product_pairs",
    ),
    "gold.queue_hourly": (
        "measures/test_queue_measures.py",
        "test_a_morning_by_hand",
        "queue_hourly",
    ),
    "gold.traffic_hourly": ("measures/test_floor_measures.py", "test_traffic_by_hand", "traffic"),
    "gold.unpaid_items": (
        "measures/test_goods_measures.py",
        "test_unpaid_items_by_hand",
        "unpaid_items",
    ),
    "gold.zone_flows": ("measures/test_zone_measures.py", "test_flows_by_hand", "zone_flows"),
    "gold.zone_flows_hourly": (
        "measures/test_people_measures.py",
        "test_flows_by_hour_and_paths",
        "zone_flows_hourly",
    ),
    "gold.zone_hourly": (
        "measures/test_zone_measures.py",
        "test_zone_hours_by_hand",
        "zone_hourly",
    ),
    "gold.zone_paths": (
        "measures/test_people_measures.py",
        "test_flows_by_hour_and_paths",
        "zone_paths",
    ),
}


def calls(function: ast.FunctionDef) -> set[str]:
    """Names of the functions that are called in a function."""
    return {
        node.func.id
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


def test_the_list_is_that_of_the_contracts():
    gold = {name for name in table_names() if name.startswith("gold.")}
    assert set(BY_HAND) == gold, "name a hand-worked test of each gold table here"


@pytest.mark.parametrize("table", sorted(BY_HAND))
def test_the_test_is_there_and_makes_the_table(table):
    file, test, maker = BY_HAND[table]
    tree = ast.parse((TESTS / file).read_text("utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert test in functions, f"{file} has no {test}"
    assert any(isinstance(node, ast.Assert) for node in ast.walk(functions[test]))
    # The function, or one of the file's own that calls it, is called in the test.
    called = calls(functions[test])
    for name in called & set(functions):
        called = called | calls(functions[name])
    assert any(name.startswith(maker) for name in called), f"{test} never calls {maker}"
