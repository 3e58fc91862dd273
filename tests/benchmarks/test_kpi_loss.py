"""The loss of audit figures, by hand."""

import math

import pytest
from kpi_loss import largest, losses

from storeday.audit.figure import Figure


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (Figure("f", 0.8, count=9), Figure("f", 0.6), 0.25),
        # Poor figures are set against one half.
        (Figure("f", 0.02, count=9), Figure("f", 0.01), 0.02),
        (Figure("f", 0.001, count=9, is_error=True), Figure("f", 0.002, is_error=True), 0.001001),
        (Figure("f", 0.2, count=9, is_error=True), Figure("f", 3.0, is_error=True), 1.0),
        (
            Figure("f", 0.0, count=9, unit="m", is_error=True),
            Figure("f", 2.0, unit="m", is_error=True),
            0.5,
        ),
        (
            Figure("f", 0.0, count=9, unit="nat", is_error=True),
            Figure("f", math.log(2), unit="nat", is_error=True),
            0.5,
        ),
        (Figure("f", 0.6, count=9), Figure("f", 0.9), -0.5),
        (Figure("f", 0.6, count=9), Figure("f", math.nan), 1.0),
    ],
)
def test_loss(before, after, expected):
    assert losses([before], [after])["f"] == pytest.approx(expected, rel=1e-3)


def test_what_rests_on_little_or_was_not_measured_is_left_out():
    full = [
        Figure("few", 0.8, count=4),
        Figure("none", math.nan, count=9),
        Figure("f", 1.0, count=5),
    ]
    other = [Figure(name, 0.0) for name in ("few", "none", "f")]
    assert losses(full, other) == {"f": 1.0}


def test_the_largest_loss_is_no_gain():
    assert largest({"a": -0.1, "b": 0.3}) == ("b", 0.3)
    assert largest({"a": -0.1}) == ("a", 0.0)
