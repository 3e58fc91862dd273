"""How far matching is from a posterior with the simulator's true parameters, in points of accuracy.

Ours measures and learns what the oracle (`match_oracle`) is told. Accuracy is that of the likeliest
customer among rummages of truly handled tags; the figure is oracle less ours, mean of the days.
Simulated.
"""

import numpy as np
from match_days import matched, own_day
from match_oracle import oracle_answers
from measure import Result

# One day's difference has a standard error of about a point and a half, as much as the aim: hence
# seven days.
DAYS = (
    ("busy_saturday", 601, 2.0),
    ("crowded_rack", 601, 2.0),
    ("busy_saturday", 602, 2.0),
    ("crowded_rack", 602, 2.0),
    ("busy_saturday", 603, 2.0),
    ("crowded_rack", 603, 2.0),
    ("busy_saturday", 604, 2.0),
)


def run() -> Result:
    gaps, rows = [], []
    for scenario, seed, hours in DAYS:
        day = own_day(scenario, seed, hours)
        best = oracle_answers(day).accuracy
        ours = matched(day).accuracy
        gaps.append(100 * (best - ours))
        rows.append((f"{scenario} {seed}", round(100 * best, 1), round(100 * ours, 1)))
        print(rows[-1], flush=True)
    return Result(
        figure=round(float(np.mean(gaps)), 2),
        aim="<= 1",
        unit="points",
        detail={
            "simulated": True,
            "standard_error": round(float(np.std(gaps, ddof=1) / np.sqrt(len(gaps))), 2),
            "oracle_and_ours": rows,
        },
    )
