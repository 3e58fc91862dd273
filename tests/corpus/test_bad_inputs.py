"""Every bad input ends as its table says, and as the page made from it says."""

from pathlib import Path

import pytest
from bad_inputs import CASES, MANIFEST, page
from run_case import faults, run_case

ALL = [case for cases in CASES.values() for case in cases]


@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.path.split('/')[0]}-{case.name}")
def test_a_bad_input_ends_as_documented(case, tmp_path):
    found = run_case(case, tmp_path)
    assert faults(case, found) == []
    # The same file gives the same row wherever the inbox lies; a manifest's faults are no rows.
    assert case.path == MANIFEST or str(tmp_path) not in found.said


def test_there_are_as_many_as_are_promised():
    assert len(ALL) >= 60
    assert len({(case.path.split("/")[0], case.name) for case in ALL}) == len(ALL)


def test_the_page_is_up_to_date():
    assert (Path(__file__).parent / "README.md").read_text("utf-8") == page()
