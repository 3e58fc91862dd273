"""Simulated shop mornings: how far an event's peak is from the middle of the handling it found.

Handlings of at least four reads and at most twelve seconds; longer ones are carried about, and have
no middle to speak of. The detail holds the distance from the nearest moment of the handling, all
lengths.
"""

import numpy as np
from measure import Result


def run() -> Result:
    from radio_logs import SCENARIO, seeds
    from rfid_figures import peak_errors_s, shop_day

    pairs = [peak_errors_s(shop_day(seed)) for seed in seeds("scored")]
    middle, outside = (np.concatenate(column) for column in zip(*pairs, strict=True))
    return Result(
        figure=round(float(np.median(middle)), 3),
        aim="<= 2",
        unit="s, median, simulated",
        detail={
            "scenario": SCENARIO.name,
            "events": len(middle),
            "p90_s": round(float(np.quantile(middle, 0.9)), 3),
            "all_events": len(outside),
            "all_outside_median_s": round(float(np.median(outside)), 3),
            "all_outside_p90_s": round(float(np.quantile(outside, 0.9)), 3),
        },
    )
