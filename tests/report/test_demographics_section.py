"""Who came: shown only where the table has rows; nothing that is hidden can be worked out."""

import dataclasses
import re

from made_day import hour_keys, made, made_inputs

from storeday.report import day_page


def page_with(rows):
    inputs = made_inputs()
    tables = {**inputs.today.tables, "gold.demographics_hourly": rows}
    return day_page(
        dataclasses.replace(inputs, today=dataclasses.replace(inputs.today, tables=tables))
    )


def counts(hour, adult, senior, unknown):
    return [
        {
            **hour_keys(hour, made_inputs().today.date), "attribute": "age", "value": value,
            "visitors": visitors, "unknown": unknown, "is_suppressed": visitors is None,
        }
        for value, visitors in (("adult", adult), ("senior", senior))
    ]  # fmt: skip


def test_counts_stand_beside_unknown_and_its_share_is_told():
    rows = [*counts(9, 20, 10, 70), *counts(10, 30, None, None)]
    page = page_with(made("gold.demographics_hourly", rows))
    part = re.search(r'<section class="part" id="who".*?</section>', page, re.DOTALL).group()
    words = " ".join(re.sub(r"<[^>]+>", " ", part).split())
    # Of the hour of which all counts are shown: 70 of 100.
    assert "age of 70% is unknown" in words
    assert "adult senior unknown" in words
    assert words.count("hidden") >= 4
    assert "Counts below 5" in words
    assert "not verified in this store" in words


def test_without_rows_there_is_no_such_section():
    assert 'id="who"' not in page_with(made("gold.demographics_hourly", []))
