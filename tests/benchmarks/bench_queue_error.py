"""Relative error of the mean wait before the till, on simulated Saturdays.

The wait is from joining the queue to being served, or to giving up.
"""

import numpy as np
from gold_days import pooled
from measure import Result

from storeday.contracts.columns import US_PER_S, floats, times_us


def run() -> Result:
    figure, detail = pooled(queue_error)
    return Result(figure, "<= 0.10", "1", detail)


def queue_error(day) -> float:
    rows = day.inputs.table("gold.queue_hourly")
    joined = np.nan_to_num(floats(rows["joined"]))
    waited = np.nan_to_num(floats(rows["wait_mean_s"]))
    ours = (joined * waited).sum() / max(joined.sum(), 1.0)
    queue = day.inputs.truth.queue
    ends = [served or left for served, left in
            zip(queue["served"].to_pylist(), queue["left"].to_pylist(), strict=True)]  # fmt: skip
    ended_us = np.array([round(end.timestamp() * US_PER_S) for end in ends])
    true = float((ended_us - times_us(queue["joined"])).mean()) / US_PER_S
    print(f"waits: {joined.sum():.0f} of {len(queue)} found, {ours:.0f} s against {true:.0f} s")
    return abs(ours - true) / true
