"""Relative error of the number of customers counted at the door of simulated Saturdays."""

import numpy as np
from measure import Result
from people_figures import SCENARIO, SEEDS, identified_day, staff_by_customer


def run() -> Result:
    true, came, left, identities = 0, 0, 0, 0
    for seed in SEEDS:
        day, _ = identified_day(seed)
        staff = staff_by_customer(day)
        rows = day.crossings.to_pylist()
        shoppers = [row for row in rows if staff.get(row["customer_id"], 0.0) <= 0.5]
        came += sum(row["direction"] == "in" for row in shoppers)
        left += sum(row["direction"] == "out" for row in shoppers)
        true += int((~day.tracked.day.world.people.is_staff).sum())
        identities += sum(probability <= 0.5 for probability in staff.values())
    counted = (came + left) / 2
    detail = {
        "simulated": True,
        "true_customers": true,
        "in": came,
        "out": left,
        "identities_with_a_visit": identities,
        "over_count_by_identities": round(identities / true - 1, 3),
    }
    figure = round(float(np.abs(counted - true) / true), 3)
    return Result(figure, "<= 0.03", "1", {**SCENARIO, **detail})
