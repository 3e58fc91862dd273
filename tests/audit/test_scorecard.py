"""The whole audit: perfect on a perfect lake, bad on a spoilt one, content with little truth."""

import dataclasses
import datetime as dt
import math

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from audit_days import perfect_day
from broken_lake import CORRUPTIONS

from storeday.audit.day import DayInputs, prepare
from storeday.audit.figure import Figure
from storeday.audit.matching_figures import reliability_by_crowding
from storeday.audit.scorecard import day_figures, pooled
from storeday.audit.truth import Truth

SEED = 3


@pytest.fixture(scope="module")
def perfect():
    return perfect_day("demo", SEED, 0.25)


def values(inputs):
    return {figure.name: figure.value for figure in day_figures(prepare(inputs))}


def scores(inputs):
    return {figure.name: figure.score for figure in day_figures(prepare(inputs))}


def test_a_lake_built_from_truth_is_perfect(perfect):
    found = scores(perfect)
    assert min(found.values()) > 0.999, found
    assert not any(math.isnan(score) for score in found.values())


def test_every_figure_has_a_corruption_aimed_at_it(perfect):
    aimed = [name for _, names in CORRUPTIONS.values() for name in names]
    assert sorted(aimed) == sorted(values(perfect))


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_figures_fall_when_their_input_is_spoilt(perfect, name):
    corrupt, aimed_at = CORRUPTIONS[name]
    spoilt = scores(corrupt(perfect, np.random.default_rng(SEED)))
    for figure in aimed_at:
        assert spoilt[figure] <= 0.6, f"{figure} keeps {spoilt[figure]:.3f}"


def test_an_empty_lake_is_bad_where_something_happened(perfect):
    found = values(dataclasses.replace(perfect, tables={}))
    assert found["published_recall"] == 0.0
    assert found["rummage_recall"] == 0.0
    assert found["visitor_error"] == 1.0
    assert found["idf1"] == 0.0
    assert found["heatmap_cell_tv"] == 1.0
    assert found["flow_tv"] == 1.0
    # Nothing was said, so nothing said was wrong.
    assert math.isnan(found["published_precision"])


def test_without_clock_truth_events_may_miss_by_the_articles_error(perfect):
    """Events 7 s off are found by the tolerance, many of those a minute off are not."""
    truth = dataclasses.replace(perfect.truth, clock_offsets=None)
    for shift_s, low, high in ((7, 0.9, 1.0), (60, 0.0, 0.75)):
        shifted = perfect.table("silver.rummage_events")
        for column in ("peak_time", "started_at", "ended_at"):
            moved = pc.add(shifted[column], pa.scalar(dt.timedelta(seconds=shift_s)))
            shifted = shifted.set_column(shifted.column_names.index(column), column, moved)
        tables = {**perfect.tables, "silver.rummage_events": shifted}
        # The lake's own estimates: every clock right.
        offsets = tables["silver.clock_offsets"]
        zero = pa.array(np.zeros(offsets.num_rows))
        place = offsets.column_names.index("offset_s")
        tables["silver.clock_offsets"] = offsets.set_column(place, "offset_s", zero)
        found = values(dataclasses.replace(perfect, truth=truth, tables=tables))
        assert low <= found["rummage_recall"] <= high
        assert math.isnan(found["clock_error_median_s"])


def dozen(perfect):
    """Twelve handlings by the people who handled most, written down by hand."""
    rows = perfect.truth.interactions
    seen = rows.filter(pc.not_equal(rows["action"], "try_on"))
    people = seen["customer"].to_pylist()
    busiest = sorted(set(people), key=lambda person: -people.count(person))[:3]
    chosen = [row for row, person in enumerate(people) if person in busiest][:12]
    labels = seen.take(chosen)
    names = pa.array([f"red jacket {person}" for person in labels["customer"].to_pylist()])
    place = labels.column_names.index("customer")
    return labels.set_column(place, "customer", names)


def test_a_dozen_hand_labels_are_enough(perfect):
    labels = dozen(perfect)
    found = values(dataclasses.replace(perfect, truth=Truth(interactions=labels)))
    assert found["matching_accuracy"] == 1.0
    assert found["published_recall"] == 1.0
    assert found["rummage_recall"] == 1.0
    # Labels do not say what else happened, so nothing can be told to be false.
    assert math.isnan(found["published_precision"])
    assert math.isnan(found["rummage_precision"])
    assert math.isnan(found["idf1"])


def test_hand_labels_see_swapped_customers(perfect):
    labels = dozen(perfect)
    rows = perfect.table("gold.interactions")
    rng = np.random.default_rng(SEED)
    # Customers drawn anew for each row, from few, so that each has several.
    drawn = pa.array(rng.choice(["a", "b", "c"], rows.num_rows).tolist())
    for column in ("customer_id", "best_customer_id"):
        rows = rows.set_column(rows.column_names.index(column), column, drawn)
    tables = {**perfect.tables, "gold.interactions": rows}
    found = values(dataclasses.replace(perfect, truth=Truth(interactions=labels), tables=tables))
    assert found["matching_accuracy"] <= 0.7


def test_within_a_labelled_stretch_false_ones_can_be_told(perfect):
    every = perfect.truth.interactions
    times = every["time"].to_pylist()
    started, ended = min(times), max(times) + dt.timedelta(minutes=5)
    stamp = pa.timestamp("us", tz="UTC")
    labelled = pa.table({"started": pa.array([started], stamp), "ended": pa.array([ended], stamp)})
    half = every.take(list(range(0, every.num_rows, 2)))
    inputs = dataclasses.replace(perfect, truth=Truth(interactions=half, labelled=labelled))
    found = values(inputs)
    assert found["rummage_recall"] > 0.99
    assert 0.3 < found["rummage_precision"] < 0.75


def test_reliability_tables_count_every_rummage_once(perfect):
    tables = reliability_by_crowding(prepare(perfect))
    total = sum(part.count for part in tables["all"])
    assert total == perfect.table("silver.rummage_events").num_rows
    assert sum(part.count for name, rows in tables.items() if name != "all" for part in rows) == (
        total
    )


def test_order_of_rows_decides_nothing(perfect):
    rng = np.random.default_rng(SEED)

    def mixed(rows):
        return rows.take(pa.array(rng.permutation(rows.num_rows)))

    inputs = DayInputs(
        perfect.store_id,
        perfect.business_date,
        {name: mixed(rows) for name, rows in perfect.tables.items()},
        dataclasses.replace(
            perfect.truth,
            positions=mixed(perfect.truth.positions),
            interactions=mixed(perfect.truth.interactions),
        ),
        perfect.layout,
        perfect.measures,
    )
    again, before = values(inputs), values(perfect)
    assert again == pytest.approx(before, nan_ok=True)


def test_pooling_weighs_days_by_what_they_rest_on():
    days = [
        [Figure("a", 0.5, count=10), Figure("b", math.nan)],
        [Figure("a", 1.0, count=30), Figure("b", 0.25, count=4)],
    ]
    one, other = pooled(days)
    assert one.value == pytest.approx(0.875)
    assert one.low == 0.5
    assert one.high == 1.0
    assert other.value == 0.25
    assert math.isnan(other.low)
    assert pooled(days[:1])[0].value == 0.5
    with pytest.raises(ValueError, match="same names"):
        pooled([days[0], days[1][:1]])
