"""Items not back and not sold, on the page."""

import dataclasses
import datetime as dt

import pytest
from made_day import made, made_inputs

from storeday.report import day_page
from storeday.report.unpaid_section import unpaid_section

NINE = dt.datetime(2026, 3, 7, 9, tzinfo=dt.UTC)
ROW = {
    "epc": "E280",
    "sku": None,
    "last_handled_time": NINE,
    "last_read_time": NINE + dt.timedelta(seconds=30),
    "last_zone_id": "denim",
    "purpose": "stock search",
    "observed_share": 0.9,
}


def inputs_with(purpose, rows):
    inputs = made_inputs()
    day = inputs.today
    privacy = day.layout.privacy.model_copy(update={"unpaid_items_purpose": purpose})
    layout = day.layout.model_copy(update={"privacy": privacy})
    tables = {**day.tables, "gold.unpaid_items": made("gold.unpaid_items", rows, day.date)}
    return dataclasses.replace(inputs, today=dataclasses.replace(day, layout=layout, tables=tables))


def test_items_stand_with_their_place_and_the_purpose():
    inputs = inputs_with("stock search", [ROW])
    section = unpaid_section(inputs.today)
    ((handled, product, heard, place, seen),) = section.context["grid"].rows
    assert (product.text, product.note, place.text) == ("unknown product", "E280", "Denim")
    assert heard.order - handled.order == 30
    assert seen.text == "90%"
    assert section.lead.endswith("Purpose: stock search")
    assert "Not back, not sold" in day_page(inputs)


@pytest.mark.parametrize(("purpose", "rows"), [(None, [ROW]), ("stock search", [])])
def test_without_a_purpose_or_items_there_is_no_section(purpose, rows):
    inputs = inputs_with(purpose, rows)
    assert unpaid_section(inputs.today) is None
    assert "Not back, not sold" not in day_page(inputs)
