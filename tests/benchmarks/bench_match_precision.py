"""Precision and recall of published pairs on simulated days of crowding about 2.2.

Published are customers whose probability exceeds one half; ghosts and clutter count as wrong, and
recall is over all handlings, those included that RFID or cameras missed. Staff's handlings count
like customers'. The figure is the precision at the default threshold; beside it the recall there,
and the recall at the threshold at which precision is 0.85, ours and that of an oracle with the
simulator's true parameters (`match_oracle`): more cannot be had. Measured clocks. Simulated.
"""

import numpy as np
from match_days import crowding, matched, own_day
from match_oracle import oracle_answers
from measure import Result

# The number of customers an hour that makes the crowding.
SCENARIO, SEEDS, HOURS = "busy_saturday", (501, 502), 3.0
CUSTOMERS = {"per_hour": 150.0}


def run() -> Result:
    found, best, crowd, handlings = [], [], [], 0
    for seed in SEEDS:
        day = own_day(SCENARIO, seed, HOURS, customers=CUSTOMERS)
        crowd.append(crowding(day))
        handlings += day.handlings
        found.append(matched(day))
        best.append(oracle_answers(day))
        print(crowd[-1], found[-1].accuracy, found[-1].precision, found[-1].recall, flush=True)
    return Result(
        figure=round(float(np.mean([one.precision for one in found])), 3),
        aim=">= 0.85 at recall >= 0.75",
        unit="1",
        detail={
            "simulated": True,
            "recall": round(float(np.mean([one.recall for one in found])), 3),
            "recall_at_precision_0.85": _recall(found, handlings),
            "oracle_recall_at_precision_0.85": _recall(best, handlings),
            "accuracy": round(float(np.mean([one.accuracy for one in found])), 3),
            "crowding": [round(value, 2) for value in crowd],
            "scenario": f"{SCENARIO} {SEEDS} {HOURS} h, {CUSTOMERS}",
        },
    )


def _recall(found, handlings: int) -> float:
    """Share of handlings published rightly where 85 % of those published are right."""
    top = np.concatenate([one.top for one in found])
    right = np.concatenate([one.is_right for one in found])
    order = np.argsort(-top, kind="stable")
    count = np.cumsum(right[order])
    precision = count / np.arange(1, len(top) + 1)
    return round(float((count / handlings)[precision >= 0.85].max(initial=0.0)), 3)
