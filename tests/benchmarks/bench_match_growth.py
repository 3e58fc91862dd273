"""How the time of matching grows: exponent over 5,000, 10,000 and 50,000 rummages.

The slope of log processor seconds over log rummages, least squares, best of three runs each.
"""

import time

import numpy as np
from match_load import match, problem
from measure import Result

SIZES, SEED = (5_000, 10_000, 50_000), 1


def run() -> Result:
    seconds = []
    for size in SIZES:
        day = problem(size, SEED)
        times = []
        for _ in range(3):
            started = time.process_time()
            match(day)
            times.append(time.process_time() - started)
        seconds.append(min(times))
    slope = np.polyfit(np.log(SIZES), np.log(seconds), 1)[0]
    return Result(
        figure=round(float(slope), 3),
        aim="<= 1.1",
        unit="exponent",
        detail={"rummages": SIZES, "seconds": [round(value, 2) for value in seconds]},
    )
