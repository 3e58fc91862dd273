"""What was verified in this store is said, and nothing else is called verified."""

import dataclasses
import datetime as dt
import re

import pytest
from made_day import DATE, made, made_inputs

from storeday.report import day_page
from storeday.report.proof import FLOWS, VISITORS, WHO, headline_proof, is_proven, proof


def audit(against, date=DATE, figure="visitor_error"):
    row = {
        "audited_against": against, "figure": figure, "value": 0.02, "rests_on": 50, "unit": "1",
        "is_error": True, "audited_at": dt.datetime(2026, 11, 21, tzinfo=dt.UTC),
    }  # fmt: skip
    return made("ops.audit_figures", [row], date)


def with_audit(rows):
    inputs = made_inputs()
    today = dataclasses.replace(
        inputs.today, tables={**inputs.today.tables, "ops.audit_figures": rows}
    )
    return dataclasses.replace(inputs, today=today)


def test_without_an_audit_nothing_is_verified():
    inputs = made_inputs()
    assert proof(VISITORS, inputs) == "not verified in this store"
    assert proof(WHO, inputs) == "checked on simulated days; not verified in this store"
    assert headline_proof(inputs, ["visitors", "wait"]).startswith("None of these figures")
    assert headline_proof(inputs, ["receipts"]) == ""


def test_labels_of_this_day_verify_what_they_measured_and_no_more():
    inputs = with_audit(audit("store_labels"))
    expected = "verified with labels of this store and day: visitor error 0.020 (rests on 50)"
    assert proof(VISITORS, inputs) == expected
    assert proof(FLOWS, inputs) == "not verified in this store"
    assert headline_proof(inputs, ["visitors", "handled"]) == (
        "Measured against labels of this store: visitors, traffic, funnel. "
        "Not verified in this store: what was handled."
    )


@pytest.mark.parametrize("against", ["simulated", "itself"])
def test_truth_of_a_simulation_and_the_day_itself_verify_nothing(against):
    inputs = with_audit(audit(against))
    assert proof(VISITORS, inputs).endswith("; not verified in this store")
    assert not is_proven(VISITORS, inputs)


def test_labels_of_an_earlier_day_are_named_with_their_date():
    earlier = DATE - dt.timedelta(days=8)
    rows = tuple(audit("store_labels", earlier).to_pylist())
    inputs = dataclasses.replace(made_inputs(), audits=rows)
    words = proof(VISITORS, inputs)
    assert "on Thu 12 Nov: visitor error" in words
    assert words.endswith("this day itself was not")
    trust = re.search(r'id="trust".*?</section>', day_page(inputs), re.DOTALL).group()
    assert "on an earlier day; this day itself was not" in trust


def test_every_section_with_figures_says_how_sure_it_is():
    page = day_page(made_inputs())
    for name in ("floor", "traffic", "flows", "zones", "products", "funnel", "queue", "handled"):
        part = re.search(rf'<section class="part" id="{name}".*?</section>', page, re.DOTALL)
        assert 'class="proof"' in part.group()
        assert "erified" in part.group()
