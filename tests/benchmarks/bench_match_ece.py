"""Whether probabilities mean what they say: expected calibration error on simulated days.

Of the likeliest customer of each rummage, clutter included, 10 bins of equal mass, all days pooled.
Measured clocks, default settings. Simulated.
"""

import numpy as np
from match_days import crowding, matched, own_day
from measure import Result

DAYS = (("busy_saturday", 401, 5.0), ("crowded_rack", 401, 5.0), ("quiet_boutique", 401, 8.0))


def run() -> Result:
    from storeday.audit.calibration import brier_skill, calibration_error, log_loss, reliability

    scores, by_day = [], {}
    for scenario, seed, hours in DAYS:
        day = own_day(scenario, seed, hours)
        found = matched(day)
        scores.append(found)
        by_day[f"{scenario} {seed}"] = {
            "crowding": round(crowding(day), 2),
            "rummages": len(found.top),
            "accuracy": round(found.accuracy, 3),
            "ece": round(calibration_error(found.top, found.is_right), 3),
            "brier_skill": round(brier_skill(found.top, found.is_right), 3),
        }
        print(by_day, flush=True)
    top = np.concatenate([found.top for found in scores])
    right = np.concatenate([found.is_right for found in scores])
    table = [
        (round(part.mean_probability, 3), round(part.share_right, 3))
        for part in reliability(top, right)
    ]
    return Result(
        figure=round(calibration_error(top, right), 4),
        aim="<= 0.05, with Brier skill >= 0.3",
        unit="1",
        detail={
            "simulated": True,
            "brier_skill": round(brier_skill(top, right), 3),
            "log_loss": round(log_loss(top, right), 3),
            "reliability": table,
            "days": by_day,
        },
    )
