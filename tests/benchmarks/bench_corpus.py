"""How many of the corpus' bad inputs end as its table says."""

import sys
import tempfile
from pathlib import Path

from measure import Result

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "corpus")]

from bad_inputs import CASES  # noqa: E402
from run_case import faults, run_case  # noqa: E402


def run() -> Result:
    good, wrong = 0, {}
    for group, cases in CASES.items():
        for case in cases:
            with tempfile.TemporaryDirectory() as folder:
                found = faults(case, run_case(case, Path(folder)))
            good += not found
            if found:
                wrong[f"{group}: {case.name}"] = found
    return Result(good, ">= 60", "cases", {"of": good + len(wrong), "wrong": wrong})
