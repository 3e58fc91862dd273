"""Simulated shop mornings with passers-by: verdicts of windows, by each day's own thresholds.

Mean of two shares: handlings with at least four reads during which a window is handled, and windows
of open hours, far from any handling of their tag, that are still. A neighbour that is pushed counts
as still.
"""

import numpy as np
from measure import Result


def run() -> Result:
    from radio_logs import SCENARIO, seeds
    from rfid_figures import LEAST_READS, _peaks, found_and_false, shop_day

    found, still, days = [], [], {}
    for seed in seeds("scored"):
        shop = shop_day(seed)
        limit = shop.calibration.verdict_threshold
        good = shop.handling_reads >= LEAST_READS
        hits, false = found_and_false(shop, limit)
        far = _peaks(shop)[1] & (shop.reads >= LEAST_READS)
        found.append(hits[good])
        still.append(np.nan_to_num(shop.by_tag.score[far], nan=-np.inf) <= limit)
        days[seed] = {
            "handlings": int(good.sum()),
            "recall": round(float(hits[good].mean()), 3),
            "false_per_tag_hour": round(false, 3),
            "threshold": round(limit, 2),
        }
    recall, specificity = np.concatenate(found).mean(), np.concatenate(still).mean()
    return Result(
        figure=round(float(recall + specificity) / 2, 4),
        aim=">= 0.95",
        unit="share, simulated",
        detail={
            "scenario": SCENARIO.name,
            "recall": round(float(recall), 4),
            "specificity": round(float(specificity), 4),
            "days": days,
        },
    )
