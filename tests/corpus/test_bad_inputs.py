"""Every bad input ends as its table says, and as the page made from it says."""

from pathlib import Path

import pytest
from bad_inputs import CASES, page
from run_case import faults, run_case

ALL = [case for cases in CASES.values() for case in cases]


@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.path.split('/')[0]}-{case.name}")
def test_a_bad_input_ends_as_documented(case, tmp_path):
    assert faults(case, run_case(case, tmp_path)) == []


def test_there_are_as_many_as_are_promised():
    assert len(ALL) >= 60
    assert len({(case.path.split("/")[0], case.name) for case in ALL}) == len(ALL)


def test_the_page_is_up_to_date():
    assert (Path(__file__).parent / "README.md").read_text("utf-8") == page()
