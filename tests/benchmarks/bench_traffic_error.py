"""Error of entries and exits by hour, of all who came and left, on simulated Saturdays."""

import numpy as np
from gold_days import pooled
from measure import Result

from storeday.contracts.columns import floats, times_us
from storeday.measures.hours import hour_table


def run() -> Result:
    figure, detail = pooled(traffic_error)
    return Result(figure, "<= 0.03", "1", detail)


def traffic_error(day) -> float:
    """Summed absolute differences of hours by the number of comings and leavings."""
    people = day.inputs.truth.customers
    people = people.filter(np.invert(np.asarray(people["is_staff"].to_numpy(), bool)))
    table = hour_table(day.hours)
    rows = day.inputs.table("gold.traffic_hourly")
    hour = table.of(times_us(rows["hour_start"]))
    missed, total = 0.0, 0
    for ours, theirs in (("entries", "entered"), ("exits", "left")):
        true = table.of(day.time.of_truth(times_us(people[theirs])))
        counts = np.bincount(true[true >= 0], minlength=len(table))
        found = np.zeros(len(table))
        found[hour] = np.nan_to_num(floats(rows[ours]))
        missed += np.abs(found - counts).sum()
        total += counts.sum()
    return missed / total
