"""Of 20 kills at random moments, after how many the second run left equal tables."""

import shutil

from kill_runs import Trial, kills, temporary_root
from measure import Result

SEED = 20
COUNT = 20


def run() -> Result:
    root = temporary_root()
    try:
        trial = Trial(root)
        ends = [trial.survives(kill, number) for number, kill in enumerate(kills(COUNT, SEED))]
    finally:
        shutil.rmtree(root.parent)
    detail = {
        "seed": SEED,
        "kills": [told for _, told in ends],
        "unhurt_s": round(trial.unhurt_s, 1),
        "scenario": "one store, 900 reads, one receipt, all stages",
    }
    return Result(sum(survived for survived, _ in ends), ">= 20 of 20", "kills", detail)
