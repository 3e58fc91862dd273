"""Median distance of customers' places from the true ones, on simulated Saturdays."""

import numpy as np
from measure import Result
from people_figures import SCENARIO, SEEDS, identified_day, places, seen_truth


def run() -> Result:
    away = []
    for seed in SEEDS:
        day, _ = identified_day(seed)
        found, truth = places(day)[0], seen_truth(day)
        for second in np.unique(found.time_s)[::30]:
            ours, theirs = found.time_s == second, truth.time_s == second
            if theirs.any():
                distance = np.hypot(
                    found.x_m[ours][:, None] - truth.x_m[theirs],
                    found.y_m[ours][:, None] - truth.y_m[theirs],
                )
                # Each true person against the nearest place found: nobody near counts in full.
                away.append(distance.min(axis=0))
    errors = np.concatenate(away)
    detail = {**SCENARIO, "simulated": True, "p95_m": round(float(np.quantile(errors, 0.95)), 2)}
    return Result(round(float(np.median(errors)), 3), "<= 0.5", "m", detail)
