"""Relative error of the number of customers counted at the door of simulated Saturdays.

These days begin and end with an empty store, so comers and leavers are two counts of one number.
Nobody is counted who did not cross, some who did are missed: the larger count of a day is nearer.
"""

import numpy as np
from measure import Result
from people_figures import SCENARIO, SEEDS, identified_day, staff_by_customer


def run() -> Result:
    true, came, left, identities, counted = 0, 0, 0, 0, 0
    for seed in SEEDS:
        day, _ = identified_day(seed)
        staff = staff_by_customer(day)
        rows = day.crossings.to_pylist()
        shoppers = [row for row in rows if staff.get(row["customer_id"], 0.0) <= 0.5]
        ins = sum(row["direction"] == "in" for row in shoppers)
        outs = len(shoppers) - ins
        came, left, counted = came + ins, left + outs, counted + max(ins, outs)
        true += int((~day.tracked.day.world.people.is_staff).sum())
        identities += sum(probability <= 0.5 for probability in staff.values())
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
